"""The operations of examples/marks_bench.rs, by the peer: PyPI `markspace` 0.2.0b0, in memory.

Run with the interpreter of a virtual environment that holds it. Prints one JSON document.
"""

import json
import time

from markspace import Agent, Guard, MarkSpace, MarkType, Observation, Scope

TOPICS = 100


def build():
    space = MarkSpace(scopes=[Scope(name="bench")])
    agent = Agent(name="ann", scopes={"bench": [t.value for t in MarkType]}, read_scopes=frozenset({"bench"}))
    return space, Guard(space), agent


def writes(guard, agent, count):
    start = time.perf_counter()
    for n in range(count):
        guard.write_mark(
            agent,
            Observation(
                scope="bench", topic=f"topic-{n % TOPICS}", content="forty bytes of content, as in the reference"
            ),
        )
    return count / (time.perf_counter() - start)


def main():
    space, guard, agent = build()
    writes(guard, agent, 1000)
    rate = max(writes(guard, agent, 4000) for _ in range(5))
    while len(space._marks) < 100_000:
        writes(guard, agent, 1000)
    reads = []
    for _ in range(5):
        start = time.perf_counter()
        found = space.read("bench", topic="topic-7", mark_type=MarkType.OBSERVATION, reader=agent)
        reads.append(time.perf_counter() - start)
    assert found
    print(json.dumps({"write_per_s": round(rate), "read_topic_ns_at_100k": round(min(reads) * 1e9)}))


main()
