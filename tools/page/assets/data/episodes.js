// Which of the events that are told is one that is known: an episode is told when it begins, from the middle of it, and with its end, in other words each time.

const whose = (e) => [e.kind, e.device ?? '', ...Object.entries(e.labels ?? {}).sort().map(([k, v]) => `${k}=${v}`)].join('\n');
const lasts = (e) => Boolean(e.ongoing || e.end !== undefined);
const until = (e) => (e.ongoing ? Infinity : e.end ?? e.time);
const same = (a, b) => a.end === b.end && Boolean(a.ongoing) === Boolean(b.ongoing) && a.text === b.text && a.time === b.time;

export class Episodes {
  #of = new Map();  // whose -> its events
  list = [];        // in the order of time

  constructor(most) {
    this.most = most;
  }

  // `live`: as they are told now, not in an answer that was on its way meanwhile. Whether anything is new.
  add(news, live) {
    let more = false;
    for (const e of news) more = this.#take(e, live) || more;
    if (!more) return false;
    this.list = [...this.#of.values()].flat().sort((a, b) => a.time - b.time);
    for (const old of this.list.splice(0, Math.max(0, this.list.length - this.most))) this.#keep(whose(old), this.#of.get(whose(old)).filter((b) => b !== old));
    return true;
  }

  #keep(id, events) {
    if (events.length) this.#of.set(id, events);
    else this.#of.delete(id);
  }

  #take(e, live) {
    const id = whose(e), all = this.#of.get(id) ?? [];
    const parts = all.filter((b) => b.time === e.time || (lasts(b) && lasts(e) && b.time <= until(e) && e.time <= until(b) && (b.began_earlier || e.began_earlier)));
    const now = { ...e };
    for (const b of parts) {
      if (!live && now.ongoing && b.end !== undefined) {
        if (b.time <= now.time) return false;
        delete now.ongoing;
        now.end = b.end;
        now.cut = true;  // its words say nothing of how long
      }
      if (b.time < now.time) {
        now.time = b.time;
        now.began_earlier = b.began_earlier;
        now.cut = Boolean(e.began_earlier);
      }
    }
    if (parts.length === 1 && same(parts[0], now)) return false;
    this.#keep(id, [...all.filter((b) => !parts.includes(b)), now]);
    return true;
  }
}

// What its words leave open.
export const howLong = (e, duration) => (e.ongoing ? ', goes on' : e.end !== undefined && (e.began_earlier || e.cut) ? `, for ${duration(e.end - e.time)}` : '');
