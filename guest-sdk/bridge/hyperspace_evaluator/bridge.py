"""Asks the program's guest: one request, one answer, with callbacks between them."""

import builtins
import os
import sys
import time

import _hyperspace
import hyperspace_wire as wire

_send = _hyperspace.send

callbacks = {}  # by id: functions that were handed to the program
deadlines = []  # virtual times at which something that waits gives up, the innermost last
absent = {}  # what the evaluator looked for and is not here, one phrase each, in order
variables = []  # of the environment, with their values, as the evaluator has changed them
left_out = {}  # what the program handed over and does not count, one phrase each, in order
state = {"calls": 0, "called_back": 0, "asking": 0, "generation": 0, "ended": None, "guest": 0, "told": None, "records": 0, "raised": 0}
READS = ("get", "read", "names", "star", "field", "above")  # requests that change nothing
records = {}  # dataclasses that were handed to the program, by their numbers
record_numbers = {}  # by their identity
RECORDS_MAX = 10_000
raised_here = {}  # exceptions of the evaluator's functions that the program called, by their numbers
streams = [sys.stdout, sys.stderr, sys.stdin]  # as they are when nobody has their output go elsewhere
_input = builtins.input
released = {}  # numbers of objects of the program that nobody holds any more, as keys in their order
RELEASED_MAX = 500
TOLD_MAX = 65_536  # characters of an exception's text, and of its traceback


class ProgramEnded(RuntimeError):
    """The program's guest has ended, for instance because it spent its fuel. `outcome` is the name of how it ended."""

    def __init__(self, text, outcome="exit"):
        super().__init__(text)
        self.outcome = outcome


class ProgramExit(RuntimeError, SystemExit):
    """The program asked to exit, which ends no evaluation: what catches exceptions catches it, and what catches exits does, too."""


def register(function):
    """The id of a function that is handed to the program."""
    for number, known in callbacks.items():
        if known is function:
            return number
    number = len(callbacks) + 1
    callbacks[number] = function
    return number


def seconds_left():
    """The virtual seconds until the next deadline, or None."""
    return min(deadlines) - time.monotonic() if deadlines else None


def moment():
    """Equal to what it was before as long as nothing of the program can have changed: until something is called or set, or calls back."""
    return state["calls"], state["called_back"]


def ask(request):
    """The answer to a request; callbacks in between are run here. Raises what the program raised."""
    if len(released) >= RELEASED_MAX and request[0] != "release":
        gone = list(released)
        released.clear()
        ask(["release", gone])
    if not state["asking"] and "prepared" in state:
        # A guest of its own does what is asked: what another one was told is none of its business.
        raised_here.clear()
    state["asking"] += 1
    try:
        return asked(request)
    finally:
        state["asking"] -= 1


def asked(request):
    resume, may_change = False, request[0] not in READS
    if sys.stdout is not streams[0] or sys.stderr is not streams[1] or sys.stdin is not streams[2] or builtins.input is not _input:
        request = with_streams(request)
    is_printed = request[0] == "printed"
    if variables and request[0] != "release" and (state["told"] != (state["guest"], len(variables)) or "prepared" in state):
        state["told"] = state["guest"], len(variables)
        request = ["environ", dict(variables), request]
    while True:
        answer = exchange(request, resume)
        if answer[0] == "p":
            if not is_printed or len(answer) != 5 or type(answer[1]) is not list or not answer[1] or type(answer[4]) is not int:
                raise nonsense()
            for stream, text in zip((sys.stdout, sys.stderr), answer[2:4]):
                stream.write(str(text))
            if answer[4] > 0 and sys.stdin is not streams[2]:
                sys.stdin.read(answer[4])
            return answer[1]
        if answer[0] != "c":
            return answer
        state["called_back"] += may_change
        request, resume = run_callback(answer), True


def note_variable(name, value=None):
    """Note a variable of the environment that the evaluator has set or, with None, removed: the program has it, too."""
    variables.append((os.fsdecode(name), None if value is None else os.fsdecode(value)))


def with_streams(request):
    """The request with what the evaluator has put in the place of its streams and of `input`, for the program."""
    given = asked = None
    if sys.stdin is not streams[2] and hasattr(sys.stdin, "seek"):
        at = sys.stdin.tell()
        given = sys.stdin.read()
        sys.stdin.seek(at)
    if builtins.input is not _input:
        asked = encoder().encode(builtins.input)
    return ["printed", request, given if isinstance(given, str) else None, asked]


def exchange(request, resume):
    seconds = ""
    if deadlines:
        left = seconds_left()
        if left <= 0:
            raise late()
        seconds = f',"seconds":{left!r}'
    payload = wire.dumps(request)
    if "/tmp/" in payload:
        state["mention"](request)
    text = asking(payload, resume, seconds)
    if len(text) > wire.FRAME_BYTES_MAX:
        if len(payload) > wire.BYTES_MAX:
            raise wire.NotData(f"the arguments take {len(payload)} bytes; at most {wire.BYTES_MAX} cross at a time")
        text = asking(wire.handed_over(payload, "program.part", _send), resume, seconds)
    reply = received(text)
    if "error" in reply:
        raise RuntimeError(reply["error"]["message"])
    reply = reply["ok"]
    if "ended" in reply:
        ended(reply["ended"])
    try:
        told = reply["payload"]
        answer = wire.loads(told)
        if type(answer) is not list or not answer:
            raise ValueError
        # Any text that spells a path below /tmp, or a way out of a folder, has one of these or an escape.
        if "/tmp/" in told or ".." in told or "\\/" in told or "\\u00" in told:
            state["note"](answer)
    except (ValueError, RecursionError):
        raise nonsense() from None
    if deadlines and seconds_left() <= 0:
        raise late()
    return answer


