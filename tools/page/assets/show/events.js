// What happened: marks on all charts, and a list to jump from.
import { apiWhole } from '../data/api.js';
import { Episodes, howLong } from '../data/episodes.js';
import { by, el, renew, setText } from '../draw/dom.js';
import { listOf, state } from '../steer/state.js';
import { timeline } from '../steer/timeline.js';
import { clock, duration, isToday } from '../draw/units.js';

const KEPT = 500, LISTED = 200;
const SIGN = { error: '▲', warning: '◆', info: '●' };
const GRAVITY = { info: 0, warning: 1, error: 2 };
const LATE_S = 120;
const AROUND_S = 120;   // shown on each side of an event one jumps to

let warning = '';     // of older ones that are left out
const episodes = new Episodes(KEPT);
const listeners = new Set();

export function onMarks(listener) {
  listeners.add(listener);
}

// The gravest last, so that they are drawn over the others.
export const marksWithin = (from, to) => episodes.list.filter((e) => e.time >= from && e.time <= to && isOurs(e)).sort((a, b) => GRAVITY[a.severity] - GRAVITY[b.severity]);

// An event without a device is everybody's.
function isOurs(e) {
  return !state.device || !e.device || listOf(state.device).some((d) => d === e.device || d === e.labels?.accel);
}

export function addEvents(list, live = true) {
  if (!episodes.add(list.map((e) => (SIGN[e.severity] ? e : { ...e, severity: 'info' })), live)) return;
  drawEvents();
  for (const l of listeners) l();
}

// Of the whole window, or what there was since a second: what began a little before it may have been told late.
export async function findEvents(since = 0) {
  by('event-count').onclick = () => by('events').scrollIntoView({ block: 'center' });
  try {
    const found = await apiWhole('events', { start: Math.max(timeline.oldest, since - LATE_S), end: timeline.now, limit: KEPT });
    if (found.warnings.length || !since) warning = found.warnings.join('; ');
    addEvents(found.data, false);
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
  const ours = episodes.list.filter(isOurs);
  setText(by('events-note'), ours.length === 0 ? 'nothing out of the ordinary in the whole window' : `${ours.length} in the whole window, ${ours.filter((e) => e.time >= from && e.time <= to).length} in the time that is shown${warning && `; ${warning}`}`);
  const grave = ours.filter((e) => e.severity !== 'info');
  const count = by('event-count');
  count.hidden = grave.length === 0;
  count.className = grave.some((e) => e.severity === 'error') ? 'error' : 'warning';
  setText(count, `${SIGN[count.className]} ${grave.length}`);
  renew(by('event-list'), ours.slice(-LISTED).reverse().map((e) => el('li', { class: `${e.severity}${e.time >= from && e.time <= to ? ' within' : ''}` },
    el('button', { type: 'button', 'data-key': `${e.time} ${e.kind} ${JSON.stringify(e.labels)}`, onclick: () => jump(e), title: `${e.kind}: show the time around it` },
      el('time', { datetime: new Date(e.time * 1000).toISOString(), text: clock(e.time, !isToday(e.time)) }),
      el('span', { class: 'sign', 'aria-label': e.severity, text: SIGN[e.severity] }),
      el('span', { class: 'what', text: `${e.device && !e.text.includes(e.device) ? `${e.device}: ` : ''}${e.text}${howLong(e, duration)}` })))));
}
