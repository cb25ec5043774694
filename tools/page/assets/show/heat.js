// Devices from top to bottom, time from left to right, a colour for the value. With no accelerator the CPUs take their place.
import { HEATS, QUANTITIES, deviceName, forms } from '../data/catalogue.js';
import { LEFT, RIGHT } from './chart.js';
import { deviceOrder } from '../data/devices.js';
import { by, css, el, fit, setText, settled } from '../draw/dom.js';
import { marksWithin } from './events.js';
import { filters } from '../steer/filters.js';
import { has } from '../data/names.js';
import { Query } from '../data/query.js';
import { state, change, onState } from '../steer/state.js';
import { surface } from '../draw/surface.js';
import { heatColour, onTheme } from '../draw/theme.js';
import { timeline } from '../steer/timeline.js';
import { timeTicks } from '../draw/ticks.js';
import { duration, format } from '../draw/units.js';

const AXIS_PX = 18, TOTAL_PX = 340;

class Heat {
  visible = false;
  query = null;
  id = '';
  rows = [];       // [name, track]
  pixels = document.createElement('canvas');
  over = null;     // the row under the pointer

  show() {
    this.host = by('heat');
    this.canvas = this.host.querySelector('canvas');
    this.note = by('heat-note');
    by('heat-metric').addEventListener('change', (e) => change({ heat: e.target.value }));
    this.surface = surface(this.host, {
      toTime: (x) => {
        const [from, to] = timeline.window();
        return from + (x - LEFT) / this.#width() * (to - from);
      },
      toX: (t) => {
        const [from, to] = timeline.window();
        return LEFT + (t - from) / (to - from) * this.#width();
      },
      area: () => ({ left: LEFT, right: LEFT + this.#width() }),
    });
    this.host.addEventListener('pointermove', (e) => {
      this.over = this.rows.length ? Math.floor((e.clientY - this.canvas.getBoundingClientRect().top) / this.rowPx) : null;
      this.tell(timeline.crosshair);
    });
    this.host.addEventListener('pointerleave', () => {
      this.over = null;
      this.tell(timeline.crosshair);
    });
    new IntersectionObserver((entries) => {
      this.visible = entries.at(-1).isIntersecting;
      if (this.visible) this.load();
      else this.#follow();
    }, { rootMargin: '80px' }).observe(this.host);
    timeline.onWindow(() => this.load());
    timeline.onCrosshair((at) => this.tell(at));
    onTheme(() => this.draw());
    onState((changed) => {
      if (changed.has('heat')) this.choose();
    });
    window.addEventListener('resize', settled(() => this.load(), 200));
    this.choose();
  }

  #width() {
    return Math.max(50, this.host.clientWidth - LEFT - RIGHT);
  }

  // The metrics may have become more.
  choose() {
    const there = HEATS.filter((h) => has(QUANTITIES[h].needs));
    by('heat-section').hidden = there.length === 0;
    const select = by('heat-metric');
    const shape = there.join();
    if (select.dataset.shape !== shape) {
      select.dataset.shape = shape;
      select.replaceChildren(...there.map((h) => el('option', { value: h, text: QUANTITIES[h].title })));
    }
    const id = there.includes(state.heat) ? state.heat : there[0];
    if (!id) return;
    select.value = id;
    const ways = forms(QUANTITIES[id], filters(), timeline.interval);
    if (this.query?.expr === ways.second) return;
    this.id = id;
    this.query?.end();
    this.query = new Query(ways, () => this.draw());
    this.load();
  }

  next() {
    const options = [...by('heat-metric').options].map((o) => o.value);
    if (options.length) change({ heat: options[(options.indexOf(this.id) + 1) % options.length] });
  }

  load() {
    if (!this.visible || !this.query) return;
    const [from, to] = timeline.window();
    this.query.load(from, to, this.#width());
    this.#follow();
  }

  #follow() {
    this.query?.follow(this.visible && timeline.live && !timeline.frozen && !timeline.fixed);
  }

  tick() {
    if (!this.visible || !this.query || timeline.fixed || timeline.frozen) return;
    this.query.settle(timeline.window()[0]);
    this.draw();
  }

  draw() {
    if (!this.visible || !this.query?.loaded) {
      if (this.query) setText(this.note, this.query.words);
      return;
    }
    const { buffer } = this.query, what = QUANTITIES[this.id], cpus = this.id === 'cpus';
    this.rows = [...buffer.tracks.values()].filter((t) => t.mid.some((v) => !Number.isNaN(v)))
      .sort((a, b) => (cpus ? Number(a.labels.cpu) - Number(b.labels.cpu) : deviceOrder(a.labels) - deviceOrder(b.labels)))
      .map((t) => [cpus ? t.labels.cpu : deviceName(t.labels), t]);
    const n = Math.max(1, this.rows.length);
    this.rowPx = Math.max(n > 64 ? 2 : 4, Math.min(n === 1 ? 36 : 22, Math.floor(TOTAL_PX / n)));
    const width = this.#width(), height = this.rowPx * n;
    this.host.style.height = `${height + AXIS_PX}px`;
    const g = fit(this.canvas, width + LEFT + RIGHT, height + AXIS_PX);
    const [from, to] = timeline.window();
    this.#scale(what);
    if (buffer.size && this.rows.length) this.#cells(g, buffer, what, from, to, width, height);
    g.font = `10.5px ${css('--font')}`;
    g.textBaseline = 'middle';
    g.textAlign = 'right';
    g.fillStyle = css('--muted');
    const every = Math.ceil(12 / this.rowPx);
    this.rows.forEach(([name], i) => {
      if (i % every === 0) g.fillText(name.slice(0, 9), LEFT - 8, (i + Math.min(0.5, 6 / this.rowPx)) * this.rowPx + (every > 1 ? 3 : 0));
    });
    g.textAlign = 'center';
    g.textBaseline = 'top';
    for (const t of timeTicks(from, to, width)) {
      const x = LEFT + (t.v - from) / (to - from) * width;
      if (x > LEFT + 14 && x < LEFT + width - 14) g.fillText(t.label, x, height + 5);
    }
    for (const mark of marksWithin(from, to)) {
      const x = LEFT + (mark.time - from) / (to - from) * width;
      g.fillStyle = css(`--${mark.severity}`);
      g.beginPath();
      g.moveTo(x - 4, height + 6);
      g.lineTo(x + 4, height + 6);
      g.lineTo(x, height);
      g.fill();
    }
    this.surface.redraw();
    this.tell(timeline.crosshair);
  }

  #scale(what) {
    let low = Infinity, high = -Infinity;
    for (const [, t] of this.rows) {
      const list = what.peak ? t.hi : t.mid;
      for (const v of list) {
        if (v < low) low = v;
        if (v > high) high = v;
      }
    }
    if (what.full) [low, high] = [0, what.full];
    else if (what.base !== 'lowest') low = 0;
    if (!(high > low)) high = low + 1;
    this.low = low;
    this.high = high;
    setText(by('heat-low'), format(low, what.unit));
    setText(by('heat-high'), format(high, what.unit));
  }

