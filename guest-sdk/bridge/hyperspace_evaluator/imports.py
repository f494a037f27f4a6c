"""Loading the program's file, in whatever way: every way gives proxies, although the file holds the real source.

Code of the program is every file below the program's folder and below /tmp, where the evaluator copies or changes it and where
processes leave theirs. Its names never take the place of a module of Python, of the task, or of a package.
"""

import importlib
import importlib.machinery
import importlib.util
import os
import runpy
import sys

import hyperspace_hooks as hooks

from . import bridge, proxies

settings = {"root": "/repo", "names": set()}
SCRATCH = "/tmp"


def text_of(path):
    try:
        with _open(path, "rb") as stream:
            return stream.read().decode("utf-8", "replace")
    except OSError:
        return None


def is_program(path):
    """Whether the file at `path` is code of the program."""
    path = os.path.abspath(path)
    return path.startswith((settings["root"] + "/", SCRATCH + "/"))


class ProgramLoader(hooks.Loader):
    """Runs a file of the program in its guest, and makes the module here a proxy."""

    def __init__(self, name, path):
        self.name, self.path = name, path

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        path = os.path.abspath(self.path)
        if not os.path.isfile(path):
            raise FileNotFoundError(2, "No such file or directory", self.path)
        inside = path.startswith(settings["root"] + "/")
        proxies.load(module, path, None if inside else text_of(path))

    def get_source(self, name=None):
        return text_of(self.path)

    def get_filename(self, name=None):
        return self.path

    def is_package(self, name=None):
        return os.path.basename(self.path) == "__init__.py"


class ProgramFinder:
    """Finds modules of the program on the path: only its own names, and only after everything else."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        top = name.partition(".")[0]
        folders = sys.path if path is None else path
        for folder in folders:
            folder = os.path.abspath(folder or os.getcwd())
            if not is_folder_of_program(folder):
                continue
            base = os.path.join(folder, name.rpartition(".")[2])
            for file in (f"{base}.py", f"{base}/__init__.py"):
                if os.path.isfile(file) and (top in settings["names"] or folder.startswith(SCRATCH)):
                    return spec_of(name, file)
        if path is None:
            note_absent(name)
        return None


def note_absent(name):
    """Note a module that a file of the task imports and that is nowhere: the evaluator may go on without it, and measure something else."""
    frame = sys._getframe(1)
    while frame is not None and (frame.f_code.co_filename == __file__ or frame.f_code.co_filename.startswith("<frozen importlib")):
        frame = frame.f_back
    if frame is not None and frame.f_code.co_filename.startswith("/task/"):
        place = f"{frame.f_code.co_filename.removeprefix('/task/')}, line {frame.f_lineno}"
        bridge.absent.setdefault(f"the module {name}, which {place} imports")


def is_folder_of_program(folder):
    return is_program(folder + "/x")


class OwnFinder:
    """Finds modules as Python does, but none of the program's."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        return hooks.hooked(OwnFinder.found(name, path, target))

    @staticmethod
    def found(name, path, target):
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        origin = getattr(spec, "origin", None)
        if origin and origin.startswith("/") and is_program(origin):
            folders = [folder for folder in (sys.path if path is None else path) if not is_folder_of_program(os.path.abspath(folder or os.getcwd()))]
            return importlib.machinery.PathFinder.find_spec(name, folders, target) if folders else None
        if spec is not None and spec.origin is None and spec.submodule_search_locations is not None:
            if any(is_folder_of_program(str(place)) for place in spec.submodule_search_locations):
                return None
        return spec


def spec_of(name, path):
    folder = [os.path.dirname(path)] if os.path.basename(path) == "__init__.py" else None
    spec = importlib.machinery.ModuleSpec(name, ProgramLoader(name, path), origin=path, is_package=folder is not None)
    spec._set_fileattr = True
    if folder:
        spec.submodule_search_locations = folder
    return spec


_open = open
_spec_from = importlib.util.spec_from_file_location
_run_path = runpy.run_path


def spec_from_file_location(name, location=None, **more):
    if location is not None and is_program(os.fspath(location)):
        return spec_of(name, os.path.abspath(os.fspath(location)))
    return _spec_from(name, location, **more)


def run_path(path_name, init_globals=None, run_name=None):
    path = os.fspath(path_name)
    if not is_program(path):
        return _run_path(path_name, init_globals, run_name)
    module = importlib.util.module_from_spec(spec_of(run_name or "<run_path>", os.path.abspath(path)))
    module.__spec__.loader.exec_module(module)
    found = dict(init_globals or {})
    for name in proxies.names_of(module):
        try:
            found[name] = getattr(module, name)
        except (AttributeError, TypeError, bridge.wire.NotData):
            continue
    return found


class SourceFileLoader(importlib.machinery.SourceFileLoader):
    """The loader of files, for those who name it themselves."""

    def exec_module(self, module):
        if is_program(self.path):
            return ProgramLoader(self.name, self.path).exec_module(module)
        return super().exec_module(module)

    def load_module(self, name=None):
        spec = spec_of(name or self.name, self.path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module


def install(root, names):
    """Make every way of loading the program give proxies."""
    settings.update(root=root, names=set(names))
    importlib.util.spec_from_file_location = spec_from_file_location
    importlib.machinery.SourceFileLoader = SourceFileLoader
    runpy.run_path = run_path
    sys.meta_path[:] = [OwnFinder if finder is importlib.machinery.PathFinder else finder for finder in sys.meta_path]
    sys.meta_path.append(ProgramFinder)
    importlib.invalidate_caches()
