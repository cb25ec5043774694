// Which stretch of time is shown: the newest `span` seconds, or a stretch that stands still.
import { state, change, onState } from './state.js';
import { parseDuration } from '../draw/units.js';

export const PRESETS = [['1m', '1 m'], ['5m', '5 m'], ['15m', '15 m'], ['1h', '1 h'], ['whole', 'all']];
const SPAN_MIN = 10, LONGEST_MIN = 30, SLACK = 3600;

class Timeline {
  live = true;    // whether the node goes on; false for a file
  frozen = false; // paused: nothing on the page moves
  now = 0;        // the newest second
  oldest = 0;
  interval = 1;   // seconds between two samples
  listeners = new Set();
  crosshair = null;
  crossListeners = new Set();

  constructor() {
    onState((changed) => {
      if (changed.has('range') || changed.has('from') || changed.has('to')) this.tell();
    });
  }

  get fixed() {
    let from = Number(state.from), to = Number(state.to);
    if (!state.from || !state.to || !(to > from)) return null;
    // What nobody can have chosen here is cut to what there is.
    if (to - from > this.longest + SLACK || from > this.now + SLACK || to < 0) {
      from = Math.max(from, Math.min(this.oldest, this.now - this.longest));
      to = Math.min(to, this.now);
    }
    return to > from ? { from, to } : null;
  }

  // As far as there is anything to show.
  get longest() {
    return Math.max(LONGEST_MIN, Math.ceil(this.now - this.oldest));
  }

  get span() {
    if (state.range === 'whole') return this.longest;
    return Math.min(Math.max(SPAN_MIN, parseDuration(state.range) || 300), this.longest);
  }

  // [from, to] in seconds.
  window() {
    const fixed = this.fixed;
    return fixed ? [fixed.from, fixed.to] : [this.now - this.span, this.now];
  }

  onWindow(listener) {
    this.listeners.add(listener);
  }

  tell() {
    for (const listener of this.listeners) listener();
  }

  show(from, to) {
    let span = Math.max(SPAN_MIN, to - from);
    span = Math.min(span, this.longest);
    const mid = (from + to) / 2;
    from = Math.max(this.oldest, Math.min(mid - span / 2, this.now - span));
    change({ from: from.toFixed(0), to: (from + span).toFixed(0) });
  }

  zoom(factor, at) {
    const [from, to] = this.window();
    const centre = at ?? (from + to) / 2;
    this.show(centre - (centre - from) * factor, centre + (to - centre) * factor);
  }

  pan(share) {
    const [from, to] = this.window();
    const by = (to - from) * share;
    this.show(from + by, to + by);
  }

  preset(range) {
    this.frozen = false;
    change({ range, from: '', to: '' });
  }

  reset() {
    const was = this.frozen;
    this.frozen = false;
    if (this.fixed) change({ from: '', to: '' });
    else if (was) this.tell();
  }

  pause(on = !this.frozen) {
    if (on) {
      const [from, to] = this.window();
      this.frozen = true;
      change({ from: from.toFixed(0), to: to.toFixed(0) });
      this.tell();
    } else {
      this.reset();
    }
  }

  point(at) {
    if (this.crosshair === at) return;
    this.crosshair = at;
    for (const listener of this.crossListeners) listener(at);
  }

  // Returns how to end it.
  onCrosshair(listener) {
    this.crossListeners.add(listener);
    return () => this.crossListeners.delete(listener);
  }
}

export const timeline = new Timeline();
