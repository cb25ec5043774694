// Light and dark: as the system has it, unless somebody chose. Colours that canvases need.
import { state, change, onState } from '../steer/state.js';
import { by } from './dom.js';

// Okabe and Ito's colours, which people of every kind of colour vision can tell apart; lighter or darker where the ground asks for it.
const SERIES = {
  light: ['#0072b2', '#d55e00', '#009e73', '#b8609a', '#b88700', '#3a9bd0', '#6a6f75', '#8a7f00', '#004b78', '#934000', '#006a4d', '#7d3c68'],
  dark: ['#4aa3df', '#ff7d33', '#1fbf92', '#e29bc4', '#e8b33c', '#8ccff5', '#aab0b7', '#efe25a', '#2f78ad', '#c4602a', '#158a69', '#b06c95'],
};
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set();

export const isDark = () => (state.theme ? state.theme === 'dark' : dark.matches);
export const seriesColour = (n) => SERIES[isDark() ? 'dark' : 'light'][n % SERIES.light.length];

// Viridis, from dark to bright; equal steps look equal, also in grey and to colour-blind eyes.
const HEAT = ['#440154', '#482475', '#414487', '#355f8d', '#2a788e', '#21918c', '#22a884', '#44bf70', '#7ad151', '#bddf26', '#fde725']
  .map((c) => [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16)));

// share from 0 to 1 -> [r, g, b]
export function heatColour(share) {
  const at = Math.min(1, Math.max(0, share)) * (HEAT.length - 1);
  const i = Math.min(HEAT.length - 2, Math.floor(at));
  return HEAT[i].map((v, k) => Math.round(v + (HEAT[i + 1][k] - v) * (at - i)));
}

// Returns how to end it.
export function onTheme(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function apply() {
  document.documentElement.dataset.theme = isDark() ? 'dark' : 'light';
  for (const listener of listeners) listener();
}

export const toggleTheme = () => change({ theme: isDark() ? 'light' : 'dark' });

dark.addEventListener('change', apply);
onState((changed) => {
  if (changed.has('theme')) apply();
});
apply();
by('theme').addEventListener('click', toggleTheme);
