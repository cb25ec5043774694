#!/usr/bin/env python3
"""The .deb in a clean Debian with its own systemd: installed, started, queried, killed, upgraded, removed, purged.

What must hold: lintian has nothing to say; the unit is right and its exposure below a bound; the agent runs as a user of its own
with three capabilities and samples every family that root would; after kill -9, and after an upgrade, the seconds before are
there and so is a changed configuration; a watchdog restarts an agent that hangs; and after the purge no file and no user is left.

usage: debian_package.py --package build/package-older/tacho_0.0.1_amd64.deb --newer build/package-newer/tacho_0.1.0_amd64.deb
"""
import argparse
import gzip
import json
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import clean_root  # noqa: E402
import e2e  # noqa: E402
from clean_root import families, run, wait  # noqa: E402
from e2e import check  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGING = os.path.join(HERE, "..", "..", "tools", "packaging", "debian")
UNIT = "/lib/systemd/system/tacho.service"
EXPOSURE_MAX = 3.1  # of systemd-analyze security: 0 is none, 10 all
CAPABILITIES = {"cap_dac_read_search", "cap_sys_ptrace", "cap_syslog"}
# What the documentation and the unit name.
DOCUMENTED = ("README.md", "docs/deploy/debian.md", "docs/metrics.md", "licences/libfmt-dev", "examples/systemd/nvidia-profiling.conf",
              "examples/systemd/driver-as-root.conf", "examples/alerts/seconds.rules.yaml", "examples/grafana/node-seconds.json",
              "examples/kubernetes/overlays/nvidia/kustomization.yaml")
# What the program says of its command line, where man and the shells look for it.
SAID = {"man": "man/man1/tacho.1.gz", "bash": "bash-completion/completions/tacho", "zsh": "zsh/vendor-completions/_tacho",
        "fish": "fish/vendor_completions.d/tacho.fish"}
BACKUPS = {f"etc/{name}-" for name in ("passwd", "group", "shadow", "gshadow", "subuid", "subgid")}  # adduser's and deluser's
# What an administrator adds: all sources that are off by default, so that their rights are seen as well.
OFF = ("softirqs", "interrupts", "processes", "cgroups", "ethtool_link")
KEPT = "global: {external_labels: {instance: kept}}\nsampling: {sources: {" + ", ".join(f"{s}: {{enabled: true}}" for s in OFF) + "}}\n"


class Node:
    """The package's agent in the machine."""

    def __init__(self, machine):
        self.machine, self.call = machine, machine.call

    def pid(self):
        return int(self.machine.show("tacho", "MainPID")[0])

    def wait_up(self, but=0):
        """A process other than `but` is ready. Returns its id."""
        def up():
            pid, state = self.machine.show("tacho", "MainPID", "ActiveState")
            return int(pid) if state == "active" and int(pid) not in (0, but) else None
        return wait(up, 120, "tacho.service has not become active: " + self.log())

    def log(self):
        return self.call("journalctl", "-u", "tacho", "--no-pager", "-n", "30", "-o", "cat", ok=range(256))

    def times(self):
        """Of the rows of /proc/stat, by what lies in the folders, in seconds."""
        text = self.call("tacho", "export", "--last", "10m", "--format", "openmetrics", "node_procs_running", ok=(0, 1))
        if not text:
            return []
        samples, _ = e2e.parse_openmetrics(text)
        return sorted(t / 1000 for of_series in samples.values() for t in of_series)

    def status(self, field):
        """Of the program's process: Uid, CapEff, ... as the kernel has them."""
        text = self.call("cat", f"/proc/{self.pid()}/status")
        return next(line.split(":", 1)[1].split() for line in text.splitlines() if line.startswith(field + ":"))


def check_unit(machine):
    machine.call("systemd-analyze", "verify", "--man=no", UNIT)
    check(machine.show("tacho", "TimeoutStartUSec") == ["infinity"], "an agent that still opens a large ring is ended, and begins again")
    return check_exposure(machine.call, UNIT)


def check_exposure(call, unit):
    """By systemd-analyze, wherever it runs."""
    rows = json.loads(call("systemd-analyze", "security", "--offline=true", "--json=short", unit))
    check(rows, "systemd-analyze security says nothing")
    last = call("systemd-analyze", "security", "--offline=true", "--no-pager", unit).strip().splitlines()[-1]
    score = float(last.split(":")[1].split()[0])
    check(score <= EXPOSURE_MAX, f"the unit's exposure is {score}, more than {EXPOSURE_MAX}")
    call("systemd-analyze", "security", "--offline=true", f"--threshold={round(EXPOSURE_MAX * 10)}", unit)
    return score


def check_said(machine):
    """The manual's page and the shells' scripts are what the installed program says."""
    for what, path in SAID.items():
        with open(os.path.join(machine.root, "usr/share", path), "rb") as f:
            installed = f.read()
        said = machine.call("tacho", *(["man"] if what == "man" else ["completion", what])).encode()
        check(said and said == (gzip.decompress(installed) if path.endswith(".gz") else installed), f"/usr/share/{path} is not what tacho says")


