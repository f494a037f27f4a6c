"""LangChain deepagents: a backend whose commands run in the sandbox.

Commands are those of a shell, with `python3`, `git`, `rg` and `jq`, on persistent files. Files outside of the folders that commands
see are kept in this process, only for the file tools.
"""

from __future__ import annotations

import posixpath
import threading
import uuid
from typing import Any, Mapping, Sequence

from hyperspace._hyperspace import UsageError
from hyperspace._workspace import Workspace
from hyperspace.adapters import _globs, _guest

FOLDERS = ("/tmp", "/workspace")  # what commands see; they start in the first one
SHELL_SECONDS = 120.0  # the longest command of a shell
OTHERS_BYTES_MAX = 64 << 20  # total size of the files kept in this process, including their names
EDITED_MAX = 16 << 20  # characters of a file after an edit


class Files:
    """Files by absolute path: those of the workspace, and those beside it."""

    def __init__(self, workspace: Workspace, folders: Sequence[str], files: Mapping[str, str | bytes]) -> None:
        self.workspace, self.folders = workspace, folders
        self.lock = threading.Lock()
        self.others: dict[str, bytes] = {}
        self.others_bytes = 0
        for path, content in files.items():
            if error := self.put(path, content.encode() if isinstance(content, str) else content):
                raise UsageError(f"files: {path}: {error}; expected an absolute path such as /tmp/main.py")

    def _is_seen(self, path: str) -> bool:
        return any(path == folder or path.startswith(f"{folder}/") for folder in self.folders)

    def get(self, path: str) -> bytes | None:
        """Returns the content of a file, or None."""
        if not self._is_seen(path):
            with self.lock:
                return self.others.get(path)
        try:
            return self.workspace.read(path)
        except OSError:
            return None

    def put(self, path: str, content: bytes) -> str | None:
        """Writes a file. Returns the code of an error, if there was one."""
        if not path.startswith("/") or posixpath.normpath(path) != path or path == "/" or "\0" in path:
            return "invalid_path"
        if self._is_seen(path):
            try:
                self.workspace.write(path, content)
            except IsADirectoryError:
                return "is_directory"
            except NotADirectoryError:
                return "invalid_path"
            except OSError:
                return "permission_denied"
            return None
        with self.lock:
            if any(each.startswith(path + "/") for each in (*self.others, *self.folders)):
                return "is_directory"
            if any(path.startswith(each + "/") for each in self.others):
                return "invalid_path"
            before = len(path) + len(self.others[path]) if path in self.others else 0
            after = self.others_bytes - before + len(path) + len(content)
            if after > OTHERS_BYTES_MAX:
                return "permission_denied"
            self.others[path], self.others_bytes = content, after
        return None

    def below(self, path: str | None) -> dict[str, bytes]:
        """Returns the file or the files below a folder."""
        base = posixpath.normpath(path or "/")
        folder = base if base.endswith("/") else base + "/"
        with self.lock:
            found = {name: content for name, content in self.others.items() if name == base or name.startswith(folder)}
        for seen in self.folders:
            if seen.startswith(folder) or self._is_seen(base):
                start = seen if seen.startswith(folder) else base
                try:
                    found.update(self.workspace.files(start))
                except NotADirectoryError:
                    found[base] = self.workspace.read(base)
                except OSError:
                    pass
        return dict(sorted(found.items()))

    def remove(self, path: str) -> bool:
        """Removes a file, or the files below a folder. Returns whether there were any."""
        gone = self.below(path)
        for name in gone:
            if self._is_seen(name):
                self.workspace.remove(name)
            else:
                with self.lock:
                    if (content := self.others.pop(name, None)) is not None:
                        self.others_bytes -= len(name) + len(content)
        return bool(gone)


