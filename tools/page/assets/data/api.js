// The node's HTTP API. Addresses are relative, so that the page also works behind a proxy's prefix.

const AT_ONCE = 4;  // the node answers two queries at a time; the others need not wait there

let running = 0;
const waiting = [];

async function slot(work, signal) {
  if (running >= AT_ONCE) await new Promise((go) => waiting.push(go));
  ++running;
  try {
    if (signal && signal.aborted) throw new DOMException('no longer shown', 'AbortError');
    return await work();
  } finally {
    --running;
    const next = waiting.shift();
    if (next) next();
  }
}

export class ApiError extends Error {
  constructor(message, status, kind = '') {
    super(message);
    this.status = status;  // 0: there was no answer
    this.kind = kind;      // "bad_data": what is asked is wrong, and will be the next time; "timeout", "execution" may pass
  }
}

export async function getJson(path, signal) {
  let answer;
  try {
    answer = await fetch(path, { signal });
  } catch (e) {
    if (e.name === 'AbortError') throw e;
    throw new ApiError('the node does not answer', 0);
  }
  const type = answer.headers.get('Content-Type') || '';
  if (!type.startsWith('application/json')) throw new ApiError(`${answer.status} ${answer.statusText}`, answer.status);
  return answer.json();
}

// An API answer: {data, warnings}.
export async function apiWhole(path, params = {}, signal) {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const v of Array.isArray(value) ? value : [value]) if (v !== undefined && v !== null) words.append(name, v);
  }
  const query = words.toString();
  return slot(async () => {
    const body = await getJson(`api/v1/${path}${query ? `?${query}` : ''}`, signal);
    if (body.status !== 'success') throw new ApiError(body.error || 'no answer', 400, body.errorType);
    return { data: body.data, warnings: body.warnings ?? [] };
  }, signal);
}

// The data alone.
export const api = async (path, params, signal) => (await apiWhole(path, params, signal)).data;

const number = (text) => (text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text));

// {series: [{labels, points: [[seconds, number]]}], warnings}. A value counts at `lookback` seconds after it, if that is given.
export async function queryRange(query, start, end, step, lookback, signal) {
  const { data, warnings } = await apiWhole('query_range', { query, start, end, step, lookback_delta: lookback }, signal);
  return { series: data.result.map((s) => ({ labels: s.metric, points: s.values.map(([t, v]) => [t, number(v)]) })), warnings };
}

// [{labels, value}]; a scalar is a series without labels.
export async function queryInstant(query, time, signal) {
  const data = await api('query', { query, time }, signal);
  if (data.resultType === 'scalar') return [{ labels: {}, value: number(data.result[1]) }];
  if (data.resultType === 'string') return [{ labels: {}, value: data.result[1] }];
  if (data.resultType === 'matrix') {
    return data.result.map((s) => ({ labels: s.metric, value: `${s.values.length} samples, the last ${s.values.at(-1)[1]}` }));
  }
  return data.result.map((s) => ({ labels: s.metric, value: number(s.value[1]) }));
}

// The oldest and the newest second there is, by the node's clock.
export async function bounds() {
  const data = await api('status/tsdb', { limit: 1 });
  return { min: data.headStats.minTime / 1000, max: data.headStats.maxTime / 1000 };
}
