// The page put together: what there is, then second by second.
import { bounds, getJson, queryInstant } from './data/api.js';
import { charts, filterCharts, moreCharts, showCharts } from './show/charts.js';
import { findDevices } from './data/devices.js';
import { by, el, setText } from './draw/dom.js';
import { addEvents, drawEvents, findEvents, onMarks } from './show/events.js';
import { drawDeviceMenu, onFilters, showFilters } from './steer/filters.js';
import { heat } from './show/heat.js';
import { showKeys } from './steer/keys.js';
import { findNames } from './data/names.js';
import { extendOverview, reloadOverview, showOverview, tickOverview } from './show/overview.js';
import { showPromql, tickPromql } from './steer/promql.js';
import { state, onState } from './steer/state.js';
import { stream } from './data/stream.js';
import { PRESETS, timeline } from './steer/timeline.js';
import { clock, duration, isToday } from './draw/units.js';

const AGAIN_S = 60;        // what there is of metrics, devices and time is looked for so often
const LOOKBACK_S = 600;

let about = { live: true, node: '', version: '' };

function showState() {
  const node = by('state');
  const fixed = timeline.fixed;
  let kind = 'live', text = `live ${clock(timeline.now)}`;
  if (!timeline.live) [kind, text] = ['file', `file, newest ${clock(timeline.now, !isToday(timeline.now))}`];
  else if (timeline.frozen) [kind, text] = ['paused', `paused at ${clock(timeline.now)}`];
  else if (stream.state === 'lost') [kind, text] = ['lost', stream.reason || `no answer since ${clock(stream.since)}, ${duration(Date.now() / 1000 - stream.since)}`];
  else if (stream.state !== 'live') [kind, text] = ['opening', 'connecting'];
  node.dataset.state = kind;
  setText(by('state-text'), text);
  const [from, to] = timeline.window();
  setText(by('range-text'), `${clock(from, !isToday(from))} – ${clock(to)}  ·  ${duration(to - from)}`);
  for (const b of by('presets').children) b.setAttribute('aria-pressed', String(!fixed && b.value === state.range));
  by('pause').setAttribute('aria-pressed', String(timeline.frozen || Boolean(fixed)));
  setText(by('pause'), !timeline.live ? (fixed ? 'all of it' : '') : timeline.frozen || fixed ? 'live' : 'pause');
  by('pause').hidden = !timeline.live && !fixed;
}

function second(now) {
  timeline.now = now;
  tickOverview();
  for (const c of charts) c.tick();
  heat.tick();
  tickPromql();
  showState();
}

function reload() {
  reloadOverview();
  for (const c of charts) c.load();
  heat.load();
}

async function look() {
  const there = await bounds();
  timeline.oldest = there.min;
  // From the first second on the stream says when it is: what the node holds may be of a clock that has stepped back.
  if (!stream.newest) timeline.now = Math.max(timeline.now, Math.floor(there.max));
  await Promise.all([findNames(Math.max(there.min, there.max - LOOKBACK_S), there.max), findDevices(timeline.now, Math.ceil(timeline.live ? LOOKBACK_S : timeline.now - timeline.oldest + 1))]);
}

async function lookAgain() {
  if (document.hidden || timeline.frozen || stream.state !== 'live') return;
  try {
    await look();
  } catch {
    return;  // the stream says whether the node answers
  }
  extendOverview();
  drawDeviceMenu();
  heat.choose();
  moreCharts();
}

// How far apart the samples of a file are: as those of what every node has.
async function findInterval() {
  const span = Math.ceil(Math.min(3600, timeline.now - timeline.oldest));
  if (span < 10) return;
  const query = ['node_cpu_seconds_total', 'node_load1', 'accel_up', 'accel_utilization_ratio'].map((m) => `max(count_over_time(${m}[${span}s]))`).join(' or ');
  const [most] = await queryInstant(query, timeline.now);
  if (!most) return;
  const apart = span / most.value;
  timeline.interval = apart >= 0.75 ? Math.round(apart) : Math.max(0.1, Math.round(apart * 10) / 10);
}

async function begin() {
  try {
    about = await getJson('page/about.json');
    timeline.live = about.live;
    timeline.interval = stream.step = about.intervalMs / 1000;
    await look();
    if (!about.live) await findInterval();
  } catch (e) {
    setText(by('state-text'), `${e.message}; trying again`);
    by('state').dataset.state = 'lost';
    setTimeout(begin, 2000);
    return;
  }
  if (!about.live && !location.hash.includes('range=')) state.range = 'whole';
  setText(by('node'), about.node || 'node');
  document.title = about.node ? `${about.node} · tacho` : 'tacho';
  setText(by('version'), `tacho ${about.version}`);
  by('presets').replaceChildren(...PRESETS.map(([value, text]) => el('button', { type: 'button', value, text, onclick: () => timeline.preset(value) })));
  by('pause').addEventListener('click', () => (timeline.fixed ? timeline.reset() : timeline.pause()));
  await showFilters();
  showOverview();
  showCharts();
  heat.show();
  showPromql();
  showKeys();
  findEvents();
  connect();
  document.body.classList.add('ready');
  showState();
}

function connect() {
  onFilters(() => {
    reloadOverview();
    filterCharts();
    heat.choose();
    drawEvents();
    for (const c of charts) c.draw();
  });
  onMarks(() => {
    for (const c of charts) c.draw();
    heat.draw();
  });
  timeline.onWindow(() => {
    follow();
    showState();
    drawEvents();
  });
  onState(showState);
  stream.onState = showState;
  stream.onSecond = second;
  stream.onEvents = addEvents;
  stream.onGap = (since) => {
    lookAgain();
    reload();
    findEvents(Math.min(since, timeline.now));
  };
  document.addEventListener('visibilitychange', follow);
  follow();
  setInterval(lookAgain, AGAIN_S * 1000);
  setInterval(showState, 1000);
}

// A tab that nobody sees, and a page that is paused, ask for nothing.
let following = false;
function follow() {
  const wanted = timeline.live && !timeline.frozen && !document.hidden;
  if (wanted === following) return;
  following = wanted;
  if (!wanted) {
    stream.stop();
    return;
  }
  stream.start();  // which tells of the gap
}

// For tests and for the curious.
window.tacho = { timeline, stream, charts, heat, state };
begin();
