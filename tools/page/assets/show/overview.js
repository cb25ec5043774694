// The overview: a row an accelerator, a column a quantity; and the host in small tables.
import { queryInstant } from '../data/api.js';
import { COLUMNS, HOST, QUANTITIES, deviceKey, forms } from '../data/catalogue.js';
import { devices } from '../data/devices.js';
import { by, el, setText } from '../draw/dom.js';
import { chooseDevice, filters, isShown, jobsOf, pattern } from '../steer/filters.js';
import { has } from '../data/names.js';
import { Cell } from '../draw/sparkline.js';
import { Strip, span } from './strip.js';
import { onTheme } from '../draw/theme.js';
import { timeline } from '../steer/timeline.js';

const EACH_MAX = 8;        // devices of a kind
const TOP_EVERY_S = 15, EXTREMES_EVERY_S = 600, REASONS_EVERY_S = 5;

const deviceStrips = new Map();  // column -> Strip
const hostBlocks = [];           // {what, strips, root, rows}
const rows = new Map();          // device key -> {root, tag, cells}
let shown = true;
let ready = false, stale = false;
const screen = { isShown: () => shown, changed };  // what a strip is told of

let drawing = 0;
function changed() {
  if (!drawing) drawing = requestAnimationFrame(draw);
}

const naturally = new Intl.Collator('en', { numeric: true }).compare;

export function showOverview() {
  ready = true;
  new IntersectionObserver((entries) => {
    const was = shown;
    shown = entries.at(-1).isIntersecting;
    for (const s of strips()) s.follow();
    if (shown && (stale || (!was && timeline.live))) reloadOverview();
  }).observe(by('overview'));
  onTheme(changed);
  window.addEventListener('resize', changed);
  setInterval(() => {
    if (shown && timeline.live && !timeline.frozen && !document.hidden) everyone((s) => s.extremes());
  }, EXTREMES_EVERY_S * 1000);
  setInterval(() => {
    if (shown && timeline.live && !timeline.frozen && !document.hidden) findTop();
  }, TOP_EVERY_S * 1000);
  setInterval(() => {
    if (shown && !timeline.frozen && !document.hidden) findReasons();
  }, REASONS_EVERY_S * 1000);
  extendOverview();
  setTimeout(() => everyone((s) => s.extremes()), 1500);
}

const strips = () => [...deviceStrips.values(), ...hostBlocks.flatMap((b) => b.strips)];
async function everyone(what) {
  for (const s of strips()) await what(s);
  changed();
}

// Again all that is on the screen: after a gap, another filter, or when it comes back into view.
export function reloadOverview() {
  if (!ready) return;
  stale = !shown;  // then it is asked when it comes back into view
  if (stale) return;
  for (const s of deviceStrips.values()) s.ask();
  for (const b of hostBlocks) for (const s of b.strips) if (!b.what.top) s.ask();
  findTop();
}

export function tickOverview() {
  if (!shown || timeline.frozen) return;
  for (const s of strips()) s.query?.settle(timeline.now - span());
  changed();
}

// What there is of metrics and devices has been found, or found again.
export function extendOverview() {
  for (const id of ['up', ...COLUMNS]) {
    if (deviceStrips.has(id) || !has(QUANTITIES[id].needs)) continue;
    const strip = new Strip(QUANTITIES[id], deviceKey, screen);
    deviceStrips.set(id, strip);
    strip.ask();
  }
  drawDevices();
  for (const what of HOST) {
    if (hostBlocks.some((b) => b.what === what) || !what.rows.some((r) => has(r.needs))) continue;
    const block = { what, strips: [], rows: new Map(), root: null };
    const key = what.each === 'container' ? (l) => l.id : what.each ? (l) => l[what.each] : () => '';
    for (const row of what.rows) if (has(row.needs)) block.strips.push(new Strip(row, key, screen));
    if (!what.top) for (const s of block.strips) s.ask();
    makeBlock(block);
    hostBlocks.push(block);
  }
  const order = [...hostBlocks].sort((a, b) => HOST.indexOf(a.what) - HOST.indexOf(b.what));
  by('host').prepend(...order.map((b) => b.root));
  findTop();
  changed();
}

