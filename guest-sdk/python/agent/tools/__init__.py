"""The tools that the host lends to agents."""

from agent.tools.registry import load_tools

__all__ = ["load_tools"]
