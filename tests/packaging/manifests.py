#!/usr/bin/env python3
"""The Kubernetes manifests: built by kubectl's kustomize, held against the API's published types, and against what each mode may have.

Every kustomization is built; every object must fit the API's types (an unknown field is an error) and pass the validation that is
generated from the API's schema; broken ones must not. Beyond types: mounts and references lead somewhere, configurations are right,
options are the program's, probes answer. The rights of each mode are written down here, so that one that creeps in is seen.

usage: manifests.py --tacho build/tacho --npm build/packaging-npm
"""
import argparse
import copy
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import textwrap

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import e2e  # noqa: E402
from e2e import check  # noqa: E402
from npm_types import Npm  # noqa: E402

KUBERNETES = os.path.join(HERE, "..", "..", "tools", "packaging", "kubernetes")
NODE_CAPABILITIES = ["DAC_READ_SEARCH", "SYS_PTRACE", "SYSLOG"]
START_SECONDS = 600
# kustomization -> (privileged, capabilities); a sidecar has nothing of the host.
BUILT = {
    "daemonset": (False, NODE_CAPABILITIES),
    "overlays/nvidia": (False, NODE_CAPABILITIES),
    "overlays/nvidia-all": (True, NODE_CAPABILITIES + ["SYS_ADMIN"]),
    "overlays/ascend": (True, NODE_CAPABILITIES),
    "examples/own-overlay": (True, NODE_CAPABILITIES),
    "examples/sidecar-native": None,
    "examples/sidecar-classic": None,
}
MODULES = {"v1": "v1", "apps/v1": "apps/v1", "batch/v1": "batch/v1", "rbac.authorization.k8s.io/v1": "rbac.authorization.k8s.io/v1",
           "scheduling.k8s.io/v1": "scheduling.k8s.io/v1"}


def kustomizer(npm):
    """The command that builds a kustomization: the kubectl that npm has, so that it is one version, or else this machine's."""
    if npm:
        return [npm.kubectl(), "kustomize"]
    for command in ["kubectl", "kustomize"], ["kustomize", "build"]:
        if shutil.which(command[0]):
            return command
    raise e2e.Unusable("npm is not usable, and there is neither kubectl nor kustomize to build the manifests")


def build_one(kustomize, folder):
    done = subprocess.run([*kustomize, os.path.abspath(folder)], capture_output=True, text=True, timeout=120)
    check(done.returncode == 0, f"{folder} cannot be built: {done.stderr[-3000:]}")
    return list(yaml.safe_load_all(done.stdout))


def build(kustomize):
    """{kustomization: its objects}"""
    return {name: build_one(kustomize, os.path.join(KUBERNETES, name)) for name in BUILT}


def api_problems(npm, objects):
    """{name: complaints} of {name: object}: by the types, and by the validation that comes with them."""
    imports, values = [], {}
    for name, o in objects.items():
        module, kind = MODULES[o["apiVersion"]], o["kind"]
        line = f'import type {{ I{kind} }} from "kubernetes-models/{module}";\n'
        if line not in imports:
            imports.append(line)
        values[name] = (f"I{kind}", o)
    problems = npm.type_problems("manifests", "".join(imports), values)
    script = """
const fs = require("fs"), out = {};
for (const [name, [module, o]] of Object.entries(JSON.parse(fs.readFileSync(0)))) {
  try { new (require("kubernetes-models/" + module)[o.kind])(o).validate(); } catch (e) { out[name] = [String(e.message)]; }
}
console.log(JSON.stringify(out));"""
    said = json.loads(npm.run(["node", "-e", script], input=json.dumps({n: (MODULES[o["apiVersion"]], o) for n, o in objects.items()})))
    for name, texts in said.items():
        problems.setdefault(name, []).extend(texts)
    return problems


