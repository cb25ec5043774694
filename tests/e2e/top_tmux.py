#!/usr/bin/env python3
"""tacho top in a real terminal (tmux): values appear and change each second, keys work, sizes change, the terminal is given back.

    python3 tests/e2e/top_tmux.py --tacho build/tacho [--keep FOLDER]

Starts an agent of its own (own folders, a free port on the loopback) and a tmux server of its own (own socket), and ends
nothing else. With --keep the captured screens are left in FOLDER, to be looked at.
"""
import argparse
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import e2e

BLOCKS = "▁▂▃▄▅▆▇█"
checks = 0


def check(condition, what, screen=""):
    global checks
    checks += 1
    if not condition:
        raise AssertionError(what + ("\n" + screen if screen else ""))


def wait_for(what, condition, timeout_s=60.0):
    """condition() is asked until it gives something; that is returned. The time is no guarantee: it ends a wait that is in vain."""
    until = time.monotonic() + timeout_s
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"not within {timeout_s} s: {what}")
        time.sleep(0.05)


class Agent:
    def __init__(self, tacho, folder):
        self.state, self.runtime = folder + "/state", folder + "/run"
        self.url = f"http://127.0.0.1:{e2e.free_port()}"
        self.log = open(folder + "/agent.log", "ab")
        self.process = subprocess.Popen(
            [tacho, "run", "--state", self.state, "--runtime", self.runtime, "--listen", self.url.removeprefix("http://")],
            stdout=self.log, stderr=self.log)

    def end(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(60)
        self.log.close()


class Terminal:
    """A tmux server with one window that runs a plain shell."""

    def __init__(self, folder, width, height, env=None):
        self.socket = f"tacho-top-{os.getpid()}-{time.monotonic_ns()}"
        self.end_file = folder + "/exit_code"
        clean = {k: v for k, v in os.environ.items() if k not in ("TMUX", "NO_COLOR", "LC_ALL", "LANG", "LC_CTYPE")}
        clean.update({"LANG": "C.UTF-8", "PS1": "$ ", "ENV": ""} | (env or {}))
        self.env = clean
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height), "/bin/sh")
        self.tmux("set-option", "-g", "window-size", "manual")
        self.resize(width, height)

    def tmux(self, *args):
        return subprocess.run(["tmux", "-u", "-L", self.socket, *args], env=self.env, check=True, capture_output=True, text=True).stdout

    def run(self, command):
        self.tmux("send-keys", "-l", f"{command}; echo $? > {self.end_file}.new; mv {self.end_file}.new {self.end_file}")
        self.tmux("send-keys", "Enter")

    def key(self, *names):
        self.tmux("send-keys", *names)

    def resize(self, width, height):
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def screen(self, colours=False):
        return self.tmux("capture-pane", "-p", *(["-e"] if colours else []))

    def exit_code(self):
        """Waits for the command to end."""
        wait_for("the command ends", lambda: os.path.exists(self.end_file))
        with open(self.end_file) as f:
            code = int(f.read())
        os.remove(self.end_file)
        return code

    def modes(self):
        return self.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{keypad_cursor_flag} #{mouse_any_flag}").split()

    def is_given_back(self):
        """Its own screen, its cursor, its keys, its mouse. What was written last tmux may read a moment after its writer's end."""
        try:
            return wait_for("the terminal is given back", lambda: self.modes() == ["0", "1", "0", "0"], 20)
        except AssertionError:
            return False

    def shows(self, what, *parts, colours=False):
        """The screen once it has all of that: texts, expressions, conditions. It can be captured while it is drawn, so one look says little."""
        def found():
            screen = self.screen(colours)
            return all(part in screen if isinstance(part, str) else part(screen) if callable(part) else part.search(screen) for part in parts) and screen
        try:
            return wait_for(what, found)
        except AssertionError as e:
            raise AssertionError(f"{e}\n{self.screen(colours)}") from None

    def close(self):
        subprocess.run(["tmux", "-L", self.socket, "kill-server"], env=self.env, capture_output=True)


def clock_of(screen):
    found = re.search(r"\b(\d\d:\d\d:\d\d)\b", screen.split("\n")[0])
    return found and found.group(1)


