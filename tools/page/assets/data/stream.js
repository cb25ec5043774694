// What comes from the node each second: one stream of server-sent events for all that is shown, opened anew when that changes.
import { settled } from '../draw/dom.js';

const SILENT_S = 6;          // after so long without a second the node counts as silent
const MISSED_S = 60;         // a stream that comes back after less gets the seconds between
const AGAIN_MS = [500, 1000, 2000, 4000, 5000];

const number = (v) => (v === null ? null : typeof v === 'number' ? v : v === 'NaN' ? NaN : v === '+Inf' ? Infinity : -Infinity);

// Whether seconds are missing before these times, or the node's clock has stepped back. `newest`: the one before, 0 if there is none.
export const isGap = (newest, times, step) => newest > 0 && (times.at(-1) < newest || times[0] - newest > 1.5 * step);

class Stream {
  #wanted = new Map();       // expression -> listeners
  #source = null;
  #asked = [];               // the expressions of the stream that is open, in its order
  #labels = [];              // of each the series' labels
  #silent = 0;
  #again = 0;
  #failures = 0;
  #running = false;
  #heard = 0;
  #reopen = settled(() => this.#open(), 120);
  newest = 0;                // the newest second that came
  state = 'off';             // off, opening, live, lost
  since = 0;                 // when the last second came before it was lost, by the browser's clock
  reason = '';               // why the node refuses a stream, if it does
  step = 1;                  // seconds
  onState = () => {};
  onSecond = () => {};
  onEvents = () => {};
  onGap = () => {};          // seconds may be missing since one, or the node's clock stepped back: history is to be asked again

  get expressions() {
    return [...this.#asked];
  }

  start() {
    this.#running = true;
    this.#open();
  }

  stop() {
    this.#running = false;
    this.#close();
    this.#set('off');
  }

  // listener({labels, time, value}) each second, and ({error}) when the node cannot say, '' when it can again; returns how to end it.
  want(expression, listener) {
    let listeners = this.#wanted.get(expression);
    if (!listeners) this.#wanted.set(expression, (listeners = new Set()));
    listeners.add(listener);
    if (this.#running && !this.#asked.includes(expression)) this.#reopen();
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#wanted.get(expression) === listeners) {
        this.#wanted.delete(expression);
        if (this.#running) this.#reopen();
      }
    };
  }

  #set(state) {
    if (state === 'lost' && this.state !== 'lost') this.since = this.#heard || Date.now() / 1000;
    if (this.state === state) return;
    this.state = state;
    this.onState();
  }

  #close() {
    clearTimeout(this.#silent);
    clearTimeout(this.#again);
    if (this.#source) this.#source.close();
    this.#source = null;
  }

  #open() {
    if (!this.#running) return;
    this.#close();
    this.#asked = [...this.#wanted.keys()];
    this.#labels = [];
    const words = new URLSearchParams();
    for (const q of this.#asked) words.append('query', q);
    words.append('step', `${Math.round(this.step * 1000)}ms`);
    words.append('events', '1');
    // What was missed meanwhile comes first; after a longer time history is asked again.
    if (this.state !== 'lost' && this.newest && Date.now() / 1000 - this.#heard < MISSED_S) words.append('last_event_id', String(Math.round(this.newest * 1000)));
    if (this.state === 'off') this.#set('opening');
    const url = `api/v1/stream?${words}`;
    const source = new EventSource(url);
    this.#source = source;
    let opened = false;
    source.onopen = () => (opened = true);
    source.addEventListener('series', (e) => this.#onSeries(JSON.parse(e.data)));
    source.addEventListener('points', (e) => this.#onPoints(JSON.parse(e.data)));
    source.addEventListener('events', (e) => this.onEvents(JSON.parse(e.data)));
    source.onerror = () => {
      if (!opened) this.#askWhy(url);
      this.#onError();
    };
    this.#watch();
  }

  #watch() {
    clearTimeout(this.#silent);
    this.#silent = setTimeout(() => this.#onError(), Math.max(SILENT_S, 3 * this.step) * 1000);
  }

  #onError() {
    this.#close();
    this.#set('lost');
    this.#again = setTimeout(() => this.#open(), AGAIN_MS[Math.min(this.#failures++, AGAIN_MS.length - 1)]);
  }

  // A refusal's words, which an event source does not tell.
  async #askWhy(url) {
    this.reason = '';
    const abort = new AbortController();
    try {
      const answer = await fetch(url, { signal: abort.signal });
      if (!answer.ok) this.reason = (await answer.json()).error ?? '';
    } catch {
      // There is no node to ask.
    }
    abort.abort();
    this.onState();
  }

  #onSeries(data) {
    this.#labels = data.queries.map((q) => q.series || []);
    data.queries.forEach((q, i) => {
      for (const listener of this.#wanted.get(this.#asked[i]) ?? []) listener({ error: q.error ?? '' });
    });
  }

  #onPoints(data) {
    this.#watch();
    this.#failures = 0;
    this.#heard = Date.now() / 1000;
    this.reason = '';
    const last = data.time.at(-1);
    const gap = this.state === 'lost' || isGap(this.newest, data.time, this.step);
    const before = this.newest;
    this.newest = last;
    this.#set('live');
    data.values.forEach((series, i) => {
      const listeners = this.#wanted.get(this.#asked[i]);
      if (!listeners) return;
      series.forEach((values, k) => {
        const labels = this.#labels[i][k];
        if (!labels) return;
        values.forEach((v, n) => {
          for (const listener of listeners) listener({ labels, time: data.time[n], value: number(v) });
        });
      });
    });
    this.onSecond(last);
    if (gap) this.onGap(before);
  }
}

export const stream = new Stream();
