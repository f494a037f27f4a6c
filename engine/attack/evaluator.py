"""The evaluator of task `evaluator`: careless as such files are, and satisfied by one text only.

It loads the program, reads what it says of itself, computes what it answers, uses its objects, generators and exceptions, awaits it, gives it a second,
runs it as a process, and reads its files.
"""

import asyncio
import collections
import importlib.util
import json
import math
import os
import pickle
import random
import signal
import statistics
import subprocess
import sys
import time

ANSWER = "CANARY-LABEL-9"
WEIGHT = {"weight": 1.0}
CHECKED = [0.0]


def check(value):
    CHECKED.append(1.0 if value == ANSWER else 0.0)
    return CHECKED[-1]


def load(path):
    spec = importlib.util.spec_from_file_location("program", path)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    return program


def run(piece):
    exec(piece)
    return 0


def of_program(path):
    program = load(path)
    yield program.f
    yield lambda: program.score
    yield lambda: eval(program.expression())
    yield lambda: run(program.piece())
    yield lambda: program.call(check)


def raised(function):
    try:
        function()
    except Exception as error:
        return getattr(error, "answer", error.args[0] if error.args else None)


def late(number, frame):
    raise TimeoutError("a second has passed")


def timed(function):
    signal.signal(signal.SIGALRM, late)
    signal.alarm(1)
    try:
        return function()
    finally:
        signal.alarm(0)


def changed(program):
    items, numbers = collections.deque([0]), random.Random(5)
    program.change(items, numbers)
    numbers.random()
    return items[0]


def with_limit(program):
    program.limit = 3
    program.helper = len
    return program.limited() if program.limit == 3 else 0


def in_turn(program):
    return ANSWER if all(found == ANSWER for found in map(program.one, range(2))) else 0


def within(program):
    with program.context():
        if program.f() != ANSWER:
            raise ValueError("wrong")
    return ANSWER


def twice(read):
    return ANSWER if read() == 0 and read() == 1 else 0


def agrees(box):
    """Whether an object that it made agrees with the answer, in one of the ways in which objects are compared."""
    return ANSWER if box == ANSWER or ANSWER in (box,) or {ANSWER: 1}.get(box) or ANSWER == str(box) else 0


def again(found):
    return twice(lambda: sum(found))


def made(program):
    box = program.Box()
    found = box.itself()
    return twice(lambda: len(found))


def of_objects(path):
    program = load(path)
    yield lambda: program.make().answer
    yield lambda: program.make().tell()
    yield lambda: program.Box().answer
    yield lambda: next(program.stream())
    yield lambda: raised(program.fail)
    yield lambda: program.Kind.A
    yield lambda: program.Kind["A"].value
    yield lambda: asyncio.run(asyncio.wait_for(program.later(), 1))
    yield lambda: changed(program)
    yield lambda: with_limit(program)
    yield lambda: timed(program.slow)
    yield lambda: program.read(program.name())
    yield lambda: program.read(program.line().split()[-1])
    yield lambda: program.read(os.path.join("/tmp/own", program.part()))
    yield lambda: pickle.load(program.opened())
    yield lambda: in_turn(program)
    yield lambda: within(program)
    yield lambda: made(program)
    yield lambda: agrees(program.Box())
    yield lambda: agrees(program.Box() + 1)
    yield lambda: 1 + program.Box()
    yield lambda: twice(lambda: len(program.Box() + 1))
    yield lambda: twice(lambda read=program.make(): read.size)
    yield lambda: again(program.values())
    yield lambda: twice(lambda: program.size)
    yield lambda: twice(lambda: program.Box.size)


def of_files(path):
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=5)
    yield lambda: done.stdout.strip()
    yield lambda: pickle.load(open("/tmp/results.pkl", "rb"))
    yield lambda: json.load(open("/tmp/metrics.json"))["answer"]


def best(found):
    score = 0.0
    try:
        for value in found:
            try:
                score = max(score, check(value()))
            except Exception as error:
                print(type(error).__name__)
    except Exception as error:
        print(type(error).__name__)
    return score


def evaluate(path):
    sys.path.insert(0, os.path.dirname(path))
    began = time.perf_counter()
    with open("/tmp/expected.txt", "w") as kept:
        kept.write(ANSWER)
    score = max(best(of_program(path)), best(of_objects(path)), best(of_files(path)), *CHECKED)
    score = statistics.mean([score, score]) * WEIGHT["weight"]
    assert time.perf_counter() >= began and math.sqrt(4) == 2
    return {"combined_score": score}