def check_types(npm, built):
    objects = {f"{name}: {o['kind']} {o['metadata']['name']}": o for name, all_of in built.items() for o in all_of}
    problems = api_problems(npm, objects)
    check(not problems, f"not what the API takes: {json.dumps(problems, indent=1)}")
    # The check itself: each of these must be found.
    daemonset = next(o for o in built["daemonset"] if o["kind"] == "DaemonSet")

    def broken(change):
        o = copy.deepcopy(daemonset)
        change(o["spec"]["template"]["spec"])
        return o
    spoiled = {
        "a field that there is not": broken(lambda s: s["containers"][0].update(livenesProbe={})),
        "one far down": broken(lambda s: s["containers"][0]["securityContext"]["capabilities"].update(ad=["ALL"])),
        "a text for a number": broken(lambda s: s["containers"][0]["ports"][0].update(containerPort="9980")),
        "a word that is none of those": broken(lambda s: s["containers"][0].update(imagePullPolicy="Sometimes")),
        "no name": broken(lambda s: s["containers"][0].pop("name")),
        "a field in the wrong place": broken(lambda s: s["containers"][0].update(hostPID=True)),
    }
    missed = set(spoiled) - set(api_problems(npm, spoiled))
    check(not missed, f"the check does not see {sorted(missed)}")
    return len(objects), len(spoiled)


def pod_and_agent(objects):
    """The pod's specification, and the agent's container in it."""
    spec = next(o["spec"]["template"]["spec"] for o in objects if o["kind"] in ("DaemonSet", "Job"))
    return spec, next(c for c in spec.get("initContainers", []) + spec["containers"] if c["name"] == "tacho")


def check_rights(name, objects, rights, version):
    pod, agent = pod_and_agent(objects)
    context = agent["securityContext"]
    check(agent["image"].endswith(f"tacho:{version}"), f"{name}: the image is {agent['image']}")
    check(context["readOnlyRootFilesystem"] and context["capabilities"]["drop"] == ["ALL"], f"{name}: {context}")
    if rights is None:
        for field in "hostPID", "hostNetwork", "hostIPC", "serviceAccountName", "shareProcessNamespace":
            check(not pod.get(field), f"{name}: a sidecar asks for {field}")
        check(not [v for v in pod["volumes"] if "hostPath" in v], f"{name}: a sidecar mounts the host's files")
        check(context["runAsNonRoot"] and context["allowPrivilegeEscalation"] is False and "add" not in context["capabilities"], f"{name}: {context}")
        check(agent.get("restartPolicy") == ("Always" if name.endswith("native") else None), f"{name}: restartPolicy")
        return
    privileged, capabilities = rights
    check((context["privileged"], context["capabilities"]["add"]) == (privileged, capabilities), f"{name}: the rights are {context}")
    # What the API server refuses, types or not.
    check("allowPrivilegeEscalation" not in context if privileged or "SYS_ADMIN" in capabilities
          else context["allowPrivilegeEscalation"] is False, f"{name}: allowPrivilegeEscalation does not go with {context}")
    rules = [r for o in objects if o["kind"] == "ClusterRole" for r in o["rules"]]
    check(rules == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}], f"{name}: the role may do {rules}")
    policies = [o.get("preemptionPolicy") for o in objects if o["kind"] == "PriorityClass"]
    check(policies == ["Never"], f"{name}: the agent's pods may evict others, training jobs for one: preemptionPolicy {policies}")
    writable = {m["name"] for m in agent["volumeMounts"] if not m.get("readOnly")}
    check(writable == {"state", "runtime"}, f"{name}: can write to {sorted(writable)}")
    check_read_only(name, pod, agent)
    # What every node has, and what an overlay is for nodes that have it.
    wanted = {v["name"] for v in pod["volumes"] if v.get("hostPath", {}).get("type") == "Directory"}
    check(wanted <= {"proc", "sys", "root"} | ({"dcmi", "ascend-driver"} if "ascend" in name else set()),
          f"{name}: the pod does not start on nodes without the folders of {sorted(wanted)}")


def check_read_only(name, pod, agent):
    """What is mounted below a folder of the host can be written to, but where that is shut as well."""
    hosts = {v["name"] for v in pod["volumes"] if "hostPath" in v}
    for mount in agent["volumeMounts"]:
        if not mount.get("readOnly") or mount["name"] not in hosts:
            continue
        # The API server takes only one of both; the root needs the other.
        ways = (mount.get("recursiveReadOnly"), mount.get("mountPropagation"))
        check(ways == ((None, "HostToContainer") if mount["name"] == "root" else ("IfPossible", None)), f"{name}: {mount}")


def check_start(name, objects):
    """A large ring takes minutes to open: nothing ends the agent before."""
    _, agent = pod_and_agent(objects)
    start, live = agent.get("startupProbe"), agent["livenessProbe"]
    patience = start["periodSeconds"] * start["failureThreshold"] if start else live["initialDelaySeconds"]
    check(patience >= START_SECONDS, f"{name}: an agent that opens its ring is restarted after {patience} s")


