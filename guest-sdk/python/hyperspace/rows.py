"""The driver of rows: one input, one answer."""

import importlib


def ask(module, cls, method, model, inputs):
    """The answer of an agent to one row, as text, or None.

    `cls` of `module` is made with `model`, if there is one, and its `method` is called with the input; a module without
    that class may have a function of the method's name. What they return is the answer, or a pair that begins with it.
    """
    loaded = importlib.import_module(module)
    if hasattr(loaded, cls):
        made = getattr(loaded, cls)
        call = getattr(made() if model is None else made(model=model), method)
    else:
        call = getattr(loaded, method, None)
        if call is None:
            raise AttributeError(f"module {module!r} has neither the class {cls} nor the function {method}")
    returned = call(inputs)
    answer = returned[0] if isinstance(returned, (tuple, list)) and returned else returned
    return None if answer is None else str(answer)
