// What happened: marks on all charts, and a list to jump from.
import { api } from './api.js';
import { by, el, setText } from './dom.js';
import { state } from './state.js';
import { timeline } from './timeline.js';
import { clock, duration, isToday } from './units.js';

const KEPT = 500, LISTED = 200;
const SIGN = { error: '▲', warning: '◆', info: '●' };
const AROUND_S = 120;   // shown on each side of an event one jumps to

let events = [];          // in the order of time
const known = new Map();  // what makes an event one -> event
const listeners = new Set();

export function onMarks(listener) {
  listeners.add(listener);
}

export const marksWithin = (from, to) => events.filter((e) => e.time >= from && e.time <= to && isOurs(e));

// An event without a device is everybody's.
function isOurs(e) {
  return !state.device || !e.device || state.device.split(',').map(decodeURIComponent).some((d) => d === e.device || d === e.labels?.accel);
}

export function addEvents(list) {
  let more = false;
  for (const e of list) {
    const id = [e.time, e.kind, e.device ?? '', e.text].join('\n');
    const before = known.get(id);
    if (before && before.end === e.end) continue;
    known.set(id, { ...e, severity: SIGN[e.severity] ? e.severity : 'info' });
    more = true;
  }
  if (!more) return;
  events = [...known.values()].sort((a, b) => a.time - b.time);
  while (events.length > KEPT) {
    const old = events.shift();
    known.delete([old.time, old.kind, old.device ?? '', old.text].join('\n'));
  }
  drawEvents();
  for (const l of listeners) l();
}

export async function findEvents() {
  try {
    addEvents(await api('events', { start: timeline.oldest, end: timeline.now, limit: KEPT }));
  } catch (e) {
    setText(by('events-note'), e.status === 404 ? 'this node tells of no events' : e.message);
    return;
  }
  drawEvents();
}

function jump(e) {
  timeline.show(e.time - AROUND_S, (e.end ?? e.time) + AROUND_S);
  timeline.point(Math.round(e.time));
  by('charts-section').scrollIntoView({ block: 'start' });
}

export function drawEvents() {
  const [from, to] = timeline.window();
  const ours = events.filter(isOurs);
  setText(by('events-note'), ours.length === 0 ? 'nothing out of the ordinary in the whole window' : `${ours.length} in the whole window, ${ours.filter((e) => e.time >= from && e.time <= to).length} in the time that is shown`);
  by('event-list').replaceChildren(...ours.slice(-LISTED).reverse().map((e) => el('li', { class: `${e.severity}${e.time >= from && e.time <= to ? ' within' : ''}` },
    el('button', { type: 'button', onclick: () => jump(e), title: `${e.kind}: show the time around it` },
      el('time', { datetime: new Date(e.time * 1000).toISOString(), text: clock(e.time, !isToday(e.time)) }),
      el('span', { class: 'sign', 'aria-label': e.severity, text: SIGN[e.severity] }),
      el('span', { class: 'where', text: e.device ?? '' }),
      el('span', { class: 'what', text: e.text + (e.end ? ` (for ${duration(e.end - e.time)})` : '') })))));
}
