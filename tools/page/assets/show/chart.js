// One chart: a heading, a drawing of lines with what lies between their lowest and highest, and a legend with the values under the crosshair.
import { el, css, renew, setText } from '../draw/dom.js';
import { deviceColour, deviceOrder } from '../data/devices.js';
import { marksWithin } from './events.js';
import { bands, lines } from '../draw/lines.js';
import { Query } from '../data/query.js';
import { surface } from '../draw/surface.js';
import { seriesColour, onTheme } from '../draw/theme.js';
import { timeline } from '../steer/timeline.js';
import { timeTicks, valueTicks } from '../draw/ticks.js';
import { duration, format } from '../draw/units.js';

export const LEFT = 58, RIGHT = 8;   // of every drawing with a time axis, so that they stand under each other
const TRACKS_MAX = 24;

// Of the library axes and grid alone: its legend would set styles by markup, which the page's policy forbids.
Dygraph.PLUGINS = [Dygraph.Plugins.Axes, Dygraph.Plugins.Grid];

const name = (labels) => Object.entries(labels).map(([k, v]) => `${k}=${v}`).join(' ') || 'value';

export class Chart {
  #dygraph = null;
  #shape = '';
  #alone = null;      // the only series that is shown, by its key
  #shown = [];        // [key, track], as drawn
  #rows = [];
  #ends = [];         // of what listens
  visible = false;

  constructor(what, forms, options = {}) {
    this.what = what;
    this.empty = null;
    this.onEmpty = options.onEmpty ?? (() => {});
    this.value = el('span', { class: 'now' });
    this.note = el('span', { class: 'note' });
    this.plot = el('div', { class: 'plot', role: 'img', 'aria-label': `${what.title}, a chart over time` });
    this.legend = el('ul', { class: 'legend' });
    this.root = el('figure', { class: 'chart', 'data-chart': what.id },
      el('figcaption', {}, el('span', { class: 'title', text: what.title }), this.value, this.note),
      el('div', { class: 'plotbox' }, this.plot), this.legend);
    this.box = this.root.querySelector('.plotbox');
    this.surface = surface(this.box, {
      toTime: (x) => (this.#dygraph ? this.#dygraph.toDataXCoord(x) / 1000 : timeline.window()[0] + (x - LEFT) / this.#width() * (timeline.window()[1] - timeline.window()[0])),
      toX: (t) => (this.#dygraph ? this.#dygraph.toDomXCoord(t * 1000) : NaN),
      area: () => ({ left: LEFT, right: this.box.clientWidth - RIGHT }),
    });
    this.query = new Query(forms, () => this.draw());
    this.#ends = [this.surface.end, timeline.onCrosshair((at) => this.values(at)), onTheme(() => this.#rebuild())];
  }

  #width() {
    return Math.max(50, this.box.clientWidth - LEFT - RIGHT);
  }

  ask(forms) {
    if (forms.second === this.query.expr) return;
    this.query.end();
    this.query = new Query(forms, () => this.draw());
    this.load();
  }

  // Asks for what the window shows, if anybody can see it.
  load() {
    if (!this.visible) return;
    const [from, to] = timeline.window();
    this.query.load(from, to, this.#width());
    this.follow();
  }

  follow() {
    this.query.follow(this.visible && timeline.live && !timeline.frozen && !timeline.fixed);
  }

  setVisible(on) {
    if (on === this.visible) return;
    this.visible = on;
    if (on) this.load();
    else this.follow();
  }

  // A second has come.
  tick() {
    if (!this.visible || timeline.fixed || timeline.frozen) return;
    const [from, to] = timeline.window();
    if (!this.query.foldable && this.query.loaded && to - (this.query.buffer.end ?? 0) > 2 * this.query.buffer.step) {
      this.load();
      return;
    }
    this.query.settle(from);
    this.draw();
  }

  #tracks() {
    const { what, query: { buffer } } = this;
    let list = [...buffer.tracks].filter(([, t]) => t.mid.some((v) => !Number.isNaN(v)));
    if (what.hideZero) {
      const busy = list.filter(([, t]) => t.hi.some((v) => v > 0));
      this.quiet = busy.length === 0;
      list = busy.length ? busy : list.slice(0, 1);
    }
    this.others = Math.max(0, list.length - TRACKS_MAX);
    if (this.others) {
      const peak = new Map(list.map(([key, t]) => [key, t.hi.reduce((a, v) => (v > a ? v : a), -Infinity)]));
      list = list.sort(([a], [b]) => peak.get(b) - peak.get(a)).slice(0, TRACKS_MAX);
    }
    const order = what.coloured === 'device' ? (l) => deviceOrder(l) : null;
    const label = what.legend ?? name;
    list.sort(([, a], [, b]) => (order ? order(a.labels) - order(b.labels) : 0) || String(label(a.labels)).localeCompare(String(label(b.labels)), 'en', { numeric: true }));
    return list;
  }

  #colour(track, i) {
    return this.what.coloured === 'device' ? deviceColour(track.labels) : seriesColour(i);
  }