def check_references(name, objects):
    pod, agent = pod_and_agent(objects)
    volumes = {v["name"]: v for v in pod["volumes"]}
    mounts = [m["name"] for m in agent["volumeMounts"]]
    check(set(mounts) == set(volumes) and len(mounts) == len(set(mounts)), f"{name}: mounts {sorted(mounts)}, volumes {sorted(volumes)}")
    check(all("subPath" not in m for m in agent["volumeMounts"]), f"{name}: what is mounted by subPath is never renewed")
    kinds = {(o["kind"], o["metadata"]["name"]) for o in objects}
    for volume in volumes.values():
        check("configMap" not in volume or ("ConfigMap", volume["configMap"]["name"]) in kinds, f"{name}: no {volume}")
    for kind, field in ("ServiceAccount", "serviceAccountName"), ("PriorityClass", "priorityClassName"):
        check(field not in pod or (kind, pod[field]) in kinds, f"{name}: no {kind} {pod.get(field)}")
    for o in objects:
        if o["kind"] in ("DaemonSet", "Service"):
            labels = next(d["spec"]["template"]["metadata"]["labels"] for d in objects if d["kind"] == "DaemonSet")
            selector = o["spec"]["selector"]
            selector = selector.get("matchLabels", selector)
            check(selector and selector.items() <= labels.items(), f"{name}: {o['kind']} selects {selector}, the pods have {labels}")


def check_sidecars(built):
    """The two forms differ in where the container stands and in how its start is waited for, and in nothing else."""
    native, classic = (copy.deepcopy(pod_and_agent(built[f"examples/sidecar-{form}"])) for form in ("native", "classic"))
    # An init container's is waited for by the job's containers.
    check("startupProbe" not in native[1], "the job waits for the native sidecar's startupProbe: an agent that fails keeps it from starting")
    check("lifecycle" not in native[1], "the job waits for what the native sidecar does after its start")
    check("startupProbe" in classic[1], "the classic sidecar has no startupProbe")
    native[1].pop("restartPolicy"), native[1]["livenessProbe"].pop("initialDelaySeconds"), classic[1].pop("startupProbe")
    check(native[1] == classic[1], "the two sidecars differ")
    check(native[0]["volumes"] == classic[0]["volumes"], "the two sidecars' volumes differ")


def check_documented_patches(processes, npm, kustomize):
    """Each patch that the documentation says to put into an overlay fits the DaemonSet, and changes what it says. Returns how many."""
    with open(os.path.join(HERE, "..", "..", "docs", "deploy", "kubernetes.md")) as f:
        texts = re.findall(r"^    patches:\n(?:(?:    .*)?\n)+", f.read(), re.MULTILINE)
    check(texts, "the documentation has no patches: mend this check")
    folder = processes.make_folder("documented")
    for text in texts:
        base = os.path.relpath(os.path.realpath(os.path.join(KUBERNETES, "daemonset")), os.path.realpath(folder))
        overlay = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": [base]} | yaml.safe_load(textwrap.dedent(text))
        with open(os.path.join(folder, "kustomization.yaml"), "w") as f:
            yaml.safe_dump(overlay, f)
        objects = build_one(kustomize, folder)
        problems = npm and api_problems(npm, {"patched": next(o for o in objects if o["kind"] == "DaemonSet")})
        check(not problems, f"with the documentation's patch: {problems}")
        pod, agent = pod_and_agent(objects)
        check(agent["securityContext"]["seLinuxOptions"] == {"type": "spc_t"}, f"with the documentation's patch: {agent['securityContext']}")
        folders = [v["hostPath"] for v in pod["volumes"] if v["name"] == "pod-resources"]
        check(folders == [{"path": "/data/kubelet/pod-resources"}], f"with the documentation's patch: {folders}")
    return len(texts)


def check_own_overlay(objects):
    """What the documentation promises of it: the image and the configuration are the user's."""
    _, agent = pod_and_agent(objects)
    check(agent["image"].startswith("registry.example/tacho:"), f"the image is {agent['image']}")
    maps = [o["data"]["tacho.yaml"] for o in objects if o["kind"] == "ConfigMap"]
    check(len(maps) == 1 and "remote_write" in maps[0], f"the configuration is {maps}")


