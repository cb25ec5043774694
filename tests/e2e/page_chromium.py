#!/usr/bin/env python3
"""The page at /, in Debian's Chromium over eight cards of the fake NVIDIA library: what it shows is what the API answers.

usage: page_chromium.py --tacho build/tacho --library build/tests/libfake_nvml.so [--keep FOLDER]    (by Debian's python, for python3-selenium)

--keep leaves pictures of the page there: light, dark, a phone, no accelerators, a file.
"""
import argparse
import http.server
import json
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import chromium
import e2e
import fake_cards
from chromium import Page
from e2e import check

CARDS, SICK, GONE = 8, 3, 1
KEY = "vendor,accel,partition"
HOSTILE = '<img src=x onerror="window.pwned=1">'


LOST = "const lost = [...document.querySelectorAll('#event-list .what')].map((s) => s.textContent).filter((t) => /did not answer/.test(t)); "


class Exporter(http.server.BaseHTTPRequestHandler):
    """Of somebody who would like to be more than text."""

    def do_GET(self):
        label = HOSTILE.replace('"', '\\"')
        body = f'# TYPE hostile gauge\nhostile{{who="{label}"}} 42\n'.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def api_range(base, expr, start, end):
    """{accel: {second: value}}"""
    found = e2e.api(base, "query_range", {"query": expr, "start": start, "end": end, "step": 1})["result"]
    return {s["metric"].get("accel", ""): {round(t): float(v) for t, v in s["values"]} for s in found}


POWER = f"max by ({KEY}) (last_over_time(accel_power_watts[1s]))"
BUSY = f"max by ({KEY}) (last_over_time(accel_utilization_ratio[1s]))"


def values(page):
    """The overview and a chart against the API, while the page stands still."""
    if page.text("#state-text") and page.js("return document.getElementById('state').dataset.state === 'paused'"):
        page.press(" ")  # it is tried once more
    page.wait("return tacho.stream.state === 'live'", "the stream")
    before = page.js("return tacho.timeline.now")
    page.wait("return tacho.timeline.now >= arguments[0] + 3", "it goes on each second", 90, before)
    page.show("power")
    time.sleep(2.2)
    page.press(" ")
    page.wait("return document.getElementById('state').dataset.state === 'paused'", "paused")
    page.wait("return tacho.stream.state === 'off'", "a page that is paused asks for nothing")
    now = page.js("return tacho.timeline.now")
    time.sleep(1)
    truth = api_range(page.base, POWER, now - 60, now)
    check(len(truth) == CARDS, f"{len(truth)} cards have power")
    for accel, of in truth.items():
        newest = [of[t] for t in (now, now - 1, now - 2) if t in of][:2]  # the last of them may have come after the page stood still
        shown = page.text(f'tr[data-device="nvidia/{accel}"] [data-quantity=power] .v')
        e2e.check_pace(newest, f"card {accel} has no row in the three seconds up to {now}")
        check(shown in [f"{v:.0f} W" for v in newest], f"card {accel} at {now}: the page shows {shown}, the API says {newest}")
    drawn = page.chart("power")
    check([l["accel"] for l in drawn["labels"]] == [str(n) for n in range(CARDS)], f"series in order: {drawn['labels']}")
    compared = 0
    # The newest seconds may still have come, and what came later than that the stream did not tell.
    held_up = e2e.held_up(page.base, range(now - 60, now + 1))
    for row in drawn["rows"]:
        t = round(row[0] / 1000)
        if not now - 60 <= t <= now - 3 or t in held_up:
            continue
        for label, bars in zip(drawn["labels"], row[1:]):
            said = truth[label["accel"]].get(t)
            check((bars or [None] * 3)[1] == said, f"card {label['accel']} at {t}: drawn {bars}, the API says {said}")
            compared += 1
    e2e.check_pace(compared > 5 * CARDS, f"only {compared} values compared")
    page.press(" ")
    page.wait("return tacho.stream.state === 'live'", "on again")
    return compared