def backend(
    files: Mapping[str, str | bytes] | None = None, *, timeout: float = 60.0, folders: Sequence[str] = FOLDERS, **options: Any,
) -> Any:
    """Returns a `SandboxBackendProtocol` for `create_deep_agent(backend=…)`; imports deepagents.

    `files` are the initial files, by absolute path. Commands see those below `folders` and start in the first one; what they write
    there persists. `timeout` is in virtual seconds for each command, as is the `timeout` of `execute`: the time that it sleeps, and
    one second per 1e9 fuel; a command takes at most 120 s. `options` are those of `hyperspace.Sandbox`.
    """
    from deepagents.backends import protocol as p

    box = _guest.sandbox(max(timeout, SHELL_SECONDS) if timeout > 0 else timeout, options)
    workspace = box.workspace(folders=folders)
    kept, limit = Files(workspace, folders, files or {}), timeout

    class HyperspaceBackend(p.SandboxBackendProtocol):
        """A backend of deepagents in the sandbox of hyperspace."""

        def __init__(self) -> None:
            self._id = f"hyperspace-{uuid.uuid4()}"

        @property
        def id(self) -> str:
            return self._id

        def execute(self, command: str, *, timeout: int | None = None) -> Any:
            done = workspace.run(command, timeout=limit if timeout is None else timeout)
            why = done.stopped or ("it took too long" if done.timed_out else None)
            output = done.stdout + done.stderr + (f"stopped: {why}\n" if why else "")
            return p.ExecuteResponse(output=output, exit_code=done.exit_code, truncated=done.truncated)

        def ls(self, path: str) -> Any:
            folder = posixpath.normpath(path)
            base = folder.rstrip("/") + "/"
            entries: dict[str, Any] = {}
            found = kept.below(folder)
            if folder in found:
                return p.LsResult(error=f"Path '{path}': not_a_directory")
            if not found and base not in ("/", *(f"{each}/" for each in folders)):
                return p.LsResult(error=f"Path '{path}': path_not_found")
            for name, content in found.items():
                first, slash, _ = name.removeprefix(base).partition("/")
                entries[base + first] = {"path": base + first + slash, "is_dir": bool(slash), "size": 0 if slash else len(content)}
            return p.LsResult(entries=list(entries.values()))

        def read(self, file_path: str, offset: int = 0, limit: int = 2000) -> Any:
            content = kept.get(file_path)
            if content is None:
                return p.ReadResult(error=f"File '{file_path}' not found")
            lines = content.decode("utf-8", "replace").splitlines(keepends=True)
            if lines and offset >= len(lines):
                return p.ReadResult(error=f"Line offset {offset} exceeds file length ({len(lines)} lines)")
            return p.ReadResult(file_data={"content": "".join(lines[max(0, offset) : max(0, offset) + limit]), "encoding": "utf-8"})

        def write(self, file_path: str, content: str) -> Any:
            error = f"'{file_path}' exists; edit it" if kept.get(file_path) is not None else kept.put(file_path, content.encode("utf-8", "replace"))
            return p.WriteResult(error=error) if error else p.WriteResult(path=file_path)

        def edit(self, file_path: str, old_string: str, new_string: str, replace_all: bool = False) -> Any:
            content = kept.get(file_path)
            text = None if content is None else content.decode("utf-8", "replace")
            count = text.count(old_string) if text is not None and old_string else 0
            if text is None or count == 0 or (count > 1 and not replace_all):
                found = "not found" if text is None else f"the text to replace occurs {count} times; make it unique, or replace all"
                return p.EditResult(error=f"{file_path}: {found}")
            size = len(text) + count * (len(new_string) - len(old_string))
            if size > max(EDITED_MAX, len(text)):
                return p.EditResult(error=f"{file_path}: it would have {size} characters; at most {EDITED_MAX}")
            error = kept.put(file_path, text.replace(old_string, new_string).encode("utf-8", "replace"))
            return p.EditResult(error=f"{file_path}: {error}") if error else p.EditResult(path=file_path, occurrences=count)

        def grep(self, pattern: str, path: str | None = None, glob: str | None = None, *, max_count: int | None = None) -> Any:
            wanted = None if glob is None else _globs.matcher(glob, posixpath.normpath(path or "/"))
            matches = [
                {"path": name, "line": number, "text": line}
                for name, content in kept.below(path).items()
                if wanted is None or wanted(name)
                for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1)
                if pattern in line
            ]
            return p.GrepResult(matches=matches[:max_count], truncated=max_count is not None and len(matches) > max_count)

        def glob(self, pattern: str, path: str | None = None) -> Any:
            base = posixpath.normpath(path or "/")
            wanted = _globs.matcher(pattern, base)
            found = [{"path": name, "is_dir": False, "size": len(content)} for name, content in kept.below(base).items() if wanted(name)]
            return p.GlobResult(matches=found)

        def delete(self, file_path: str) -> Any:
            found = kept.remove(file_path)
            return p.DeleteResult(path=file_path) if found else p.DeleteResult(error=f"File '{file_path}' not found")

        def upload_files(self, files: list[tuple[str, bytes]]) -> list[Any]:
            return [p.FileUploadResponse(path=path, error=kept.put(path, content)) for path, content in files]

        def download_files(self, paths: list[str]) -> list[Any]:
            found = [(path, kept.get(path)) for path in paths]
            return [
                p.FileDownloadResponse(path=path, content=content, error="file_not_found" if content is None else None) for path, content in found
            ]

    return HyperspaceBackend()
