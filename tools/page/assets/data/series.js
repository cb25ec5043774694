// A chart's samples on a grid of steps, for each series the lowest, the mean and the highest of each step. Absent is NaN.
//
// History comes in whole steps; seconds that arrive later are folded into theirs. What left the window is dropped.

// Newer readings of the last seconds replace those before.
const REPLACED_S = 4;

class Track {
  constructor(labels) {
    this.labels = labels;
    this.lo = [];
    this.mid = [];
    this.hi = [];
    this.base = null;       // of the step that history had in part: {slot, lo, mid, hi, n}
    this.raw = new Map();   // second -> value, of steps that are not done
  }
}

export const keyOf = (labels) => JSON.stringify(Object.entries(labels).sort());

export class Buffer {
  constructor(step = 1, resolution = 1) {
    this.reset(step, resolution);
  }

  reset(step, resolution) {
    this.step = step;
    this.resolution = resolution;
    this.first = null;  // the grid's first time
    this.size = 0;
    this.tracks = new Map();
  }

  get end() {
    return this.first === null ? null : this.first + (this.size - 1) * this.step;
  }

  slotTime(t) {
    return Math.ceil(t / this.step - 1e-6) * this.step;
  }

  #place(time) {
    if (this.first === null) {
      this.first = time;
      this.size = 1;
      for (const t of this.tracks.values()) this.#pad(t);
    }
    let at = Math.round((time - this.first) / this.step);
    if (at < 0) return -1;
    if (at >= this.size) {
      this.size = at + 1;
      for (const t of this.tracks.values()) this.#pad(t);
    }
    return at;
  }

  #pad(track) {
    for (const list of [track.lo, track.mid, track.hi]) while (list.length < this.size) list.push(NaN);
  }

  track(labels) {
    const key = keyOf(labels);
    let track = this.tracks.get(key);
    if (!track) {
      track = new Track(labels);
      this.#pad(track);
      this.tracks.set(key, track);
    }
    return track;
  }

  // A step of history. `until`: the last second that it can have of it.
  put(labels, time, lo, mid, hi, until) {
    const at = this.#place(time);
    if (at < 0) return;
    const track = this.track(labels);
    this.#pad(track);
    track.lo[at] = lo;
    track.mid[at] = mid;
    track.hi[at] = hi;
    if (this.step > this.resolution && time > until) {
      track.base = { slot: time, lo, mid, hi, until, n: Math.max(1, (until - (time - this.step)) / this.resolution) };
    }
  }

  // A second as it comes: a number, or null where there is none.
  fold(labels, t, v) {
    const time = this.slotTime(t);
    const at = this.#place(time);
    if (at < 0) return;
    const track = this.track(labels);
    this.#pad(track);
    const value = v === null ? NaN : v;
    if (this.step <= this.resolution) {
      track.lo[at] = track.mid[at] = track.hi[at] = value;
      return;
    }
    track.raw.set(t, value);
    let lo = Infinity, hi = -Infinity, sum = 0, n = 0;
    const base = track.base && track.base.slot === time ? track.base : null;
    if (base) {
      ({ lo, hi } = base);
      sum = base.mid * base.n;
      n = base.n;
    }
    for (const [second, x] of track.raw) {
      if (second < t - this.step - REPLACED_S) track.raw.delete(second);
      else if (!Number.isNaN(x) && this.slotTime(second) === time && !(base && second <= base.until)) {
        lo = Math.min(lo, x);
        hi = Math.max(hi, x);
        sum += x;
        ++n;
      }
    }
    track.lo[at] = n ? lo : NaN;
    track.hi[at] = n ? hi : NaN;
    track.mid[at] = n ? sum / n : NaN;
  }

  prune(before) {
    if (this.first === null) return;
    const drop = Math.floor((before - this.first) / this.step);
    if (drop < 1) return;
    const n = Math.min(drop, this.size);
    for (const [key, track] of this.tracks) {
      for (const list of [track.lo, track.mid, track.hi]) list.splice(0, n);
      if (track.mid.every(Number.isNaN)) this.tracks.delete(key);
    }
    this.first += n * this.step;
    this.size -= n;
    if (this.size <= 0) this.reset(this.step, this.resolution);
  }

  index(t) {
    if (this.first === null) return -1;
    const at = Math.round((this.slotTime(t) - this.first) / this.step);
    return at >= 0 && at < this.size ? at : -1;
  }

  // Time goes on although nothing comes: what has ended has no value any more.
  reach(now) {
    if (this.first !== null && now > this.end) this.#place(this.slotTime(now));
  }

  // The newest value of a track, if it is not older than some seconds (or three steps) by the page's clock.
  newest(track, now, seconds = 3) {
    if (this.first === null) return null;
    const after = this.slotTime(now) - Math.max(3 * this.step, seconds) + this.step * 1e-3;
    for (let i = this.size - 1; i >= 0 && this.first + i * this.step > after; --i) if (!Number.isNaN(track.mid[i])) return track.mid[i];
    return null;
  }
}