// Which containers use the most CPU now; the others are not asked for.
async function findTop() {
  for (const b of hostBlocks) {
    if (!b.what.top) continue;
    try {
      const found = await queryInstant(`topk(6, ${forms({ expr: b.what.top }, filters(), timeline.interval).second}) > 0`, timeline.now);
      const ids = found.map((f) => f.labels.id).sort();
      const top = pattern(ids);
      if (b.top !== top) {
        b.top = top;
        for (const s of b.strips) if (ids.length) s.ask({ top });
        else s.end();
      }
    } catch {
      // Another time.
    }
  }
}

// Why clocks are held down, where they are.
async function findReasons() {
  const strip = deviceStrips.get('throttled');
  if (!strip) return;
  const hit = [...strip.cells.values()].some((c) => c.root.classList.contains('alert'));
  for (const c of strip.cells.values()) c.note = null;
  if (!hit) return;
  try {
    const found = await queryInstant(`sum by (vendor, accel, partition, reason) (increase(accel_throttle_seconds_total{reason!="low_utilization"${filters().device}}[10s])) > 0`, timeline.now);
    for (const { labels } of found.sort((a, b) => a.value - b.value)) {
      const cell = strip.cells.get(deviceKey(labels));
      if (cell) cell.note = String(labels.reason ?? '').replaceAll('_', ' ');
    }
  } catch {
    // The number stands without a reason.
  }
}

function drawDevices() {
  const table = by('devices');
  by('accelerators').hidden = devices.length === 0;
  const columns = COLUMNS.filter((c) => deviceStrips.has(c));
  const head = ['', ...columns.map((c) => QUANTITIES[c].short)];
  const wanted = devices.map((d) => d.key).join('\n') + head.join('\n');
  if (table.dataset.shape === wanted) return;
  table.dataset.shape = wanted;
  table.tHead.replaceChildren(el('tr', {}, ...head.map((h, i) => el('th', { scope: 'col', text: h, title: i ? QUANTITIES[columns[i - 1]].title : null, 'data-column': i ? columns[i - 1] : null }))));
  rows.clear();
  table.tBodies[0].replaceChildren(...devices.map((d) => {
    const tag = el('span', { class: 'tag' }), owner = el('small');
    const root = el('tr', { 'data-device': d.key }, el('th', { scope: 'row' },
      el('button', { type: 'button', class: 'device', title: `accelerator ${d.name}, ${d.vendor} ${d.model}\nclick: this one alone`, onclick: () => chooseDevice(d.accel) },
        el('b', { text: d.name }), el('span', {}, d.model, owner)), tag));
    for (const c of columns) {
      const strip = deviceStrips.get(c);
      const cell = new Cell('td', strip.what);
      cell.root.dataset.quantity = c;
      cell.limit = () => d.limits[c];
      strip.cells.set(d.key, cell);
      root.append(cell.root);
    }
    rows.set(d.key, { root, tag, owner });
    return root;
  }));
}

function makeBlock(block) {
  const { what } = block;
  block.body = el('tbody');
  block.more = el('p', { class: 'more' });
  block.root = el('div', { class: what.each ? 'block each' : 'block', 'data-block': what.title },
    el('h3', { text: what.title, title: what.hint }),
    el('table', { class: 'cells' }, what.each ? el('thead', {}, el('tr', {}, el('th'), ...block.strips.map((s) => el('th', { scope: 'col', text: s.what.name })))) : null, block.body),
    block.more);
  if (what.each) return;
  for (const strip of block.strips) {
    const cell = new Cell('td', strip.what);
    strip.cells.set('', cell);
    block.body.append(el('tr', {}, el('th', { scope: 'row', text: strip.what.name }), cell.root));
  }
}

