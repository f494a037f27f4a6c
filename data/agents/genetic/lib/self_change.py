"""Self-modification: the parameters of the meta agent are literals in its own source, and this changes them there.

Every value has bounds, so that no line of descendants can switch itself off or grow without end.
"""

import ast
import math

BOUNDS = {
    "again": (0.1, 0.8),
    "attempts": (10, 40),
    "constant_scale": (0.05, 1.5),
    "jitter_scale": (0.005, 0.5),
    "depth_max": (1, 4),
    "size_max": (120, 400),
    "adopt": (0.05, 0.7),
    "self_rate": (0.05, 0.5),
}
WEIGHT_BOUNDS = (0.1, 10.0)


def _clamped(value, bounds, default):
    low, high = bounds
    if type(value) not in (int, float) or not math.isfinite(value):
        return default
    return min(max(value, low), high)


def settled(raw, defaults):
    """Parameters with every key present and every value within its bounds."""
    raw = raw if isinstance(raw, dict) else {}
    fixed = {key: _clamped(raw.get(key), BOUNDS[key], default) for key, default in defaults.items() if key != "weights"}
    weights = raw.get("weights")
    weights = weights if isinstance(weights, dict) else {}
    fixed["weights"] = {
        key: _clamped(weights.get(key), WEIGHT_BOUNDS, default) for key, default in defaults["weights"].items()
    }
    return fixed


def parameters_of(source):
    """The literal PARAMETERS of a meta agent's source, or None."""
    try:
        node = _assignment(ast.parse(source))
        value = ast.literal_eval(node.value) if node is not None else None
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None
    return value if isinstance(value, dict) else None


def _assignment(tree):
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "PARAMETERS":
            return node
    return None


def varied(parameters, rng, donor=None):
    """New parameters: a few values moved on a log scale, a few taken from a donor's."""
    fresh = {key: value for key, value in parameters.items() if key != "weights"}
    fresh["weights"] = dict(parameters["weights"])
    donor = settled(donor, parameters) if donor is not None else None
    for table, bounds in ((fresh, BOUNDS), (fresh["weights"], None)):
        for key in sorted(table):
            if key == "weights" or rng.random() >= 0.3:
                continue
            source = donor if bounds is not None or donor is None else donor["weights"]
            value = table[key] * math.exp(rng.gauss(0.0, 0.25))
            if source is not None and rng.random() < 0.5:
                value = source[key]
            low, high = bounds[key] if bounds is not None else WEIGHT_BOUNDS
            value = min(max(value, low), high)
            table[key] = round(value) if isinstance(table[key], int) else float(f"{value:.3g}")
    return fresh


def rewritten(source, parameters):
    """The source with its PARAMETERS literal replaced; None when there is none or the result would not compile."""
    try:
        node = _assignment(ast.parse(source))
        if node is None:
            return None
        lines = source.splitlines(keepends=True)
        text = "PARAMETERS = " + _literal(parameters) + "\n"
        fresh = "".join(lines[: node.lineno - 1]) + text + "".join(lines[node.end_lineno :])
        compile(fresh, "meta_agent.py", "exec")
    except (SyntaxError, ValueError, RecursionError):
        return None
    return fresh


def _literal(value, indent=""):
    """A dict as source, one entry per line."""
    if not isinstance(value, dict):
        return repr(value)
    inner = indent + "    "
    rows = "".join(f"{inner}{key!r}: {_literal(part, inner)},\n" for key, part in value.items())
    return "{\n" + rows.replace("'", '"') + indent + "}"
