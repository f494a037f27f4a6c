"""Projects in a checkout, and the modules that each needs."""

import ast
import os
import pathlib
import sys

# Engine-independent forms: the evaluator, the beginning of the program's path, and how CPython is asked.
SHAPES = (
    ("evaluator.py", "initial_program.", "function"),
    ("evaluator/evaluator.py", "initial_program.", "function"),
    ("evaluate.py", "initial.", "script"),
    ("input/evaluate.py", "input/src/init_program.", "command"),
)
# Modules of the engines, which have stand-ins here and in the comparison.
STAND_INS = {"openevolve", "shinka", "skydiscover", "coral", "gepa", "funsearch"}
# Packages that only draw pictures for people, in functions that no evaluation calls.
PICTURES = {"matplotlib"}


class Project:
    """A folder with an evaluator and a program."""

    def __init__(self, root, folder, evaluator, program, kind):
        self.root, self.folder, self.kind = root, folder, kind
        self.evaluator, self.program = folder / evaluator, program
        self.name = folder.name
        self.path = f"{root.name}/{folder.relative_to(root)}"

    def moved(self, folder):
        """The same project in a copy of its folder."""
        return Project(folder, folder, self.evaluator.relative_to(self.folder), folder / self.program.relative_to(self.folder), self.kind)

    def needs(self):
        """Modules besides the standard library."""
        seen = set()
        return (self._needed(self.evaluator, seen) | self._needed(self.program, seen)) - PICTURES

    def _needed(self, path, seen):
        if path in seen or path.suffix != ".py":
            return set()
        seen.add(path)
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError):
            return set()
        found = set()
        for name in sorted(imported(tree)):
            own = [folder / f"{name}.py" for folder in (path.parent, self.evaluator.parent, self.program.parent)]
            own = next((file for file in own if file.is_file()), None)
            if own is not None:
                found |= self._needed(own, seen)
            elif name not in sys.stdlib_module_names and name not in STAND_INS:
                found.add(name)
        return found


def imported(tree):
    """The top names of modules that a file imports, but for those that it imports only when it is the program itself."""
    names = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "__main__" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add((node.module or "").partition(".")[0])
        waiting.extend(ast.iter_child_nodes(node))
    return names


def projects(root):
    """Every project below `root`."""
    for folder, folders, _ in sorted(os.walk(root)):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "experiments"]
        folder = pathlib.Path(folder)
        for evaluator, beginning, kind in SHAPES:
            base, prefix = folder / os.path.dirname(beginning), os.path.basename(beginning)
            names = sorted(path.name for path in base.iterdir()) if base.is_dir() else []
            program = next((base / name for name in names if name.startswith(prefix)), None)
            if program and (folder / evaluator).is_file():
                yield Project(root, folder, evaluator, program, kind)
                break