PARTS = """
const done = arguments[0], out = {};
const wrong = [];
const is = (what, found, wanted) => JSON.stringify(found) === JSON.stringify(wanted) || wrong.push(`${what}: ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`);
Promise.all(['series', 'episodes', 'stream'].map((m) => import(`/page/data/${m}.js`)).concat(import('/page/draw/ticks.js'), import('/page/steer/state.js')))
    .then(([{Buffer}, {Episodes, howLong}, {isGap}, {timeTicks, valueTicks}, {listOf}]) => {
  for (const step of [1, 5]) {
    const b = new Buffer(step, 1);
    for (let i = 1; i <= 10; ++i) b.put({a: '1'}, i * step, 42, 42, 42, 10 * step);
    const [track] = b.tracks.values();
    is('what came just now', b.newest(track, 10 * step), 42);
    is('two steps ago', b.newest(track, 12 * step), 42);
    is('a value that has ended', b.newest(track, 13 * step), null);
    is('for long', b.newest(track, 90 * step), null);
    is('slow ones have longer', b.newest(track, 12 * step, 15), 42);
    b.reach(20 * step);
    is('time goes on with nothing in it', [b.end, track.mid.length, track.mid.at(-1)], [20 * step, 20, NaN]);
    is('and what was stays', track.mid[9], 42);
  }
  const lost = {kind: 'lost', device: 'nvidia 1', labels: {accel: '1', vendor: 'nvidia'}, severity: 'error'};
  const begun = {...lost, time: 100, ongoing: true, text: 'nvidia 1 did not answer'};
  const ended = {...lost, time: 100, end: 103, text: 'nvidia 1 did not answer for 3s'};
  const cut = {...lost, time: 101, ongoing: true, began_earlier: true, text: 'nvidia 1 did not answer'};
  const rest = {...lost, time: 101, end: 103, began_earlier: true, text: 'nvidia 1 did not answer'};
  const told = (...pieces) => {
    const e = new Episodes(10);
    for (const [event, live] of pieces) e.add([event], live);
    return e.list.map((x) => [x.time, x.text + howLong(x, (s) => `${s} s`)]);
  };
  const whole = [[100, 'nvidia 1 did not answer for 3s']], pieced = [[100, 'nvidia 1 did not answer, for 3 s']];
  is('that goes on', told([begun, true]), [[100, 'nvidia 1 did not answer, goes on']]);
  is('and ends', told([begun, true], [ended, true]), whole);
  is('told twice', told([begun, true], [begun, false], [ended, true], [ended, false]), whole);
  is('from the middle', told([cut, true], [begun, false], [ended, true]), whole);
  is('its rest', told([begun, false], [rest, true]), pieced);
  is('only its rest', told([rest, true]), [[101, 'nvidia 1 did not answer, for 2 s']]);
  is('an answer that was on its way', told([begun, true], [ended, true], [begun, false]), whole);
  is('an answer that knows the begin', told([cut, true], [rest, true], [begun, false]), pieced);
  is('another time', told([ended, true], [{...ended, time: 110, end: 113}, true]).length, 2);
  is('another device', told([ended, true], [{...ended, labels: {accel: '2', vendor: 'nvidia'}}, true]).length, 2);
  is('the next is none', [isGap(0, [7], 1), isGap(10, [11], 1), isGap(10, [9, 10, 11], 1), isGap(10, [10], 1)], [false, false, false, false]);
  is('one is missing', [isGap(10, [12], 1), isGap(10, [12, 13, 14], 1)], [true, true]);
  is('longer and shorter steps', [isGap(10, [15], 5), isGap(10, [20], 5), isGap(10, [10.1], 0.1), isGap(10, [10.2], 0.1), isGap(10, [11], 0.1)], [false, true, false, true, true]);
  is('a clock that stepped back', isGap(1000, [640], 1), true);
  is('a damaged list', [listOf('%'), listOf('a%2Cb,%zz')], [['%'], ['a,b', '%zz']]);
  is('bounded marks', [timeTicks(1, 1e12, 800).length < 50, valueTicks(1e20, 1e20 + 16384, 200, 'count').length < 300, valueTicks(0, Infinity, 200, 'count').length], [true, true, 0]);
  done(wrong);
}).catch((e) => done([String(e)]));
"""


