"""A clean Debian with its own systemd: made by mmdebstrap from where this machine's apt has its Debian, booted by systemd-nspawn.

Nothing of it is shared with this machine but the kernel: it has its own processes, network (the loopback alone), and disk (a folder).
"""
import os
import shlex
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from e2e import Failure, Unusable, check, one_line  # noqa: E402


def run(command, ok=(0,), **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, **options)
    check(done.returncode in ok, f"{shlex.join(map(str, command))[:300]} ended with {done.returncode}: {(done.stderr + done.stdout)[-3000:].strip()}")
    return done.stdout


def wait(what, seconds, text):
    end = time.monotonic() + seconds
    while not (found := what()):
        check(time.monotonic() < end, f"{text}, after {seconds} s")
        time.sleep(0.1)
    return found


def families(text):
    # OpenMetrics leaves the suffix out there.
    return {line.split()[2].removesuffix("_total") for line in text.splitlines() if line.startswith("# TYPE ")}


def require(*programs, namespaces=""):
    """Unusable where this user is not root, a program is missing, or the kernel gives no such name spaces (unshare's options)."""
    if os.geteuid() != 0:
        raise Unusable("it takes root's rights")
    for program in programs:
        if not shutil.which(program):
            raise Unusable(f"{program} is not installed")
    if namespaces:
        done = subprocess.run(["unshare", *namespaces.split(), "true"], capture_output=True, text=True)
        if done.returncode != 0:
            raise Unusable(f"this machine gives no name spaces: {done.stderr.strip()}")


def debian_sources():
    """sources.list lines of this machine's Debian, and of nothing else that it has."""
    targets = run(["apt-get", "indextargets", "--format", "deb $(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages",
                   "Origin: Debian"])
    lines = set(targets.splitlines())
    if not lines:
        raise Unusable("apt knows no Debian here: run apt-get update first")
    return "\n".join(sorted(lines)) + "\n"


def codename():
    with open("/etc/os-release") as f:
        return dict(line.rstrip().split("=", 1) for line in f if "=" in line)["VERSION_CODENAME"]


def make(folder, packages=("systemd", "systemd-sysv"), name="root"):
    """A root in a new folder below `folder`, or in a tar where `name` ends so. Some 12 s with a warm mirror. Unusable without one."""
    require("mmdebstrap", "apt-get")
    root, sources, options = (os.path.join(folder, n) for n in (name, "sources.list", "apt.conf"))
    with open(sources, "w") as f:
        f.write(debian_sources())
    with open(options, "w") as f:
        f.writelines(line + "\n" for line in run(["apt-config", "dump"]).splitlines() if "Proxy" in line)
    include = [f"--include={','.join(packages)}"] if packages else []
    try:
        run(["mmdebstrap", "--quiet", "--variant=minbase", *include, f"--aptopt={options}", codename(), root, sources])
    except (Failure, subprocess.TimeoutExpired) as e:
        raise Unusable(f"no Debian can be made here: {one_line(e)}") from e
    return root


class Machine:
    """The root while its systemd runs. Unusable where systemd-nspawn cannot boot it, with which nothing of ours has to do yet."""

    NEEDS = ("systemd-nspawn", "nsenter", "setpriv")
    NAMESPACES = "--fork --mount --pid --uts --ipc --net"

    def __init__(self, processes, root):
        require(*self.NEEDS, namespaces=self.NAMESPACES)
        try:
            self.boot(processes, root)
        except (Failure, OSError) as e:
            processes.end(self.nspawn)
            raise Unusable(f"no systemd boots in a container here: {e}; {one_line(processes.log_text('nspawn'))}") from e

    def boot(self, processes, root):
        self.processes, self.root = processes, root
        # Nothing of nspawn's own may stand between the unit and what it asks for: capabilities and the kernel's log are passed on.
        # It ends with this script, however that ends.
        self.nspawn = processes.start("nspawn", ["setpriv", "--pdeathsig", "TERM", "systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network",
                                                 "--capability=all", "--bind=/dev/kmsg", "--console=pipe", "-D", root, "--boot"])
        self.leader = self.find_leader()
        wait(lambda: self.call("systemctl", "is-system-running", ok=range(256)).strip() in ("running", "degraded"), 150,
                  "the clean root's systemd has not come up; it needs root's rights and name spaces")

    def find_leader(self):
        children = f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children"

        def booted():
            check(self.nspawn.poll() is None, "systemd-nspawn has ended")
            for pid in open(children).read().split():
                if open(f"/proc/{pid}/comm").read().strip() == "systemd":
                    return int(pid)
        return wait(booted, 90, "systemd-nspawn has not started a systemd")

    def call(self, *command, ok=(0,), user=None):
        as_user = ["setpriv", f"--reuid={user}", "--regid=" + user, "--clear-groups"] if user else []
        return run(["nsenter", "-t", str(self.leader), "-a", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", *as_user,
                    *command], ok)

    def show(self, unit, *names):
        lines = self.call("systemctl", "show", unit, "-p", ",".join(names)).splitlines()
        values = dict(line.split("=", 1) for line in lines)
        return [values[name] for name in names]

    def files(self):
        """The paths of all that a package could leave; not of what a machine that runs writes by itself."""
        own = ("proc", "sys", "dev", "run", "tmp", "var/log", "var/tmp", "var/cache", "var/lib/dpkg", "var/lib/apt", "var/lib/systemd")
        found = set()
        for folder, names, files in os.walk(self.root):
            inside = os.path.relpath(folder, self.root)
            if inside in own:
                names.clear()
            else:
                found |= {inside, *(os.path.normpath(os.path.join(inside, f)) for f in files)}
        return found

    def stop(self):
        self.call("systemctl", "--no-block", "poweroff")
        wait(lambda: self.nspawn.poll() is not None, 120, "the clean root does not power off")
