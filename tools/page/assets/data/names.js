// The names of all metrics there are: what has none of its metric is neither shown nor asked.
import { api } from './api.js';

let all = new Set();

export const has = (name) => all.has(name);
export const names = () => all;

export async function findNames(start, end) {
  all = new Set(await api('label/__name__/values', { start, end }));
}
