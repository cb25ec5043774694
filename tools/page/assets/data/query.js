// An expression over the window that is shown: its history with as many steps as there are pixels, then second by second.
//
// Where a step is longer than the time between two samples, its lowest, mean and highest are asked: a second's peak is never lost.
import { queryRange } from './api.js';
import { Buffer } from './series.js';
import { stream } from './stream.js';
import { timeline } from '../steer/timeline.js';

const NICE = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 24, 30, 40, 45, 60, 90, 120, 180, 240, 300, 600, 900, 1800, 3600];

const RETRY_MS = 10_000, EARLY_MAX = 20_000;

export function stepFor(span, pixels, interval) {
  const least = span / Math.max(50, pixels);
  if (least <= interval) return interval;
  const nice = NICE.find((s) => s >= least && s % interval === 0);
  return nice ?? Math.ceil(least / interval) * interval;
}

function join(buffer, lows, means, highs, until) {
  const at = (list) => new Map(list.map((s) => [JSON.stringify(s.labels), new Map(s.points)]));
  const low = at(lows), high = at(highs);
  for (const s of means) {
    const id = JSON.stringify(s.labels), l = low.get(id), h = high.get(id);
    for (const [t, v] of s.points) buffer.put(s.labels, t, l?.get(t) ?? v, v, h?.get(t) ?? v, until);
  }
}

export class Query {
  #abort = null;
  #end = null;
  #loading = false;

  // forms: as catalogue.js makes them, or typed().
  constructor(forms, onChange) {
    this.forms = forms;
    this.expr = forms.second;
    this.onChange = onChange;
    this.envelope = Boolean(forms.over);
    this.coarse = false;  // means alone
    this.buffer = new Buffer(1, 1);
    this.error = null;
    this.warning = '';      // of the node, with its answer
    this.trouble = '';      // why no newer seconds come
    this.instants = false;  // one second of each step alone
    this.nameless = false;  // the series of history have no names, as functions drop them
    this.loaded = false;
  }

  #fold(p) {
    if (!this.nameless) return this.buffer.fold(p.labels, p.time, p.value);
    const { __name__: _, ...labels } = p.labels;
    this.buffer.fold(labels, p.time, p.value);
  }

  // Errors are kept in .error and told by onChange.
  async load(from, to, pixels) {
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    this.#tried = { from, to, pixels, at: Date.now() };
    const interval = timeline.interval;
    const step = stepFor(to - from, pixels, interval);
    const start = Math.floor(from / step) * step, end = Math.ceil(to / step) * step;
    const until = timeline.now;
    this.#loading = true;
    try {
      const warnings = new Set();
      const ask = async (query) => {
        const found = await queryRange(query, start, end, step, this.forms.lookback, abort.signal);
        for (const w of found.warnings) warnings.add(w);
        return found.series;
      };
      const fresh = new Buffer(step, this.envelope ? interval : step);
      let coarse = false, instants = false, nameless = false;
      const plain = async (query) => {
        for (const s of await ask(query)) for (const [t, v] of s.points) fresh.put(s.labels, t, v, v, v, until);
      };
      if (step <= interval || !this.envelope) {
        await plain(this.expr);
      } else {
        try {
          const [lows, means, highs] = await Promise.all(['min', 'avg', 'max'].map((f) => ask(this.forms.over(f, step))));
          join(fresh, lows, means, highs, until);
          nameless = Boolean(this.forms.typed);
        } catch (e) {
          if (e.name === 'AbortError' || e.status === 0) throw e;
          // Too much for the node, or of a kind that has no extremes.
          warnings.clear();
          coarse = Boolean(this.forms.coarse);
          instants = !coarse;
          await plain(coarse ? this.forms.coarse(step) : this.expr);
        }
      }
      this.coarse = coarse;
      this.instants = instants;
      this.nameless = nameless;
      this.warning = [...warnings].join('; ');
      this.buffer = fresh;
      this.error = null;
      this.loaded = true;
    } catch (e) {
      if (e.name === 'AbortError') return;
      this.error = e;
    } finally {
      if (this.#abort === abort) this.#loading = false;
    }
    this.onChange();
  }

  // What is to be said beside the drawing.
  get words() {
    return this.error ? this.error.message : this.trouble ? `no newer seconds: ${this.trouble}` : this.warning;
  }

  // Whether it can be continued by seconds.
  get foldable() {
    return (this.envelope && !this.instants) || this.buffer.step <= timeline.interval;
  }

  follow(on) {
    if (on === Boolean(this.#end)) return;
    if (on) {
      this.#end = stream.want(this.expr, (p) => {
        if (p.error !== undefined) this.trouble = p.error;
        else if (this.loaded && !this.#loading && this.foldable) this.#fold(p);
        else if (!this.loaded || this.#loading) this.#early.push(p);
      });
    } else {
      this.#end();
      this.#end = null;
      this.#early = [];
      this.trouble = '';
    }
  }

  // What came while history was being asked; and history again some time after it failed.
  #early = [];
  #tried = null;
  settle(from) {
    if (this.error && !this.#loading && Date.now() - this.#tried.at > RETRY_MS) {
      const shift = timeline.fixed ? 0 : timeline.now - this.#tried.to;
      this.load(this.#tried.from + shift, this.#tried.to + shift, this.#tried.pixels);
    }
    if (this.#early.length > EARLY_MAX) this.#early.splice(0, this.#early.length - EARLY_MAX);
    if (this.loaded && !this.#loading && this.#early.length) {
      if (this.foldable) for (const p of this.#early) this.#fold(p);
      this.#early = [];
    }
    if (this.loaded && this.foldable) this.buffer.reach(timeline.now);
    this.buffer.prune(from - this.buffer.step);
  }

  end() {
    this.#abort?.abort();
    this.follow(false);
  }
}
