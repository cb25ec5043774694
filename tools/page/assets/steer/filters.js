// Which accelerators and which job are shown. A filter goes into what is asked: the node answers for no others.
import { api } from '../data/api.js';
import { devices } from '../data/devices.js';
import { by, el, renew, setText, settled } from '../draw/dom.js';
import { state, change, onState, listOf, textOf } from './state.js';
import { timeline } from './timeline.js';
import { clock, duration, format } from '../draw/units.js';

const JOBS_EVERY_S = 30, JOBS_S = 600;
export let jobs = [];
const listeners = new Set();

export function onFilters(listener) {
  listeners.add(listener);
}

const tell = () => {
  drawDeviceMenu();
  for (const l of listeners) l();
};

export const pattern = (list) => list.map((t) => String(t).replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')).join('|').replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');

const chosenRuns = () => jobs.filter((j) => jobName(j) === state.job);
export const jobName = (j) => (j.namespace ? `${j.namespace}/${j.job}` : j.job);

// The accelerators that are shown, or null for all.
function shownDevices() {
  const chosen = listOf(state.device);
  if (!state.job) return chosen.length ? new Set(chosen) : null;
  const ofJob = new Set(chosenRuns().flatMap((j) => (j.devices ?? []).map((d) => d.accel)));
  if (!chosen.length) return ofJob;
  return new Set(chosen.filter((d) => ofJob.has(d)));
}

export const isShown = (accel) => shownDevices()?.has(accel) ?? true;

// Whose an accelerator is now.
export const jobsOf = (accel) => jobs.filter((j) => j.running && (j.devices ?? []).some((d) => d.accel === accel)).map((j) => j.job).join(', ');

// What goes into selectors.
export function filters() {
  const shown = shownDevices();
  const pods = [...new Set(chosenRuns().flatMap((j) => (j.pods ?? []).map((p) => p.labels?.pod).filter(Boolean)))];
  return {
    device: shown ? `,accel=~"${pattern([...shown])}"` : '',
    job: !state.job ? '' : pods.length ? `,pod=~"${pattern(pods)}"` : ',pod!="",pod=""',  // of a job without pods no container is known
  };
}

// One alone, or all again.
export function chooseDevice(accel) {
  change({ device: state.device === textOf([accel]) ? '' : textOf([accel]) });
}

function drawDeviceMenu() {
  const menu = by('device-menu');
  const accels = [...new Set(devices.map((d) => d.accel))];
  menu.hidden = accels.length < 2;
  const chosen = listOf(state.device);
  setText(menu.querySelector('summary'), chosen.length ? `device ${chosen.join(', ')}` : 'all devices');
  menu.classList.toggle('on', chosen.length > 0);
  const list = menu.querySelector('.options');
  renew(list, [...accels.map((a) => el('label', {}, el('input', { type: 'checkbox', 'data-key': a, value: a, checked: chosen.includes(a),
    onchange: () => change({ device: textOf([...list.querySelectorAll('input:checked')].map((i) => i.value)) }) }),
  el('span', { text: `${a}  ${devices.find((d) => d.accel === a)?.model ?? ''}` }))),
  el('button', { type: 'button', 'data-key': '', text: 'all', onclick: () => change({ device: '' }) })]);
}

// "0 – 3, 6": numbers that follow each other as one.
function runs(names) {
  const out = [];
  for (const n of names) {
    const last = out.at(-1);
    if (last && /^\d+$/.test(n) && Number(n) === Number(last.to) + 1) last.to = n;
    else out.push({ from: n, to: n });
  }
  return out.map((r) => (r.from === r.to ? r.from : `${r.from} – ${r.to}`)).join(', ') || '–';
}

function drawJobs() {
  const select = by('job');
  const names = [...new Set(jobs.map(jobName))].sort();
  if (state.job && !names.includes(state.job)) names.push(state.job);
  select.hidden = names.length === 0;
  const wanted = names.join('\n');
  if (select.dataset.shape !== wanted) {
    select.dataset.shape = wanted;
    select.replaceChildren(el('option', { value: '', text: 'all jobs' }), ...names.map((n) => el('option', { value: n, text: n })));
  }
  select.value = state.job;
  setText(by('job-note'), state.job && !chosenRuns().length ? 'no such job in this time' : '');
  const block = by('jobs');
  const running = jobs.filter((j) => j.running || !timeline.live);
  block.hidden = running.length === 0;
  renew(block.querySelector('tbody'), running.slice(0, 8).map((j) => el('tr', {},
    el('th', { scope: 'row' }, el('button', { type: 'button', 'data-key': `${jobName(j)} ${j.begin}`, text: jobName(j), class: jobName(j) === state.job ? 'on' : '', title: `since ${clock(j.begin, true)}`,
      onclick: () => change({ job: state.job === jobName(j) ? '' : jobName(j) }) })),
    el('td', { text: runs((j.devices ?? []).map((d) => d.accel)) }),
    el('td', { text: format(j.total?.utilization_mean, 'ratio') }),
    el('td', { text: format(j.total?.power_max_watts, 'watts') }),
    el('td', { text: duration(j.duration_seconds) }))));
}

async function findJobs() {
  if (document.hidden) return;
  try {
    const span = timeline.live ? JOBS_S : timeline.now - timeline.oldest;
    const [from] = timeline.window();
    const before = filters();
    jobs = (await api('jobs', { start: Math.max(timeline.oldest, Math.min(from, timeline.now - span)), end: timeline.now })).jobs;
    drawJobs();
    const now = filters();
    if (before.device !== now.device || before.job !== now.job) tell();
  } catch {
    // The list stands as it was.
  }
}

export async function showFilters() {
  by('job').addEventListener('change', (e) => change({ job: e.target.value }));
  onState((changed) => {
    if (changed.has('job')) {
      drawJobs();
      if (state.job && !chosenRuns().length) findJobs();
    }
    if (changed.has('device') || changed.has('job')) tell();
  });
  document.addEventListener('click', (e) => {
    const menu = by('device-menu');
    if (menu.open && !menu.contains(e.target)) menu.open = false;
  });
  drawDeviceMenu();
  timeline.onWindow(settled(() => {
    if (state.job) findJobs();
  }, 300));
  await findJobs();
  if (timeline.live) setInterval(() => timeline.frozen || findJobs(), JOBS_EVERY_S * 1000);
}

export { drawDeviceMenu };
