"""LangChain deepagents: a backend whose commands run in the sandbox.

There is no shell in the wheel yet, so a command is `python3 -c CODE` or `python3 FILE`, with arguments; everything else is refused with an
error that says so. The file tools need no shell: files are kept in this process and given to each command.
"""

from __future__ import annotations

import fnmatch
import posixpath
import shlex
import threading
import uuid
from typing import Any, Mapping

from hyperspace._hyperspace import UsageError
from hyperspace.adapters import _guest

NO_SHELL = (
    "this sandbox has no shell: a command is `python3 -c CODE` or `python3 FILE`, with arguments, without pipes, redirections, variables or "
    "several commands. Do the rest in Python: os, shutil, pathlib, glob and re are there."
)
WORKSPACE = "/tmp/"  # what a guest can see


def parse(command: str) -> list[str] | None:
    """Returns the words of `python3 …`, or None for a command that would need a shell."""
    try:
        lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
        lexer.whitespace_split, lexer.commenters = True, ""
        words = list(lexer)
    except ValueError:
        return None
    if any(word and set(word) <= set("();<>|&") for word in words):
        return None
    return words[1:] if len(words) > 1 and words[0] in ("python3", "python") else None


class Files:
    """Files by absolute path, and what the file tools do with them."""

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self.lock = threading.Lock()
        self.contents: dict[str, bytes] = {}
        for path, content in files.items():
            if error := self.put(path, content.encode() if isinstance(content, str) else content):
                raise UsageError(f"files: {path}: {error}; expected an absolute path such as /tmp/main.py")

    def put(self, path: str, content: bytes) -> str | None:
        """Keeps a file; returns the code of an error."""
        if not path.startswith("/") or posixpath.normpath(path) != path or path == "/" or "\0" in path:
            return "invalid_path"
        with self.lock:
            if any(each.startswith(path + "/") for each in self.contents):
                return "is_directory"
            if any(path.startswith(each + "/") for each in self.contents):
                return "invalid_path"
            self.contents[path] = content
        return None

    def below(self, path: str | None) -> dict[str, bytes]:
        """Returns the file or the files below a folder."""
        base = posixpath.normpath(path or "/")
        folder = base if base.endswith("/") else base + "/"
        with self.lock:
            return {name: content for name, content in sorted(self.contents.items()) if name == base or name.startswith(folder)}

    def visible(self) -> dict[str, bytes]:
        """Returns the files that a guest gets, relative to its folder."""
        return {path.removeprefix(WORKSPACE): content for path, content in self.below(WORKSPACE).items()}