def parts(page):
    """The modules that need no page, by themselves."""
    page.driver.set_script_timeout(90)
    wrong = page.driver.execute_async_script(PARTS)
    check(not wrong, "; ".join(wrong))


def damaged(page):
    """Addresses that somebody's mail has cut or a hand has changed."""
    for fragment in "#device=%25&hide=%25&job=%25", "#from=1&to=1e12", "#from=1e300&to=Infinity":
        page.open(fragment)
        first, last = page.js("return tacho.timeline.window()")
        longest, now = page.js("return [tacho.timeline.longest, tacho.timeline.now]")
        check(last - first <= longest + 2 and last <= now, f"{fragment}: {first} to {last}")
    check(page.text("#job-note") == "", "no job is asked for")
    page.open("#job=nobody/knows")
    check(page.text("#job-note") == "no such job in this time", "a job that nobody knows")
    page.open()


def asks_no_more(page):
    page.js("scrollTo(0, 0)")
    time.sleep(0.6)
    hidden = page.js("return tacho.charts.filter((c) => !c.visible).map((c) => c.query.expr)")
    check(len(hidden) > 3, f"only {len(hidden)} charts are out of sight")
    page.wait("return tacho.charts.filter((c) => !c.visible && c.what.id === 'late').every((c) => !tacho.stream.expressions.includes(c.query.expr))",
              "what is out of sight is not asked for")
    from_start = page.driver.current_window_handle
    # At once, behind the page's own listener: timers of a tab that nobody sees come late.
    page.js("window.seen = []; document.addEventListener('visibilitychange', () => seen.push([document.hidden, tacho.stream.state]))")
    page.driver.switch_to.new_window("tab")
    time.sleep(0.5)
    page.driver.close()
    page.driver.switch_to.window(from_start)
    seen = page.wait("return seen.length >= 2 ? seen : null", "a tab was behind another, and is not")
    check(seen[0] == [True, "off"], f"a tab that nobody sees asks for nothing: {seen}")
    page.wait("return tacho.stream.state === 'live'", "the tab is back")


def zoom(page):
    from selenium.webdriver.common.action_chains import ActionChains
    page.show("utilisation")
    plot = page.find("[data-chart=utilisation] .plotbox")
    width = plot.size["width"]
    ActionChains(page.driver).move_to_element(plot).move_by_offset(-60, 0).click_and_hold().move_by_offset(60, 5).move_by_offset(60, -5).release().perform()
    page.wait("return location.hash.includes('from=')", "a zoom is in the address")
    wanted = page.js("return tacho.timeline.window()")
    page.wait("return tacho.charts.filter((c) => c.visible && c.drawn.window).every((c) => Math.abs(c.drawn.window[0] / 1000 - arguments[0]) < 1.5 "
              "&& Math.abs(c.drawn.window[1] / 1000 - arguments[1]) < 1.5)", "all charts show what one was zoomed to", 90, *wanted)
    several = page.js("return tacho.charts.filter((c) => c.visible && c.drawn.window).length")
    check(several >= 3 and width > 200, f"{several} charts are on the screen")
    address = page.driver.current_url
    page.press("+")
    page.wait("const w = tacho.timeline.window(); return w[1] - w[0] <= Math.max(11, (arguments[1] - arguments[0]) * 0.6)", "+ zooms in", 90, *wanted)
    ActionChains(page.driver).double_click(plot).perform()
    page.wait("return !tacho.timeline.fixed && tacho.charts.filter((c) => c.visible && c.drawn.window).every((c) => c.drawn.window[1] / 1000 >= tacho.timeline.now - 2)",
              "two clicks go back to the newest")
    page.open("#" + address.split("#")[1])
    check(page.js("return tacho.timeline.window()") == wanted, "a link shows another person the same")
    page.press("0")
    page.wait("return !tacho.timeline.fixed", "0 goes back")