  #rebuild() {
    this.#shape = '';
    this.draw();
  }

  draw() {
    if (!this.visible || !this.root.isConnected) return;
    const { query, what } = this;
    setText(this.note, query.words);
    if (query.error || !query.loaded) return;
    const all = this.#tracks();
    if (this.others) setText(this.note, [query.words, `${all.length} of ${all.length + this.others}, the highest`].filter(Boolean).join('; '));
    const empty = all.length === 0;
    if (empty !== this.empty) {
      this.empty = empty;
      this.root.classList.toggle('empty', empty);
      this.onEmpty(empty);
    }
    if (empty) {
      setText(this.value, 'no samples in this time');
      this.#drop();
      this.legend.replaceChildren();
      return;
    }
    const { step } = query.buffer;
    setText(this.value, step <= timeline.interval ? '' : query.coarse ? `means of ${duration(step)}` : query.envelope && !query.instants ? `lowest to highest of ${duration(step)}` : `each ${duration(step)}`);
    if (this.#alone && !all.some(([key]) => key === this.#alone)) this.#alone = null;
    if (this.quiet) setText(this.value, 'nothing in this time');
    this.#shown = all.filter(([key]) => !this.#alone || key === this.#alone);
    const shape = all.map(([key]) => key).join() + this.#alone + this.quiet;
    const [from, to] = timeline.window();
    this.#rows = this.#makeRows();
    const options = { file: this.#rows, dateWindow: [from * 1000, to * 1000], valueRange: this.#range() };
    if (shape !== this.#shape) {
      this.#drop();
      this.#shape = shape;
      this.#legend(all);
      this.#dygraph = new Dygraph(this.plot, this.#rows, { ...this.#options(all), ...options, file: undefined });
    } else {
      this.#dygraph.updateOptions(options);
    }
    this.surface.redraw();
    this.values(timeline.crosshair);
  }

  #makeRows() {
    const { buffer } = this.query, rows = new Array(buffer.size);
    for (let i = 0; i < buffer.size; ++i) {
      const row = [(buffer.first + i * buffer.step) * 1000];
      for (const [, t] of this.#shown) row.push(Number.isNaN(t.mid[i]) ? null : [t.lo[i], t.mid[i], t.hi[i]]);
      rows[i] = row;
    }
    return rows;
  }

  #range() {
    let low = Infinity, high = -Infinity;
    for (const [, t] of this.#shown) {
      for (let i = 0; i < t.hi.length; ++i) {
        if (t.lo[i] < low) low = t.lo[i];
        if (t.hi[i] > high) high = t.hi[i];
      }
    }
    if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
    const { what } = this;
    if (what.full) return [0, Math.max(what.full, high) * 1.02];
    if (what.base === 'lowest' || low < 0) {
      const pad = Math.max((high - low) * 0.08, Math.abs(high) * 0.01, ((what.least ?? 0) - (high - low)) / 2, 1e-9);
      return [low - pad, high + pad];
    }
    return [0, high > 0 ? high * 1.08 : 1];
  }

  #options(all) {
    const { what } = this;
    const grid = css('--grid'), faint = css('--faint');
    return {
      labels: ['t', ...this.#shown.map((_, i) => `s${i}`)],
      colors: this.#shown.map(([key, t]) => this.#colour(t, all.findIndex(([k]) => k === key))),
      customBars: true, legend: 'never', plotter: [bands, lines], interactionModel: {}, highlightCircleSize: 0,
      rightGap: RIGHT, xRangePad: 0, gridLineColor: grid, gridLineWidth: 1, axisLineColor: faint, axisLineWidth: 0.5,
      axes: {
        x: { ticker: (a, b, px) => timeTicks(a / 1000, b / 1000, px).map((t) => ({ v: t.v * 1000, label: t.label })), axisLabelWidth: 66, drawGrid: false, axisLabelFontSize: 10.5, pixelsPerLabel: 70 },
        y: { ticker: (a, b, px) => valueTicks(a, b, px, what.unit), axisLabelWidth: LEFT - 8, axisTickSize: 3, axisLabelFontSize: 10.5 },
      },
      underlayCallback: (g, area, dygraph) => this.#marks(g, area, dygraph),
    };
  }

  #marks(g, area, dygraph) {
    const [from, to] = timeline.window();
    for (const mark of marksWithin(from, to)) {
      const x = Math.round(dygraph.toDomXCoord(mark.time * 1000)) + 0.5;
      if (x < area.x || x > area.x + area.w) continue;
      g.strokeStyle = g.fillStyle = css(`--${mark.severity}`) || css('--info');
      g.globalAlpha = 0.75;
      g.lineWidth = 1;
      g.setLineDash([2, 2]);
      g.beginPath();
      g.moveTo(x, area.y);
      g.lineTo(x, area.y + area.h);
      g.stroke();
      g.setLineDash([]);
      g.globalAlpha = 1;
      g.beginPath();
      g.moveTo(x - 4, area.y);
      g.lineTo(x + 4, area.y);
      g.lineTo(x, area.y + 6);
      g.fill();
    }
  }

  #legend(all) {
    const { what } = this, label = what.legend ?? name;
    this.items = new Map();
    this.legend.hidden = Boolean(this.quiet);
    renew(this.legend, all.map(([key, track], i) => {
      const swatch = el('i', { class: 'swatch' });
      swatch.style.background = this.#colour(track, i);
      const value = el('b');
      const text = String(label(track.labels) ?? '');
      const item = el('button', { type: 'button', 'data-key': key, title: `${name(track.labels)}\nclick: this one alone`, class: this.#alone && this.#alone !== key ? 'off' : '',
        'aria-pressed': String(this.#alone === key), onclick: () => {
          this.#alone = this.#alone === key ? null : key;
          this.#rebuild();
        } }, swatch, el('span', { text }), value);
      this.items.set(key, value);
      return el('li', {}, item);
    }));
  }

  // At a second, or the newest there are.
  values(at) {
    if (!this.visible || !this.items || !this.query.loaded) return;
    const { buffer } = this.query;
    const i = at === null ? -1 : buffer.index(at);
    for (const [key, node] of this.items) {
      const track = buffer.tracks.get(key);
      if (!track) continue;
      const v = at === null ? (timeline.fixed ? lastOf(track) : buffer.newest(track, timeline.now, this.what.slow ? 15 : 4)) : i < 0 || Number.isNaN(track.mid[i]) ? null : track.mid[i];
      let text = format(v, this.what.unit);
      if (at !== null && v !== null && track.hi[i] - track.lo[i] > Math.abs(v) * 0.005) text = `${format(track.lo[i], this.what.unit)} … ${format(track.hi[i], this.what.unit)}`;
      setText(node, text);
    }
  }

  // What is drawn, for whoever checks it.
  get drawn() {
    const dygraph = this.#dygraph;
    return { window: dygraph?.xAxisRange(), area: dygraph?.getArea(), rows: this.#rows, labels: this.#shown.map(([, t]) => t.labels),
      x: (t) => dygraph?.toDomXCoord(t * 1000) };
  }

  resize() {
    if (this.#dygraph) this.#dygraph.resize();
  }

  #drop() {
    this.#dygraph?.destroy();
    this.#dygraph = null;
    this.#shape = '';
  }

  end() {
    for (const e of this.#ends) e();
    this.query.end();
    this.#drop();
    this.root.remove();
  }
}

function lastOf(track) {
  for (let i = track.mid.length - 1; i >= 0; --i) if (!Number.isNaN(track.mid[i])) return track.mid[i];
  return null;
}
