"""Calls functions with modules of Python's library once they are imported, so that a module that few use costs nothing before."""

import importlib.machinery
import sys

_waiting = {}  # functions by the name of the module


def after_import(name, function):
    """Call `function` with a module of Python's library once it is imported; now, if it was."""
    if name in sys.modules:
        function(sys.modules[name])
    else:
        _waiting[name] = function


class Loader:
    """The part of a loader that is the same for all; that of `importlib.abc` takes long to import."""

    def load_module(self, name):
        return importlib._bootstrap._load_module_shim(self, name)


class LibraryLoader(Loader):
    """Loads a module as `loader` does, and calls a function with it."""

    def __init__(self, loader, function):
        self.loader, self.function = loader, function

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        self.loader.exec_module(module)
        self.function(module)

    def __getattr__(self, name):
        return getattr(self.loader, name)


def hooked(spec):
    """The specification of a module, whose function is called once it is loaded."""
    if spec is not None and spec.name in _waiting:
        spec.loader = LibraryLoader(spec.loader, _waiting[spec.name])
    return spec


class Finder:
    """Finds modules that a function waits for, where nobody else finds modules in a way of his own."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        return hooked(importlib.machinery.PathFinder.find_spec(name, path, target)) if name in _waiting else None


def install():
    """Let modules that functions wait for be found."""
    if Finder not in sys.meta_path:
        sys.meta_path.insert(0, Finder)
