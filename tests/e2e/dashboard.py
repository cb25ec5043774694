#!/usr/bin/env python3
"""The questions that dashboards for node_exporter ask are answered by tacho as by a Prometheus that scrapes node_exporter.

Debian's Prometheus scrapes Debian's prometheus-node-exporter each second, beside it tacho samples the same machine. Then both are
asked the same: every kind of panel that the dashboard "Node Exporter Full" (1860) and the node mixin have. Each question that has an
answer there must have one here, with the same label sets, and values that agree as closely as two readings of a living
machine can. What this machine has nothing of (batteries, sensors) is asked too: both must have no answer.

usage: dashboard.py --tacho build/tacho [--seconds 25]
"""
import argparse
import math
import os
import shutil
import sys
import time

import e2e
from e2e import check

# S stands for the dashboard's selector, R for its rate interval.
# (question, how far apart the values may be: a share of the larger one, or None where they are too alive to be compared)
PANELS = [
    # quick overview
    ('100 * (1 - avg(rate(node_cpu_seconds_total{mode="idle", S}[R])))', None),
    ('scalar(node_load1{S}) * 100 / count(count(node_cpu_seconds_total{S}) by (cpu))', 0.2),
    ('count(count(node_cpu_seconds_total{S}) by (cpu))', 0),
    ('clamp_max((1 - (node_memory_MemAvailable_bytes{S} / node_memory_MemTotal_bytes{S})) * 100, 100)', 0.3),
    ('(node_memory_SwapTotal_bytes{S} - node_memory_SwapFree_bytes{S}) / (node_memory_SwapTotal_bytes{S}) * 100', 0.3),
    ('(node_filesystem_size_bytes{mountpoint="/",fstype!="rootfs",S} - node_filesystem_avail_bytes{mountpoint="/",fstype!="rootfs",S})'
     ' / node_filesystem_size_bytes{mountpoint="/",fstype!="rootfs",S} * 100', 0.05),
    ('node_time_seconds{S} - node_boot_time_seconds{S}', 0.01),
    ('node_memory_MemTotal_bytes{S}', 0),
    ('avg_over_time(node_load5{S}[R])', 0.2),
    ('irate(node_pressure_cpu_waiting_seconds_total{S}[R])', None),
    ('irate(node_pressure_memory_waiting_seconds_total{S}[R])', None),
    ('irate(node_pressure_io_stalled_seconds_total{S}[R])', None),
    # CPU, memory, network, disk
    ('sum(irate(node_cpu_seconds_total{S,mode="system"}[R])) / scalar(count(count(node_cpu_seconds_total{S}) by (cpu)))', None),
    ('sum by (instance) (rate(node_cpu_seconds_total{S,mode=~".*irq"}[R])) / on(instance) group_left'
     ' sum by (instance)((rate(node_cpu_seconds_total{S}[R])))', None),
    ('sum(irate(node_cpu_seconds_total{S,mode!="idle",mode!="user",mode!="system",mode!="iowait",mode!="irq",mode!="softirq"}[R]))'
     ' / scalar(count(count(node_cpu_seconds_total{S}) by (cpu)))', None),
    ('sum by (mode) (irate(node_cpu_seconds_total{S}[R])) * 100', None),
    ('sum by(instance) (irate(node_cpu_guest_seconds_total{S, mode="user"}[1m])) / on(instance) group_left'
     ' sum by (instance)((irate(node_cpu_seconds_total{S}[1m])))', None),
    ('node_memory_MemTotal_bytes{S} - node_memory_MemFree_bytes{S} - (node_memory_Cached_bytes{S} + node_memory_Buffers_bytes{S}'
     ' + node_memory_SReclaimable_bytes{S})', 0.3),
    ('irate(node_network_receive_bytes_total{S}[R])*8', None),
    ('rate(node_network_transmit_packets_total{S,device=~".+"}[R])', None),
    ('irate(node_disk_reads_completed_total{S,device=~"[a-z]+|nvme[0-9]+n[0-9]+|mmcblk[0-9]+"}[R])', None),
    ('irate(node_disk_written_bytes_total{S}[R])', None),
    ('irate(node_disk_read_time_seconds_total{S}[R]) / irate(node_disk_reads_completed_total{S}[R]) < bool 1e9', None),
    ('rate(node_disk_io_time_seconds_total{S}[R])', None),
    ('irate(node_disk_io_time_weighted_seconds_total{S}[R])', None),
    ('irate(node_disk_discards_completed_total{S}[R])', None),
    ('node_disk_io_now{S}', None),
    ('node_filesystem_size_bytes{S,device!~"rootfs"} - node_filesystem_avail_bytes{S,device!~"rootfs"}', 0.1),
    ('100 - ((node_filesystem_avail_bytes{S,device!~"rootfs"} * 100) / node_filesystem_size_bytes{S,device!~"rootfs"})', 0.1),
    ('node_filesystem_readonly{S,device!~"rootfs"}', 0),
    ('node_filesystem_device_error{S,device!~"rootfs",fstype!="tmpfs"}', 0),
    ('node_filesystem_files{S,device!~"rootfs"}', 0.01),
    # memory and its accounting
    *[(f"node_memory_{field}_bytes{{S}}", None) for field in
      ("Inactive", "Active", "Inactive_file", "Inactive_anon", "Active_file", "Active_anon", "Writeback", "WritebackTmp", "Dirty",
       "Mapped", "Shmem", "Committed_AS", "CommitLimit", "Slab", "SUnreclaim", "SReclaimable", "VmallocTotal", "VmallocUsed",
       "KernelStack", "PageTables", "Percpu", "Bounce", "AnonPages", "AnonHugePages", "ShmemHugePages", "ShmemPmdMapped",
       "HardwareCorrupted", "Hugepagesize", "DirectMap1G", "DirectMap2M", "DirectMap4k", "Unevictable", "Mlocked", "NFS_Unstable",
       "SwapCached")],
    ("node_memory_HugePages_Total{S}", 0),
    ("irate(node_vmstat_pgpgin{S}[R])", None),
    ("irate(node_vmstat_pswpout{S}[R])", None),
    ("irate(node_vmstat_pgfault{S}[R]) - irate(node_vmstat_pgmajfault{S}[R])", None),
    ("irate(node_vmstat_oom_kill{S}[R])", 0),
    # time
    ("node_timex_estimated_error_seconds{S}", 0.5),
    ("node_timex_sync_status{S}", 0),
    ("node_timex_frequency_adjustment_ratio{S}", 0.01),
    ("node_timex_tai_offset_seconds{S}", 0),
    # processes and system
    ("node_procs_blocked{S}", None),
    ("node_procs_running{S}", None),
    ("irate(node_forks_total{S}[R])", None),
    ("irate(node_context_switches_total{S}[R])", None),
    ("irate(node_intr_total{S}[R])", None),
    ("node_load15{S}", 0.3),
    ("irate(node_schedstat_running_seconds_total{S}[R])", None),
    ("node_cpu_scaling_frequency_hertz{S}", None),
    ("avg(node_cpu_scaling_frequency_max_hertz{S})", None),
    ("node_entropy_available_bits{S}", 0.5),
    ("node_filefd_maximum{S}", 0),
    ("node_filefd_allocated{S}", 0.3),
    ("node_filesystem_files_free{S,device!~'rootfs'}", 0.1),
    # hardware
    ('node_hwmon_temp_celsius{S} * on(chip) group_left(chip_name) node_hwmon_chip_names{S}', 0.2),
    ("node_cooling_device_cur_state{S}", 0),
    ("node_power_supply_online{S}", 0),
    ("node_systemd_units{S}", 0),
    ('node_textfile_scrape_error{S}', 0),
    ('node_scrape_collector_success{S,collector=~"cpu|meminfo|netdev|diskstats|filesystem"}', 0),
    ('node_scrape_collector_duration_seconds{S,collector=~"cpu|meminfo|netdev|diskstats|filesystem"}', None),
    # network
    ("irate(node_network_receive_errs_total{S}[R])", None),
    ("irate(node_network_transmit_drop_total{S}[R])", None),
    ("irate(node_network_receive_fifo_total{S}[R])", None),
    ("irate(node_network_receive_frame_total{S}[R])", None),
    ("irate(node_network_transmit_carrier_total{S}[R])", None),
    ("irate(node_network_transmit_colls_total{S}[R])", None),
    ("node_network_speed_bytes{S}", 0),
    ("node_network_mtu_bytes{S}", 0),
    ("node_network_up{S} == 1", 0),
    ("node_network_transmit_queue_length{S}", 0),
    ("node_network_carrier{S}", 0),
    ('node_network_info{operstate="up",S}', 0),
    ("node_arp_entries{S}", None),
    ("node_nf_conntrack_entries{S} / node_nf_conntrack_entries_limit{S}", None),
    ("irate(node_softnet_processed_total{S}[R])", None),
    ("irate(node_softnet_times_squeezed_total{S}[R])", None),
    *[(f"node_sockstat_{field}{{S}}", None) for field in
      ("TCP_alloc", "TCP_inuse", "TCP_mem", "TCP_orphan", "TCP_tw", "UDP_inuse", "UDP_mem", "UDPLITE_inuse", "FRAG_inuse", "RAW_inuse",
       "sockets_used", "TCP_mem_bytes", "UDP_mem_bytes", "FRAG_memory")],
    *[(f"irate(node_netstat_{field}{{S}}[R])", None) for field in
      ("IpExt_InOctets", "IpExt_OutOctets", "Ip_Forwarding", "Icmp_InMsgs", "Icmp_OutMsgs", "Icmp_InErrors", "Udp_InDatagrams",
       "Udp_OutDatagrams", "Udp_InErrors", "Udp_NoPorts", "UdpLite_InErrors", "Udp_RcvbufErrors", "Udp_SndbufErrors", "Tcp_InSegs",
       "Tcp_OutSegs", "TcpExt_ListenOverflows", "TcpExt_ListenDrops", "TcpExt_TCPSynRetrans", "Tcp_RetransSegs", "Tcp_InErrs",
       "Tcp_OutRsts", "TcpExt_SyncookiesFailed", "TcpExt_SyncookiesRecv", "Tcp_ActiveOpens", "Tcp_PassiveOpens")],
    ("node_netstat_Tcp_CurrEstab{S}", None),
    # the node mixin's rules and alerts
    ('(sum without (mode) (rate(node_cpu_seconds_total{mode!="idle",mode!="iowait",mode!="steal",S}[R]))) < bool 0.9', None),
    ('predict_linear(node_filesystem_avail_bytes{S,fstype!=""}[1m], 24*60*60) < bool 0', None),
    ('increase(node_network_receive_errs_total{S}[R]) / increase(node_network_receive_packets_total{S}[R]) > 0.01', None),
    ('node_filesystem_avail_bytes{S,fstype!=""} / node_filesystem_size_bytes{S,fstype!=""} * 100 < bool 5 and node_filesystem_readonly{S} == 0', 0),
    ('(node_timex_offset_seconds{S} > 0.05 and deriv(node_timex_offset_seconds{S}[R]) >= 0)', None),
    ('min_over_time(node_timex_sync_status{S}[R]) == bool 0 and node_timex_maxerror_seconds{S} >= bool 16', None),
    ('instance:node_num_cpu:sum{S}', 0),
    ('count without (cpu, mode) (node_cpu_seconds_total{S,mode="idle"})', 0),
    ('rate(node_vmstat_pgmajfault{S}[R])', None),
    ('sum without (device) (rate(node_network_receive_bytes_total{S, device!="lo"}[R]))', None),
    ('label_replace(node_uname_info{S}, "host", "$1", "nodename", "([^.]+).*")', 0),
    ('topk(1, node_filesystem_size_bytes{S})', 0),
    ('max by (instance) (node_os_version{S})', 0),
    ('quantile(0.9, rate(node_cpu_seconds_total{S,mode="idle"}[R]))', None),
    ('absent(node_load1{S})', 0),
    ('changes(node_boot_time_seconds{S}[R])', 0),
    ('resets(node_context_switches_total{S}[R])', 0),
]
# The scrape's own labels, and those that are newer than Debian's release of the peer.
IGNORED = {"instance", "job", "adminstate", "device_error"}


