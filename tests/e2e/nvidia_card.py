#!/usr/bin/env python3
"""What the agent says of a real NVIDIA card, held against work of a known rhythm, nvidia-smi, and the card's own counters.

    nvidia_card.py --tacho build/tacho --load build/tests/gpu_load [--isolation process] [--fault | --only-fault]

For machines with a card that nobody uses; about a minute. --fault also has two programs write to an address that is nobody's, and
wants both errors counted. Prints what it measured, the agent's cost among it; exit 77 where there is no card.
"""
import argparse
import glob
import math
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import e2e

BURSTS_S, ON_MS, OFF_MS = 20, 200, 800


def value(tacho, expr, at=None):
    params = {"query": expr}
    if at is not None:
        params["time"] = f"{at:.3f}"
    answer = e2e.api(tacho.base, "query", params)["result"]
    e2e.check(len(answer) == 1, f"{expr} is {len(answer)} series")
    return float(answer[0]["value"][1])


def near(what, got, wanted, share, floor=0.0):
    print(f"  {what}: {got:.6g}, wanted {wanted:.6g}")
    e2e.check(abs(got - wanted) <= max(share * abs(wanted), floor), f"{what} is {got}, wanted {wanted} within {share:.0%}")


def cpu_and_memory(pid):
    """CPU seconds and proportional MiB of a process and all below it; what they share counts once."""
    cpu, kib = 0, 0
    for p in [pid, *e2e.descendants(pid)]:
        with open(f"/proc/{p}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        with open(f"/proc/{p}/smaps_rollup") as f:
            kib += next(int(line.split()[1]) for line in f if line.startswith("Pss:"))
        cpu += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return cpu, kib / 1024


def smi(*fields):
    if not shutil.which("nvidia-smi"):
        return None
    done = subprocess.run(["nvidia-smi", "-i", "0", "--query-gpu=" + ",".join(fields), "--format=csv,noheader,nounits"],
                          capture_output=True, text=True)
    return [x.strip() for x in done.stdout.strip().split(",")] if done.returncode == 0 else None


def first_answers(tacho):
    """All cards are up, and say what nvidia-smi says."""
    until = time.monotonic() + 30
    while not e2e.api(tacho.base, "query", {"query": "accel_up == 1"})["result"]:
        e2e.check(time.monotonic() < until, "accel_up is not 1 within 30 s")
        time.sleep(0.5)
    time.sleep(12)  # the slow group's first row
    said = smi("memory.total", "memory.used", "power.limit", "clocks.max.sm", "pcie.link.gen.current", "uuid")
    if said is None:
        return print("  nvidia-smi is not here")
    card = '{uuid="%s"}' % said[5]
    near("memory, MiB", value(tacho, "accel_memory_total_bytes" + card) / 2**20, float(said[0]), 0.001)
    near("memory used, MiB", value(tacho, "accel_memory_used_bytes" + card) / 2**20, float(said[1]), 0.02, 50)
    near("power limit, W", value(tacho, 'accel_power_limit_watts{limit="enforced",uuid="%s"}' % said[5]), float(said[2]), 0.001)
    near("clock, MHz", value(tacho, 'accel_clock_max_hertz{domain="core",uuid="%s"}' % said[5]) / 1e6, float(said[3]), 0.001)
    # dcgm-exporter's names over the same columns.
    card = '{UUID="%s"}' % said[5]
    used = value(tacho, "DCGM_FI_DEV_FB_USED" + card) + value(tacho, "DCGM_FI_DEV_FB_FREE" + card) + value(tacho, "DCGM_FI_DEV_FB_RESERVED" + card)
    near("FB_USED + FB_FREE + FB_RESERVED, MiB", used, float(said[0]), 0.001)
    idle = smi("temperature.gpu", "clocks.sm", "power.draw.average")
    near("DCGM_FI_DEV_GPU_TEMP", value(tacho, "DCGM_FI_DEV_GPU_TEMP" + card), float(idle[0]), 0, 2)
    near("DCGM_FI_DEV_SM_CLOCK", value(tacho, "DCGM_FI_DEV_SM_CLOCK" + card), float(idle[1]), 0, 100)
    near("DCGM_FI_DEV_POWER_USAGE", value(tacho, "DCGM_FI_DEV_POWER_USAGE" + card), float(idle[2]), 0.1)
    e2e.check(value(tacho, 'last_over_time(accel_health_status{uuid="%s"}[20s])' % said[5]) == 1, "the card is not fit")
    return None


def bursts(processes, tacho, load):
    """Work for 200 ms of each second: busy seconds, energy, power peaks, the process, copies over PCIe."""
    before = cpu_and_memory(tacho.process.pid)
    begun = time.time()
    p = processes.start("load", [load, str(BURSTS_S), str(ON_MS), str(OFF_MS)])
    p.wait(BURSTS_S + 60)
    e2e.check(p.returncode == 0, f"gpu_load ended with {p.returncode}")
    time.sleep(12)
    after = cpu_and_memory(tacho.process.pid)
    print(f"  the agent: {(after[0] - before[0]) / (time.time() - begun):.2%} of a core, {after[1]:.1f} MiB")
    for source in "nvidia0", "nvidia0_slow":
        expr = 'tacho_source_duration_seconds{source="%s"}[30s]' % source
        print(f"  {source} takes {value(tacho, f'avg_over_time({expr})') * 1000:.2f} ms, "
              f"at most {value(tacho, f'max_over_time({expr})') * 1000:.2f} ms a row")

    lines = [line.split() for line in processes.log_text("load").splitlines()]
    marks = [(float(w[1]) / 1000, float(w[2]) / 1000) for w in lines if w[0] == "burst"]
    # Rows are of whole seconds: what of the work lies between the two that are asked for.
    low, high = math.floor(marks[1][0]), math.floor(marks[-1][1])
    busy = sum(max(0.0, min(end, high) - max(start, low)) for start, end in marks)
    span = f"[{high - low}s:1s]"
    grown = value(tacho, "accel_busy_seconds_total{accel=\"0\"}", high) - value(tacho, "accel_busy_seconds_total{accel=\"0\"}", low)
    near("busy seconds", grown, busy, 0.05)
    peak = value(tacho, f"max_over_time(accel_power_max_watts{{accel=\"0\"}}{span})", high)
    mean = value(tacho, f"avg_over_time(accel_power_watts{{accel=\"0\",window=\"average\"}}{span})", high)
    low_power = value(tacho, f"min_over_time(accel_power_min_watts{{accel=\"0\"}}{span})", high)
    print(f"  power: {low_power:.0f} to {peak:.0f} W, on average {mean:.1f} W")
    e2e.check(peak > 1.3 * mean, f"the highest power, {peak} W, is not above the average, {mean} W")
    energy = value(tacho, 'rate(accel_energy_joules_total{accel="0"}[20s])', high + 1)
    near("energy a second, J", energy, mean, 0.08)
    tensor = value(tacho, f"max_over_time(accel_pipe_active_ratio{{accel=\"0\",pipe=\"tensor\"}}{span})", high)
    print(f"  tensor pipes at most {tensor:.1%} in a second")
    e2e.check(value(tacho, f"max_over_time(accel_processes{{accel=\"0\"}}{span})", high) >= 1, "no process was seen")
    # The driver's own readings of the process, ten seconds each: a fifth of the time, within what its clock of a sixth of a second allows.
    share = value(tacho, f'max(max_over_time(accel_process_utilization_ratio{{accel="0",engine="sm"}}{span}))', high)
    print(f"  the process used {share:.1%} of the processors' time, as the driver tells")
    e2e.check(0.1 < share < 0.45, f"a process that works for 200 ms of each second is said to use {share:.0%}")
    for alias, name, scale in (("DCGM_FI_DEV_GPU_UTIL", "accel_utilization_ratio", 100), ("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
                               'accel_pipe_active_ratio{pipe="tensor"}', 1), ("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
                               "accel_energy_joules_total", 1000)):
        ours, theirs = value(tacho, f"max({name})", high), value(tacho, f"max({alias})", high)
        e2e.check(abs(theirs - scale * ours) <= 1e-9 * abs(theirs), f"{alias} is {theirs}, {name} {ours}")
    memory = value(tacho, f"max_over_time(accel_memory_used_bytes{{accel=\"0\"}}{span})", high)
    e2e.check(memory > 2 * 2**30, f"the card's memory was used up to {memory} bytes, gpu_load takes two GiB")

    # On the wire there are headers, and requests the other way.
    for words in (w for w in lines if w[0] == "copied"):
        wanted, at = float(words[1]), float(words[-1]) / 1000
        moved = {}
        for direction in "receive", "transmit":
            counter = f'accel_pcie_{direction}_bytes_total{{accel="0"}}'
            moved[direction] = value(tacho, counter, at + 2.5) - value(tacho, counter, at - 2.5)
        print(f"  copied {wanted:.6g} bytes to the card, {wanted / 4:.6g} back; on the wire {moved['receive']:.6g} and "
              f"{moved['transmit']:.6g}")
        e2e.check(wanted <= moved["receive"] <= 1.15 * wanted, "bytes to the card do not fit what was copied")
        e2e.check(wanted / 4 <= moved["transmit"] <= 1.15 * wanted / 4 + 0.1 * wanted,
                  "bytes from the card do not fit what was copied")


def faults(tacho, load):
    """Two programs that write where nothing is: two errors."""
    errors = 'sum(accel_errors_total{accel="0"})'
    before = value(tacho, errors)
    for _ in range(2):
        done = subprocess.run([load, "fault"], capture_output=True, text=True, timeout=60)
        e2e.check(done.returncode == 0, f"gpu_load fault: {done.stdout}{done.stderr}")
    time.sleep(3)
    answer = e2e.api(tacho.base, "query", {"query": 'accel_errors_total{accel="0"} > 0'})["result"]
    print("  errors:", {s["metric"]["code"]: s["value"][1] for s in answer})
    e2e.check(value(tacho, errors) - before >= 2, "two errors were made, and fewer counted")
    last = value(tacho, 'accel_last_error_code{accel="0"}')
    print(f"  the last was {last:.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", default="build/tacho")
    parser.add_argument("--load", default="build/tests/gpu_load")
    parser.add_argument("--isolation", choices=["thread", "process"], default="thread")
    parser.add_argument("--fault", action="store_true")
    parser.add_argument("--only-fault", action="store_true")
    options = parser.parse_args()
    if not glob.glob("/dev/nvidia[0-9]*"):
        print("no NVIDIA card here")
        return 77
    try:
        with e2e.Processes("nvidia") as processes:
            tacho = e2e.Tacho(processes, options.tacho,
                              extra_config=f"sampling: {{accelerators: {{isolation: {options.isolation}}}}}\n")
            tacho.start()
            first_answers(tacho)
            if not options.only_fault:
                bursts(processes, tacho, options.load)
            if options.fault or options.only_fault:
                faults(tacho, options.load)
            tacho.stop()
            print(processes.log_text("tacho")[-1500:])
    except e2e.Failure as e:
        print(f"FAILED: {e}", file=sys.stderr)
        return 1
    print("nvidia_card: as expected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
