"""The host's tools: a shell and an editor on this agent's files. What they answer is text, a failure included."""

from hyperspace.door import call
from hyperspace.errors import HyperspaceError


def bash(command=None, restart=False):
    """Run `command` in the shell that lives as long as this run; `restart=True` begins a fresh one."""
    return _ask("tool.bash", {"restart": True} if restart else {"command": command})


def editor(command, path, **fields):
    """Do one `command` of the editor ("view", "create", "str_replace", "insert", "undo_edit") with `fields` of its own."""
    given = {name: value for name, value in fields.items() if value is not None}
    return _ask("tool.editor", {"command": command, "path": path, **given})


def _ask(operation, request):
    try:
        answer = call(operation, **request)
    except HyperspaceError as error:
        return f"Error: {error.message}"
    if "error" in answer:
        return f"Error: {answer['error'].get('message', '')}"
    return answer["output"]