def value_of(screen, title):
    """The text in the column 'now' of a line; None: no such line; '': no value."""
    for line in screen.split("\n")[3:]:
        found = re.match(r".{7}" + re.escape(title) + r"[ !]+(\S.*?)?  ", line)
        if found:
            return (found.group(1) or "").strip()
    return None


def seconds_shown(terminal, count):
    """The header's time, each time it changes."""
    seen = [clock_of(terminal.screen())]

    def newer():
        at = clock_of(terminal.screen())
        return at if at and at != seen[-1] else None

    while len(seen) < count:
        seen.append(wait_for("a new second on the screen", newer))
    return seen


class Story:
    def __init__(self, tacho, folder, keep):
        self.tacho, self.folder, self.keep = tacho, folder, keep
        self.agent = Agent(tacho, folder)
        self.terminal = None

    def open(self, width, height, env=None):
        self.terminal = Terminal(self.folder, width, height, env)
        return self.terminal

    def local(self):
        return f"{self.tacho} top --state {self.agent.state} --runtime {self.agent.runtime}"

    def save(self, name):
        screen = self.terminal.screen()
        if self.keep:
            os.makedirs(self.keep, exist_ok=True)
            with open(f"{self.keep}/{name}.txt", "w") as f:
                f.write(screen)
            with open(f"{self.keep}/{name}.ansi", "w") as f:
                f.write(self.terminal.screen(colours=True))
        return screen

    def wait_for_values(self):
        return wait_for("the first values", lambda: value_of(self.terminal.screen(), "busy"))

    def quit(self, key="q"):
        self.terminal.key(key)
        check(self.terminal.exit_code() == 0, f"{key} ends it with 0")
        check(self.terminal.is_given_back(), "the terminal is given back: its own screen, its cursor, its keys, its mouse", str(self.terminal.modes()))
        self.terminal.key("C-l")
        self.terminal.run("stty -a | tr ';' '\\n' | grep -cwE 'echo|icanon' ; echo back-again")
        wait_for("the shell works", lambda: "\nback-again" in self.terminal.screen())
        check(self.terminal.exit_code() == 0, "the shell works")

    def close(self):
        if self.terminal:
            self.terminal.close()
        self.agent.end()


