#!/usr/bin/env python3
"""Compares tacho's host metrics with Debian's prometheus-node-exporter, on this machine or on a recorded tree.

    node_exporter_diff.py [--tree DIR] [--all-ethtool] [--exporter PROGRAM] [--] COMMAND...

COMMAND writes one sample of everything to stdout as Prometheus text: `build/tacho sample --once`. With --tree, DIR has proc, sys and
root in it; then --procfs, --sysfs and --rootfs are put behind COMMAND (or in the environment as TACHO_PROCFS, TACHO_SYSFS and
TACHO_ROOTFS, for commands that take no flags: with TACHO_ENV_ONLY set), and the exporter gets the same. A folder textfile in DIR
is for the collector of that name; it is in the environment alone, as TACHO_TEXTFILE.

Compared are the families of the collectors both have: that each is there on both sides, its type, its label sets, its values. On a
live machine the exporter is asked before and after tacho, and a value is right if it lies between its two answers, give or take a
tolerance; a series or a gauge that differs must do so in three comparisons: devices and processes come and go, and memory is taken and
given back between two answers. On a tree it must be equal (to a few units in the last place, see cells.h). Not for trees of broken files: the exporter
dies of a cut /proc/net/dev and of an empty line in /proc/vmstat.

Exit 0: no difference but those allowed below. 1: differences, each on a line. 2: wrong usage. 77: the exporter is not installed.

The exporter listens on a free loopback port, and is ended by its process id alone.
"""
import argparse
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import e2e

COLLECTORS = ["cpu", "stat", "meminfo", "loadavg", "vmstat", "diskstats", "netdev", "pressure", "filesystem", "time", "uname",
              "filefd", "entropy",
              "schedstat", "cpufreq", "timex", "os"]
COLLECTORS += ["netstat", "sockstat", "softnet", "udp_queues", "arp", "conntrack", "netclass"]

# Hardware, as sysfs shows it.
COLLECTORS += ["infiniband", "thermal_zone", "hwmon", "edac", "nvme", "rapl", "dmi"]

# Storage.
COLLECTORS += ["bonding", "mdadm", "xfs", "zfs", "btrfs", "nfs", "nfsd", "ipvs", "powersupplyclass", "selinux", "fibrechannel",
               "tapestats", "bcache", "textfile"]
# What node_exporter leaves off by default; `sample --once` shows what is off by default here too.
COLLECTORS += ["interrupts", "processes", "meminfo_numa", "cgroups", "ethtool"]
# Flags without a value.
SWITCHES = ["collector.stat.softirq"]

# What those collectors' names begin with. The exporter's own metrics (go_*, process_*, node_scrape_*) are no business of ours.
OURS = re.compile(r"node_(cpu_seconds|cpu_guest|cpu_core_|cpu_package_|cpu_isolated|cpu_online|intr_|context_switches|forks|boot_time|procs_|memory_|load|vmstat_|disk_|network_"
                  r"|pressure_|filesystem_|time_|uname_|filefd_|entropy_"
                  r"|schedstat_|cpu_frequency_|cpu_scaling_|timex_|os_"
                  r"|netstat_|sockstat_|softnet_|udp_|arp_|nf_conntrack_"
                  r"|infiniband_|thermal_zone_|cooling_device_|hwmon_|edac_|nvme_|rapl_|dmi_"
                  r"|bonding_|md_|xfs_|zfs_|btrfs_|nfs_|nfsd_|ipvs_|power_supply_|textfile_|selinux_|fibrechannel_|tape_|bcache_"
                  r"|softirqs_|interrupts_|processes_|cgroups_|ethtool_)|made_")