def ask(base, question, at):
    data = e2e.api(base, "query", {"query": question, "time": f"{at:.3f}"})
    if data["resultType"] == "scalar":
        return {(): float(data["result"][1])}
    out = {}
    for series in data["result"]:
        labels = {k: v for k, v in series["metric"].items() if k not in IGNORED}
        out[tuple(sorted(labels.items()))] = float(series["value"][1])
    return out


def apart(a, b):
    if a == b or (math.isnan(a) and math.isnan(b)):
        return 0
    return abs(a - b) / max(abs(a), abs(b))


def compare(question, tolerance, ours, theirs):
    if set(ours) != set(theirs):
        return f"label sets differ: only tacho has {sorted(set(ours) - set(theirs))[:3]}, only the peer {sorted(set(theirs) - set(ours))[:3]}"
    if tolerance is None:
        return None
    far = [(key, ours[key], theirs[key]) for key in ours if apart(ours[key], theirs[key]) > tolerance]
    return f"values differ: {far[:3]}" if far else None


def ask_all(agent, base, peer, panels):
    """How many questions have an answer, and {question: what differs}."""
    at = time.time() - 1
    answered, failed = 0, {}
    for question, tolerance in panels:
        texts = [question.replace("{S", "{" + s).replace(",S", "," + s).replace(", S", "," + s).replace("[R]", "[15s]")
                 for s in ('instance="",job=""', peer)]
        theirs = ask(base, texts[1], at)
        try:
            ours = ask(agent.base, texts[0], at)
        except e2e.Failure as e:
            failed[question] = e
            continue
        answered += bool(theirs)
        wrong = compare(question, tolerance, ours, theirs)
        if wrong:
            failed[question] = wrong
    return answered, failed


