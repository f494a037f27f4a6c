"""Packages of pure Python for projects that need them, put into a folder: from a registry with pip, or from a checkout.

Both sides get the same folder: here it is what `--packages` names, in CPython a part of the module path.
"""

import pathlib
import shutil
import subprocess
import sys

# Modules that are pure Python, or work without their native part, and the names under which pip has them.
DISTRIBUTIONS = {"bs4": "beautifulsoup4", "mpmath": "mpmath", "networkx": "networkx", "sympy": "sympy", "tqdm": "tqdm", "yaml": "PyYAML"}
# What AlgoTune's tasks need besides: its tasks and its tuner are no package that pip has.
ALGOTUNE = "AlgoTuneTasks"
# Of orjson, which is native, AlgoTune's base writes files of data with it; a measurement calls none of this.
ORJSON = '''"""Stands in for orjson, which is native code: the same functions by json."""
import json

OPT_APPEND_NEWLINE = OPT_SERIALIZE_NUMPY = OPT_NON_STR_KEYS = 0
JSONDecodeError = json.JSONDecodeError


def dumps(value, default=None, option=None):
    return json.dumps(value, default=default, separators=(",", ":")).encode()


loads = json.loads
'''


class Vendor:
    """Folders with packages, made when they are first asked for."""

    def __init__(self, root, checkouts):
        self.root, self.checkouts = pathlib.Path(root), checkouts
        self.made = {}

    def knows(self, module):
        return module in DISTRIBUTIONS or module == ALGOTUNE and ALGOTUNE in self.checkouts

    def folders(self, modules, project):
        """The folders with these modules, and the variables that the project needs to find them."""
        folders, variables = [], {}
        for module in sorted(modules):
            if module == ALGOTUNE:
                # Its evaluators look for a checkout in the folder of the user.
                folder = self.algotune(project.name)
                variables["HOME"] = str(folder)
                folders += [folder, *self.folders({"yaml"}, project)[0]]
            else:
                folders.append(self.of_pip(module))
        return list(dict.fromkeys(folders)), variables

    def of_pip(self, module):
        folder = self.root / module
        if module not in self.made:
            pip = [sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--target", str(folder), DISTRIBUTIONS[module]]
            subprocess.run(pip, check=True)
            # The native part of a package that has both, and what is no module.
            for path in [*folder.rglob("*.so"), *folder.rglob("*.pyx")]:
                path.unlink()
            shutil.rmtree(folder / "bin", ignore_errors=True)
            self.made[module] = folder
        return folder

    def algotune(self, task):
        checkout, folder = self.checkouts[ALGOTUNE], self.root / f"algotune-{task}"
        below = folder / "github" / "AlgoTune"
        if not folder.exists():
            for name in (f"{ALGOTUNE}/__init__.py", f"{ALGOTUNE}/base.py", f"{ALGOTUNE}/factory.py"):
                copy(checkout / name, below / name)
            copied(checkout / ALGOTUNE / task, below / ALGOTUNE / task, "*.py")
            copied(checkout / "AlgoTuner", below / "AlgoTuner", "*.py")
            copied(checkout / "AlgoTuner", below / "AlgoTuner", "*.yaml")
            (folder / "orjson.py").write_text(ORJSON, encoding="utf-8")
        return folder


def copy(path, to):
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, to)


def copied(folder, to, pattern):
    for path in sorted(folder.rglob(pattern)):
        copy(path, to / path.relative_to(folder))