# tacho follows node_exporter 1.12 where the versions differ; Debian 12 has 1.5. So both sides get 1.12's filters.
FILTERS = {
    "collector.diskstats.device-exclude": r"^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$",
    "collector.netdev.device-exclude": r"^(veth.+|cali[0-9a-f]{11}|lxc[0-9a-f]{12}|lxc_health)$",
    "collector.filesystem.mount-points-exclude":
        r"^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+|var/lib/kubelet/.+)($|/)",
    "collector.filesystem.fs-types-exclude":
        r"^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|"
        r"pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$",
}
FILTERS.update({
    "collector.netstat.fields":
        r"^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|TcpExt_(Listen.*|Syncookies.*|"
        r"TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|"
        r"Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$",
    "collector.arp.device-exclude": r"^(veth.+|cali[0-9a-f]{11}|lxc[0-9a-f]{12}|lxc_health)$",
    "collector.netclass.ignored-devices": r"^(veth.+|cali[0-9a-f]{11}|lxc[0-9a-f]{12}|lxc_health)$",
    "collector.ethtool.device-exclude": r"^(veth.+|cali[0-9a-f]{11}|lxc[0-9a-f]{12}|lxc_health)$",
})


def default_counters():
    """The pattern of the drivers' counters that tacho shows by default, from its source."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../sampler/host/network/ethtool_names.h")
    with open(path, encoding="utf-8") as source:
        text = source.read().split("kEthtoolInclude[] =", 1)[1]
    return "".join(re.findall(r'"([^"]*)"', text))



# The differences that are meant, each with its reason.
ONLY_TACHO = {
    "node_filesystem_mount_info": "new in 1.9",
    "node_pressure_irq_stalled_seconds_total": "new in 1.9",
    "node_cpu_scaling_governor": "newer than 1.5",
    "node_cpu_frequency_avg_hertz": "newer than 1.5",
    "node_os_support_end_timestamp_seconds": "newer than 1.5",
    "node_softirqs_functions_total": "newer than 1.5",
    "node_cpu_online": "newer than 1.5",
}
ONLY_TACHO.update({f"node_softnet_{name}": "newer than 1.5" for name in
                   ("cpu_collision_total", "received_rps_total", "flow_limit_count_total", "backlog_len")})
# Untyped, but they go up and down like gauges: the exporter's own answers are connections.
UNTYPED_GAUGES = {"node_netstat_Tcp_CurrEstab"}
# Hardware.
ONLY_TACHO.update({
    "node_infiniband_link_layer_info": "tacho's own",
    "node_edac_channel_correctable_errors_total": "new in 1.12",
    "node_edac_channel_uncorrectable_errors_total": "new in 1.12",
})
ONLY_TACHO.update((f"node_nvme_namespace_{name}", "versions after 1.5 have it") for name in (
    "info", "capacity_bytes", "size_bytes", "used_bytes", "logical_block_size_bytes"))
ONLY_TACHO.update((f"node_infiniband_{name}", "hw_counters are read by versions after 1.5") for name in (
    "lifespan_seconds duplicate_requests_packets_total implied_nak_seq_errors_total local_ack_timeout_errors_total "
    "np_cnp_packets_sent_total np_ecn_marked_roce_packets_received_total out_of_buffer_drops_total "
    "out_of_sequence_packets_received_total packet_sequence_errors_total req_cqes_errors_total "
    "req_cqes_flush_errors_total req_remote_access_errors_total req_remote_invalid_request_errors_total "
    "resp_cqes_errors_total resp_cqes_flush_errors_total resp_local_length_errors_total "
    "resp_remote_access_errors_total rnr_nak_retry_packets_received_total roce_adp_retransmits_total "
    "roce_adp_retransmits_timeout_total roce_slow_restart_used_total roce_slow_restart_cnps_total "
    "roce_slow_restart_total rp_cnp_packets_handled_total rp_cnp_ignored_packets_received_total "
    "rx_atomic_requests_total rx_dct_connect_requests_total rx_icrc_encapsulated_errors_total rx_read_requests_total "
    "rx_write_requests_total "
).split())
# Storage.
ONLY_TACHO.update({name: "versions after 1.5 have it" for name in ("node_md_raid_disks", "node_md_degraded")})
ONLY_TACHO.update({f"node_zfs_dbuf_{name}": "1.5 does not read dbufstats" for name in
                   ("cache_count", "cache_level_0", "cache_size_bytes", "hash_hits")})
ONLY_TACHO["node_zfs_arc_memory_available_bytes"] = "1.5 leaves signed numbers out"
ONLY_TACHO.update({f"node_btrfs_{name}": "versions after 1.5 have it" for name in
                   ("commits_total", "commit_seconds_total", "last_commit_seconds", "max_commit_seconds")})
# Series that 1.5 does not have of families it has.
ONLY_TACHO_SERIES = {
    r'node_zfs_zpool_state\{state="suspended",.*\}': "1.5 does not know the state",
}
# Values that 1.5 gets wrong, by series.
OTHER_VALUE = {
    r'node_nfsd_requests_total\{method="(Verify|Write|RelLockOwner)",proto="4"\}': "1.5 takes it from two places before its own",
    r"node_bcache_btree_read_average_duration_seconds\{.*\}": "the exporter takes microseconds for nanoseconds",
}
# Fields of /proc/meminfo that 1.5 shows and 1.9 and later, with their fixed list, do not.
ONLY_EXPORTER = re.compile(r"node_memory_(Unaccepted|HighTotal"
                           r"|HighFree|LowTotal|LowFree)_bytes$")
# Labels that 1.5 does not have, or has empty: it takes the serial number from fewer places (not from ID_SERIAL, where virtio's is).
NEW_LABELS = {"node_disk_info": ["rotational", "serial"]}
NEW_LABELS["node_nvme_info"] = ["cntlid"]
NEW_LABELS.update({f"node_filesystem_{name}": ["device_error"] for name in
                   ("avail_bytes", "device_error", "files", "files_free", "free_bytes", "readonly", "size_bytes")})
NEW_LABELS["node_network_info"] = ["adminstate"]
# What is 0 and has no series there: states that nothing is in.
ONLY_ABOVE_0 = {"node_processes_state", "node_processes_threads_state"}
# What a tree's files do not have is 0 to the exporter, and nothing to tacho.
UNREAD_IS_0 = ("node_cpu_", "node_softirqs_total", "node_processes_threads")
# What is asked of the live kernel whatever the tree says: values move, and the clock and uname are nothing a tree can record.
LIVE_ON_TREES = re.compile(r"node_(filesystem|ethtool|network_(supported|advertised|autonegotiate|pause|asymmetricpause))_?")
NOT_ON_TREES = re.compile(r"node_(uname_info|time_seconds|time_zone_offset_seconds|timex_.*|selinux_.*)$")
# Without rtnetlink, as on a tree, the exporter does not know it; tacho reads it from sysfs.
ONLY_TACHO_ON_TREES = {"node_network_receive_nohandler_total": "the exporter needs rtnetlink for it"}

SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)",?')


def parse(text):
    """Text 0.0.4 to ({name: type}, {name: {labels: value}}); labels are frozensets of pairs, empty ones left out."""
    types, samples = {}, {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ", 3)
            types[name] = kind
        if not line or line.startswith("#"):
            continue
        m = SAMPLE.match(line)
        if not m:
            sys.exit(f"node_exporter_diff.py: line {number} is no sample: {line}")
        labels = frozenset((k, re.sub(r"\\(.)", lambda e: {"n": "\n"}.get(e[1], e[1]), v))
                           for k, v in LABEL.findall(m[2] or "") if v)
        family = samples.setdefault(m[1], {})
        if labels in family:
            sys.exit(f"node_exporter_diff.py: line {number} gives a series twice: {line}")
        family[labels] = float(m[3])
    return types, samples


def textfile_of(tree):
    folder = os.path.join(tree, "textfile") if tree else ""
    return folder if "TACHO_ENV_ONLY" in os.environ and os.path.isdir(folder) else None


class Exporter:
    def __init__(self, program, tree, counters):
        self.port = e2e.free_port()
        arguments = [program, f"--web.listen-address=127.0.0.1:{self.port}", "--collector.disable-defaults"]
        arguments += [f"--collector.{name}" for name in COLLECTORS]
        arguments += [f"--{flag}" for flag in SWITCHES]
        arguments += [f"--{flag}={value}" for flag, value in FILTERS.items()]
        arguments += [f"--collector.ethtool.metrics-include={counters}"]
        if tree:
            arguments += [f"--path.procfs={tree}/proc", f"--path.sysfs={tree}/sys", f"--path.rootfs={tree}/root",
                          f"--path.udev.data={tree}/root/run/udev/data", "--no-collector.netdev.netlink"]
        if textfile_of(tree):
            arguments += [f"--collector.textfile.directory={textfile_of(tree)}"]
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(arguments, stdout=self.log, stderr=self.log)

    def scrape(self):
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=60) as answer:
                    return parse(answer.read().decode())
            except OSError as error:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    self.log.seek(0)
                    sys.exit(f"node_exporter_diff.py: the exporter does not answer ({error}):\n{self.log.read()[-2000:]}")
                time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)


def tacho(command, tree):
    environment = dict(os.environ)
    if tree:
        environment.update(TACHO_PROCFS=f"{tree}/proc", TACHO_SYSFS=f"{tree}/sys", TACHO_ROOTFS=f"{tree}/root")
        if textfile_of(tree):
            environment["TACHO_TEXTFILE"] = textfile_of(tree)
        if "TACHO_ENV_ONLY" not in environment:
            command = command + ["--procfs", f"{tree}/proc", "--sysfs", f"{tree}/sys", "--rootfs", f"{tree}/root"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"node_exporter_diff.py: {' '.join(command)} ended with {done.returncode}")
    return parse(done.stdout)


def agrees(value, first, second, slack):
    """Whether value is what the exporter said just before or just after, or lies between, give or take slack."""
    if math.isnan(value) or math.isnan(first):
        return math.isnan(value) and math.isnan(first)
    low, high = min(first, second), max(first, second)
    slack += 4 * math.ulp(max(abs(low), abs(high)))
    return low - slack <= value <= high + slack


def gauge_slack(name, value):
    """What a gauge may do in the milliseconds between the readings without the exporter's two answers showing it."""
    absolute = 64 << 20 if name.endswith("_bytes") or name.startswith("node_memory_numa_") else 64
    return 0.05 * abs(value) + absolute