// A row a device of the host; those that did nothing for minutes are only counted.
function drawEach(block) {
  const tracks = block.strips.map((s) => s.tracks());
  const names = new Set(tracks.flatMap((t) => [...t.keys()]));
  let left = 0;
  const busy = [...names].filter((n) => tracks.some((t) => t.get(n)?.mid.some((v) => v > 0)));
  if (block.what.each === 'container') {
    const first = tracks[0];
    const mean = (n) => block.strips[0].query?.buffer.newest(first.get(n) ?? { mid: [] }, timeline.now, 10) ?? 0;
    busy.sort((a, b) => mean(b) - mean(a));
    busy.splice(6);
  } else {
    // By what they did in these minutes, so that none comes and goes; then by name.
    const load = new Map(busy.map((n) => [n, tracks.reduce((sum, t, i) => sum + (block.strips[i].what.unit === 'rate' ? t.get(n)?.mid.reduce((a, v) => a + (v > 0 ? v : 0), 0) ?? 0 : 0), 0)]));
    left = busy.sort((a, b) => load.get(b) - load.get(a)).splice(EACH_MAX).length;
    busy.sort(naturally);
  }
  for (const [n, row] of block.rows) {
    if (busy.includes(n)) continue;
    row.remove();
    block.rows.delete(n);
    for (const s of block.strips) s.cells.delete(n);
  }
  busy.forEach((n, at) => {
    let row = block.rows.get(n);
    if (!row) {
      const labels = tracks.map((t) => t.get(n)?.labels).find(Boolean) ?? {};
      const text = block.what.each === 'container' ? containerName(labels) : n;
      row = el('tr', { 'data-row': n }, el('th', { scope: 'row', text, title: block.what.each === 'container' ? labels.id : n }));
      for (const s of block.strips) {
        const cell = new Cell('td', s.what);
        s.cells.set(n, cell);
        row.append(cell.root);
      }
      block.rows.set(n, row);
    }
    if (block.body.children[at] !== row) block.body.insertBefore(row, block.body.children[at] ?? null);
  });
  const idle = names.size - busy.length - left;
  setText(block.more, block.what.each === 'container' ? '' : left ? `${left + idle} more${idle ? `, ${idle} of them idle` : ''}` : idle ? `${idle} more ${idle === 1 ? 'is' : 'are'} idle` : '');
  block.root.hidden = names.size === 0;
}

const containerName = (l) => l.pod ? `${l.namespace ? `${l.namespace}/` : ''}${l.pod}${l.container ? ` ${l.container}` : ''}` : l.container || (l.id ?? '').replace(/^.*\/(?=[^/]*$)/, '').replace(/^(.{28}).+$/, '$1…') || l.id;

function draw() {
  drawing = 0;
  if (!shown) return;
  const to = timeline.now;
  const up = deviceStrips.get('up');
  const upTracks = up ? up.tracks() : new Map();
  const tracks = new Map([...deviceStrips].map(([id, s]) => [id, s.tracks()]));
  const table = by('devices');
  for (const [id, t] of tracks) {
    if (id === 'up') continue;
    const none = t.size === 0 && deviceStrips.get(id).query?.loaded;
    table.classList.toggle(`no-${id}`, Boolean(none));
    const head = table.tHead.querySelector(`[data-column=${id}]`), words = deviceStrips.get(id).query?.words ?? '';
    if (!head) continue;
    setText(head, QUANTITIES[id].short + (words ? ' !' : ''));
    const title = words || QUANTITIES[id].title;
    if (head.title !== title) head.title = title;
  }
  for (const d of devices) {
    const row = rows.get(d.key);
    if (!row) continue;
    const hidden = !isShown(d.accel);
    row.root.hidden = hidden;
    const state = upTracks.get(d.key) ? up.query.buffer.newest(upTracks.get(d.key), to) : null;
    const lost = state === 0;
    row.root.classList.toggle('lost', lost);
    setText(row.tag, lost ? 'no answer' : '');
    setText(row.owner, jobsOf(d.accel));
    if (hidden) continue;
    for (const [id, s] of deviceStrips) {
      if (id !== 'up') s.cells.get(d.key)?.draw(s.query?.buffer, s.query && tracks.get(id).get(d.key), to, span(), lost);
    }
  }
  for (const b of hostBlocks) {
    if (b.what.each) drawEach(b);
    for (const s of b.strips) {
      const t = s.tracks();
      for (const [key, cell] of s.cells) cell.draw(s.query?.buffer, t.get(key), to, span());
    }
    const words = b.strips.map((s) => s.query?.words).find(Boolean);
    if (words) setText(b.more, words);
    else if (!b.what.each) setText(b.more, '');
  }
}
