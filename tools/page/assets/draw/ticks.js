// Where an axis has its marks, and what they say.
import { format, two } from './units.js';

const MARKS_MAX = 200;  // numbers so large that a step does not change them have no more

const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

// [{v: seconds, label}], on round local times.
export function timeTicks(from, to, pixels) {
  const wanted = Math.max(1, (to - from) / Math.max(1, pixels / 74));
  const step = TIME_STEPS.find((s) => s >= wanted) ?? Math.ceil(wanted / 86400) * 86400;
  const zone = new Date(from * 1000).getTimezoneOffset() * 60;
  const out = [];
  for (let t = Math.ceil((from - zone) / step) * step + zone; t <= to; t += step) {
    const d = new Date(t * 1000);
    const label = step >= 86400 ? `${two(d.getMonth() + 1)}-${two(d.getDate())}`
      : `${two(d.getHours())}:${two(d.getMinutes())}${step < 60 ? `:${two(d.getSeconds())}` : ''}`;
    out.push({ v: t, label });
  }
  return out;
}

export function valueTicks(low, high, pixels, unit) {
  const wanted = (high - low) / Math.max(1, pixels / 34);
  if (!(wanted > 0 && wanted < Infinity)) return [];
  // Of bytes the marks are round in the unit of the highest.
  const unitOf = unit === 'bytes' ? 1024 ** Math.floor(Math.log2(Math.max(Math.abs(low), Math.abs(high))) / 10) : 1;
  const base = 10 ** Math.floor(Math.log10(wanted / unitOf)) * unitOf;
  const step = [1, 2, 2.5, 5, 10, 20].map((m) => m * base).find((s) => s >= wanted) ?? base * 20;
  const out = [];
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + step * 1e-6 && out.length < MARKS_MAX; v += step) {
    const clean = Math.abs(v) < step * 1e-6 ? 0 : v;
    out.push({ v: clean, label: clean === 0 ? '0' : short(clean, unit) });
  }
  return out;
}

// As few digits as tell the marks apart.
function short(v, unit) {
  if (unit === 'ratio') return `${Number((v * 100).toPrecision(3))} %`;
  const text = format(v, unit);
  return text.replace(/(\.\d*?)0+(?=\D|$)/, '$1').replace(/\.(?=\D|$)/, '');
}
