"""Kinds of values: a coarse type system, so that operators put numbers where numbers are.

A kind is a string: `int`, `float`, `bool`, `seq:N` (N numbers), `rows` (sequences of numbers), `function`,
`module` or `other`. What is not known is `other`, and operators leave it alone.
"""

import ast

NUMERIC = ("int", "float")
NUMBER_CALLS = {"abs", "min", "max", "sum", "len", "round", "int", "float", "pow"}


def of_value(value):
    """The kind of a value that was seen while the program ran."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "float"
    if isinstance(value, (list, tuple)) and value:
        head = value[:64]
        if all(isinstance(part, (int, float)) for part in head):
            return f"seq:{len(value)}"
        if all(of_value(part).startswith("seq") for part in head):
            return "rows"
    return "other"


def merge(first, second):
    """The kind that covers both, as far as there is one."""
    if first is None or first == second:
        return second
    if first in NUMERIC and second in NUMERIC:
        return "float"
    if first.startswith("seq") and second.startswith("seq"):
        return f"seq:{min(length(first), length(second))}"
    return "other"


def length(kind):
    """The least length that a sequence of this kind was seen to have; 0 when unknown."""
    return int(kind.partition(":")[2] or 0)


def element(kind):
    """The kind of the elements of a sequence."""
    if kind.startswith("seq"):
        return "float"
    return "seq:0" if kind == "rows" else "other"


def of_expression(node, env):
    """The kind of an expression under `env`, a mapping from bound names to kinds."""
    if isinstance(node, ast.Constant):
        return of_value(node.value)
    if isinstance(node, ast.Name):
        return env.get(node.id, "other")
    if isinstance(node, (ast.Compare, ast.BoolOp)):
        return "bool"
    if isinstance(node, ast.UnaryOp):
        return "bool" if isinstance(node.op, ast.Not) else _arithmetic(node.operand, node.operand, node.op, env)
    if isinstance(node, ast.BinOp):
        return _arithmetic(node.left, node.right, node.op, env)
    if isinstance(node, ast.IfExp):
        return merge(of_expression(node.body, env), of_expression(node.orelse, env))
    if isinstance(node, ast.Subscript):
        base = of_expression(node.value, env)
        return base if isinstance(node.slice, ast.Slice) else element(base)
    if isinstance(node, (ast.List, ast.Tuple)):
        inner = [of_expression(part, env) for part in node.elts]
        numbers = bool(inner) and all(kind in NUMERIC for kind in inner)
        return f"seq:{len(inner)}" if numbers else "other"
    if isinstance(node, ast.Call):
        return _call(node, env)
    return "other"


def _arithmetic(left, right, operator, env):
    kinds = [of_expression(left, env), of_expression(right, env)]
    if not all(kind in ("int", "float", "bool") for kind in kinds):
        return "other"
    whole = all(kind in ("int", "bool") for kind in kinds)
    return "int" if whole and not isinstance(operator, (ast.Div, ast.Pow)) else "float"


def _call(node, env):
    function = node.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        if function.value.id == "math":
            return "float"
        return "int" if function.attr == "count" else "other"
    if not isinstance(function, ast.Name):
        return "other"
    known = env.get(function.id, "")
    if known.startswith("function:"):
        return known.partition(":")[2]
    if known or function.id not in NUMBER_CALLS:
        return "other"
    if function.id in ("len", "int"):
        return "int"
    inner = [of_expression(part, env) for part in node.args]
    if function.id in ("min", "max", "abs", "round") and inner and all(kind in ("int", "bool") for kind in inner):
        return "int"
    if any(kind in ("rows", "other") for kind in inner):
        return "other"
    return "float"


def of_targets(target, iterable, env):
    """Names bound by `for target in iterable`, with their kinds."""
    return bind(target, _item(iterable, env))


def _item(iterable, env):
    """What one round of an iteration yields: a kind, or a list of them for a tuple."""
    if isinstance(iterable, ast.Call) and isinstance(iterable.func, ast.Name):
        name, args = iterable.func.id, iterable.args
        if name == "range":
            return "int"
        if name == "enumerate" and args:
            return ["int", _item(args[0], env)]
        if name == "zip":
            return [_item(part, env) for part in args]
        if name in ("sorted", "reversed", "list", "tuple", "set") and args:
            return _item(args[0], env)
    return element(of_expression(iterable, env))


def bind(target, kind):
    """Pairs names of an assignment target with kinds."""
    if isinstance(target, ast.Name):
        return {target.id: kind if isinstance(kind, str) else "other"}
    if isinstance(target, ast.Starred):
        return bind(target.value, "other")
    if isinstance(target, (ast.Tuple, ast.List)):
        parts = target.elts
        if isinstance(kind, list) and len(kind) == len(parts):
            kinds = kind
        else:
            kinds = [element(kind) if isinstance(kind, str) and kind.startswith("seq") else "other"] * len(parts)
        bound = {}
        for part, inner in zip(parts, kinds):
            bound.update(bind(part, inner))
        return bound
    return {}
