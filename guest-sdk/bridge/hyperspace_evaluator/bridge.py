"""Asks the program's guest: one request, one answer, with callbacks between them."""

import time

import _hyperspace
import hyperspace_wire as wire

_send = _hyperspace.send

callbacks = {}  # by id: functions that were handed to the program
deadlines = []  # virtual times at which something that waits gives up, the innermost last
state = {"calls": 0, "generation": 0, "ended": None}


class ProgramEnded(RuntimeError):
    """The program's guest has ended, for instance because it spent its fuel. `outcome` is the name of how it ended."""

    def __init__(self, text, outcome="exit"):
        super().__init__(text)
        self.outcome = outcome


class ProgramExit(RuntimeError):
    """The program asked to exit, which ends no evaluation."""


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


def ask(request):
    """The answer to a request; callbacks in between are run here. Raises what the program raised."""
    resume = False
    while True:
        answer = exchange(request, resume)
        if answer[0] != "c":
            return answer
        request, resume = run_callback(answer), True


def exchange(request, resume):
    seconds = ""
    if deadlines:
        left = seconds_left()
        if left <= 0:
            raise late()
        seconds = f',"seconds":{left!r}'
    payload = wire.quoted(wire.dumps(request))
    text = f'{{"op":"program.ask","params":{{"payload":{payload},"resume":{"true" if resume else "false"}{seconds}}}}}'
    if len(text) > wire.BYTES_MAX:
        raise wire.NotData(f"the arguments take {len(text)} bytes; at most {wire.BYTES_MAX} cross at a time")
    reply = received(text)
    if "error" in reply:
        raise RuntimeError(reply["error"]["message"])
    reply = reply["ok"]
    if "ended" in reply:
        ended(reply["ended"])
    try:
        answer = wire.loads(reply["payload"])
        if type(answer) is not list or not answer:
            raise ValueError
    except (ValueError, RecursionError):
        raise ProgramEnded("the program's guest answered with something that is no answer", "trap") from None
    if deadlines and seconds_left() <= 0:
        raise late()
    return answer


def received(text):
    """The host's reply to a request."""
    return wire.loads(str(_send(text.encode("ascii")), "utf-8"))


def late():
    """The exception for a program whose deadline has passed."""
    return TimeoutError("the program took longer than it was given, in virtual seconds")


def ended(end):
    """Raise how the program's guest ended."""
    if end.get("deadline"):
        raise late()
    state["ended"] = end
    raise ProgramEnded(end["text"], end["outcome"])


def run_callback(answer):
    """Run a function that the program calls; the request that hands its result over."""
    try:
        _, number, sent, named = answer
        args, kwargs = wire.Decoder().arguments(sent, named)
        value = callbacks[number](*args, **kwargs)
        return ["return", wire.Encoder(register).whole(value, "the result of a function of the evaluator")]
    except Exception as error:
        return ["raise", type(error).__name__, wire.text_of(error)]


def value_of(answer):
    """The value of an answer. Raises what the program raised."""
    kind = answer[0]
    if kind == "v":
        value = answer[1]
        return wire.Decoder().decode(value) if type(value) in (list, dict) else value
    if kind == "x":
        raise raised(answer)
    raise ProgramEnded("the program's guest answered with something that is no answer", "trap")


def raised(answer):
    """The exception of an answer, with the program's traceback as a note."""
    name, text, trace = str(answer[1]), str(answer[2]), str(answer[3])
    if name in ("SystemExit", "KeyboardInterrupt", "GeneratorExit"):
        error = ProgramExit(f"the program called exit({text})" if name == "SystemExit" else f"the program raised {name}")
    else:
        error = wire.exception(name, text)
    error.hyperspace_program = {"type": name, "message": text, "traceback": trace}
    if trace:
        error.add_note("In the program:\n" + trace.rstrip())
    return error
