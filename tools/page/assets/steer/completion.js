// What could come next in a PromQL expression: metrics and functions, labels in braces, their values in quotes.
import { api, getJson } from '../data/api.js';
import { names } from '../data/names.js';

const SHOWN_MAX = 60;
const AGGREGATIONS = ['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar'].map((name) => ({ name, args: ['instant vector'] }))
  .concat(['topk', 'bottomk', 'limitk', 'quantile'].map((name) => ({ name, args: ['scalar', 'instant vector'] })), { name: 'count_values', args: ['string', 'instant vector'] });
const WORDS = ['by', 'without', 'on', 'ignoring', 'group_left', 'group_right', 'offset', 'bool', 'and', 'or', 'unless'];

let functions = null, help = null;
const labelNames = new Map(), labelValues = new Map();  // what was asked already

async function remembered(map, key, ask) {
  if (!map.has(key)) {
    if (map.size > 50) map.clear();
    map.set(key, ask().catch(() => []));
  }
  return map.get(key);
}

// What kind of word ends at the cursor: {kind, word, from, metric, label}.
export function contextAt(text, cursor) {
  let brace = -1, quote = '', quoted = 0;
  const round = [];
  for (let i = 0; i < cursor; ++i) {
    const c = text[i];
    if (quote) {
      if (c === '\\' && quote !== '`') ++i;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === "'" || c === '`') {
      quote = c;
      quoted = i;
    } else if (c === '{') brace = i;
    else if (c === '}') brace = -1;
    else if (c === '(') round.push(i);
    else if (c === ')') round.pop();
  }
  const metric = brace >= 0 ? /([a-zA-Z_:][\w:]*)\s*$/.exec(text.slice(0, brace))?.[1] ?? '' : '';
  if (quote) {
    const label = brace >= 0 ? /([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*$/.exec(text.slice(brace + 1, quoted))?.[1] : null;
    return label ? { kind: 'value', word: text.slice(quoted + 1, cursor), from: quoted + 1, metric, label, quote } : { kind: 'none' };
  }
  const word = /[a-zA-Z_:][\w:]*$/.exec(text.slice(0, cursor))?.[0] ?? '';
  const from = cursor - word.length;
  const before = text.slice(0, from);
  if (brace >= 0) return /[{,]\s*$/.test(before) ? { kind: 'label', word, from, metric } : { kind: 'none' };
  const open = round.at(-1);
  if (open !== undefined && /\b(by|without|on|ignoring|group_left|group_right)\s*$/.test(text.slice(0, open))) {
    return { kind: 'label', word, from, metric: '' };
  }
  if (/\d$/.test(before) || /\[[^\]]*$/.test(before)) return { kind: 'none' };
  return { kind: 'name', word, from };
}

// The best first: those that begin so, then those that have it somewhere.
function ranked(list, word) {
  const w = word.toLowerCase();
  const begin = [], within = [];
  for (const item of list) {
    const at = item.text.toLowerCase().indexOf(w);
    if (at === 0) begin.push(item);
    else if (at > 0) within.push(item);
  }
  return [...begin, ...within].slice(0, SHOWN_MAX);
}

const signature = (f) => `${f.name}(${f.args.join(', ')}${f.variadic ? (f.variadic < 0 ? ', …' : ' [, …]') : ''})`;

// {from, items: [{text, insert, kind, detail}]}
export async function complete(text, cursor) {
  const at = contextAt(text, cursor);
  const match = at.metric ? { 'match[]': at.metric } : {};
  let list = [];
  if (at.kind === 'label') {
    const found = await remembered(labelNames, at.metric, () => api('labels', match));
    list = found.filter((l) => l !== '__name__').map((l) => ({ text: l, insert: l, kind: 'label' }));
  } else if (at.kind === 'value') {
    const found = await remembered(labelValues, `${at.metric}\n${at.label}`, () => api(`label/${encodeURIComponent(at.label)}/values`, match));
    const escape = (v) => (at.quote === '`' ? v : v.replace(/\\/g, '\\\\').replaceAll('\n', '\\n').replaceAll(at.quote, `\\${at.quote}`));
    list = found.map((v) => ({ text: v, insert: escape(v), kind: 'value' }));
  } else if (at.kind === 'name') {
    functions ??= await getJson('page/functions.json').catch(() => []);
    help ??= await api('metadata').catch(() => ({}));
    list = [
      ...[...names()].map((n) => ({ text: n, insert: n, kind: 'metric', detail: help[n]?.[0]?.help })),
      ...functions.map((f) => ({ text: f.name, insert: `${f.name}(`, kind: 'function', detail: signature(f) })),
      ...AGGREGATIONS.map((f) => ({ text: f.name, insert: `${f.name}(`, kind: 'aggregation', detail: `${f.name} by (…) (${f.args.join(', ')})` })),
      ...WORDS.map((w) => ({ text: w, insert: w, kind: 'word' })),
    ];
  }
  const items = ranked(list, at.word ?? '');
  // A word that is whole already needs no help.
  if (items.length === 1 && items[0].insert === at.word) return { from: at.from, items: [] };
  return { from: at.from ?? cursor, items };
}
