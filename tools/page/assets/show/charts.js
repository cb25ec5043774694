// All charts of the catalogue, by group. A chart asks only while it is on the screen.
import { CHARTS, forms } from '../data/catalogue.js';
import { Chart } from './chart.js';
import { by, el, settled } from '../draw/dom.js';
import { filters } from '../steer/filters.js';
import { has } from '../data/names.js';
import { change, listOf, onState, state, textOf } from '../steer/state.js';
import { timeline } from '../steer/timeline.js';

export const charts = [];
const charted = new Map();  // element -> chart
const seen = new IntersectionObserver((entries) => {
  for (const e of entries) charted.get(e.target)?.setVisible(e.isIntersecting);
}, { rootMargin: '80px' });

export function watch(chart) {
  charts.push(chart);
  charted.set(chart.root, chart);
  seen.observe(chart.root);
}

export function unwatch(chart) {
  charts.splice(charts.indexOf(chart), 1);
  charted.delete(chart.root);
  seen.unobserve(chart.root);
}

const ways = (what) => forms(what, filters(), timeline.interval);

export function showCharts() {
  const host = by('charts');
  for (const group of CHARTS) {
    const grid = el('div', { class: 'grid' });
    const fold = el('button', { type: 'button', text: group.title, onclick: () => {
      const hidden = listOf(state.hide);
      change({ hide: textOf(hidden.includes(group.title) ? hidden.filter((h) => h !== group.title) : [...hidden, group.title]) });
    } });
    const section = el('section', { class: 'group', hidden: true }, el('h3', {}, fold), grid);
    group.fold = () => {
      grid.hidden = listOf(state.hide).includes(group.title);
      fold.setAttribute('aria-expanded', String(!grid.hidden));
    };
    group.fold();
    const made = new Map();
    const fill = () => {
      for (const what of group.charts) {
        if (made.has(what.id) || !has(what.needs)) continue;
        const chart = new Chart(what, ways(what));
        made.set(what.id, chart);
        const next = group.charts.slice(group.charts.indexOf(what) + 1).map((w) => made.get(w.id)?.root).find(Boolean);
        grid.insertBefore(chart.root, next ?? null);
        watch(chart);
      }
      section.hidden = made.size === 0;
    };
    group.fill = fill;
    fill();
    host.append(section);
  }
  onState((changed) => {
    if (changed.has('hide')) for (const group of CHARTS) group.fold();
  });
  timeline.onWindow(() => {
    for (const c of charts) c.load();
  });
  window.addEventListener('resize', settled(() => {
    for (const c of charts) {
      c.resize();
      c.load();
    }
  }, 200));
}

// New metrics may have come.
export function moreCharts() {
  for (const group of CHARTS) group.fill?.();
}

export function filterCharts() {
  for (const c of charts) if (c.what.expr) c.ask(ways(c.what));
}