def run(binary, seconds):
    with e2e.Processes("dashboard") as processes:
        program = shutil.which("prometheus-node-exporter") or shutil.which("node_exporter")
        check(program, "prometheus-node-exporter is not installed (Debian's package of that name)")
        port = e2e.free_port()
        # Debian's service hides most mount points; the program's own default does not.
        exporter = processes.start("node-exporter", [
            program, f"--web.listen-address=127.0.0.1:{port}",
            r"--collector.filesystem.mount-points-exclude=^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)",
            "--collector.filesystem.fs-types-exclude=^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|"
            "iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$",
            r"--collector.diskstats.device-exclude=^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$",
            "--collector.netdev.device-exclude=^$", "--collector.netclass.ignored-devices=^$", "--no-collector.systemd"])
        processes.wait_http(exporter, f"http://127.0.0.1:{port}/metrics")
        _, base = e2e.start_prometheus(processes, config=(
            "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
            f"scrape_configs: [{{job_name: node, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]\n"))
        agent = e2e.Tacho(processes, binary)
        agent.start()
        time.sleep(seconds)
        peer = f'instance="127.0.0.1:{port}",job="node"'
        answered, failed = ask_all(agent, base, peer, PANELS)
        # The machine lives: what differs because a device has come, or because a scrape took longer than its second, is the same soon.
        for _ in range(3):
            if not failed:
                break
            time.sleep(6)
            _, failed = ask_all(agent, base, peer, [(question, tolerance) for question, tolerance in PANELS if question in failed])
        for question, wrong in failed.items():
            print(f"{question}: {wrong}")
        print(f"{len(PANELS)} questions, {answered} have an answer on this machine, {len(failed)} are answered differently by tacho")
        agent.stop()
        check(not failed, f"{len(failed)} questions of dashboards are answered differently")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tacho", required=True)
    parser.add_argument("--seconds", type=int, default=25)
    options = parser.parse_args()
    try:
        run(os.path.abspath(options.tacho), options.seconds)
    except e2e.Failure as e:
        print(f"FAILED: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