def backend(files: Mapping[str, str | bytes] | None = None, *, timeout: float = 60.0, **options: Any) -> Any:
    """Returns a `SandboxBackendProtocol` for `create_deep_agent(backend=…)`; imports deepagents.

    `files` are the first files, by absolute path. Commands see those below `/tmp`, start there, and what they write there stays; a file that
    a command deletes is there again for the next one (delete it with the tool). Each command is a guest of its own. `timeout` is in virtual
    seconds for each command, as is the `timeout` of `execute`: 1 s is 1e9 fuel. `options` are those of `hyperspace.Sandbox`.
    """
    from deepagents.backends import protocol as p

    _guest.sandbox(timeout, options)
    kept, limit = Files(files or {}), timeout

    class HyperspaceBackend(p.SandboxBackendProtocol):
        """A backend of deepagents in the sandbox of hyperspace."""

        def __init__(self) -> None:
            self._id = f"hyperspace-{uuid.uuid4()}"

        @property
        def id(self) -> str:
            return self._id

        def execute(self, command: str, *, timeout: int | None = None) -> Any:
            words = parse(command)
            if words is None or (words[0].startswith("-") and (words[0] != "-c" or len(words) < 2)):
                return p.ExecuteResponse(output=NO_SHELL, exit_code=127)
            visible = kept.visible()
            if words[0] == "-c":
                code, name, args = words[1], "main.py", words[2:]
            else:
                name, args = posixpath.normpath(posixpath.join(WORKSPACE, words[0])), words[1:]
                found = visible.get(name.removeprefix(WORKSPACE)) if name.startswith(WORKSPACE) else None
                if found is None:
                    return p.ExecuteResponse(output=f"python3: no file {name}; commands see the files below {WORKSPACE}", exit_code=2)
                code, name = found.decode("utf-8", "replace"), posixpath.basename(name)
            seconds = limit if timeout is None else timeout
            outcome = _guest.sandbox(seconds, options).run(code, name=name, args=args, files=visible)
            for path, content in outcome.files.items():
                if path.startswith(WORKSPACE):
                    kept.put(path, content)
            # A traceback is on stderr only where the guest wrote it.
            why = "" if outcome.kind in ("completed", "exception", "exit") else f"stopped: {outcome.describe()}\n"
            error = outcome.traceback if outcome.traceback and outcome.traceback.strip() not in outcome.stderr else ""
            output = outcome.stdout + outcome.stderr + (error or "") + why
            return p.ExecuteResponse(output=output, exit_code=137 if outcome.exit_code is None else outcome.exit_code)

        def ls(self, path: str) -> Any:
            base = posixpath.normpath(path).rstrip("/") + "/"
            entries: dict[str, Any] = {}
            for name, content in kept.below(base).items():
                first, slash, _ = name.removeprefix(base).partition("/")
                entries[base + first] = {"path": base + first + slash, "is_dir": bool(slash), "size": 0 if slash else len(content)}
            return p.LsResult(entries=list(entries.values()))

        def read(self, file_path: str, offset: int = 0, limit: int = 2000) -> Any:
            content = kept.contents.get(file_path)
            if content is None:
                return p.ReadResult(error=f"File '{file_path}' not found")
            lines = content.decode("utf-8", "replace").splitlines(keepends=True)
            if lines and offset >= len(lines):
                return p.ReadResult(error=f"Line offset {offset} exceeds file length ({len(lines)} lines)")
            return p.ReadResult(file_data={"content": "".join(lines[max(0, offset) : max(0, offset) + limit]), "encoding": "utf-8"})

        def write(self, file_path: str, content: str) -> Any:
            error = f"'{file_path}' exists; edit it" if file_path in kept.contents else kept.put(file_path, content.encode("utf-8", "replace"))
            return p.WriteResult(error=error) if error else p.WriteResult(path=file_path)

        def edit(self, file_path: str, old_string: str, new_string: str, replace_all: bool = False) -> Any:
            content = kept.contents.get(file_path)
            text = None if content is None else content.decode("utf-8", "replace")
            count = text.count(old_string) if text is not None and old_string else 0
            if text is None or count == 0 or (count > 1 and not replace_all):
                found = "not found" if text is None else f"the text to replace occurs {count} times; make it unique, or replace all"
                return p.EditResult(error=f"{file_path}: {found}")
            kept.put(file_path, text.replace(old_string, new_string).encode("utf-8", "replace"))
            return p.EditResult(path=file_path, occurrences=count)

        def grep(self, pattern: str, path: str | None = None, glob: str | None = None, *, max_count: int | None = None) -> Any:
            matches = [
                {"path": name, "line": number, "text": line}
                for name, content in kept.below(path).items()
                if glob is None or fnmatch.fnmatch(name, glob) or fnmatch.fnmatch(posixpath.basename(name), glob)
                for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1)
                if pattern in line
            ]
            return p.GrepResult(matches=matches[:max_count], truncated=max_count is not None and len(matches) > max_count)

        def glob(self, pattern: str, path: str | None = None) -> Any:
            base = posixpath.normpath(path or "/").rstrip("/") + "/"
            found = [
                {"path": name, "is_dir": False, "size": len(content)}
                for name, content in kept.below(base).items()
                if fnmatch.fnmatch(name.removeprefix(base), pattern.lstrip("/")) or fnmatch.fnmatch(posixpath.basename(name), pattern.removeprefix("**/"))
            ]
            return p.GlobResult(matches=found)

        def delete(self, file_path: str) -> Any:
            gone = kept.below(file_path)
            with kept.lock:
                for name in gone:
                    kept.contents.pop(name, None)
            return p.DeleteResult(path=file_path) if gone else p.DeleteResult(error=f"File '{file_path}' not found")

        def upload_files(self, files: list[tuple[str, bytes]]) -> list[Any]:
            return [p.FileUploadResponse(path=path, error=kept.put(path, content)) for path, content in files]

        def download_files(self, paths: list[str]) -> list[Any]:
            found = [(path, kept.contents.get(path)) for path in paths]
            return [
                p.FileDownloadResponse(path=path, content=content, error="file_not_found" if content is None else None) for path, content in found
            ]

    return HyperspaceBackend()
