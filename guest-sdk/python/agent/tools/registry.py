"""Tools by name."""

from agent.tools import bash_tool, editor_tool

TOOLS = {"bash": bash_tool, "editor": editor_tool}


def load_tools(names="all"):
    """The named tools, or all: [{"name", "info": {"name", "description", "input_schema"}, "function"}].

    `names` is "all", one name or several; ValueError for a name that no tool has.
    """
    if isinstance(names, str):
        names = list(TOOLS) if names == "all" else [names]
    unknown = [name for name in names if name not in TOOLS]
    if unknown:
        raise ValueError(f"there is no tool {unknown[0]!r}; there are: {', '.join(TOOLS)}")
    return [{"name": name, "info": TOOLS[name].tool_info(), "function": TOOLS[name].tool_function} for name in names]
