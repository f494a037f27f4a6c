"""Servers for the tests of clients: the command that came with the wheel, or `$HYPERSPACE_PROGRAM`."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

PROGRAM = os.environ.get("HYPERSPACE_PROGRAM") or str(pathlib.Path(sys.executable).with_name("hyperspace"))


@contextlib.contextmanager
def serve(*options, store=None):
    """Starts `hyperspace serve` on a free port; yields its address and its process, and stops it as a user does."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        log = stack.enter_context(open(os.path.join(folder, "log"), "w+", encoding="utf-8"))
        command = [PROGRAM, "serve", "--json", "--listen", "127.0.0.1:0", "--store", store or os.path.join(folder, "store"), *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            url = None
            decoder, text = json.JSONDecoder(), ""
            while url is None:
                line = process.stdout.readline()
                if not line:
                    log.seek(0)
                    raise RuntimeError(f"the server did not start: {log.read()}")
                text += line
                with contextlib.suppress(ValueError):
                    url = decoder.raw_decode(text)[0]["url"]
            yield url, process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=60)
            finally:
                process.kill()
                process.stdout.close()