def asking(payload, resume, seconds):
    return f'{{"op":"program.ask","params":{{"payload":{wire.quoted(payload)},"resume":{"true" if resume else "false"}{seconds}}}}}'


def received(text):
    """The host's reply to a request."""
    return wire.loads(str(_send(text.encode("ascii")), "utf-8"))


def late():
    """The exception for a program whose deadline has passed."""
    return TimeoutError("the program took longer than it was given, in virtual seconds")


def ended(end):
    """Raise how the program's guest ended."""
    state["guest"] += 1
    released.clear()
    if end.get("deadline"):
        raise late()
    state["ended"] = end
    raise ProgramEnded(end["text"], end["outcome"])


def run_callback(answer):
    """Run a function that the program calls; the request that hands its result over."""
    try:
        _, number, sent, named = answer
        args, kwargs = decoder().arguments(sent, named)
        value = callbacks[number](*args, **kwargs)
        changed = []
        if wire.may_change(sent, named):
            changed = encoder().changes(args, kwargs, sent, named, lambda body: decoder().decode(body, 1))
        return ["return", encoder().whole(value, "the result of a function of the evaluator"), changed]
    except Exception as error:
        base = next(base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins")
        return ["raise", type(error).__name__, wire.text_of(error), base, arguments_of(error), number_of_error(error), type(error).__module__]


def arguments_of(error):
    """The arguments of an exception, encoded; its text where they cannot cross."""
    try:
        return wire.Encoder().encode(list(error.args))
    except wire.NotData:
        return [wire.text_of(error)]


def number_of_error(error):
    """The number of an exception that is handed to the program, so that it is the same when it comes back."""
    state["raised"] += 1
    raised_here[state["raised"]] = error
    if len(raised_here) > RECORDS_MAX:
        del raised_here[next(iter(raised_here))]
    return state["raised"]


def decoder():
    """A decoder of the program's values; `proxies` makes its objects."""
    return wire.Decoder(None, state["objects"], own_record)


def encoder():
    """An encoder of values for the program: functions become callbacks, objects of the program their numbers."""
    return wire.Encoder(register, state["number_of"], record_number)


def record_number(value):
    """The number of a dataclass that is handed over, so that the very object is found when it comes back."""
    number = record_numbers.get(id(value))
    if number is None or records.get(number) is not value:
        state["records"] += 1
        number = record_numbers[id(value)] = state["records"]
        records[number] = value
        if len(records) > RECORDS_MAX:
            record_numbers.pop(id(records.pop(next(iter(records)))), None)
    return number


def own_record(number, values):
    """The object that was handed over with this number, if it comes back with the values that it has; else None."""
    found = records.get(number) if type(number) is int else None
    if found is None:
        return None
    try:
        return found if encoder().encode(found)["r"][3] == values else None
    except wire.NotData:
        return None


def nonsense():
    """The exception for an answer that the program's side of the bridge does not give: the program has changed it."""
    return ProgramEnded("the program's guest answered with something that is no answer", "trap")


def decoded(value):
    """The value of an encoding that the program sent."""
    if type(value) is not list and type(value) is not dict:
        return value
    try:
        return decoder().decode(value)
    except (wire.NotData, RecursionError):
        raise nonsense() from None


def value_of(answer, is_next=False):
    """The value of an answer. Raises what the program raised; the end of an iterator only where one `is_next`: elsewhere it would end a loop of the
    evaluator."""
    if answer[0] == "v" and len(answer) > 1:
        return decoded(answer[1])
    if answer[0] == "x" and len(answer) == 9 and type(answer[6]) is dict:
        error = raised(answer)
        if isinstance(error, (StopIteration, StopAsyncIteration)) and not is_next:
            error = noted(RuntimeError(f"the program raised {type(error).__name__}"), answer)
        raise error
    raise nonsense()


def raised(answer):
    """The exception of an answer, with the program's traceback as a note."""
    name, text, _, base = map(str, answer[1:5])
    args = decoded(answer[5]) if type(answer[5]) is list else None
    if type(answer[7]) is int and answer[7] in raised_here:
        error = raised_here[answer[7]]
    elif name in ("SystemExit", "KeyboardInterrupt", "GeneratorExit"):
        error = ProgramExit(f"the program called exit({text})" if name == "SystemExit" else f"the program raised {name}")
        error.code = args[0] if args else None
    else:
        error = wire.exception(name, text, base, args, answer[8])
        for name_of, value in answer[6].items():
            # No attribute of the class: those are what the bridge relies on.
            if name_of.isidentifier() and not name_of.startswith("_") and not hasattr(error, name_of):
                setattr(error, name_of, decoded(value))
    return noted(error, answer)


def noted(error, answer):
    """The exception, with what the program told of it."""
    name, text, trace, _ = map(str, answer[1:5])
    text, trace = text[:TOLD_MAX], trace[-TOLD_MAX:]
    error.hyperspace_program = {"type": name, "message": text, "traceback": trace}
    if trace:
        error.add_note("In the program:\n" + trace.rstrip())
    return error
