"""Runs an engine so that this machine survives it: bounded in time and memory, ended with everything it started."""

import os
import pathlib
import resource
import signal
import socket
import subprocess
import threading
import time

ADDRESS_SPACE_MAX = 16 << 30
FILE_BYTES_MAX = 1 << 30
# A single process that holds more than this is ended by the watch below.
RESIDENT_MAX = 4 << 30


def limits():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_MAX, ADDRESS_SPACE_MAX))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES_MAX, FILE_BYTES_MAX))


def session_members(session):
    """The processes of a session, with their resident bytes."""
    members = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            stat = pathlib.Path("/proc", entry, "stat").read_text()
            fields = stat[stat.rindex(")") + 2 :].split()
        except (OSError, ValueError):
            continue
        if int(fields[3]) == session and fields[0] not in "ZX":
            members[int(entry)] = int(fields[21]) * resource.getpagesize()
    return members


def end(session):
    """Ends what is left of a session, process by process; answers how many there were."""
    left = session_members(session)
    for process in left:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return len(left)


class Listener:
    """Counts who connects, on the loopback interface, at a port of the system's choice."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()

    def close(self):
        self.socket.close()


def run(command, environment, folder, output, seconds_max):
    """Runs a command in a session of its own; answers what it took."""
    start, resident, over = time.monotonic(), 0, None
    with open(output, "wb") as out:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=limits,
        )
        while process.poll() is None and over is None:
            time.sleep(0.05)
            largest = max(session_members(process.pid).values(), default=0)
            resident = max(resident, largest)
            if largest > RESIDENT_MAX:
                over = "memory"
            elif time.monotonic() - start > seconds_max:
                over = "time"
        seconds = time.monotonic() - start
        left = end(process.pid)
        process.wait()
    return {"seconds": seconds, "resident": resident, "ended_for": over, "left": left, "code": process.returncode}