  // A pixel a step and row, drawn larger; where there is no sample nothing.
  #cells(g, buffer, what, from, to, width, height) {
    const { pixels, rows } = this;
    pixels.width = buffer.size;
    pixels.height = rows.length;
    const p = pixels.getContext('2d');
    const image = p.createImageData(buffer.size, rows.length);
    rows.forEach(([, t], r) => {
      const list = what.peak ? t.hi : t.mid;
      for (let i = 0; i < buffer.size; ++i) {
        if (Number.isNaN(list[i])) continue;
        const [red, green, blue] = heatColour((list[i] - this.low) / (this.high - this.low));
        image.data.set([red, green, blue, 255], (r * buffer.size + i) * 4);
      }
    });
    p.putImageData(image, 0, 0);
    g.save();
    g.beginPath();
    g.rect(LEFT, 0, width, height);
    g.clip();
    g.fillStyle = css('--gap');
    g.fillRect(LEFT, 0, width, height);
    g.imageSmoothingEnabled = false;
    const x = (t) => LEFT + (t - from) / (to - from) * width;
    const left = x(buffer.first - buffer.step), right = x(buffer.end);
    g.drawImage(pixels, left, 0, right - left, height);
    if (this.rowPx >= 8) {
      g.fillStyle = css('--bg');
      for (let r = 1; r < rows.length; ++r) g.fillRect(LEFT, r * this.rowPx - 0.5, width, 1);
    }
    g.restore();
  }

  // What is under the crosshair.
  tell(at) {
    if (!this.query?.loaded) return;
    if (this.query.words) {
      setText(this.note, this.query.words);
      return;
    }
    const what = QUANTITIES[this.id], { buffer } = this.query;
    const i = at === null ? -1 : buffer.index(at);
    const row = this.over !== null ? this.rows[this.over] : null;
    if (i < 0 || !row) {
      setText(this.note, buffer.step > timeline.interval ? `${what.peak ? 'highest' : 'mean'} of each ${buffer.step} s` : buffer.step === 1 ? 'second by second' : `each ${duration(buffer.step)}`);
      return;
    }
    const [name, t] = row;
    const value = (what.peak ? t.hi : t.mid)[i];
    setText(this.note, `${this.id === 'cpus' ? 'CPU' : 'device'} ${name}: ${format(Number.isNaN(value) ? null : value, what.unit)}`);
  }
}

export const heat = new Heat();
