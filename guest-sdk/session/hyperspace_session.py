"""The guest's side of a session: code that goes on where the code before it stopped.

The host calls `execute` again and again, each time in the state that the last call left. Names live in one namespace, as at the prompt of
an interpreter; the value of a last expression is the value of the code.
"""

import ast
import builtins
import json
import linecache
import os
import random
import sys

import hyperspace

NAMESPACE = {"__name__": "__main__", "__builtins__": builtins}
_count = 0
# What the interpreter sets anew for every call, as the code before left it; None before the first.
_surroundings = None
# Encodes the value of a last expression before it is looked at; set where more than JSON may cross.
encoded = None


def execute(code, variables, tools):
    """Runs `code` after setting `variables` and making each of `tools` a function that asks the host.

    Returns `{"has_value", "value", "text", "plain"}`: of the last expression, its JSON value where it has one (`plain`), and its text.
    """
    global _count, _surroundings
    _count += 1
    if _surroundings is not None:
        _restore(*_surroundings)
    try:
        return _executed(code, variables, tools)
    finally:
        try:
            _surroundings = list(sys.path), list(sys.argv), dict(os.environ), os.getcwd(), random.getstate()
        except Exception:  # The code made one of them unusable; the next one starts as the first did.
            _surroundings = None


def _restore(path, arguments, environment, folder, state):
    sys.path[:] = path
    sys.argv[:] = arguments
    os.environ.clear()
    os.environ.update(environment)
    random.setstate(state)
    try:
        os.chdir(folder)
    except OSError:
        # The code deleted it: the folder of a start is as good as any.
        pass


def _executed(code, variables, tools):
    main = sys.modules["__main__"]
    main.__dict__.update({name: value for name, value in NAMESPACE.items() if name not in main.__dict__})
    NAMESPACE.update(variables)
    NAMESPACE.update({name: _tool(name) for name in tools})
    name = f"<session {_count}>"
    # Tracebacks show the lines of the code.
    linecache.cache[name] = (len(code), None, code.splitlines(True), name)
    module = compile(code, name, "exec", ast.PyCF_ONLY_AST)
    last = module.body.pop() if module.body and isinstance(module.body[-1], ast.Expr) else None
    exec(compile(module, name, "exec"), NAMESPACE)
    if last is None:
        return {"has_value": False, "value": None, "text": "", "plain": True}
    value = eval(compile(ast.Expression(last.value), name, "eval"), NAMESPACE)
    if value is not None:
        NAMESPACE["_"] = value
    return {"has_value": value is not None, **_shown(value)}


def _shown(value):
    try:
        sent = value if encoded is None else encoded(value)
        json.dumps(sent, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return {"value": None, "text": repr(value), "plain": False}
    return {"value": sent, "text": repr(value), "plain": True}


def _tool(name):
    def tool(*args, **kwargs):
        return hyperspace.call(name, args=args, kwargs=kwargs)

    tool.__name__ = tool.__qualname__ = name
    tool.__doc__ = f"Calls `{name}` of the host."
    return tool
