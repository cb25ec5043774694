// The keyboard.
import { by, el } from '../draw/dom.js';
import { heat } from '../show/heat.js';
import { focusPromql } from './promql.js';
import { toggleTheme } from '../draw/theme.js';
import { PRESETS, timeline } from './timeline.js';

const step = (by) => {
  const [from, to] = timeline.window();
  const at = timeline.crosshair ?? to;
  timeline.point(Math.min(to, Math.max(from, at + by)));
};

const KEYS = [
  ['Space', 'pause, and go on', [' '], () => timeline.pause()],
  ['← →', 'earlier, later', ['ArrowLeft', 'ArrowRight'], (k) => timeline.pan(k === 'ArrowLeft' ? -0.25 : 0.25)],
  ['+ −', 'zoom in, out', ['+', '=', '-'], (k) => timeline.zoom(k === '-' ? 2 : 0.5)],
  ['0 Esc', 'back to the newest', ['0', 'Escape'], () => timeline.reset()],
  ['1 … 5', PRESETS.map((p) => p[1]).join(', '), ['1', '2', '3', '4', '5'], (k) => timeline.preset(PRESETS[Number(k) - 1][0])],
  [', .', 'crosshair a second back, on', [',', '.'], (k) => step(k === ',' ? -1 : 1)],
  ['h', 'next metric of the heat map', ['h'], () => heat.next()],
  ['/', 'PromQL', ['/'], () => focusPromql()],
  ['t', 'light, dark', ['t'], toggleTheme],
  ['?', 'this help', ['?'], () => help()],
];

function help() {
  const dialog = by('help');
  if (dialog.open) dialog.close();
  else dialog.showModal();
}

export function showKeys() {
  by('keys').replaceChildren(...KEYS.flatMap(([keys, what]) => [el('dt', {}, ...keys.split(' ').map((k) => (k === '…' ? ' … ' : el('kbd', { text: k })))), el('dd', { text: what })]));
  by('help-button').addEventListener('click', help);
  by('help').addEventListener('click', (e) => {
    if (e.target === by('help')) by('help').close();
  });
  document.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const target = e.target;
    if (target.matches('input, select, textarea')) return;
    if (by('help').open) {
      if (e.key === '?') help();
      return;
    }
    if (e.key === ' ' && target.matches('button, summary')) return;  // it is pressed by that
    const found = KEYS.find(([, , keys]) => keys.includes(e.key));
    if (!found) return;
    e.preventDefault();
    found[3](e.key);
  });
}