def check_rights(machine, node):
    user = machine.call("id", "-u", "tacho").strip()
    check(set(node.status("Uid")) == {user} and user != "0", f"the agent runs as {node.status('Uid')}, not as tacho ({user})")
    names = run(["capsh", f"--decode={node.status('CapEff')[0]}"]).split("=")[1].strip().split(",")
    check(set(names) == CAPABILITIES, f"the agent has {names}, and is to have {sorted(CAPABILITIES)}")
    check(node.status("CapBnd") == node.status("CapEff") and node.status("NoNewPrivs") == ["1"], "the agent could have more rights")
    check(node.status("Seccomp") == ["2"], "no filter of system calls is at work")
    # As it is asked for: to carry it out, the machine itself must have CAP_SYS_RESOURCE.
    check(machine.show("tacho", "OOMScoreAdjust") == ["-500"], "the unit does not lower its oom_score_adj")


def check_families(machine, node):
    """All that root reads, the unit reads. Returns how many."""
    root = families(machine.call("tacho", "sample", "--once", "--format", "prometheus"))
    check("node_kmsg_records" in root, "not even root reads the kernel's log: the machine cannot show what the unit loses")

    def unit():
        return families(machine.call("tacho", "export", "--last", "1m", "--format", "openmetrics"))
    deadline = time.monotonic() + 120  # some are read each 10 s
    while missing := root - unit():
        check(time.monotonic() < deadline, f"root samples {sorted(missing)}, the unit does not: {node.log()}")
        time.sleep(1)
    filesystems = machine.call("tacho", "query", "count(node_filesystem_readonly == 0)", "--format", "json")
    check(json.loads(filesystems)["data"]["result"], "every file system reads as read-only: it is the unit's own view of them")
    return len(root)


def check_root_only_files(machine):
    """What this machine may not have, made: energy counters that root alone may read are read with the unit's rights, not without."""
    zone = os.path.join(machine.root, "srv/sys/class/powercap/intel-rapl:0")
    os.makedirs(zone)
    for name, text, mode in ("name", "package-0", 0o444), ("max_energy_range_uj", "262143328850", 0o444), ("energy_uj", "1000000", 0o400):
        path = os.path.join(zone, name)
        with open(path, "w") as f:
            f.write(text + "\n")
        os.chmod(path, mode)

    def sampled(rights):
        return families(machine.call("setpriv", "--reuid=tacho", "--regid=tacho", "--clear-groups", f"--inh-caps={rights}", f"--ambient-caps={rights}",
                                     "tacho", "sample", "--once", "--sysfs", "/srv/sys"))
    unit = "-all," + ",".join("+" + c.removeprefix("cap_") for c in sorted(CAPABILITIES))
    gained = sampled(unit) - sampled("-all")
    check("node_rapl_package_joules" in gained, f"the unit's capabilities give {sorted(gained)}, and not RAPL's energy")
    shutil.rmtree(os.path.join(machine.root, "srv/sys"))
    return gained


def check_kill(machine, node):
    """Returns the gap, in seconds."""
    before, pid = node.times(), node.pid()
    machine.call("systemctl", "kill", "--signal=KILL", "tacho")
    killed = time.time()
    node.wait_up(but=pid)
    return check_window(node, before, killed, "kill -9")


def check_window(node, before, ended, what):
    up = time.time()
    now = wait(lambda: (found := node.times()) and max(found) > up and found, 60, f"no row since {what}")
    lost = set(before) - set(now)
    check(not lost, f"after {what} {len(lost)} of {len(before)} rows are gone")
    last = max(t for t in now if t < ended)
    # A second or two, and what a machine that is held up adds.
    check(ended - last < 6, f"the last row before {what} is of {ended - last:.1f} s before it")
    return max(b - a for a, b in zip(now, now[1:]) if b > last)


def check_watchdog(machine, node):
    """Returns the seconds until an agent that was stopped by a signal was another."""
    folder = os.path.join(machine.root, "etc/systemd/system/tacho.service.d")
    os.makedirs(folder)
    with open(os.path.join(folder, "watchdog.conf"), "w") as f:
        f.write("[Service]\nWatchdogSec=8\n")
    machine.call("systemctl", "daemon-reload")
    machine.call("systemctl", "restart", "tacho")
    pid = node.wait_up()
    time.sleep(17)
    check(node.pid() == pid, f"the watchdog has killed an agent that was well: {node.log()}")
    machine.call("systemctl", "kill", "--signal=STOP", "tacho")
    stopped = time.monotonic()
    node.wait_up(but=pid)
    took = time.monotonic() - stopped
    shutil.rmtree(folder)
    machine.call("systemctl", "daemon-reload")
    return took