def crosshair(page):
    from selenium.webdriver.common.action_chains import ActionChains
    page.show("utilisation")
    time.sleep(1.2)
    page.press(" ")
    page.wait("return document.getElementById('state').dataset.state === 'paused'", "paused")
    plot = page.find("[data-chart=utilisation] .plotbox")
    for x in range(150, -150, -10):  # where all cards have a row, which one second may lack when the machine was held up
        ActionChains(page.driver).move_to_element(plot).move_by_offset(x, 0).perform()
        at = page.wait("return tacho.timeline.crosshair", "a crosshair")
        truth = api_range(page.base, BUSY, at, at)
        if len(truth) == CARDS and all(at in of for of in truth.values()):
            break
    seen = page.js("return tacho.charts.filter((c) => c.visible && c.drawn.window).map((c) => "
                   "[c.what.id, c.root.querySelector('.cross').hidden, c.root.querySelector('.cross').style.transform, c.drawn.x(arguments[0])])", at)
    check(len(seen) >= 3, f"{len(seen)} charts have a crosshair")
    for name, hidden, where, x in seen:
        check(not hidden and abs(float(where.split("(")[1].split("px")[0]) - x) < 1, f"{name}: the crosshair is {where}, wanted {x}")
    check(not page.js("return document.querySelector('#heat .cross').hidden"), "the heat map has it too")
    percent = lambda v: f"{v:.0f} %" if v == 0 or v >= 9.95 else f"{v:.1f} %" if v >= 0.995 else f"{v:.2f} %"
    wanted = {name: percent(of[at] * 100) for name, of in truth.items()}
    legend = lambda: dict(page.js("return [...document.querySelectorAll('[data-chart=utilisation] .legend li')].map((li) => "
                                  "[li.querySelector('span').textContent, li.querySelector('b').textContent])"))
    e2e.wait_until(lambda: f"the legend under the crosshair is {legend()}, wanted {wanted}", lambda: legend() == wanted and len(wanted) == CARDS)
    page.press(" ")


