#!/usr/bin/env python3
"""The Grafana dashboards: as their maker makes them, of Grafana's published types, and every question in them answered.

Each expression is asked of a node with two made cards (fake_cards.py) as Grafana would ask it, and of minutes made of that node's
seconds; where the node has what a panel is about, there must be an answer. Debian's promtool reads them all as well. All metrics are
in the program's catalogue, and peaks are ones that are shipped.

usage: grafana_dashboards.py --tacho build/tacho --library build/tests/libfake_nvml.so --npm build/packaging-npm
"""
import argparse
import copy
import importlib.util
import json
import os
import re
import sys
import time

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import e2e  # noqa: E402
import fake_cards  # noqa: E402
from alert_rules import catalogue, check_names, run  # noqa: E402
from e2e import check  # noqa: E402
from npm_types import Npm  # noqa: E402

GRAFANA = os.path.join(HERE, "..", "..", "tools", "packaging", "grafana")
CARDS = 2
NODE, CENTRE = "node-seconds.json", "nodes-minutes.json"


def maker():
    spec = importlib.util.spec_from_file_location("make_dashboards", os.path.join(GRAFANA, "make_dashboards.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def panels(dashboard):
    return [p for p in dashboard["panels"] if p["type"] != "row"]


# --- types

IMPORTS = """import type { Dashboard } from "@grafana/schema";
import type { Options as SeriesOptions, FieldConfig as SeriesConfig } from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";
import type { Options as StatOptions } from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
"""


def typed(name, dashboard):
    """What to hold against which type."""
    whole = copy.deepcopy(dashboard)
    for a in whole["annotations"]["list"]:
        a["target"] = {"refId": a["target"]["refId"]}  # a query's own part is its data source's
        del a["titleFormat"]
    values = {name: ("Plain<Dashboard>", whole)}
    for p in panels(dashboard):
        values[f"{name}: options of {p['title']}"] = (f"Plain<{'SeriesOptions' if p['type'] == 'timeseries' else 'StatOptions'}>", p["options"])
        if p["type"] == "timeseries":
            values[f"{name}: style of {p['title']}"] = ("Plain<SeriesConfig>", p["fieldConfig"]["defaults"]["custom"])
    return values


def check_types(npm, made):
    values = {}
    for name, dashboard in made.items():
        values |= typed(name, dashboard)
    problems = npm.type_problems("dashboards", IMPORTS, values)
    check(not problems, f"not what Grafana takes: {json.dumps(problems, indent=1)[:3000]}")

    def spoil(change):
        dashboard = copy.deepcopy(made[NODE])
        change(dashboard)
        return dashboard
    spoiled = {
        "an unknown field": spoil(lambda d: d.update(titel="x")),
        "an unknown field of a panel": spoil(lambda d: panels(d)[0]["gridPos"].update(width=3)),
        "a style that is none": spoil(lambda d: panels(d)[8]["fieldConfig"]["defaults"]["custom"].update(drawStyle="lines")),
        "a text for a number": spoil(lambda d: panels(d)[0]["fieldConfig"]["defaults"].update(min="0")),
        "a variable without a type": spoil(lambda d: d["templating"]["list"][1].pop("type")),
        "a legend that is none": spoil(lambda d: panels(d)[8]["options"]["legend"].update(displayMode="lst")),
    }
    broken = {}
    for name, dashboard in spoiled.items():
        broken |= typed(name, dashboard)
    seen = {name.split(":")[0] for name in npm.type_problems("spoiled", IMPORTS, broken)}
    check(seen == set(spoiled), f"the check does not see {sorted(set(spoiled) - seen)}")
    return len(spoiled)


# --- questions

def asked(expr, rate_interval):
    """As Grafana asks with all variables on All."""
    text = expr.replace("$__rate_interval", rate_interval)
    for name in re.findall(r'"\$(\w+)"', text):
        text = text.replace(f'"${name}"', '".*"')
    check("$" not in text, f"{expr}: a variable is left over")
    return text


def check_layout(name, dashboard):
    ids = [p["id"] for p in dashboard["panels"]]
    check(len(ids) == len(set(ids)), f"{name}: two panels of one id")
    taken = set()
    for p in dashboard["panels"]:
        g = p["gridPos"]
        cells = {(x, y) for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])}
        check(g["x"] + g["w"] <= 24 and not cells & taken, f"{name}: {p['title']} lies over another panel or the edge")
        taken |= cells
    variables = {v["name"] for v in dashboard["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(dashboard["panels"] + dashboard["annotations"]["list"]))) - {"__rate_interval"}
    check(used <= variables, f"{name}: no variable {sorted(used - variables)}")


def questions(dashboard, rows):
    """(title, expression, what a node must have for an answer)"""
    needs = {p.title: p.needs for of_row in rows.values() for p in of_row}
    return [(p["title"], t["expr"], needs[p["title"]]) for p in panels(dashboard) for t in p["targets"]]


def check_answers(base, name, all_questions, rate_interval, newest):
    """`newest`: the time that is asked for; a node that was held up for a moment has no rate then, and has one again."""
    answered = 0
    for title, expr, needs in all_questions:
        def answer():
            at = newest()
            return e2e.api(base, "query_range", {"query": asked(expr, rate_interval), "start": at - 3, "end": at, "step": 1})["result"]
        if needs == "":
            answered += bool(answer())
        else:
            e2e.wait_until(f"{name}: {title} has an answer: {asked(expr, rate_interval)}", answer)
            answered += 1
    return answered


def minutes(agent, known):
    """OpenMetrics of what the centre would have of the node for a quarter of an hour."""
    samples, types = agent.export("15s")
    lines, begin = [], int(time.time()) // 60 * 60 - 15 * 60
    newest = {key: list(of_series.values())[-1] for key, of_series in samples.items()}
    newest = {key: v for key, v in newest.items() if v is not e2e.STALE}
    for source in {dict(k)["source"] for k in newest if e2e.name_of(k) == "tacho_source_up"}:
        newest[(("__name__", "tacho_rollup_samples_ratio"), ("source", source))] = 1
    by_name = {}
    for key, value in newest.items():
        name = e2e.name_of(key)
        for shipped in [name] + [f"{name}:1m_{peak}" for peak in ("min", "max") if peak in known.get(name, ())]:
            by_name.setdefault(shipped, []).append((key, value))
    for name, series in by_name.items():
        for key, value in series:
            labels = ",".join(f"{k}={json.dumps(v)}" for k, v in key if k != "__name__")
            lines += [f'{name}{{{labels},instance="n1"}} {value} {begin + 60 * i}'.replace("{,", "{") for i in range(15)]
    return "\n".join(lines) + "\n# EOF\n", begin + 60 * 14


def check_promtool(processes, name, all_questions, rate_interval):
    rules = [{"record": "r", "expr": asked(expr, rate_interval), "labels": {"n": str(i)}} for i, (_, expr, _) in enumerate(all_questions)]
    path = processes.path("questions.yaml")
    with open(path, "w") as f:
        json.dump({"groups": [{"name": "questions", "rules": rules}]}, f)
    check(f"{len(rules)} rules" in run(["promtool", "check", "rules", path]), f"{name}: promtool read fewer than {len(rules)}")


def body(processes, options):
    module = maker()
    made = module.make()
    for name, dashboard in made.items():
        with open(os.path.join(GRAFANA, name)) as f:
            check(json.load(f) == dashboard, f"{name} is not what make_dashboards.py makes; run it")
        check_layout(name, dashboard)
    notes = []
    npm = e2e.attempt(notes, "the dashboards' types", Npm, options.npm)
    if npm:
        notes.append(f"{check_types(npm, made)} broken dashboards seen")
    for name, key in ("datasources.yaml", "datasources"), ("dashboards.yaml", "providers"):
        with open(os.path.join(GRAFANA, name)) as f:
            check(yaml.safe_load(f)[key], f"{name} has no {key}")

    fake_cards.sysfs(processes.path("sys"), CARDS)
    script = fake_cards.Script(processes.path("cards"), CARDS)
    with open(os.path.join(processes.make_folder("podinfo"), "labels"), "w") as f:
        f.write('system.hero.ai/job-name="train-7"\ntenant.id="1000000000001"\n')
    agent = e2e.Tacho(processes, options.tacho, extra_config=f"identity: {{downward_api: {processes.path('podinfo')}}}\n",
                      flags=["--sysfs", processes.path("sys")],
                      env={"TACHO_NVML_LIBRARY": os.path.abspath(options.library), "TACHO_FAKE_NVML": script.path})
    agent.start()
    time.sleep(14)  # some sources are read each 10 s
    known = catalogue(options.tacho)
    known["tacho_rollup_samples_ratio"] = known.get("tacho_rollup_samples_ratio", ["avg"])
    node, centre = questions(made[NODE], module.SECONDS), questions(made[CENTRE], module.MINUTES)
    for name, of_dashboard in (NODE, node), (CENTRE, centre):
        for title, expr, _ in of_dashboard:
            check_names(expr, known, f"{name}: {title}")
    answered = check_answers(agent.base, NODE, node, "4s", time.time)
    for a in made[NODE]["annotations"]["list"]:
        e2e.api(agent.base, "query", {"query": asked(a["target"]["expr"], "4s")})
    for label, expected in ("accel", [str(n) for n in range(CARDS)]), ("job_name", ["train-7"]), ("tenant_id", ["1000000000001"]), ("queue", []):
        values = e2e.api_get(agent.base, f"label/{label}/values", {"match[]": "accel_up"})
        check(values == expected, f"label_values(accel_up, {label}) are {values}")
    at_work = node[1][1].replace("avg(", "count(")
    for variable, value, cards in ("accel", "1", 1), ("job_name", "train-7", CARDS), ("job_name", "another", 0):
        found = lambda: e2e.api(agent.base, "query", {"query": asked(at_work.replace(f'"${variable}"', f'"{value}"'), "4s")})["result"]
        e2e.wait_until(lambda: f"with {variable} {value} there are {cards} cards, not {found()}",
                       lambda: [r["value"][1] for r in found()] == ([str(cards)] if cards else []))

    text, newest = minutes(agent, known)
    with open(processes.path("minutes.om"), "w") as f:
        f.write(text)
    agent.stop()
    base = f"http://127.0.0.1:{e2e.free_port()}"
    server = processes.start("serve", [options.tacho, "serve", "--file", processes.path("minutes.om"), "--listen", base[7:]])
    processes.wait_http(server, base + "/-/ready")
    answered += check_answers(base, CENTRE, centre, "4m", lambda: newest)
    check_promtool(processes, NODE, node, "4s")
    check_promtool(processes, CENTRE, centre, "4m")
    return f"{len(node) + len(centre)} questions, {answered} with an answer here; {'; '.join(notes)}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in "--tacho", "--library", "--npm":
        parser.add_argument(option, required=True)
    e2e.main("grafana_dashboards", body, parser.parse_args())
