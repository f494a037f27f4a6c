"""The tool `editor`: looks at files and changes them, on the host's side."""

from hyperspace import tools

COMMANDS = ["view", "create", "str_replace", "insert", "undo_edit"]


def tool_info():
    """What a model is told."""
    text = {"type": "string"}
    return {
        "name": "editor",
        "description": (
            "Look at files and change them. What was changed stays changed between calls.\n"
            "* `view` shows a file with numbered lines, or lists a directory two levels deep. Long output is cut.\n"
            "* `create` makes a new file with `file_text`; it refuses a path that exists.\n"
            "* `str_replace` replaces `old_str` by `new_str`; `old_str` must occur exactly once, white space included.\n"
            "* `insert` puts `new_str` after line `insert_line`; 0 is the beginning of the file.\n"
            "* `undo_edit` takes the last edit of that file back."
        ),
        "input_schema": {
            "type": "object",
            "properties": {
                "command": {"type": "string", "enum": COMMANDS, "description": "What to do."},
                "path": {"type": "string", "description": "Absolute path of a file or directory."},
                "file_text": {**text, "description": "`create`: the content of the new file."},
                "old_str": {**text, "description": "`str_replace`: the text to be replaced."},
                "new_str": {**text, "description": "`str_replace` and `insert`: the new text."},
                "insert_line": {"type": "integer", "description": "`insert`: the line after which to insert."},
                "view_range": {
                    "type": "array",
                    "items": {"type": "integer"},
                    "description": "`view`: first and last line to show, from 1 on; a last line of -1 is the end of the file.",
                },
            },
            "required": ["command", "path"],
        },
    }


def tool_function(
    command, path, file_text=None, view_range=None, old_str=None, new_str=None, insert_line=None,
):
    """Do one command; what it answers."""
    return tools.editor(
        command, path,
        file_text=file_text, view_range=view_range, old_str=old_str, new_str=new_str, insert_line=insert_line,
    )
