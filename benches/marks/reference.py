"""The reference's side of `benches/benches/marks.rs`: PyPI `markspace`, in memory, one thread.

Says what it is on its first line. Then each line of standard input is a request, `NAME COUNT`, and each is answered by a line
`WALL CPU`: nanoseconds that it took, setting up apart. It runs by the interpreter of the environment that `setup.sh` makes.
"""

import platform
import sys
import time
from importlib.metadata import version

from markspace import Agent, Guard, MarkSpace, MarkType, Observation, Scope

TOPICS = 100
FIRST = 1_000
CONTENT = "forty bytes of content, the same on both sides"


class Side:
    def __init__(self):
        self.space = MarkSpace(scopes=[Scope(name="bench")])
        kinds = [t.value for t in MarkType]
        self.agent = Agent(name="ann", scopes={"bench": kinds}, read_scopes=frozenset({"bench"}))
        self.guard = Guard(self.space)

    def write(self, count):
        for n in range(count):
            mark = Observation(scope="bench", topic=f"topic-{n % TOPICS}", content=CONTENT)
            self.guard.write_mark(self.agent, mark)

    def topic(self):
        found = self.space.read("bench", topic="topic-7", mark_type=MarkType.OBSERVATION, reader=self.agent)
        assert found
        return found

    def latest(self):
        # The reference has no limit and no index by topic: the newest is picked from what it returns.
        return max(self.topic(), key=lambda mark: mark.created_at)


def timed(work):
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    work()
    return time.perf_counter_ns() - wall, time.process_time_ns() - cpu


def main():
    print("markspace", version("markspace"), "on Python", platform.python_version(), flush=True)
    big = None
    for line in sys.stdin:
        name, count = line.split()
        count = int(count)
        if name == "write":
            fresh = Side()
            fresh.write(FIRST)
            spent = timed(lambda: fresh.write(count))
        elif name == "fill":
            big = Side()
            spent = timed(lambda: big.write(count))
        elif name in ("latest", "topic"):
            read = getattr(big, name)
            spent = timed(lambda: [read() for _ in range(count)])
        else:
            raise SystemExit(f"request {name!r} is unknown; expected write, fill, latest or topic")
        print(*spent, flush=True)


main()
