// A quantity of the overview: its expression, its last minutes, and the cells that show them.
import { queryInstant } from '../data/api.js';
import { forms } from '../data/catalogue.js';
import { filters } from '../steer/filters.js';
import { Query } from '../data/query.js';
import { timeline } from '../steer/timeline.js';
import { duration } from '../draw/units.js';

const SPAN = 300;  // seconds of the small drawings, where there are so many
const EVALUATED_MAX_S = 3600;
export const span = () => Math.min(SPAN, timeline.longest);

// A quantity that is shown by cells, one a series of its expression.
export class Strip {
  constructor(what, keyOf, screen) {
    this.screen = screen;  // {isShown(), changed()}
    this.what = what;
    this.keyOf = keyOf;
    this.cells = new Map();
    this.query = null;
  }

  ask(extra = {}) {
    const ways = forms(this.what, { ...filters(), ...extra }, timeline.interval);
    if (this.query?.expr === ways.second) return this.load();
    this.query?.end();
    for (const c of this.cells.values()) c.low = Infinity, c.high = -Infinity;
    this.query = new Query(ways, () => this.screen.changed());
    return this.load();
  }

  load() {
    const to = timeline.now;
    this.query.load(to - span(), to, SPAN * 2);
    this.follow();
  }

  follow() {
    this.query?.follow(this.screen.isShown() && timeline.live && !timeline.frozen);
  }

  end() {
    this.query?.end();
    this.query = null;
  }

  // {key: track}
  tracks() {
    const out = new Map();
    if (this.query) for (const t of this.query.buffer.tracks.values()) out.set(this.keyOf(t.labels), t);
    return out;
  }

  // Of the whole window; of what has to be evaluated each second, of its last hour.
  async extremes() {
    const { query } = this;
    if (!query || this.what.expr.includes('{TOP}')) return;
    const whole = Math.floor(timeline.now - timeline.oldest);
    const asked = query.forms.simple ? whole : Math.min(whole, EVALUATED_MAX_S);
    if (asked <= SPAN) return;
    const over = (f) => queryInstant(query.forms.over(f, asked), timeline.now);
    try {
      const [lows, highs] = await Promise.all([over('min'), over('max')]);
      if (query !== this.query) return;
      for (const c of this.cells.values()) c.title = `lowest and highest of the last ${duration(asked)}`;
      for (const { labels, value } of lows) this.#cell(labels, (c) => (c.low = Math.min(c.low, value)));
      for (const { labels, value } of highs) this.#cell(labels, (c) => (c.high = Math.max(c.high, value)));
    } catch {
      // Too much for the node: the extremes of the last minutes stand.
    }
  }

  #cell(labels, set) {
    const cell = this.cells.get(this.keyOf(labels));
    if (cell) set(cell);
  }
}