def spikes(page):
    """Steps longer than a second keep the extremes of their seconds, of what the page asks and of what somebody typed."""
    page.show("power")
    now = page.js("return tacho.timeline.now") - 2
    page.driver.set_script_timeout(90)
    typed = "max by (accel) (accel_power_watts)"
    steps = page.driver.execute_async_script(
        "const [from, to, typed, done] = arguments; const {forms, constructor: Query} = tacho.charts.find((c) => c.what.id === 'power').query;"
        "const load = (forms) => new Promise((go) => { const q = new Query(forms, () => go(q.error ? String(q.error) : {step: q.buffer.step, first: q.buffer.first, instants: q.instants, "
        "tracks: [...q.buffer.tracks.values()].map((t) => [t.labels.accel, t.lo, t.hi])})); q.load(from, to, 50); });"
        "import('/page/data/catalogue.js').then((c) => Promise.all([load(forms), load(c.typed(typed, 1))])).then(done, (e) => done(String(e)))", now - 119, now, typed)
    check(isinstance(steps, list), f"{steps}")
    truth = api_range(page.base, POWER, now - 130, now)
    # A row that was late is of no whole second: the mean of its second has it, and its last value has not.
    rows = e2e.from_matrix(e2e.api(page.base, "query", {"query": "accel_power_watts[132s]", "time": now})["result"])
    late = {-(-t // 1000) for of_series in rows.values() for t in of_series if t % 1000}
    for found in steps:
        check(isinstance(found, dict) and found["step"] >= 2 and not found["instants"], f"longer steps: {found}")
        compared = 0
        for accel, low, high in found["tracks"]:
            for i, (a, b) in enumerate(zip(low, high)):
                end = found["first"] + i * found["step"]
                of = [truth[accel][t] for t in range(end - found["step"] + 1, end + 1) if t in truth[accel]]
                if end > now - 2 or len(of) < found["step"] or late & set(range(end - found["step"] + 1, end + 1)):
                    continue
                check([a, b] == [min(of), max(of)], f"card {accel}, {found['step']} s to {end}: {a} to {b}, the seconds are {of}")
                compared += 1
        check(compared > CARDS, f"only {compared} steps compared")


def events(page, script):
    begun = time.time()
    script.tell(f"EVENT {SICK} 8 79\nALL {GONE} rc=15")
    page.wait("return [...document.querySelectorAll('#event-list li')].some((li) => /79/.test(li.textContent))", "an Xid is in the list")
    page.show("utilisation")
    mark = page.wait(
        "const c = tacho.charts.find((c) => c.what.id === 'utilisation'); const {x, area} = c.drawn; const canvas = c.root.querySelector('canvas'); "
        "const ratio = canvas.width / canvas.clientWidth; const g = canvas.getContext('2d');"
        "const time = Date.parse([...document.querySelectorAll('#event-list li')].find((li) => /79/.test(li.textContent)).querySelector('time').dateTime) / 1000;"
        "for (const canvas of c.root.querySelectorAll('canvas')) { const p = canvas.getContext('2d').getImageData(Math.round(x(time) * ratio), Math.round((area.y + 1) * ratio), 1, 1).data;"
        "if (p[3] > 100) return [time, ...p]; } return null", "and is marked on the charts")
    check(begun - 3 <= mark[0] <= time.time() + 1, f"the mark is at {mark[0]}, the error was at {begun}")
    check(mark[1] > mark[3] + 40, f"a mark of an error is {mark[1:]}")
    page.js("const b = [...document.querySelectorAll('#event-list button')].find((b) => /79/.test(b.textContent)); b.focus(); b.click()")
    page.wait("const w = tacho.timeline.fixed; return w && w.from <= arguments[0] && arguments[0] <= w.to", "a click jumps there", 90, mark[0])
    check(page.js("return /79/.test(document.activeElement.textContent) && document.activeElement.closest('#event-list') !== null"), "the keyboard stays at the event")
    page.press("0")
    page.wait(LOST + "return lost.length === 1 && /did not answer, goes on$/.test(lost[0])", "a card that does not answer")
    # Alone on the page, so that nothing comes any more of what is asked.
    page.open(f"#device={GONE}")
    for quantity in "power", "utilisation":
        page.wait(f"return document.querySelector('tr[data-device=\"nvidia/{GONE}\"] [data-quantity={quantity}] .v').textContent === '–'", f"no {quantity} of a card that has ended")
    page.wait(f"return document.querySelector('tr[data-device=\"nvidia/{GONE}\"]').classList.contains('lost')", "a card that is lost is said to be")
    script.tell()
    page.open()


def answers_again(page):
    """The card of events(), which the agent asks again after half a minute."""
    page.wait(LOST + "return lost.length > 0 && lost.every((t) => !/goes on/.test(t))", "it answers again", 150)
    page.wait(f"return / W$/.test(document.querySelector('tr[data-device=\"nvidia/{GONE}\"] [data-quantity=power] .v').textContent)", "and has power again")
    lost = page.js(LOST + "return lost")
    check(len(lost) == 1 and lost[0].count(" for ") == 1, f"once, and how long once: {lost}")


def promql(page):
    from selenium.webdriver.common.keys import Keys
    page.press("/")
    page.wait("return document.activeElement.id === 'promql'", "/ goes to the box")
    box = page.find("#promql")
    options = "return [...document.querySelectorAll('#completions li span')].map((s) => s.textContent)"
    box.send_keys("rat")
    page.wait("return [...document.querySelectorAll('#completions li')].some((li) => li.textContent.includes('rate(range vector)'))", "a function and what it takes")
    box.send_keys(Keys.TAB)
    check(box.get_attribute("value") == "rate(", f"a completed function: {box.get_attribute('value')}")
    box.send_keys("node_cpu_seconds_t")
    page.wait(options + ".includes('node_cpu_seconds_total')", "a metric")
    box.send_keys(Keys.TAB)
    box.send_keys("{mo")
    page.wait(options + ".includes('mode')", "a label in braces")
    box.send_keys(Keys.TAB)
    box.send_keys('="us')
    page.wait(options + ".includes('user')", "its values in quotes")
    box.send_keys(Keys.TAB)
    check(box.get_attribute("value") == 'rate(node_cpu_seconds_total{mode="user', f"completed: {box.get_attribute('value')}")
    box.send_keys('"}[2s])')
    box.send_keys(Keys.ESCAPE)
    page.find("#promql-form button").click()
    page.wait("return document.querySelectorAll('#answer-table tr').length > 0", "a table")
    page.wait("const c = tacho.charts.find((c) => c.what.id === 'promql'); return c && c.drawn.rows.length > 5", "a chart")
    # A node that is too busy for one refresh has not lost the question.
    page.js("window.real = window.fetch; window.fetch = (url, ...rest) => (String(url).includes('api/v1/query?') ? Promise.resolve(new Response("
            "JSON.stringify({status: 'error', errorType: 'timeout', error: 'it takes longer'}), {headers: {'Content-Type': 'application/json'}})) : real(url, ...rest)); tacho.timeline.tell()")
    page.wait("return /it takes longer/.test(document.getElementById('answer-note').textContent)", "a refresh that failed is told")
    check(page.js("return !document.getElementById('answer').hidden && document.querySelectorAll('#answer-table tr').length > 0 && tacho.charts.some((c) => c.what.id === 'promql')"),
          "the answer stays")
    page.js("window.fetch = window.real; tacho.timeline.tell()")
    page.wait("return / series at /.test(document.getElementById('answer-note').textContent)", "and is asked again")
    page.drain()
    box.clear()
    box.send_keys("sum(rate(node_load1))")
    box.send_keys(Keys.ESCAPE)
    page.find("#promql-form button").click()
    place = page.wait("return document.querySelector('#promql-error .place mark')?.textContent", "an error's place")
    column = page.js("return document.querySelector('#promql-error .place').dataset.column")
    check(place == "n" and column == "10", f"the place is {place!r} in column {column}")
    check("expected type range vector" in page.text("#promql-error"), page.text("#promql-error"))
    page.drain()  # the browser tells of each answer that is an error
    box.clear()
    box.send_keys("hostile")
    box.send_keys(Keys.ESCAPE)
    page.find("#promql-form button").click()
    page.wait("return document.querySelector('#answer-table').textContent.includes('<img src=x')", "a hostile label is text")
    page.wait("return [...document.querySelectorAll('[data-chart=promql] .legend span')].some((s) => s.textContent.includes('<img src=x'))", "in the legend too")
    check(page.js("return document.querySelectorAll('main img').length === 0 && window.pwned === undefined"), "and nothing else")
    box.clear()
    page.find("#promql-form button").click()
    box.send_keys(Keys.ESCAPE)


def filters(page):
    page.js("scrollTo(0, 0)")
    job = "team-a/" + HOSTILE
    page.wait("return document.querySelector('#jobs tbody button')?.textContent === arguments[0]", "a hostile job's name is text", 90, job)
    page.js("document.querySelector('#jobs tbody button').click()")
    page.wait("return document.getElementById('job').value === arguments[0] && tacho.stream.expressions.some((e) => e.includes('accel=~\"0|1|2'))",
              "its devices are asked for", 90, job)
    check(page.js("return document.querySelectorAll('main img').length === 0 && window.pwned === undefined"), "and it is nothing else")
    page.js("document.querySelector('#jobs tbody button').click()")
    page.wait("return document.getElementById('job').value === ''", "all jobs again")
    page.find(f'tr[data-device="nvidia/{SICK}"] .device').click()
    page.wait("return [...document.querySelectorAll('#devices tbody tr')].filter((r) => !r.hidden).length === 1", "one device is shown")
    page.wait("return tacho.stream.state === 'live' && tacho.stream.expressions.some((e) => e.includes('accel=~\"3\"')) && "
              "!tacho.stream.expressions.some((e) => e.includes('accel_power_watts') && !e.includes('accel=~\"3\"'))", "and asked for")
    page.show("power")
    page.wait("const c = tacho.charts.find((c) => c.what.id === 'power'); return c.drawn.labels.length === 1 && c.drawn.labels[0].accel === '3'", "and drawn")
    page.js("document.getElementById('device-menu').open = true; document.querySelector('#device-menu .options button').click(); document.getElementById('device-menu').open = false")
    page.wait("return tacho.charts.find((c) => c.what.id === 'power').drawn.labels.length === 8", "all again")


def looks(page):
    page.js("scrollTo(0, 0)")
    page.js("document.documentElement.dataset.theme === 'dark' && document.getElementById('theme').click()")
    page.picture("light")
    page.picture("light-whole", full=True)
    ground = "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0)"
    check(page.js(ground) > 600, "light is light")
    page.press("t")
    check(page.js(ground) < 120, "dark is dark")
    check("theme=dark" in page.driver.current_url, "the theme is in the address")
    time.sleep(1.2)
    page.picture("dark")
    page.picture("dark-whole", full=True)
    page.press("?")
    check(page.js("return document.getElementById('help').open"), "? shows the keys")
    page.picture("help")
    page.press("?")
    page.press("t")
    page.size(390, 844, phone=True)
    page.wait("return document.documentElement.scrollWidth <= 390", "a phone's page is no wider than the phone")
    wide = page.js("return [...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > 391 && !e.closest('.scroll, .legend')).map((e) => e.tagName + '.' + e.className).slice(0, 5)")
    check(not wide, f"wider than a phone: {wide}")
    time.sleep(1.2)
    page.picture("phone")
    page.size(None, None)


def restart(page, agent):
    page.wait("return tacho.stream.state === 'live'", "the stream")
    page.show("utilisation")
    agent.kill()
    page.wait("return document.getElementById('state').dataset.state === 'lost' && /no answer since \\d\\d:\\d\\d:\\d\\d/.test(document.getElementById('state-text').textContent)",
              "since when there is no answer")
    died = int(time.time())
    time.sleep(2)
    page.picture("lost")
    agent.start()
    page.wait("return document.getElementById('state').dataset.state === 'live'", "it finds the node again")
    page.wait("const c = tacho.charts.find((c) => c.what.id === 'utilisation'); const rows = c.drawn.rows.map((r) => [r[0] / 1000, r[1]]); "
              "return rows.some(([t, v]) => t < arguments[0] - 5 && v) && rows.some(([t, v]) => t >= arguments[0] - 1 && t <= arguments[0] + 1 && !v) && rows.at(-1)[0] > arguments[0] + 2",
              "what was before, a gap, and what comes now", 90, died)
    page.drain()  # of what could not be reached


def serve(page, processes, tacho, agent, keep):
    path = processes.path("window.tacho")
    agent.call("snapshot", "-o", path, "--state", agent.state, "--runtime", agent.runtime)
    listen = f"127.0.0.1:{e2e.free_port()}"
    server = processes.start("serve", [tacho, "serve", "--file", path, "--listen", listen])
    processes.wait_http(server, f"http://{listen}/-/healthy")
    shown = Page(page.driver, f"http://{listen}", keep)
    shown.open()
    check(shown.js("return document.getElementById('state').dataset.state") == "file", "it is a file that is shown")
    shown.wait("return [...document.querySelectorAll('#devices tbody tr [data-quantity=power] .v')].filter((v) => / W$/.test(v.textContent)).length === 8", "its newest values")
    shown.wait("return [...document.querySelectorAll('[data-block=Memory] .v')].every((v) => /[0-9]/.test(v.textContent))", "the host's")
    shown.show("power")
    first, last = shown.js("return tacho.timeline.window()")
    oldest = shown.js("return tacho.timeline.oldest")
    check(abs(first - oldest) < 2 or last - first == 30, f"its whole range: {first} to {last}, the oldest is {oldest}")
    check(shown.js("return tacho.stream.expressions.length === 0"), "a file has no stream")
    shown.js("scrollTo(0, 0)")
    shown.picture("file")
    shown.quiet("a file")
    shown.only_here()
    processes.end(server)


def no_card(page, processes, tacho, keep):
    """A node without accelerators, with nothing of them on its page."""
    agent = e2e.Tacho(processes, tacho, name="plain", flags=["--sysfs", fake_cards.sysfs(processes.path("no-cards"), 0)])
    agent.start()
    time.sleep(4)
    shown = Page(page.driver, agent.base, keep)
    shown.open()
    shown.wait("return document.getElementById('accelerators').hidden && document.getElementById('heat-metric').value === 'cpus'", "CPUs in place of accelerators")
    shown.wait("return tacho.heat.rows.length >= 1", "a heat map of CPUs")
    cpus = len(os.sched_getaffinity(0))
    check(shown.js("return tacho.heat.rows.length") >= cpus, "a row a CPU")
    check(shown.js("return !tacho.charts.some((c) => c.what.needs.startsWith('accel_'))"), "no chart of accelerators")
    time.sleep(1.5)
    shown.picture("no-card")
    shown.quiet("no accelerators")
    agent.stop()


def body(processes, options):
    options.tacho = os.path.abspath(options.tacho)
    exporter = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Exporter)
    threading.Thread(target=exporter.serve_forever, daemon=True).start()
    fake_cards.sysfs(processes.path("sys"), CARDS)
    script = fake_cards.Script(processes.path("cards"), CARDS)
    for n in range(1, CARDS):
        script.base += fake_cards.wave(n, 100 * n, 1000 - 100 * n if n < 10 else 20)
    script.tell()
    scrape = f"scrape_configs:\n  - job_name: hostile\n    static_configs: [{{targets: ['127.0.0.1:{exporter.server_address[1]}']}}]\n"
    # A job whose owner would like to be more than text, too.
    pod = processes.make_folder("podinfo")
    for name, lines in ("labels", f"system.hero.ai/job-name={json.dumps(HOSTILE)}\nsystem.hero.ai/job-namespace=\"team-a\"\n"), ("annotations", ""):
        with open(os.path.join(pod, name), "w") as f:
            f.write(lines)
    agent = e2e.Tacho(processes, options.tacho, extra_config=f"{scrape}identity: {{downward_api: {pod}}}\n", flags=["--sysfs", processes.path("sys")],
                      env={"TACHO_NVML_LIBRARY": os.path.abspath(options.library), "TACHO_FAKE_NVML": script.path, "POD_NAME": "job-0", "POD_NAMESPACE": "team-a"})
    agent.start()
    driver = chromium.browser(processes)
    try:
        time.sleep(8)
        page = Page(driver, agent.base, options.keep)
        page.open()
        page.wait("return document.querySelectorAll('#devices tbody tr').length === 8", "a row a card")
        compared = e2e.again(values, page)
        page.quiet("values")
        parts(page)
        damaged(page)
        asks_no_more(page)
        crosshair(page)
        zoom(page)
        spikes(page)
        events(page, script)
        page.quiet("zoom, crosshair, events")
        promql(page)
        filters(page)
        looks(page)
        page.js("scrollTo(0, 0)")
        answers_again(page)
        page.quiet("filters, looks")
        page.only_here()
        restart(page, agent)
        page.only_here()
        no_card(page, processes, options.tacho, options.keep)
        serve(page, processes, options.tacho, agent, options.keep)
    finally:
        driver.quit()
        exporter.shutdown()
    return f"the page shows what the API says: {compared} values of {CARDS} cards"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", default="build/tacho")
    parser.add_argument("--library", default="build/tests/libfake_nvml.so")
    parser.add_argument("--keep", metavar="FOLDER", help="leave pictures of the page there")
    e2e.main("page", body, parser.parse_args())
