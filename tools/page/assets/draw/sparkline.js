// A cell of the overview: what a quantity is now, its last minutes second by second, and the lowest and highest of the whole window.
import { css, el, fit, setText } from './dom.js';
import { format } from './units.js';

export class Cell {
  constructor(tag, what, label) {
    this.what = what;
    this.value = el('b', { class: 'v', 'data-label': label ?? what.short ?? what.name });
    this.extremes = el('span', { class: 'mm' });
    this.canvas = el('canvas', { 'aria-hidden': 'true' });
    this.root = el(tag, { class: 'cell' },
      el('span', { class: 'text' }, this.value, this.extremes), this.canvas);
    this.low = Infinity;   // of the window, as the node told
    this.high = -Infinity;
    this.note = null;      // in place of the extremes
    this.limit = () => undefined;
    this.title = 'lowest and highest of the last minutes';
  }

  // buffer, its track or undefined; the time at the right edge and how many seconds are shown.
  draw(buffer, track, to, span, dim) {
    const { what } = this;
    const now = track ? buffer.newest(track, to, what.slow ? 15 : 3) : null;
    setText(this.value, format(now, what.unit));
    this.root.classList.toggle('absent', now === null);
    this.root.classList.toggle('alert', !dim && what.alert !== undefined && now !== null && now >= what.alert);
    let low = Infinity, high = -Infinity;
    if (track) {
      for (const v of track.mid) {
        if (v < low) low = v;
        if (v > high) high = v;
      }
    }
    this.low = Math.min(this.low, low);
    this.high = Math.max(this.high, high);
    const known = this.low <= this.high;
    setText(this.extremes, this.note ?? (known ? between(this.low, this.high, what.unit) : ''));
    const title = known ? `${what.title ?? what.name}: ${between(this.low, this.high, what.unit)}, ${this.title}${this.limit() ? `; of ${format(this.limit(), what.unit)}` : ''}` : '';
    if (this.extremes.title !== title) this.extremes.title = title;
    const width = this.canvas.clientWidth, height = this.canvas.clientHeight;
    if (!width || !height) return;
    const g = fit(this.canvas, width, height);
    if (!track || low > high) return;
    const limit = this.limit();
    let bottom = 0, top = what.full ?? (limit >= this.high ? limit : Math.max(this.high, 0) * 1.1);
    if (what.base === 'lowest') {
      const pad = Math.max((this.high - this.low) * 0.1, Math.abs(this.high) * 0.01, ((what.least ?? 0) - (this.high - this.low)) / 2);
      bottom = this.low - pad;
      top = this.high + pad;
    }
    if (!(top > bottom)) top = bottom + 1;
    const x = (t) => width - 1 - (to - t) / span * (width - 2);
    const y = (v) => height - 1.5 - (Math.min(v, top) - bottom) / (top - bottom) * (height - 3);
    const colour = this.root.classList.contains('alert') ? css('--error') : css('--spark');
    g.strokeStyle = g.fillStyle = colour;
    g.lineWidth = 1;
    g.lineJoin = 'round';
    for (let i = 0; i < buffer.size;) {
      while (i < buffer.size && Number.isNaN(track.mid[i])) ++i;
      const begin = i;
      g.beginPath();
      for (; i < buffer.size && !Number.isNaN(track.mid[i]); ++i) g.lineTo(x(buffer.first + i * buffer.step), y(track.mid[i]));
      if (i === begin) break;
      if (i === begin + 1) {
        g.fillRect(x(buffer.first + begin * buffer.step) - 0.5, y(track.mid[begin]) - 0.5, 1.5, 1.5);
        continue;
      }
      g.stroke();
      g.lineTo(x(buffer.first + (i - 1) * buffer.step), height);
      g.lineTo(x(buffer.first + begin * buffer.step), height);
      g.globalAlpha = 0.13;
      g.fill();
      g.globalAlpha = 1;
    }
  }
}

// "80 – 640 W": the unit once where both have it.
function between(low, high, unit) {
  const a = format(low, unit), b = format(high, unit);
  if (a === b) return a;
  const unitOf = (text) => text.slice(text.indexOf(' '));
  return a.includes(' ') && (unitOf(a) === unitOf(b) || low === 0) ? `${a.slice(0, a.indexOf(' '))} – ${b}` : `${a} – ${b}`;
}
