// The accelerators of this node: their order, and with it the colour that each has on all charts.
import { queryInstant } from './api.js';
import { deviceKey, deviceName } from './catalogue.js';
import { seriesColour } from '../draw/theme.js';

const LIMITS = { memory: 'accel_memory_total_bytes', power: 'accel_power_limit_watts{limit="enforced"}' };
const order = new Map();   // key -> number
export const devices = []; // {key, name, model, vendor, accel, limits}, in order

const natural = new Intl.Collator('en', { numeric: true }).compare;

export async function findDevices(time, lookback) {
  const query = `count by (vendor, accel, partition, model) (last_over_time({__name__=~"accel_up|accel_memory_used_bytes|accel_utilization_ratio",accel!=""}[${lookback}s]))`;
  const found = new Map(devices.map((d) => [d.key, d]));
  for (const { labels } of await queryInstant(query, time)) {
    const key = deviceKey(labels);
    const known = found.get(key);
    found.set(key, { key, name: deviceName(labels), model: labels.model || known?.model || '', vendor: labels.vendor ?? '', accel: labels.accel, limits: known?.limits ?? {} });
  }
  const list = [...found.values()].sort((a, b) => natural(a.key, b.key));
  devices.splice(0, devices.length, ...list);
  order.clear();
  list.forEach((d, i) => order.set(d.key, i));
  if (list.length) await findLimits(time, lookback);
}

// What a quantity of a device cannot pass, where it is known; the overview draws to that scale.
async function findLimits(time, lookback) {
  for (const [name, selector] of Object.entries(LIMITS)) {
    const found = await queryInstant(`max by (vendor, accel, partition) (last_over_time(${selector}[${lookback}s]))`, time);
    for (const { labels, value } of found) {
      const d = devices.find((x) => x.key === deviceKey(labels));
      if (d && value > 0) d.limits[name] = value;
    }
  }
}

export const deviceColour = (labels) => seriesColour(order.get(deviceKey(labels)) ?? 0);
export const deviceOrder = (labels) => order.get(deviceKey(labels)) ?? order.size;
