// A box for a question of one's own: completion while it is typed, then a chart and a table, or an error with its place.
import { queryInstant } from '../data/api.js';
import { typed } from '../data/catalogue.js';
import { Chart } from '../show/chart.js';
import { unwatch, watch } from '../show/charts.js';
import { complete } from './completion.js';
import { by, el, setText } from '../draw/dom.js';
import { state, change, onState } from './state.js';
import { timeline } from './timeline.js';
import { clock } from '../draw/units.js';

const ROWS_MAX = 200, AGAIN_S = 5;

let box, popup, chart = null, items = [], chosen = -1, from = 0, asked = 0, refreshed = 0;

export function showPromql() {
  box = by('promql');
  popup = by('completions');
  box.value = state.q;
  grow();
  box.addEventListener('input', () => {
    grow();
    suggest();
  });
  box.addEventListener('keydown', key);
  box.addEventListener('blur', () => setTimeout(close, 150));
  by('promql-form').addEventListener('submit', (e) => {
    e.preventDefault();
    run();
  });
  onState((changed) => {
    if (!changed.has('q') || state.q === box.value.trim()) return;
    box.value = state.q;
    run();
  });
  timeline.onWindow(() => {
    if (state.q) table();
  });
  if (state.q) run();
}

export function focusPromql() {
  box.scrollIntoView({ block: 'center' });
  box.focus();
}

function grow() {
  box.rows = Math.min(8, box.value.split('\n').length);
}

async function suggest() {
  const mine = ++asked, text = box.value, cursor = box.selectionStart;
  const found = await complete(text, cursor);
  if (mine !== asked || box.value !== text || document.activeElement !== box) return;
  items = found.items;
  from = found.from;
  chosen = items.length && text.slice(from, cursor) ? 0 : -1;
  popup.hidden = items.length === 0;
  box.setAttribute('aria-expanded', String(!popup.hidden));
  popup.replaceChildren(...items.map((it, i) => el('li', { role: 'option', id: `completion-${i}`, class: it.kind, onmousedown: (e) => {
    e.preventDefault();
    accept(i);
  } }, el('span', { text: it.text }), el('small', { text: it.detail ?? it.kind }))));
  if (!popup.hidden) popup.scrollIntoView({ block: 'nearest' });
  mark();
}

function mark() {
  [...popup.children].forEach((li, i) => li.setAttribute('aria-selected', String(i === chosen)));
  if (chosen >= 0) {
    popup.children[chosen].scrollIntoView({ block: 'nearest' });
    box.setAttribute('aria-activedescendant', `completion-${chosen}`);
  } else {
    box.removeAttribute('aria-activedescendant');
  }
}

function close() {
  ++asked;
  popup.hidden = true;
  items = [];
  chosen = -1;
  box.setAttribute('aria-expanded', 'false');
}

function accept(i) {
  const cursor = box.selectionStart;
  const { insert } = items[i];
  box.setRangeText(insert, from, cursor, 'end');
  close();
  grow();
  if (insert.endsWith('(')) suggest();
}

function key(e) {
  const open = !popup.hidden;
  if (e.key === ' ' && e.ctrlKey) {
    e.preventDefault();
    suggest();
  } else if (open && (e.key === 'ArrowDown' || e.key === 'ArrowUp')) {
    e.preventDefault();
    const by = e.key === 'ArrowDown' ? 1 : -1;
    chosen = (chosen + by + items.length) % items.length;
    mark();
  } else if (open && chosen >= 0 && (e.key === 'Tab' || (e.key === 'Enter' && !e.ctrlKey && box.value.slice(from, box.selectionStart) !== items[chosen].insert))) {
    e.preventDefault();
    accept(chosen);
  } else if (e.key === 'Escape') {
    e.stopPropagation();
    if (open) close();
    else box.blur();
  } else if (e.key === 'Enter' && !e.shiftKey) {
    e.preventDefault();
    run();
  }
}

function run() {
  close();
  const q = box.value.trim();
  change({ q });
  fail(null);
  if (chart) {
    unwatch(chart);
    chart.end();
    chart = null;
  }
  by('answer').hidden = !q;
  if (!q) return;
  chart = new Chart({ id: 'promql', title: 'Over time', unit: 'count' }, typed(q, timeline.interval));
  by('answer-chart').replaceChildren(chart.root);
  watch(chart);
  table();
}

async function table() {
  const q = state.q, time = timeline.window()[1];
  refreshed = Date.now();
  try {
    const found = await queryInstant(q, time);
    if (q !== state.q) return;
    fail(null);
    setText(by('answer-note'), `${found.length} series at ${clock(time)}${found.length > ROWS_MAX ? `, the first ${ROWS_MAX}` : ''}`);
    by('answer-table').replaceChildren(...found.slice(0, ROWS_MAX).map(({ labels, value }) => el('tr', {}, labelCell(labels), el('td', { text: typeof value === 'number' ? String(value) : value }))));
  } catch (e) {
    if (q !== state.q) return;
    if (e.kind === 'bad_data') fail(e.message);
    else setText(by('answer-note'), `${e.message}; asked again in a moment`);  // what there is stays
  }
}

function labelCell(labels) {
  const { __name__: metric, ...rest } = labels;
  const cell = el('th', { scope: 'row' }, metric ? el('b', { text: metric }) : '');
  for (const [k, v] of Object.entries(rest)) cell.append(el('span', { class: 'label' }, el('i', { text: k }), `=${JSON.stringify(v)} `));
  if (!metric && !Object.keys(rest).length) cell.append('{}');
  return cell;
}

// The message, and the line it speaks of with its place marked.
function fail(message) {
  const host = by('promql-error');
  host.hidden = !message;
  box.setAttribute('aria-invalid', String(Boolean(message)));
  if (!message) return host.replaceChildren();
  by('answer').hidden = true;
  if (chart) {
    unwatch(chart);
    chart.end();
    chart = null;
  }
  const at = /(\d+):(\d+): /.exec(message);
  const parts = [el('p', { text: message.replace(/^invalid parameter "query": /, '') })];
  if (at) {
    const line = state.q.split('\n')[Number(at[1]) - 1] ?? '', column = Math.max(0, Number(at[2]) - 1);
    parts.push(el('pre', { class: 'place', 'data-column': at[2] }, line.slice(0, column), el('mark', { text: line.slice(column, column + 1) || ' ' }), line.slice(column + 1)));
  }
  host.replaceChildren(...parts);
}

export function tickPromql() {
  if (!chart || !state.q || timeline.fixed || timeline.frozen || Date.now() - refreshed < AGAIN_S * 1000 || !chart.visible) return;
  table();
}
