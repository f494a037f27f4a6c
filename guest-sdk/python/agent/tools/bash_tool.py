"""The tool `bash`: one shell per run, on the host's side, over this agent's files."""

from hyperspace import tools


def tool_info():
    """What a model is told."""
    return {
        "name": "bash",
        "description": (
            "Run a command in a bash shell.\n"
            "* The shell lives on between calls: directory, variables and functions are kept. `exit` ends it, and the next"
            " call begins a fresh one.\n"
            "* Standard error is part of the output. Long output is cut in the middle.\n"
            "* A command has 120 seconds. `python3` and the usual text tools are there; there is no network.\n"
            "* Files can be changed where this agent may edit; everything else is read-only, /tmp is scratch."
        ),
        "input_schema": {
            "type": "object",
            "properties": {"command": {"type": "string", "description": "The command to run."}},
            "required": ["command"],
        },
    }


def tool_function(command):
    """Run `command`; its output."""
    return tools.bash(command)
