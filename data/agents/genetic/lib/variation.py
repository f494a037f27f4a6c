"""One child from one parent: operators are tried until a child compiles, stays in bounds and behaves differently."""

import ast

from lib import crossover, operators, scope, statements
from lib.probe import Probe

PROBE_STEPS = 150_000
PROBE_STEPS_EACH = 25_000
DEPTH_MAX = 60
# Attempts times nodes of the parent: an attempt costs some 40 microseconds of native python per node.
WORK_MAX = 5_000

OPERATORS = {
    "constant": operators.mutate_constant,
    "jitter": operators.jitter_constants,
    "operator": operators.mutate_operator,
    "grow": operators.grow,
    "extend": operators.extend,
    "shrink": operators.shrink,
    "hoist": operators.hoist,
    "rescale": operators.rescale,
    "wrap": operators.wrap_condition,
    "condition": operators.mutate_condition,
    "accumulate": statements.accumulate,
    "introduce": statements.introduce,
    "return": statements.early_return,
    "repeat": statements.repeat,
    "delete": statements.delete,
    "swap": statements.swap,
    "reweigh": statements.reweigh,
    "cross_expression": crossover.cross_expression,
    "cross_function": crossover.cross_function,
    "cross_statement": crossover.cross_statement,
    "cross_constants": crossover.cross_constants,
}


class Child:
    """A child's source and the operators that made it."""

    def __init__(self, source, applied, tries):
        self.source = source
        self.applied = applied
        self.tries = tries


def size(tree):
    """Number of nodes that matter for the cost and the readability of a program."""
    return sum(isinstance(node, (ast.expr, ast.stmt)) for node in ast.walk(tree))


def depth(node):
    """Levels of nesting."""
    deepest, pending = 0, [(node, 1)]
    while pending:
        current, level = pending.pop()
        deepest = max(deepest, level)
        pending.extend((child, level + 1) for child in ast.iter_child_nodes(current))
    return deepest


def _add_imports(tree):
    """`import math` where an operator used it."""
    used = any(isinstance(node, ast.Name) and node.id == "math" for node in ast.walk(tree))
    bound = any(
        isinstance(node, (ast.Import, ast.ImportFrom)) and any((alias.asname or alias.name) == "math" for alias in node.names)
        for node in tree.body
    )
    if used and not bound:
        place = 0
        for index, node in enumerate(tree.body):
            text = index == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if text or isinstance(node, ast.ImportFrom) and node.module == "__future__":
                place = index + 1
        tree.body.insert(place, ast.Import([ast.alias("math")]))


class Breeder:
    """Makes children of one parent source."""

    def __init__(self, source, task, donors, rng, parameters):
        self.source = source
        self.donors = donors
        self.rng = rng
        self.parameters = parameters
        tree = ast.parse(source)
        self.plain = ast.unparse(tree)
        self.size = size(tree)
        self.depth = depth(tree)
        self.probe = Probe(task, PROBE_STEPS)
        self.seen = {}
        self.answers = self.probe.run(source, PROBE_STEPS_EACH, self.seen)
        self.cost = self.probe.used
        self.unbound = scope.Survey(tree, self.seen).unbound

    def child(self):
        """The first child that behaves differently; else the last one that compiles; else None."""
        spare = None
        attempts = max(2, min(int(self.parameters["attempts"]), WORK_MAX // max(1, self.size)))
        for attempt in range(1, attempts + 1):
            made = self._attempt()
            if made is None:
                continue
            text, applied = made
            spare = Child(text, applied, attempt)
            if self._differs(text):
                return spare
        return spare

    def _differs(self, text):
        """Whether the child runs on the examples, at no absurd cost, and answers otherwise than its parent."""
        own = self.answers
        if own is None or not own.sound or self.probe.steps < PROBE_STEPS_EACH:
            return True
        answers = self.probe.run(text, min(4 * self.cost + 2_000, PROBE_STEPS_EACH))
        return answers is not None and answers.failed <= own.failed and answers.text != own.text

    def _attempt(self):
        """(text, operator names) of a child within bounds, or None."""
        try:
            tree = ast.parse(self.source)
            applied = self._mutate(tree)
            if not applied:
                return None
            _add_imports(tree)
            ast.fix_missing_locations(tree)
            text = ast.unparse(tree)
            if text == self.plain or not self._in_bounds(tree):
                return None
            fresh = ast.parse(text)
            compile(fresh, "task_agent.py", "exec")
            if ast.dump(fresh) == ast.dump(ast.parse(self.source)):
                return None
            if not scope.Survey(fresh, self.seen).unbound <= self.unbound:
                return None
        except (SyntaxError, ValueError, RecursionError, OverflowError):
            return None
        return text + "\n", applied

    def _in_bounds(self, tree):
        limit = max(int(self.parameters["size_max"]), self.size)
        return size(tree) <= limit and depth(tree) <= max(DEPTH_MAX, self.depth)

    def _mutate(self, tree):
        """Applies one operator, and more with falling odds; returns the names of those that changed something."""
        applied = []
        crowded = self.size > 0.7 * self.parameters["size_max"]
        while True:
            context = operators.Context(tree, self.seen, self.rng, self.parameters)
            context.donors = self.donors
            for _ in range(6):
                name = self._operator(crowded)
                if OPERATORS[name](context):
                    applied.append(name)
                    break
                if applied:
                    break
            if len(applied) >= 6 or self.rng.random() >= self.parameters["again"]:
                return applied

    def _operator(self, crowded):
        """An operator's name, drawn by weight; those that shrink count more when the program is large."""
        weights = []
        for name in OPERATORS:
            weight = self.parameters["weights"].get(name, 1.0)
            if crowded and name in ("shrink", "hoist", "delete"):
                weight *= 4.0
            weights.append(weight)
        return self.rng.choices(list(OPERATORS), weights)[0]
