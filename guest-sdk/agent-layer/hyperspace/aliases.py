"""Further names of modules: under each of them is the same module, not a copy."""

import importlib
import importlib.machinery
import importlib.util
import sys


class AliasFinder:
    """Finds `OTHER.rest` as `NAME.rest` for every pair of `names`, unless a file below `folders` has that name."""

    def __init__(self, names, folders):
        self.names, self.folders = names, folders

    def find_spec(self, name, path=None, target=None):
        real = self._real(name)
        if real is None:
            return None
        for folder in self.folders:
            place = "/".join([folder, *name.split(".")[1:-1]])
            spec = importlib.machinery.PathFinder.find_spec(name, [place])
            if spec is not None and spec.loader is not None:
                return spec
        if real not in sys.modules and importlib.util.find_spec(real) is None:
            return None
        module = importlib.import_module(real)
        return importlib.machinery.ModuleSpec(name, AliasLoader(module), is_package=hasattr(module, "__path__"))

    def _real(self, name):
        for other, real in self.names.items():
            if name == other or name.startswith(f"{other}."):
                return real + name[len(other):]
        return None


class AliasLoader:
    """Loads a module that is there already, and leaves it as it is."""

    def __init__(self, module):
        self.module, self.spec = module, module.__spec__

    def create_module(self, spec):
        return self.module

    def exec_module(self, module):
        module.__spec__ = self.spec


def offer(package, **names):
    """Offer `package.KEY` as the module `VALUE` for every name; returns the folders in which `package` has files of the agent's own."""
    folders = [f"{folder}/{package}" for folder in sys.path if not folder.startswith("/sdk")]
    sys.meta_path.insert(0, AliasFinder({f"{package}.{key}": real for key, real in names.items()}, folders))
    return folders