def check_configuration(processes, tacho, name, objects):
    """The agent takes what it is given: the file, with the variables that the pod sets, and the options."""
    _, agent = pod_and_agent(objects)
    text = next(o["data"]["tacho.yaml"] for o in objects if o["kind"] == "ConfigMap")
    path = processes.path("tacho.yaml")
    with open(path, "w") as f:
        f.write(text)
    variables = {e["name"]: "x" for e in agent["env"]}
    done = subprocess.run([tacho, "check-config", path], capture_output=True, text=True, env={"PATH": os.environ["PATH"]} | variables)
    check(done.returncode == 0 and "warning" not in done.stdout + done.stderr, f"{name}: {done.stdout}{done.stderr}")
    known = subprocess.run([tacho, agent["args"][0], "--help"], capture_output=True, text=True).stdout
    for option in agent["args"][1:]:
        check(option.split("=")[0] + " " in known, f"{name}: tacho {agent['args'][0]} has no {option}")


def probes(agent):
    return {agent[p]["httpGet"]["path"] for p in ("startupProbe", "livenessProbe", "readinessProbe") if p in agent}


def node_addresses():
    """Addresses that a node's status.hostIP could be here, by their kind."""
    found = {}
    for kind, family, address in ("IPv4", socket.AF_INET, "127.0.0.1"), ("IPv6", socket.AF_INET6, "::1"):
        try:
            with socket.socket(family) as s:
                s.bind((address, 0))
            found[kind] = address
        except OSError:
            pass
    return found


LISTENS = {}  # as it is told to -> by which kinds of addresses it was reached


def check_listens(processes, tacho, name, objects, paths):
    """The agent listens as its manifest says, on nodes and in pods of IPv4 and of IPv6, and the probes reach it there. Returns the kinds."""
    _, agent = pod_and_agent(objects)
    listen = next(a.removeprefix("--listen=") for a in agent["args"] if a.startswith("--listen="))
    if listen in LISTENS:
        return LISTENS[listen]
    addresses = node_addresses()
    check(addresses, "this machine has no loopback address")
    # On a node each address is a start of its own; in a pod all are the one start's.
    starts = [[kind] for kind in addresses] if "$(HOST_IP)" in listen else [list(addresses)]
    for i, kinds in enumerate(starts):
        port = e2e.free_port()
        where = listen.replace("$(HOST_IP)", addresses[kinds[0]]).replace(":9980", f":{port}")
        folder = f"listens-{len(LISTENS)}-{i}"
        p = processes.start(folder, [tacho, "run", "--listen", where, "--state", processes.make_folder(folder, "state"),
                                     "--runtime", processes.make_folder(folder, "run")])
        for kind in kinds:
            base = f"http://[{addresses[kind]}]:{port}" if kind == "IPv6" else f"http://{addresses[kind]}:{port}"
            for path in sorted(paths):
                processes.wait_http(p, base + path)
        check(processes.end(p) == 0, f"{name}: the agent at {where} does not end when it is told to")
    LISTENS[listen] = list(addresses) + ([] if "IPv6" in addresses else ["skipped: IPv6, which this machine has not"])
    return LISTENS[listen]


def body(processes, options):
    notes = []
    npm = e2e.attempt(notes, "the API's types", Npm, options.npm)
    kustomize = kustomizer(npm)
    built = build(kustomize)
    if npm:
        objects, spoiled = check_types(npm, built)
        notes.append(f"{objects} objects fit the API's types, {spoiled} broken ones do not")
    paths = set()
    version = subprocess.run([options.tacho, "--version"], capture_output=True, text=True).stdout.split()[-1]
    for name, rights in BUILT.items():
        check_rights(name, built[name], rights, version)
        check_start(name, built[name])
        check_references(name, built[name])
        check_configuration(processes, options.tacho, name, built[name])
        paths |= probes(pod_and_agent(built[name])[1])
    check_sidecars(built)
    check_own_overlay(built["examples/own-overlay"])
    check_documented_patches(processes, npm, kustomize)
    reached = [say for name in BUILT for say in check_listens(processes, options.tacho, name, built[name], paths)]
    return (f"{len(built)} kustomizations built; probes {', '.join(sorted(paths))} answer by {' and '.join(sorted(set(reached)))}; {'; '.join(notes)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", required=True)
    parser.add_argument("--npm", required=True, help="folder for npm's packages")
    e2e.main("manifests", body, parser.parse_args())
