// An expression over the window that is shown: its history with as many steps as there are pixels, then second by second.
//
// Where a step is longer than the time between two samples, its lowest, mean and highest are asked: a second's peak is never lost.
import { queryRange } from './api.js';
import { Buffer } from './series.js';
import { stream } from './stream.js';
import { timeline } from './timeline.js';

const NICE = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 24, 30, 40, 45, 60, 90, 120, 180, 240, 300, 600, 900, 1800, 3600];

export function stepFor(span, pixels, interval) {
  const least = span / Math.max(50, pixels);
  if (least <= interval) return interval;
  const nice = NICE.find((s) => s >= least && s % interval === 0);
  return nice ?? Math.ceil(least / interval) * interval;
}

const text = (s) => (Number.isInteger(s) ? `${s}s` : `${Math.round(s * 1000)}ms`);

export class Query {
  #abort = null;
  #end = null;
  #loading = false;

  // envelope: false for what somebody typed, which is asked as it stands.
  constructor(expr, onChange, { envelope = true } = {}) {
    this.expr = expr;
    this.onChange = onChange;
    this.envelope = envelope;
    this.buffer = new Buffer(1, 1);
    this.error = null;
    this.loaded = false;
  }

  // Errors are kept in .error and told by onChange.
  async load(from, to, pixels) {
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    const interval = timeline.interval;
    const step = stepFor(to - from, pixels, interval);
    const start = Math.floor(from / step) * step, end = Math.ceil(to / step) * step;
    const until = timeline.now;
    this.#loading = true;
    try {
      const ask = (query) => queryRange(query, start, end, step, abort.signal);
      const fresh = new Buffer(step, this.envelope ? interval : step);
      if (step <= interval || !this.envelope) {
        for (const s of await ask(this.expr)) for (const [t, v] of s.points) fresh.put(s.labels, t, v, v, v, until);
      } else {
        const over = (f) => ask(`${f}_over_time((${this.expr})[${text(step)}:${text(interval)}])`);
        const [lows, means, highs] = await Promise.all(['min', 'avg', 'max'].map(over));
        const at = (list) => new Map(list.map((s) => [JSON.stringify(s.labels), new Map(s.points)]));
        const low = at(lows), high = at(highs);
        for (const s of means) {
          const id = JSON.stringify(s.labels);
          for (const [t, v] of s.points) fresh.put(s.labels, t, low.get(id)?.get(t) ?? v, v, high.get(id)?.get(t) ?? v, until);
        }
      }
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

  // Whether it can be continued by seconds.
  get foldable() {
    return this.envelope || this.buffer.step <= timeline.interval;
  }

  follow(on) {
    if (on === Boolean(this.#end)) return;
    if (on) {
      this.#end = stream.want(this.expr, (p) => {
        if (this.loaded && !this.#loading && this.foldable) this.buffer.fold(p.labels, p.time, p.value);
        else if (!this.loaded || this.#loading) this.#early.push(p);
      });
    } else {
      this.#end();
      this.#end = null;
      this.#early = [];
    }
  }

  // What came while history was being asked.
  #early = [];
  settle(from) {
    if (this.loaded && !this.#loading && this.#early.length) {
      if (this.foldable) for (const p of this.#early) this.buffer.fold(p.labels, p.time, p.value);
      this.#early = [];
    }
    this.buffer.prune(from - this.buffer.step);
  }

  end() {
    this.#abort?.abort();
    this.follow(false);
  }
}
