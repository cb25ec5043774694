"""Completion of the command line in real shells: all that --help names is offered, and nothing else. Called by cli.py.

bash is asked through the variables that readline sets, fish through its `complete -C`, zsh at a terminal, by the key.
"""
import os
import pty
import re
import select
import shutil
import signal
import struct
import fcntl
import subprocess
import termios
import time

import e2e

SECONDS = """# TYPE disk_read_bytes counter
disk_read_bytes_total{dev="a"} 1 1
# TYPE disk_busy gauge
disk_busy{dev="a"} 1 1
# TYPE load gauge
load 1 1
# EOF
"""


def run(*command, **how):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **how)


class Help:
    """What --help says, read as a person would."""

    def __init__(self, tacho):
        top = run(tacho, "--help").stdout
        self.verbs = set(re.findall(r"^  ([a-z-]+) {2,}", top.split("Subcommands:")[1].split("Example:")[0], re.M))
        e2e.check({"run", "query", "completion", "man"} <= self.verbs, f"tacho --help has the verbs {sorted(self.verbs)}")
        self.flags, self.values = {}, {}
        for verb in self.verbs:
            text = run(tacho, verb, "--help").stdout.split("Example:")[0]
            lines = re.findall(r"^  ((?:-[a-z],)?--[a-z-]+)(.*)$", text, re.M)
            self.flags[verb] = {flag for names, _ in lines for flag in names.split(",")}
            for names, rest in lines:
                if choices := re.match(r" FORMAT:\{(\S*)\}", rest):
                    self.values[verb, names] = set(choices[1].split(","))
            if choices := re.search(r"^  [A-Z]+ :\{(\S*)\}", text, re.M):
                self.values[verb, ""] = set(choices[1].split(","))
        e2e.check(self.values["query", "--format"] == {"table", "json", "csv", "chart", "heat"}, f"{self.values}")
        e2e.check(self.values["completion", ""] == {"bash", "zsh", "fish"}, f"{self.values}")


class Bash:
    def __init__(self, folder, script):
        self.folder, self.script = folder, script

    def offers(self, line):
        words = re.findall(r"""'[^']*'?|"[^"]*"?|[=:]+|[^\s=:'"]+""", line)
        if line.endswith(" "):
            words.append("")
        done = run("bash", "--norc", "-c", f'source "{self.script}"; COMP_LINE=$1; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_POINT=${{#COMP_LINE}};'
                   ' _tacho; printf "%s\\n" "${COMPREPLY[@]}"', "bash", line, *words, cwd=self.folder)
        e2e.check(done.returncode == 0 and not done.stderr, f"bash, {line!r}: {done.stderr}")
        return set(done.stdout.split("\n")) - {""}

    def end(self):
        pass


class Fish(Bash):
    def offers(self, line):
        done = run("fish", "--no-config", "-c", f'source {self.script}; complete -C "$argv[1]"', line, cwd=self.folder)
        e2e.check(done.returncode == 0 and not done.stderr, f"fish, {line!r}: {done.stderr}")
        return {l.split("\t")[0] for l in done.stdout.splitlines()}


class Zsh:
    """At a terminal of its own, wide enough that no list is cut."""

    def __init__(self, folder, script):
        self.count = 0
        pid, self.fd = pty.fork()
        if pid == 0:
            os.chdir(folder)
            os.execvpe("zsh", ["zsh", "-f", "-i"], os.environ | {"TERM": "xterm", "PS1": "> ", "HOME": folder})
        self.pid = pid
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 400, 400, 0, 0))
        self.read_after(f"unset zle_bracketed_paste; unsetopt list_ambiguous beep auto_menu prompt_sp prompt_cr; LISTMAX=9999; "
                        f"autoload -Uz compinit; compinit -u -D; source {script}\n")

    def read_after(self, keys):
        """What comes back, up to the answer of a command that follows and a prompt: what is typed before it is echoed by the terminal."""
        self.count += 1
        os.write(self.fd, keys.encode())
        os.write(self.fd, f"\x15print end-$(({self.count} + 0))\n".encode())
        text, until = "", time.monotonic() + 90
        while not re.search(rf"end-{self.count}\r\n.*> ", text, re.S):
            ready = select.select([self.fd], [], [], 0.2)[0]
            if ready:
                text += os.read(self.fd, 65536).decode(errors="replace")
            e2e.check(time.monotonic() < until, f"zsh, {keys!r}: no answer within 90 s, but {text!r}")
        return text

    def offers(self, line):
        text = self.read_after(line + "\t").split("print end-")[0]
        listed = re.search(re.escape(line) + r"\r+\n\x1b\[J(.*?)\x1b\[\d*A", text, re.S)
        plain = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", row) for row in (listed[1] if listed else text).split("\r\n")]
        if not listed:  # what is unique is put into the line
            rest = plain[0].rsplit(line.rstrip(), 1)[-1].removeprefix(" " if line.endswith(" ") else "")
            added = re.match(r"\S*", rest)[0]
            return {line.split(" ")[-1] + added} if added else set()
        # Below the line, each before "--" and what it is, or in columns.
        return {word for row in plain for word in re.split(r"\s-- ", row)[0].split()}

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.close(self.fd)
        os.waitpid(self.pid, 0)


