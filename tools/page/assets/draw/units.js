// Numbers as text: three digits that count, a unit that is always the same for a quantity.

const STEPS = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

function scaled(v, base, unit) {
  let n = Math.abs(v), i = 0;
  while (n >= (base === 1024 ? 1000 : 999.5) && i < STEPS.length - 1) {
    n /= base;
    ++i;
  }
  const digits = n >= 99.95 || (i === 0 && Number.isInteger(n)) ? 0 : n >= 9.995 ? 1 : 2;
  return `${v < 0 ? '−' : ''}${n.toFixed(digits)}${unit ? ' ' : ''}${STEPS[i]}${i > 0 && base === 1024 ? 'i' : ''}${unit}`;
}

const percent = (v) => {
  const p = v * 100;
  const a = Math.abs(p);
  return `${p.toFixed(a === 0 || a >= 9.95 ? 0 : a >= 0.995 ? 1 : 2)} %`;
};

const FORMATS = {
  ratio: percent,
  bytes: (v) => scaled(v, 1024, 'B'),
  rate: (v) => scaled(v, 1000, 'B/s'),
  watts: (v) => `${v.toFixed(Math.abs(v) < 9.95 ? 1 : 0)} W`,
  celsius: (v) => `${v.toFixed(0)} °C`,
  hertz: (v) => scaled(v, 1000, 'Hz'),
  seconds: (v) => (Math.abs(v) < 1 && v !== 0 ? scaled(v * 1000, 1000, 'ms').replace(' ', ' ') : scaled(v, 1000, 's')),
  per_second: (v) => `${scaled(v, 1000, '')}/s`,
  cores: (v) => `${v.toFixed(v < 9.95 ? 2 : 1)} cores`,
  count: (v) => scaled(v, 1000, ''),
};

// "–" is what there is no value of.
export function format(v, unit) {
  if (v === null || v === undefined) return '–';
  if (typeof v === 'string') return v;
  if (Number.isNaN(v)) return 'NaN';
  if (!Number.isFinite(v)) return v > 0 ? '+∞' : '−∞';
  return (FORMATS[unit] || FORMATS.count)(v);
}

export const two = (n) => String(n).padStart(2, '0');

export function clock(seconds, withDate = false) {
  const d = new Date(seconds * 1000);
  const time = `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
  return withDate ? `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${time}` : time;
}

export function isToday(seconds) {
  return new Date(seconds * 1000).toDateString() === new Date().toDateString();
}

export function duration(seconds) {
  if (seconds > 0 && seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return s % 60 ? `${Math.floor(s / 60)} m ${s % 60} s` : `${s / 60} m`;
  return s % 3600 >= 60 ? `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} m` : `${Math.floor(s / 3600)} h`;
}

// "5m", "1h30m", "90": seconds; null for anything else.
export function parseDuration(text) {
  if (/^\d+$/.test(text)) return Number(text);
  const m = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (!m || !text) return null;
  return Number(m[1] || 0) * 3600 + Number(m[2] || 0) * 60 + Number(m[3] || 0);
}