def as_in_1_5(name, labels, known):
    """Our labels without the new ones, if 1.5 knows the series without them."""
    for count in range(len(NEW_LABELS.get(name, [])) + 1):
        without = frozenset(l for l in labels if l[0] not in NEW_LABELS.get(name, [])[:count])
        if without in known:
            return without
    return labels


def text(labels):
    return "{" + ",".join(f'{k}="{v}"' for k, v in sorted(labels)) + "}"


def reason_of(reasons, name, labels):
    """Of a table by series: why this one may differ, or None."""
    return next((reason for pattern, reason in reasons.items() if re.fullmatch(pattern, name + text(labels))), None)


def compare(ours, before, after, tree):
    """({(series or family, kind of what differs): in words}, what differs and may, how many values were compared)"""
    types, samples = ours
    problems, allowed, compared = {}, [], 0
    exporter_types, first = before
    _, second = after

    def told(may, what, kind, line):
        if may:
            allowed.append(line)
        else:
            problems[what, kind] = line
    for name in sorted(n for n in set(samples) | set(first) if OURS.match(n)):
        if tree and NOT_ON_TREES.match(name):
            continue
        if name not in first:
            reason = ONLY_TACHO.get(name) or (tree and ONLY_TACHO_ON_TREES.get(name))
            told(reason, name, "family", f"{name}: only tacho has it" + (f": {reason}" if reason else ""))
            continue
        if name not in samples:
            unread = tree and name.startswith(UNREAD_IS_0) and not any(first[name].values())
            told(unread or ONLY_EXPORTER.match(name), name, "family", f"{name}: only node_exporter has it")
            continue
        if types.get(name) != exporter_types.get(name):
            told(False, name, "type", f"{name}: type {types.get(name)}, node_exporter has {exporter_types.get(name)}")
        live = not tree or LIVE_ON_TREES.match(name)
        mine = {as_in_1_5(name, labels, first[name]): value for labels, value in samples[name].items()}
        # 1.5 says nothing but device_error of a file system that does not answer.
        mine = {labels: value for labels, value in mine.items()
                if name != "node_filesystem_readonly" or not any(l[0] == "device_error" for l in labels)}
        if name in ONLY_ABOVE_0:
            first[name] = {labels: 0.0 for labels in mine} | first[name]
        for labels in sorted(set(mine) - set(first[name]), key=text):
            reason = reason_of(ONLY_TACHO_SERIES, name, labels)
            told(reason, name + text(labels), "series", f"{name}{text(labels)}: only tacho has it" + (f": {reason}" if reason else ""))
        for labels in sorted(set(first[name]) - set(mine), key=text):
            unread = first[name][labels] == 0 and tree and name.startswith(UNREAD_IS_0)
            told(unread, name + text(labels), "series", f"{name}{text(labels)}: only node_exporter has it")
        for labels in sorted(set(mine) & set(first[name]), key=text):
            compared += 1
            one, two = first[name][labels], second.get(name, {}).get(labels, first[name][labels])
            # A counter that moves lies between the two answers; a gauge may have jumped and come back.
            slack = gauge_slack(name, one) if live and (types[name] == "gauge" or name in UNTYPED_GAUGES) else 0
            if live and name == "node_cpu_seconds_total":
                slack = 0.05  # iowait and idle step back; the exporter remembers what it has seen, one sample of ours cannot
            if not agrees(mine[labels], one, two, slack):
                reason = reason_of(OTHER_VALUE, name, labels)
                line = f"{name}{text(labels)}: {mine[labels]!r}, node_exporter has {one!r} to {two!r}"
                told(reason, name + text(labels), "gauge" if slack else "counter", line + (f": {reason}" if reason else ""))
    return problems, allowed, compared


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tree", help="a recorded tree with proc, sys and root")
    parser.add_argument("--all-ethtool", action="store_true", help="COMMAND shows all counters of the network drivers")
    parser.add_argument("--exporter", default="prometheus-node-exporter")
    parser.add_argument("command", nargs="+", help="what prints tacho's sample")
    options = parser.parse_args()
    program = shutil.which(options.exporter)
    if not program:
        print(f"node_exporter_diff.py: {options.exporter} is not installed: nothing to compare with", file=sys.stderr)
        return 77
    tree = os.path.abspath(options.tree) if options.tree else None
    with Exporter(program, tree, ".*" if options.all_ethtool else default_counters()) as exporter:
        exporter.scrape()  # its first answer is slow
        for attempt in range(3):
            before = exporter.scrape()
            ours = tacho(options.command, tree)
            after = exporter.scrape()
            found, allowed, compared = compare(ours, before, after, tree)
            # What is no counter may differ for a moment.
            problems = found if attempt == 0 else {key: line for key, line in found.items() if key in problems or key[1] == "counter"}
            if tree or not problems or any(kind == "counter" for _, kind in problems):
                break
    for line in allowed:
        print("allowed:", line)
    for line in problems.values():
        print("DIFFERENT:", line)
    families = sum(1 for name in ours[1] if OURS.match(name))
    print(f"{families} families of tacho's, {compared} values compared, {len(allowed)} allowed differences, {len(problems)} others")
    return 1 if problems or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
