"""Drivers the host starts: they call an agent's function again and again in one instance."""

import importlib

from hyperspace.door import call

LAST_MAX = 2000  # characters of a conversation's last text that are told


def _function(module, function):
    """The function `function` of `module`; dots lead into classes or objects."""
    target = importlib.import_module(module)
    for part in function.split("."):
        target = getattr(target, part)
    return target


def each(module, function, calls):
    """Call the function once for every list of arguments in `calls`; the list of what it returned."""
    target = _function(module, function)
    return [target(*args) for args in calls]


def episode(module, function):
    """Play one episode: the host reveals the arguments of one step at a time, and judges each returned value."""
    target = _function(module, function)
    answer = call("env.reset")
    while not answer["done"]:
        answer = call("env.step", value=target(*answer["args"]))


def answer(inputs, model=None):
    """Answer one row of a task: `TaskAgent(model=model).forward(inputs)` of the module `task_agent`.

    Returns the prediction as text, or None. The conversation that `forward` returns beside it stays here.
    """
    agent = _made(_function("task_agent", "TaskAgent"), model=model)
    returned = agent.forward(inputs)
    prediction = returned[0] if isinstance(returned, (tuple, list)) and returned else returned
    return None if prediction is None else str(prediction)


def improve(argument):
    """Run the meta agent of the module `meta_agent` once: its `improve(argument)`, or the class `MetaAgent` without one.

    Of `argument` the class gets model, temperature, repo (default /repo), evals (default /repo/evals) and
    iterations_left; what it returns is a conversation, of which the length and the last text are told.
    """
    module = importlib.import_module("meta_agent")
    if hasattr(module, "improve"):
        return module.improve(argument)
    agent = _made(module.MetaAgent, model=argument.get("model"), temperature=argument.get("temperature"))
    history = agent.forward(
        repo_path=argument.get("repo") or "/repo",
        eval_path=argument.get("evals") or "/repo/evals",
        iterations_left=argument.get("iterations_left"),
    )
    messages = history if isinstance(history, list) else []
    last = messages[-1] if messages and isinstance(messages[-1], dict) else {}
    return {"messages": len(messages), "last": str(last.get("content") or last.get("text") or "")[-LAST_MAX:]}


def _made(cls, **settings):
    """An instance of `cls`, with those settings that are given; the others keep the defaults of the class."""
    return cls(**{name: value for name, value in settings.items() if value is not None})