SHELLS = {"bash": Bash, "zsh": Zsh, "fish": Fish}


def compare(shell, line, expected):
    found = shell.offers(line)
    name = type(shell).__name__.lower()
    e2e.check(found == expected, f"{name} completes {line!r} by {sorted(found)}, not {sorted(expected)}")


def everything(shell, said):
    """Every verb, flag and listed value of --help. Returns how many."""
    compare(shell, "tacho ", said.verbs)
    for verb in sorted(said.verbs):
        compare(shell, f"tacho {verb} --", {f for f in said.flags[verb] if f.startswith("--")})
    for (verb, flag), values in said.values.items():
        compare(shell, f"tacho {verb} {flag} ".replace("  ", " "), values)
    return len(said.verbs) + sum(map(len, said.flags.values())) + sum(map(len, said.values.values()))


def places(shell):
    """Files, folders, and the names of metrics, alone and inside an expression."""
    compare(shell, "tacho serve --file s", {"seconds.om", "some/"} if not type(shell) is Bash else {"seconds.om", "some"})
    compare(shell, "tacho status --state s", {"some/"} if not type(shell) is Bash else {"some"})
    compare(shell, "tacho query --file seconds.om disk_", {"disk_read_bytes_total", "disk_busy"})
    compare(shell, "tacho series --file seconds.om lo", {"load"})
    if type(shell) is Bash:
        compare(shell, "tacho query --format=j", {"json"})
        compare(shell, "tacho serve --file=", {"seconds.om", "some"})
    found = shell.offers("tacho query --file seconds.om 'sum by (dev) (rate(disk_r")
    e2e.check(any("disk_read_bytes_total" in f for f in found), f"{type(shell).__name__}: in an expression {found}")


def shells(tacho, processes):
    """Returns what was tried, for the report."""
    said = Help(tacho)
    folder = processes.make_folder("completion")
    bin_folder = processes.make_folder("completion-bin")
    os.symlink(tacho, os.path.join(bin_folder, "tacho"))
    os.environ["PATH"] = bin_folder + ":" + os.environ["PATH"]
    os.makedirs(os.path.join(folder, "some"))
    with open(os.path.join(folder, "seconds.om"), "w") as f:
        f.write(SECONDS)
    told = []
    for name, kind in SHELLS.items():
        if not shutil.which(name):
            continue
        script = run(tacho, "completion", name).stdout
        path = processes.path("completion-" + name)
        with open(path, "w") as f:
            f.write(script)
        shell = kind(folder, path)
        count = everything(shell, said)
        places(shell)
        shell.end()
        # A script without a flag is found out.
        with open(path, "w") as f:
            f.write("".join(l.replace("--step", "--stop").replace("-l step", "-l stop") for l in script.splitlines(True)))
        lesser = kind(folder, path)
        try:
            everything(lesser, said)
        except e2e.Failure as e:
            e2e.check("'tacho query --'" in str(e), str(e))
        else:
            raise e2e.Failure(f"{name}: a flag that is missing is not noticed")
        finally:
            lesser.end()
        told.append(f"{name} completes {count} words")
    return ", ".join(told)


if __name__ == "__main__":
    import argparse
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tacho", default="build/tacho")
    arguments = parser.parse_args()
    e2e.main("completion", lambda processes, a: shells(os.path.abspath(a.tacho), processes), arguments)