def test_live(story):
    """80x24, then 120x40, and back: values, seconds, pause, help, scrolling, quit."""
    t = story.open(80, 24)
    began = time.monotonic()
    t.run(story.local())
    wait_for("the first full screen", lambda: "q quit" in t.screen())
    print(f"  first full screen after {1000 * (time.monotonic() - began):.0f} ms (tmux and its capture included)")
    story.wait_for_values()
    has_values = lambda *titles: lambda screen: all(value_of(screen, title) for title in titles)
    fits = lambda width, height: lambda screen: (len(screen.rstrip("\n").split("\n")) == height
                                                 and all(len(line) <= width for line in screen.split("\n")))
    t.shows("all of the screen, and nothing too long", fits(80, 24), has_values("busy", "system", "load, 1 min", "used", "for storage"),
            re.compile(f"[{BLOCKS}]{{3}}"), "series", "window", lambda screen: "not running" not in screen)
    story.save("live_80x24")

    shown = seconds_shown(t, 4)
    as_seconds = [sum(int(x) * f for x, f in zip(s.split(":"), (3600, 60, 1))) for s in shown]
    # Which of them tmux is asked in is its matter: on a machine that is busy one may be missed.
    check(all(0 < (b - a) % 86400 < 60 for a, b in zip(as_seconds, as_seconds[1:])), f"time goes on: {shown}")
    values = set()

    def has_changed():
        screen = t.screen()
        values.add(tuple(value_of(screen, title) for title in ("busy", "system", "used")))
        return len(values) >= 3
    wait_for("the numbers change", has_changed)

    t.key("Space")
    wait_for("paused", lambda: " ago" in t.screen().split("\n")[0])
    busy_at = lambda screen: (clock_of(screen), value_of(screen, "busy"))
    paused = wait_for("a screen that stands still", lambda: (a := busy_at(t.screen())) == busy_at(t.screen()) and all(a) and a)
    time.sleep(2.5)
    check(busy_at(t.shows("all of the paused screen", lambda s: all(busy_at(s)))) == paused, "nothing moves while paused", t.screen())
    t.key("z")  # also those that were 0: how many others there are is the machine's matter, and they may all fit
    wait_for("a list that is longer than the screen", lambda: re.search(r"1-(\d+) of ", t.screen()))
    t.key("End")
    wait_for("scrolling while paused", lambda: re.search(r"(\d+)-(\d+) of \2", t.screen()))
    t.key("z")
    t.key("p")
    wait_for("going on", lambda: "live" in t.screen().split("\n")[0])
    seconds_shown(t, 2)

    check(t.modes()[3] == "1", "the mouse is asked for")
    t.key("Home")
    screen = t.shows("the top of the list", has_values("load, 1 min"))
    row = next(i for i, line in enumerate(screen.split("\n")) if value_of("\n" * 3 + line, "load, 1 min") is not None)
    # A click, as terminals send it: in one piece.
    t.tmux("set-buffer", "\x1b[M" + "".join(chr(32 + n) for n in (0, 10, row + 1)))
    t.tmux("paste-buffer", "-r")
    wait_for("a click selects", lambda: ">load, 1 min" in t.screen())
    t.key("Home")

    t.key("?")
    t.shows("help, and the whole of it fits", "also those that were 0", "To ask for more: tacho query")
    story.save("help_80x24")
    t.key("x")
    wait_for("back from help", lambda: "also those that were 0" not in t.screen())
    t.key("Home")

    t.resize(120, 40)
    wait_for("120x40", lambda: len(t.screen().rstrip("\n").split("\n")) == 40 and "q quit" in t.screen().rstrip().split("\n")[-1])
    seconds_shown(t, 2)
    t.shows("values in 120x40", has_values("busy", "lateness", "used"))
    story.save("live_120x40")
    t.key("End")
    t.key("PageUp")
    t.resize(80, 24)
    wait_for("80x24 again", lambda: len(t.screen().rstrip("\n").split("\n")) == 24 and "q quit" in t.screen().rstrip().split("\n")[-1])
    t.key("z")
    wait_for("a list that is longer than the screen", lambda: re.search(r"-\d+ of ", t.screen()))
    t.key("End")
    wait_for("the end of the list", lambda: re.search(r"(\d+)-(\d+) of \2", t.screen()))
    story.save("end_80x24")
    t.resize(60, 20)
    wait_for("too small", lambda: "needs 80x24" in t.screen())
    t.resize(80, 24)
    wait_for("large enough again", lambda: "q quit" in t.screen())
    story.quit()
    t.close()


def test_signals(story):
    t = story.open(80, 24)
    t.run(story.local())
    story.wait_for_values()
    story.quit("C-c")
    for name, how in (("SIGTERM", signal.SIGTERM), ("SIGABRT", signal.SIGABRT), ("a crash of the thread that asks", signal.SIGSEGV)):
        t.close()
        t = story.open(80, 24)
        t.run(story.local())
        story.wait_for_values()
        shell = int(t.tmux("display-message", "-p", "#{pane_pid}"))
        with open(f"/proc/{shell}/task/{shell}/children") as f:
            (pid,) = [int(p) for p in f.read().split()]
        threads = [int(t) for t in os.listdir(f"/proc/{pid}/task") if int(t) != pid]
        if how == signal.SIGSEGV:
            check(ctypes.CDLL(None, use_errno=True).tgkill(pid, threads[0], how) == 0, "a thread asks")
        else:
            os.kill(pid, how)
        code = t.exit_code()
        check(code == (0 if how == signal.SIGTERM else 128 + how), f"{name}: exit code {code}")
        check(t.is_given_back(), f"{name}: the terminal is given back: {t.modes()}")
        t.run("stty -a | tr ' ;' '\\n' | grep -cxE 'echo|icanon'")
        check(t.exit_code() == 0, f"{name}: the shell works")
        wait_for(f"{name}: echo and line mode are back", lambda: "\n2\n" in t.screen())
    t.close()


