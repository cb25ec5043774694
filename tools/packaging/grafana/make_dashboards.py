#!/usr/bin/env python3
"""Writes the two dashboards beside this file: node-seconds.json, over a node's own API, and nodes-minutes.json, over the centre.

They are made, not drawn: a panel is a line here, and the files differ only where this does.
usage: make_dashboards.py [FOLDER]
"""
import json
import os
import sys

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
# Identity labels: those that a node does not have are empty, and "All" matches them.
IDENTITY = ("job_namespace", "job_name", "tenant_id", "queue", "pod")
ACCEL = ",".join(f'{label}=~"${label}"' for label in IDENTITY) + ',accel=~"$accel"'
NIC = 'device!~"lo|veth.*|cali.*|lxc.*|docker.*|br-.*"'
DISK = 'device!~"loop.*|ram.*|dm-.*|md.*"'


class Panel:
    """`needs`: what a node must have for it to show anything: host, card, fabric; "" for what is mostly empty."""

    def __init__(self, title, unit, *queries, needs="host", kind="timeseries", width=8, height=7, low=None, high=None, stack=False, text=""):
        self.title, self.unit, self.queries, self.needs, self.kind = title, unit, queries, needs, kind
        self.width, self.height, self.low, self.high, self.stack, self.text = width, height, low, high, stack, text

    def json(self, number, x, y, fill):
        defaults = {"unit": self.unit}
        if self.low is not None:
            defaults["min"] = self.low
        if self.high is not None:
            defaults["max"] = self.high
        if self.kind == "timeseries":
            # A second that is missing is to be seen as one.
            defaults["custom"] = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 20 if self.stack else 0, "showPoints": "never", "spanNulls": False,
                                  "stacking": {"mode": "normal" if self.stack else "none", "group": "A"}}
            options = {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
                       "tooltip": {"mode": "multi", "sort": "desc"}}
        else:
            options = {"colorMode": "value", "graphMode": "area", "justifyMode": "auto", "textMode": "auto", "orientation": "auto",
                       "wideLayout": True, "showPercentChange": False, "percentChangeColorMode": "standard",
                       "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
        return {"id": number, "type": self.kind, "title": self.title, "description": self.text or self.title, "datasource": SOURCE,
                "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
                "targets": [{"refId": chr(ord("A") + i), "datasource": SOURCE, "expr": fill(expr), "legendFormat": legend, "range": True,
                             "exemplar": False} for i, (expr, legend) in enumerate(self.queries)],
                "fieldConfig": {"defaults": defaults, "overrides": []}, "options": options}


def stat(title, unit, expr, **more):
    return Panel(title, unit, (expr, ""), kind="stat", width=4, height=4, **more)


CARD = "card {{accel}}"
SECONDS = {
    "At a glance": [
        stat("Cards that answer", "none", "sum(accel_up{A})", needs="card"),
        stat("Cards at work", "percentunit", "avg(accel_utilization_ratio{A})", needs="card", low=0, high=1),
        stat("Power of the cards", "watt", 'sum(accel_power_watts{A,window="average"})', needs="card"),
        stat("CPU", "percentunit", '1 - avg(rate(node_cpu_seconds_total{mode="idle"}[$__rate_interval]))', low=0, high=1),
        stat("Memory available", "bytes", "node_memory_MemAvailable_bytes"),
        stat("Seconds kept", "s", "tacho_store_window_seconds"),
    ],
    "Accelerators": [
        Panel("Utilisation", "percentunit", ("accel_utilization_ratio{A}", CARD), needs="card", low=0, high=1,
              text="Share of each second in which the card did anything; a stalled collective shows as one line at the top and seven at the bottom."),
        Panel("Busy share, exact", "percentunit", ("rate(accel_busy_seconds_total{A}[$__rate_interval])", CARD), needs="card", low=0, high=1),
        Panel("Tensor and SM activity", "percentunit", ('accel_pipe_active_ratio{A,pipe="tensor"}', CARD + " tensor"),
              ("accel_sm_active_ratio{A}", CARD + " SM"), needs="", low=0, high=1, text="Hardware counters, where the driver gives them."),
        Panel("Power", "watt", ('accel_power_watts{A,window="average"}', CARD), ("accel_power_max_watts{A}", CARD + " peak"), needs="card", low=0),
        Panel("Memory used", "bytes", ("accel_memory_used_bytes{A}", CARD), needs="card", low=0),
        Panel("Temperature", "celsius", ('accel_temperature_celsius{A,sensor="core"}', CARD), ('accel_temperature_celsius{A,sensor="memory"}', CARD + " memory"), needs="card"),
        Panel("Clock", "hertz", ('accel_clock_hertz{A,domain="core"}', CARD), needs="card", low=0),
        Panel("Held down", "percentunit", ('sum by (accel, reason) (rate(accel_throttle_seconds_total{A,reason!="low_utilization"}[$__rate_interval]))', CARD + " {{reason}}"),
              needs="card", low=0, text="Share of the time in which something held the clocks down."),
        Panel("Links between cards", "Bps", ("sum by (accel) (rate(accel_link_transmit_bytes_total{A}[$__rate_interval]))", CARD + " sent"),
              ("sum by (accel) (rate(accel_link_receive_bytes_total{A}[$__rate_interval]))", CARD + " received"), needs=""),
        Panel("PCIe", "Bps", ("sum by (accel, direction) (accel_pcie_throughput_bytes_per_second{A})", CARD + " {{direction}}"), needs="card"),
        Panel("Errors", "none", ("sum by (accel, code) (increase(accel_errors_total{A}[$__rate_interval])) > 0", CARD + " code {{code}}"), needs=""),
        Panel("Memory errors", "none", ('sum by (accel, severity) (increase(accel_ecc_errors_total{A,scope="volatile",location="total"}[$__rate_interval])) > 0', CARD + " {{severity}}"), needs=""),
    ],
    "Host": [
        Panel("CPU", "percentunit", ('sum by (mode) (rate(node_cpu_seconds_total{mode!="idle"}[$__rate_interval])) / scalar(count(node_cpu_seconds_total{mode="idle"}))', "{{mode}}"), stack=True, low=0, high=1),
        Panel("The busiest CPUs", "percentunit", ('topk(5, 1 - rate(node_cpu_seconds_total{mode="idle"}[$__rate_interval]))', "cpu {{cpu}}"), low=0, high=1,
              text="A data loader bound to one thread is a line at the top."),
        Panel("Running and blocked", "none", ("node_procs_running", "running"), ("node_procs_blocked", "blocked"), low=0),
        Panel("Memory", "bytes", ("node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes", "used"), ("node_memory_Cached_bytes", "cache"), ("node_memory_Dirty_bytes", "dirty"), low=0),
        Panel("Stalled", "percentunit", ("rate(node_pressure_cpu_waiting_seconds_total[$__rate_interval])", "some wait for CPU"),
              ("rate(node_pressure_memory_stalled_seconds_total[$__rate_interval])", "all wait for memory"), ("rate(node_pressure_io_stalled_seconds_total[$__rate_interval])", "all wait for storage"), low=0),
        Panel("Containers: CPU", "none", ('topk(10, sum by (pod, container, id) (rate(container_cpu_usage_seconds_total{pod=~"$pod"}[$__rate_interval])))', "{{pod}} {{container}} {{id}}"), needs="", low=0),
    ],
    "Network and storage": [
        Panel("Ethernet", "Bps", ("rate(node_network_receive_bytes_total{N}[$__rate_interval])", "{{device}} in"), ("-rate(node_network_transmit_bytes_total{N}[$__rate_interval])", "{{device}} out")),
        Panel("InfiniBand and RoCE", "Bps", ("rate(node_infiniband_port_data_received_bytes_total[$__rate_interval])", "{{device}}/{{port}} in"),
              ("-rate(node_infiniband_port_data_transmitted_bytes_total[$__rate_interval])", "{{device}}/{{port}} out"), needs=""),
        Panel("Drops, errors, retransmissions", "none", ("rate(node_network_receive_drop_total{N}[$__rate_interval])", "{{device}} dropped"),
              ("rate(node_network_receive_errs_total{N}[$__rate_interval])", "{{device}} errors"), ("rate(node_netstat_Tcp_RetransSegs[$__rate_interval])", "TCP retransmissions"), low=0),
        Panel("Disks", "Bps", ("rate(node_disk_read_bytes_total{D}[$__rate_interval])", "{{device}} read"), ("-rate(node_disk_written_bytes_total{D}[$__rate_interval])", "{{device}} written")),
        Panel("Disks at work", "percentunit", ("rate(node_disk_io_time_seconds_total{D}[$__rate_interval])", "{{device}}"), low=0),
        Panel("File systems", "percentunit", ('1 - node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs|overlay"} / node_filesystem_size_bytes', "{{mountpoint}}"), low=0, high=1),
    ],
    "Events and the agent": [
        Panel("Kernel events", "none", ("sum by (kind) (increase(node_kmsg_events_total[$__rate_interval])) > 0", "{{kind}}"), needs=""),
        Panel("Sources without a row", "none", ("tacho_source_up == 0", "{{source}}"), ("sum by (source) (increase(tacho_source_missed_ticks_total[$__rate_interval])) > 0", "{{source}} missed"), needs=""),
        Panel("What the agent costs", "percentunit", ("rate(tacho_process_cpu_seconds_total[$__rate_interval])", "share of a core"), low=0),
    ],
}
AT = "{{instance}} card {{accel}}"
MINUTES = {
    "The fleet": [
        stat("Nodes", "none", "count(tacho_build_info{I})"),
        stat("Cards that answer", "none", "sum(accel_up{A,I})", needs="card"),
        stat("Cards at work", "percentunit", "avg(accel_utilization_ratio{A,I})", needs="card", low=0, high=1),
        stat("Power of the cards", "watt", 'sum(accel_power_watts{A,I,window="average"})', needs="card"),
        stat("Cards lost in an hour", "none", "sum(min_over_time(accel_up:1m_min{A,I}[1h]) == bool 0)", needs="card"),
        stat("Complete minutes", "percentunit", "avg(tacho_rollup_samples_ratio{I})", low=0, high=1),
    ],
    "Accelerators": [
        Panel("Utilisation by job", "percentunit", ("avg by (job_namespace, job_name) (accel_utilization_ratio{A,I})", "{{job_namespace}}/{{job_name}}"), needs="card", width=12, low=0, high=1),
        Panel("Utilisation by tenant", "percentunit", ("avg by (tenant_id, queue) (accel_utilization_ratio{A,I})", "{{tenant_id}} {{queue}}"), needs="card", width=12, low=0, high=1),
        Panel("The idlest cards", "percentunit", ("bottomk(10, accel_utilization_ratio{A,I})", AT), needs="card", width=12, low=0, high=1),
        Panel("Highest power of a second", "watt", ("topk(10, accel_power_max_watts:1m_max{A,I})", AT), needs="card", width=12, low=0),
        Panel("Energy", "watt", ("sum by (job_namespace, job_name) (rate(accel_energy_joules_total{A,I}[$__rate_interval]))", "{{job_namespace}}/{{job_name}}"), needs="card", width=12, low=0),
        Panel("Held down", "percentunit", ('topk(10, sum by (instance, accel, reason) (rate(accel_throttle_seconds_total{A,I,reason!="low_utilization"}[$__rate_interval])))', AT + " {{reason}}"), needs="card", width=12, low=0),
    ],
    "Hosts": [
        Panel("CPU", "percentunit", ('1 - avg by (instance) (rate(node_cpu_seconds_total{I,mode="idle"}[$__rate_interval]))', "{{instance}}"), width=12, low=0, high=1),
        Panel("Most tasks that ran or waited in a second", "none", ("topk(10, node_procs_running:1m_max{I})", "{{instance}}"), width=12, low=0),
        Panel("Memory available", "percentunit", ("node_memory_MemAvailable_bytes{I} / node_memory_MemTotal_bytes{I}", "{{instance}}"), width=12, low=0, high=1),
        Panel("Kernel events", "none", ("sum by (instance, kind) (increase(node_kmsg_events_total{I}[$__rate_interval])) > 0", "{{instance}} {{kind}}"), needs="", width=12),
    ],
}


def variable(name, query):
    return {"name": name, "type": "query", "label": name.replace("_", " "), "datasource": SOURCE, "refresh": 2, "sort": 1,
            "query": {"query": query, "refId": name}, "includeAll": True, "allValue": ".*", "multi": True,
            "current": {"text": "All", "value": "$__all", "selected": True}}


def annotation(name, colour, expr, title):
    return {"name": name, "enable": True, "iconColor": colour, "datasource": SOURCE, "titleFormat": title,
            "target": {"refId": "Anno", "expr": expr, "interval": "", "range": True}}


def dashboard(uid, title, rows, variables, annotations, fill, refresh, span):
    panels, y, number = [], 0, 0
    for row, of_row in rows.items():
        number += 1
        panels.append({"id": number, "type": "row", "title": row, "collapsed": False, "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}, "panels": []})
        y, x = y + 1, 0
        for panel in of_row:
            number += 1
            if x + panel.width > 24:
                x, y = 0, y + panel.height
            panels.append(panel.json(number, x, y, fill))
            x += panel.width
        y += of_row[-1].height
    source = {"name": "datasource", "type": "datasource", "label": "data source", "query": "prometheus", "refresh": 1}
    return {"uid": uid, "title": title, "tags": ["tacho"], "schemaVersion": 39, "editable": True, "graphTooltip": 1, "refresh": refresh,
            "time": {"from": f"now-{span}", "to": "now"}, "timezone": "browser",
            "timepicker": {"refresh_intervals": ["1s", "5s", "10s", "1m", "5m"]},
            "templating": {"list": [source, *variables]}, "annotations": {"list": annotations}, "panels": panels}


def filled(instance):
    def fill(expr):
        for mark, text in ("A", ACCEL), ("I", instance), ("N", NIC), ("D", DISK):
            for before in "{,":
                for after in "},":
                    expr = expr.replace(before + mark + after, before + text + after)
        return expr
    return fill


def make():
    """{file: dashboard}"""
    identity = [variable(label, f"label_values(accel_up, {label})") for label in IDENTITY] + [variable("accel", "label_values(accel_up, accel)")]
    events = "sum by (kind) (increase(node_kmsg_events_total{kind!~\"link_up|segfault\"}[$__rate_interval])) > 0"
    errors = "sum by (accel, code) (increase(accel_errors_total[$__rate_interval])) > 0"
    return {
        "node-seconds.json": dashboard("tacho-node-seconds", "tacho: a node, second by second", SECONDS, identity,
                                       [annotation("Kernel", "orange", events, "{{kind}}"), annotation("Accelerator errors", "red", errors, "card {{accel}}: code {{code}}")],
                                       filled(""), "1s", "10m"),
        "nodes-minutes.json": dashboard("tacho-nodes-minutes", "tacho: all nodes, by minutes", MINUTES,
                                        [variable("instance", "label_values(tacho_build_info, instance)"), *identity], [],
                                        filled('instance=~"$instance"'), "1m", "6h"),
    }


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    for name, content in make().items():
        with open(os.path.join(folder, name), "w") as f:
            json.dump(content, f, indent=1)
            f.write("\n")


if __name__ == "__main__":
    main()
