// What happened: marks on all charts, and a list to jump from.
import { api } from '../data/api.js';
import { by, el, setText } from '../draw/dom.js';
import { state } from '../steer/state.js';
import { timeline } from '../steer/timeline.js';
import { clock, duration, isToday } from '../draw/units.js';

const KEPT = 500, LISTED = 200;
const SIGN = { error: '▲', warning: '◆', info: '●' };
const GRAVITY = { info: 0, warning: 1, error: 2 };
const AROUND_S = 120;   // shown on each side of an event one jumps to

let events = [];          // in the order of time
const known = new Map();  // what makes an event one -> event
const listeners = new Set();

export function onMarks(listener) {
  listeners.add(listener);
}

// The gravest last, so that they are drawn over the others.
export const marksWithin = (from, to) => events.filter((e) => e.time >= from && e.time <= to && isOurs(e)).sort((a, b) => GRAVITY[a.severity] - GRAVITY[b.severity]);

// An event without a device is everybody's.
function isOurs(e) {
  return !state.device || !e.device || state.device.split(',').map(decodeURIComponent).some((d) => d === e.device || d === e.labels?.accel);
}

const idOf = (e) => [e.time, e.kind, e.device ?? '', e.text].join('\n');

// An episode that is told again, from the middle of it.
function beginningOf(e) {
  return events.findLast((b) => b.kind === e.kind && b.device === e.device && b.text === e.text && b.time <= e.time && (b.end ?? Infinity) >= e.time);
}

export function addEvents(list) {
  let more = false;
  for (const e of list) {
    const before = known.get(idOf(e)) ?? (e.began_earlier ? beginningOf(e) : undefined);
    if (before && before.end === e.end) continue;
    const now = { ...e, time: before?.time ?? e.time, severity: SIGN[e.severity] ? e.severity : 'info' };
    known.set(idOf(now), now);
    more = true;
  }
  if (!more) return;
  events = [...known.values()].sort((a, b) => a.time - b.time);
  while (events.length > KEPT) {
    const old = events.shift();
    known.delete(idOf(old));
  }
  drawEvents();
  for (const l of listeners) l();
}

export async function findEvents() {
  by('event-count').onclick = () => by('events').scrollIntoView({ block: 'center' });
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
  const grave = ours.filter((e) => e.severity !== 'info');
  const count = by('event-count');
  count.hidden = grave.length === 0;
  count.className = grave.some((e) => e.severity === 'error') ? 'error' : 'warning';
  setText(count, `${SIGN[count.className]} ${grave.length}`);
  by('event-list').replaceChildren(...ours.slice(-LISTED).reverse().map((e) => el('li', { class: `${e.severity}${e.time >= from && e.time <= to ? ' within' : ''}` },
    el('button', { type: 'button', onclick: () => jump(e), title: `${e.kind}: show the time around it` },
      el('time', { datetime: new Date(e.time * 1000).toISOString(), text: clock(e.time, !isToday(e.time)) }),
      el('span', { class: 'sign', 'aria-label': e.severity, text: SIGN[e.severity] }),
      el('span', { class: 'what', text: `${e.device && !e.text.includes(e.device) ? `${e.device}: ` : ''}${e.text}${e.end ? `, for ${duration(e.end - e.time)}` : ''}` })))));
}
