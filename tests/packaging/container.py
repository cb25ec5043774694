#!/usr/bin/env python3
"""The image: its recipe is sound, what it says of packages and options is so, and what it makes starts as the user it names.

No registry is asked: the recipe's second stage is built by buildah over a minimal Debian made here, with the program that this
machine has built in place of the first stage's. --whole builds the first stage as well, which compiles everything.

usage: container.py --tacho build/tacho --npm build/packaging-npm [--whole]
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import clean_root  # noqa: E402
import e2e  # noqa: E402
from clean_root import families, run  # noqa: E402
from e2e import check  # noqa: E402
from npm_types import Npm  # noqa: E402

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
RECIPE = os.path.join(ROOT, "tools", "packaging", "container", "Containerfile")
USER = "65532"
HOST = ["-v", "/proc:/host/proc:ro", "-v", "/sys:/host/sys:ro", "-v", "/:/host/root:ro"]
# What is read by right alone; the rest a container without any has as root has it.
BY_RIGHT = ("node_kmsg_", "node_rapl_", "node_cpu_frequency_hertz")


def problems(npm, text):
    """What dockerfile-utils says of a recipe."""
    script = """const found = require("dockerfile-utils").validate(require("fs").readFileSync(0, "utf8"), {});
console.log(JSON.stringify(found.map(p => `line ${p.range.start.line + 1}: ${p.message}`)));"""
    return json.loads(npm.run(["node", "-e", script], input=text))


def second_stage(text):
    """With a folder `out` beside it in place of the first stage."""
    stage = text[text.rindex("\nFROM ") + 1:]
    return "ARG RUN_IMAGE\n" + re.sub(r"COPY --from=build (--chown=\S+ )?/out/", r"COPY \1out/", stage)


class Buildah:
    """Its own storage, in the test's folder; no daemon, no name spaces."""

    def __init__(self, processes):
        self.start = ["env", "BUILDAH_ISOLATION=chroot", "STORAGE_DRIVER=vfs", "buildah", "--root", processes.make_folder("storage"),
                      "--runroot", processes.make_folder("runroot")]

    def __call__(self, *command):
        return run([*self.start, *command]).strip()

    def base_image(self, tar, name):
        container = self("from", "scratch")
        self("add", "--quiet", container, tar, "/")
        self("commit", "--quiet", "--rm", container, name)


def build(processes, buildah, options, text):
    """The image's name."""
    context = processes.make_folder("context")
    if options.whole:
        for path in run(["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard"]).splitlines():
            os.makedirs(os.path.dirname(os.path.join(context, path)), exist_ok=True)
            # Recorded trees have links that lead nowhere.
            shutil.copy(os.path.join(ROOT, path), os.path.join(context, path), follow_symlinks=False)
    else:
        os.makedirs(os.path.join(context, "out", "empty"))
        shutil.copy(options.tacho, os.path.join(context, "out", "tacho"))
    recipe = processes.path("Containerfile")
    with open(recipe, "w") as f:
        f.write(text if options.whole else second_stage(text))
    images = [f"--build-arg={stage}_IMAGE=localhost/debian:12" for stage in (("BUILD", "RUN") if options.whole else ("RUN",))]
    # Not by run(), which waits five minutes.
    subprocess.run([*buildah.start, "bud", "--quiet", *images, "-f", recipe, "-t", "tacho", context], check=True, stdout=subprocess.DEVNULL)
    return "localhost/tacho"


