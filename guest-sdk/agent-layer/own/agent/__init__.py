"""The package `agent` of an agent that has modules of its own in a folder `agent`: these come first, and the SDK's stand in for the others.

What a module of its own replaces is replaced for the SDK's modules, too, as they import each other by name. Nothing of this is a limit: models
and tools are calls of the host's door, whoever makes them.
"""

import importlib
import importlib.machinery
import os
import sys

SDK = "/sdk"
# The names that the SDK's package offers, and its modules that have them. They are looked up when asked for: a module of the agent's own may lack some.
_OFFERED = {
    "chat_with_agent": "agentic_loop", "get_response_from_llm": "llm_client",
    "get_response_from_llm_with_tools": "llm_client", "EVAL_MODEL": "llm_client", "META_MODEL": "llm_client",
}


def __getattr__(name):
    if name in _OFFERED:
        return getattr(importlib.import_module(f"agent.{_OFFERED[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class _SubpackageFinder:
    """Extends packages below `agent` in the same way, and gives a shell of the agent's own that starts processes, which no guest can, the host's."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if not name.startswith("agent.") or path is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return spec
        if spec.submodule_search_locations is not None:
            below = name.rpartition(".")[2]
            spec.submodule_search_locations = [f"{folder}/{below}" for folder in path]
        elif name == "agent.tools.bash_tool" and not spec.origin.startswith(f"{SDK}/"):
            spec.loader = _ShellLoader(name, spec.origin)
        return spec


class _ShellLoader(importlib.machinery.SourceFileLoader):
    """Loads a tool `bash` of the agent's own; if it is made of processes, it runs commands with the host's tool."""

    def exec_module(self, module):
        super().exec_module(module)
        if sys.modules.get("subprocess") in vars(module).values():
            from hyperspace import tools

            module.tool_function = lambda command=None, *args, **kwargs: tools.bash(command)


def _own():
    """The folder of the agent's own modules: that of the files which run, and of no others on the path."""
    first = next((folder for folder in sys.path if not folder.startswith(SDK)), "")
    return f"{first or os.getcwd()}/agent"


__path__ = [_own(), f"{SDK}/agent"]
__spec__.submodule_search_locations = __path__
sys.meta_path.insert(0, _SubpackageFinder)
if os.path.isfile(f"{__path__[0]}/__init__.py"):
    __file__ = f"{__path__[0]}/__init__.py"
    with open(__file__, "rb") as _file:
        exec(compile(_file.read(), __file__, "exec", dont_inherit=True))