def test_looks(story):
    """ASCII where the locale says so, no colour where NO_COLOR or --no-color says so."""
    t = story.open(80, 24, {"LANG": "C"})
    t.run(story.local())
    story.wait_for_values()
    screen = t.shows("ASCII marks", re.compile(r"[_.:=+*#-]{3}"), lambda screen: value_of(screen, "busy"))
    story.save("ascii_80x24")
    check(not re.search(f"[{BLOCKS}]", screen), "no blocks in a C locale", screen)
    t.shows("colours", re.compile(r"\x1b\[(36|38;5;32)m"), colours=True)
    story.quit()
    t.close()
    for env, flag in ({"NO_COLOR": "1"}, ""), ({}, " --no-color"):
        t = story.open(80, 24, env)
        t.run(story.local() + flag)
        story.wait_for_values()
        check(not re.search(r"\x1b\[[0-9;]*(3[0-7]m|38;5)", t.screen(colours=True)), f"no colours with {env}{flag}", t.screen(colours=True))
        story.quit()
        t.close()


def test_http(story):
    """The same page over HTTP, and what it says when the agent goes away; the seconds on the node's own files stay readable."""
    t = story.open(120, 40)
    os.kill(story.agent.process.pid, signal.SIGSTOP)
    try:
        t.run(f"{story.tacho} top --url {story.agent.url}")
        wait_for("a page while nobody answers", lambda: "asking" in t.screen().split("\n")[0])
        story.save("http_asking_120x40")
        wait_for("for how long", lambda: "no answer for" in t.screen().split("\n")[0])
        story.quit()
        t.run(f"{story.tacho} top --url {story.agent.url}")
        wait_for("a page again", lambda: "asking" in t.screen().split("\n")[0])
    finally:
        os.kill(story.agent.process.pid, signal.SIGCONT)
    story.wait_for_values()
    seconds_shown(t, 3)
    t.shows("values over HTTP", lambda screen: all(value_of(screen, title) for title in ("busy", "used", "system", "lateness")))
    story.save("http_120x40")
    story.agent.end(signal.SIGKILL)
    wait_for("no answer", lambda: "no answer" in t.screen().split("\n")[0])
    t.shows("the last values, which stay", lambda screen: value_of(screen, "busy") and "no answer" in screen.split("\n")[0])
    story.save("http_gone_120x40")
    story.quit()

    t.run(story.local())
    t.shows("the age of the last sample, and values after the agent's death", lambda screen: "agent not running: last sample" in screen.split("\n")[0],
            lambda screen: all(value_of(screen, title) for title in ("busy", "used", "system")))
    story.save("dead_120x40")
    story.quit()
    t.close()


def test_no_terminal(story):
    done = subprocess.run([story.tacho, "top", "--state", story.agent.state], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    check(done.returncode == 1, f"exit code without a terminal: {done.returncode}")
    check("tacho query" in done.stderr and done.stderr.count("\n") == 1, f"what it says: {done.stderr}")
    check(done.stdout == "", "nothing on stdout")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tacho", default="build/tacho")
    parser.add_argument("--keep", help="folder for the captured screens")
    args = parser.parse_args()
    if not shutil.which("tmux"):
        print("tmux is not installed (tools/dev setup installs it)", file=sys.stderr)
        return 1
    folder = tempfile.mkdtemp(prefix="tacho-top-")
    story = Story(os.path.abspath(args.tacho), folder, args.keep)
    try:
        wait_for("the agent answers", lambda: "answers on" in open(folder + "/agent.log", errors="replace").read())
        time.sleep(3)  # a few seconds to look at
        for test in (test_no_terminal, test_live, test_signals, test_looks, test_http):  # the last ends the agent
            print(test.__name__)
            test(story)
    except Exception:
        if story.terminal:
            try:
                print(story.save("failed"), file=sys.stderr)
            except subprocess.CalledProcessError:
                pass
        with open(folder + "/agent.log", errors="replace") as f:
            print("agent:\n" + "".join(f.readlines()[-10:]), file=sys.stderr)
        raise
    finally:
        story.close()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{checks} checks passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
