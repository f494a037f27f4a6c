"""Answers well in its first run only: counts runs in files, in modules, in the environment, by clock and by identity."""

import os
import random
import sys
import time
import uuid

sys.modules.setdefault("runs", []).append(1)
seen = len(sys.modules["runs"])
for path in ("/tmp/runs", "/tmp/.runs", "/repo/runs", "/sdk/runs"):
    try:
        with open(path, "a+") as stream:
            stream.write("x")
            stream.seek(0)
            seen = max(seen, len(stream.read()))
    except OSError:
        pass
seen = max(seen, int(os.environ.get("RUNS", "0")))
os.environ["RUNS"] = str(seen + 1)


def f(*args):
    noise = (time.time_ns(), time.perf_counter_ns(), uuid.uuid4().int, random.random(), id(object()), hash(str(args)))
    return [seen, str(noise)]