def check_drop_ins(machine, node):
    """Each drop-in of the documentation: the unit starts with it, and has the rights it says."""
    folder = os.path.join(machine.root, "etc/systemd/system/tacho.service.d")
    for name, expected in ("nvidia-profiling.conf", CAPABILITIES | {"cap_sys_admin"}), ("driver-as-root.conf", None):
        os.makedirs(folder)
        shutil.copy(os.path.join(PACKAGING, name), folder)
        machine.call("systemctl", "daemon-reload")
        machine.call("systemctl", "restart", "tacho")
        node.wait_up()
        names = set(run(["capsh", f"--decode={node.status('CapEff')[0]}"]).split("=")[1].strip().split(","))
        check("cap_sys_admin" in names and (expected is None or names == expected), f"with {name} the agent has {sorted(names)}")
        if expected is None:
            check(set(node.status("Uid")) == {"0"}, f"with {name} the agent is not root")
            machine.call("chown", "-R", "tacho:tacho", "/var/lib/tacho", "/run/tacho")
        shutil.rmtree(folder)
    machine.call("systemctl", "daemon-reload")
    machine.call("systemctl", "restart", "tacho")
    node.wait_up()


def boot(processes, options):
    """A machine that has both packages at hand, and none installed."""
    clean_root.require(*clean_root.Machine.NEEDS, "capsh", namespaces=clean_root.Machine.NAMESPACES)
    root = clean_root.make(processes.folder)
    for package, name in (options.package, "old.deb"), (options.newer, "new.deb"):
        shutil.copy(package, os.path.join(root, "root", name))
    return clean_root.Machine(processes, root)


def check_unpacked(processes, package):
    """What of the package can be looked at without a machine to install it on."""
    folder = processes.make_folder("unpacked")
    run(["dpkg-deb", "-x", package, folder])
    for path in DOCUMENTED:
        check(os.path.getsize(os.path.join(folder, "usr/share/doc/tacho", path)), f"the package has an empty {path}")
    return check_exposure(lambda *command: run(command), folder + UNIT)


def body(processes, options):
    for package in options.package, options.newer:
        complaints = run(["lintian", "--fail-on", "error", "--allow-root", package])
        check("E: " not in complaints, complaints)
    notes = []
    machine = e2e.attempt(notes, "installing it", boot, processes, options)
    if machine is None:
        return f"exposure {check_unpacked(processes, options.newer)}; {notes[0]}"
    root = machine.root
    before, users = machine.files(), machine.call("cat", "/etc/passwd", "/etc/group")

    machine.call("dpkg", "-i", "/root/old.deb")
    node = Node(machine)
    node.wait_up()
    machine.call("systemctl", "is-enabled", "tacho")
    for path in DOCUMENTED:
        machine.call("test", "-s", "/usr/share/doc/tacho/" + path)
    check_said(machine)
    score = check_unit(machine)
    check_rights(machine, node)
    wait(lambda: len(node.times()) >= 3, 90, "no rows: " + node.log())
    machine.call("tacho", "query", "node_load1", "--url", "http://127.0.0.1:9980")
    machine.call("tacho", "query", "node_load1", "--state", "/var/lib/tacho", user="tacho")
    machine.call("tacho", "query", "node_load1", "--state", "/var/lib/tacho", user="nobody", ok=(1,))
    config = os.path.join(root, "etc/tacho/tacho.yaml")
    with open(config, "a") as f:
        f.write(KEPT)
    machine.call("tacho", "check-config", "/etc/tacho/tacho.yaml")
    machine.call("systemctl", "restart", "tacho")
    count = check_families(machine, node)
    gained = check_root_only_files(machine)
    killed = check_kill(machine, node)

    rows, pid, begun = node.times(), node.pid(), time.time()
    machine.call("dpkg", "-i", "/root/new.deb")
    node.wait_up(but=pid)
    upgraded = check_window(node, rows, begun, "the upgrade")
    check(open(config).read().endswith(KEPT), "the upgrade has changed the configuration")
    labels = machine.call("tacho", "query", "node_load1", "--url", "http://127.0.0.1:9980", "--format", "json")
    check(json.loads(labels)["status"] == "success", labels)
    watched = check_watchdog(machine, node)
    check_drop_ins(machine, node)

    pid = node.pid()
    machine.call("dpkg", "-r", "tacho")
    machine.call("test", "-e", f"/proc/{pid}", ok=(1,))
    check(open(config).read().endswith(KEPT), "the removal has taken the configuration")
    check(os.path.exists(os.path.join(root, "var/lib/tacho/ring")), "the removal has taken the seconds; only a purge may")
    machine.call("dpkg", "-P", "tacho")
    left = set(machine.files()) - before - BACKUPS
    check(not left, f"after the purge there is still {sorted(left)}")
    check(machine.call("cat", "/etc/passwd", "/etc/group") == users, "after the purge a user or group is left")
    check(machine.call("ls", "/run/tacho", ok=(2,)) == "", "/run/tacho is left")
    machine.stop()
    return (f"exposure {score}, {count} families as root has them ({len(gained)} of them by capabilities), gap of {killed:.0f} s at kill -9 and {upgraded:.0f} s at the upgrade,"
            f" watchdog after {watched:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--package", required=True)
    parser.add_argument("--newer", required=True)
    e2e.main("debian_package", body, parser.parse_args())
