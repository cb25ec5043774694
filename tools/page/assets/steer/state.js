// What the address says after '#': all that is chosen, so that a link shows another person the same.

const DEFAULTS = { range: '5m', from: '', to: '', device: '', job: '', theme: '', heat: '', q: '', hide: '' };

export const state = { ...DEFAULTS };
const listeners = new Set();

export function onState(listener) {
  listeners.add(listener);
}

function read() {
  const words = new URLSearchParams(location.hash.slice(1));
  for (const name of Object.keys(DEFAULTS)) state[name] = words.get(name) ?? DEFAULTS[name];
}

// Tells who listens which names have changed.
export function change(values) {
  const changed = new Set();
  for (const [name, value] of Object.entries(values)) {
    if (state[name] === value) continue;
    state[name] = value;
    changed.add(name);
  }
  if (changed.size === 0) return;
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) if (value !== DEFAULTS[name]) words.set(name, value);
  history.replaceState(null, '', words.toString() ? `#${words}` : location.pathname + location.search);
  for (const listener of listeners) listener(changed);
}

read();
window.addEventListener('hashchange', () => {
  const before = { ...state };
  read();
  const changed = new Set(Object.keys(state).filter((name) => state[name] !== before[name]));
  if (changed.size > 0) for (const listener of listeners) listener(changed);
});

// A list in the address: commas between, what is in it encoded.
const decoded = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;  // an address that was damaged on its way
  }
};
export const listOf = (text) => (text ? text.split(',').map(decoded) : []);
export const textOf = (list) => list.map(encodeURIComponent).join(',');