def check_families(processes, buildah, container, tacho):
    """What is sampled without a right: by the DaemonSet's root over the host's folders, by the sidecar's user. Returns how many families."""
    out = processes.make_folder("sampled")
    os.chmod(out, 0o777)
    for who, options, arguments in (
            ("root", ["--user", "0", *HOST], ["--procfs", "/host/proc", "--sysfs", "/host/sys", "--rootfs", "/host/root"]), ("the sidecar", [], [])):
        # By a file: what a container writes to its output last, buildah may lose when the machine is busy.
        name = who.split()[-1]
        lost = None
        for _ in range(3):  # a family that the machine has for a moment only is not missed again
            root = families(run([tacho, "sample", "--once"]))
            buildah("run", "--cap-drop", "all", "-v", out + ":/out", *options, container, "--", "sh", "-c", f'"$0" "$@" > /out/{name}', "tacho", "sample",
                    "--once", *arguments)
            with open(os.path.join(out, name)) as f:
                found = families(f.read())
            now = {f for f in root - found if not f.startswith(BY_RIGHT)}
            lost = now if lost is None else lost & now
            if not lost:
                break
        check(not lost, f"{who} without capabilities has no {sorted(lost)}")
    return len(root)


def body(processes, options):
    with open(RECIPE) as f:
        text = f.read()
    notes = []
    npm = e2e.attempt(notes, "the recipe's grammar", Npm, options.npm)
    if npm:
        check(not problems(npm, text), f"the recipe: {problems(npm, text)}")
        check(problems(npm, text.replace("EXPOSE 9980", "EXPOSED 9980")) and problems(npm, text.replace("EXPOSE 9980", "EXPOSE none")),
              "the check of the recipe sees no error in a broken one")
    with open(os.path.join(ROOT, "tools", "packages.txt")) as f:
        packages = f.read()
    check("\n# build\n" in packages and "\n# test\n" in packages, "packages.txt has not the parts that the recipe cuts out")
    notes.append(e2e.attempt(notes, "the image", build_and_try, processes, options, text) or "the recipe's parts are there")
    return "; ".join(reversed(notes))


def make_base(processes):
    """A buildah that has a Debian to build over."""
    clean_root.require("buildah", namespaces="--fork --mount --pid")
    base = clean_root.make(processes.folder, (), "base.tar")
    buildah = Buildah(processes)
    try:
        buildah.base_image(base, "localhost/debian:12")
        container = buildah("from", "localhost/debian:12")
        buildah("run", container, "--", "true")
        buildah("rm", container)
    except e2e.Failure as e:
        raise e2e.Unusable(f"buildah runs nothing here: {e2e.one_line(e)}") from e
    return buildah


def build_and_try(processes, options, text):
    buildah = make_base(processes)
    image = build(processes, buildah, options, text)
    config = json.loads(buildah("inspect", "--type", "image", image))["OCIv1"]["config"]
    check(config["User"].split(":")[0] == USER, f"the image runs as {config['User']}")
    container = buildah("from", image)
    check(buildah("run", container, "--", "id", "-u") == USER, "the image's user is another")
    count = check_families(processes, buildah, container, options.tacho)
    # As it is said, but for the port: chroot leaves the container in this machine's network.
    port = e2e.free_port()
    command = [f"127.0.0.1:{port}" if a == ":9980" else a for a in config["Entrypoint"] + config["Cmd"]]
    check(f"127.0.0.1:{port}" in command, f"the image's command listens nowhere: {command}")
    agent = processes.start("image", [*buildah.start, "run", container, "--", *command])
    base = f"http://127.0.0.1:{port}"
    processes.wait_http(agent, base + "/-/ready")
    clean_root.wait(lambda: e2e.api(base, "query", {"query": "tacho_build_info"})["result"], 90, "the image's agent has no rows")
    inside = next(pid for pid, (name, _) in e2e.descendants(agent.pid).items() if name == "tacho")
    os.kill(inside, 15)
    check(agent.wait(90) == 0, "the image's agent does not end when it is told to")
    buildah("rm", "--all")
    return f"{'both stages' if options.whole else 'the second stage'} built, runs as {USER}; {count} families, as root has them but for {', '.join(BY_RIGHT)}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", required=True)
    parser.add_argument("--npm", required=True)
    parser.add_argument("--whole", action="store_true")
    e2e.main("container", body, parser.parse_args())
