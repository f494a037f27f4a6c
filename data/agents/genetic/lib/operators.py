"""Mutation operators over a module's tree. Each takes a `Context` and returns True when it changed something.

None inserts a loop, a call of the agent's own functions or a power with a free exponent, so that a child
costs little more than its parent.
"""

import ast
import copy
import math

from lib import kinds, scope
from lib.expressions import COMPARISONS, Maker, binary, call, constant, rounded

ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
CONSTANT_MAX = 1e9
WHOLE_MAX = 100_000
EXPONENT_MAX = 4
# Module-level literals are the parameters that an author gave names to: they are tried more often.
NAMED = 2.5


class Context:
    """What an operator works on: the tree, a fresh survey of it, the random stream, the parameters."""

    def __init__(self, tree, seen, rng, parameters):
        self.tree = tree
        self.seen = seen
        self.rng = rng
        self.parameters = parameters
        self.survey = scope.Survey(tree, seen)
        self.maker = Maker(rng, _pool(self.survey))

    def depth(self):
        """How deep a new expression may be."""
        return self.rng.choice((0, 1, 1, 2, 2, max(1, int(self.parameters["depth_max"]))))

    def pick(self, accepts, exponents=False):
        """A site for which accepts(site) holds; functions count by the root of their size, else a big one hides all."""
        groups = {}
        for site in self.survey.sites:
            if accepts(site) and (exponents or not site.exponent):
                groups.setdefault(site.function, []).append(site)
        if not groups:
            return None
        names = sorted(groups)
        weights = [math.sqrt(len(groups[name])) * (NAMED if name == "<module>" else 1.0) for name in names]
        chosen = self.rng.choices(names, weights)[0]
        return self.rng.choice(groups[chosen])

    def number_site(self):
        """A site whose value is a number."""
        return self.pick(lambda site: site.kind in kinds.NUMERIC and not _is_sign(site))


def _pool(survey):
    """Distinct numbers that the program uses."""
    values = {}
    for site in survey.sites:
        node = site.node
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            values[repr(node.value)] = node.value
    return [values[key] for key in sorted(values)]


def _is_sign(site):
    """The literal inside -literal: the sign belongs to it."""
    return isinstance(site.holder, ast.UnaryOp) and isinstance(site.node, ast.Constant)


def _literal_of(node):
    """The number of a literal with or without a sign, or None."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _literal_of(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value
    return None


def is_number_literal(site):
    """A literal number that stands for itself."""
    return _literal_of(site.node) is not None and not _is_sign(site)


def moved(value, rng, scale):
    """A number near, or on the scale of, or at least akin to the value."""
    roll = rng.random()
    if isinstance(value, int):
        if roll < 0.5:
            fresh = value + rng.choice((-2, -1, -1, 1, 1, 2))
        elif roll < 0.75:
            fresh = round(value * rng.choice((0.5, 0.75, 1.25, 1.5, 2.0, 3.0)))
        elif roll < 0.9:
            fresh = value + round(rng.gauss(0.0, 1.0 + abs(value) * scale))
        else:
            fresh = rng.choice((0, 1, 2, 3, -value))
        if value > 0 and fresh <= 0 and rng.random() < 0.7:
            fresh = 1
        return max(-WHOLE_MAX, min(WHOLE_MAX, fresh))
    if value == 0.0:
        fresh = rng.gauss(0.0, 1.0) * 10.0 ** rng.choice((-2, -1, 0, 0, 1))
    elif roll < 0.6:
        fresh = value * math.exp(rng.gauss(0.0, scale))
    elif roll < 0.75:
        fresh = value * 10.0 ** rng.uniform(-1.0, 1.0)
    elif roll < 0.88:
        fresh = value + rng.gauss(0.0, 1.0) * rng.choice((0.01, 0.1, 1.0))
    elif roll < 0.95:
        fresh = -value
    else:
        fresh = rng.choice((0.0, 1.0, 0.5, 10.0))
    return rounded(max(-CONSTANT_MAX, min(CONSTANT_MAX, fresh)), rng.choice((2, 3, 4, 6)))


def mutate_constant(context):
    """One literal moves: Gaussian, by scale, by whole steps."""
    site = context.pick(is_number_literal, exponents=True)
    if site is None:
        return False
    old = _literal_of(site.node)
    fresh = moved(old, context.rng, context.parameters["constant_scale"])
    if fresh == old or site.exponent and abs(fresh) > EXPONENT_MAX:
        return False
    site.put(constant(fresh))
    return True


def jitter_constants(context):
    """Several literals of one function move a little at once."""
    site = context.pick(is_number_literal)
    if site is None:
        return False
    rng, scale = context.rng, context.parameters["jitter_scale"]
    changed = False
    for other in context.survey.sites:
        if other.function == site.function and is_number_literal(other) and not other.exponent and rng.random() < 0.5:
            old = _literal_of(other.node)
            if isinstance(old, float):
                other.put(constant(rounded(old * math.exp(rng.gauss(0.0, scale)), 6)))
                changed = True
    return changed


def mutate_operator(context):
    """An arithmetic operator, a comparison, and/or, or min/max changes into one of its kin."""
    site = context.pick(lambda site: isinstance(site.node, (ast.BinOp, ast.Compare, ast.BoolOp)) or _is_extreme(site.node))
    if site is None:
        return False
    rng, node = context.rng, site.node
    if isinstance(node, ast.BinOp):
        if site.kind not in kinds.NUMERIC:
            return False
        family = [kin for kin in ARITHMETIC if not site.whole or kin not in (ast.Div, ast.Pow)]
        fresh = rng.choice([kin for kin in family if not isinstance(node.op, kin)])
        if fresh is ast.Pow:
            node.right = constant(rng.choice((2, 2, 3)))
        elif fresh in (ast.Div, ast.FloorDiv, ast.Mod) and not _literal_of(node.right):
            node.right = binary(call("abs", node.right), ast.Add, constant(1))
        if rng.random() < 0.15 and not isinstance(node.op, ast.Pow):
            node.left, node.right = node.right, node.left
            return True
        node.op = fresh()
    elif isinstance(node, ast.Compare):
        place = rng.randrange(len(node.ops))
        kin = [kind for kind in COMPARISONS if not isinstance(node.ops[place], kind)]
        if not isinstance(node.ops[place], COMPARISONS):
            return False
        node.ops[place] = rng.choice(kin)()
    elif isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    else:
        node.func.id = "max" if node.func.id == "min" else "min"
    return True


def _is_extreme(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("min", "max")


def _new_number(context, site):
    """A new expression for a number site; whole numbers stay whole where they index or count."""
    if site.whole:
        literal = constant(max(1, context.rng.randint(0, 8)))
        names = [name for name in sorted(site.env) if site.env[name] == "int"]
        return ast.Name(context.rng.choice(names), ast.Load()) if names and context.rng.random() < 0.6 else literal
    return context.maker.number(site.env, context.depth())


def grow(context):
    """A subexpression is replaced by a random one."""
    site = context.number_site()
    if site is None:
        return False
    site.put(_new_number(context, site))
    return True


def extend(context):
    """A number is combined with a random expression: plus, minus, times, min, max."""
    site = context.number_site()
    if site is None or site.whole:
        return False
    rng, old = context.rng, site.node
    fresh = context.maker.number(site.env, context.depth())
    roll = rng.random()
    if roll < 0.5:
        site.put(binary(old, rng.choice((ast.Add, ast.Sub)), fresh))
    elif roll < 0.65:
        weighted = binary(constant(rounded(rng.gauss(0.0, 1.0) * 10.0 ** rng.choice((-1, 0, 1)), 3)), ast.Mult, fresh)
        site.put(binary(old, ast.Add, weighted))
    elif roll < 0.82:
        site.put(binary(old, ast.Mult, fresh))
    elif roll < 0.9:
        site.put(call(rng.choice(("min", "max")), old, fresh))
    else:
        site.put(context.maker.quotient(old, fresh))
    return True


def shrink(context):
    """A compound number is replaced by a leaf, or by a constant."""
    site = context.pick(lambda site: site.kind in kinds.NUMERIC and isinstance(site.node, (ast.BinOp, ast.Call, ast.IfExp)))
    if site is None or site.whole:
        return False
    site.put(context.maker.leaf(site.env))
    return True


def hoist(context):
    """A compound number is replaced by one of its parts."""
    site = context.pick(lambda site: site.kind in kinds.NUMERIC and isinstance(site.node, (ast.BinOp, ast.Call, ast.IfExp)))
    if site is None:
        return False
    parts = [
        inner
        for inner in ast.walk(site.node)
        if inner is not site.node
        and isinstance(inner, ast.expr)
        and kinds.of_expression(inner, site.env) in kinds.NUMERIC
        and scope.free_names(inner) <= set(site.env) | {"abs", "min", "max", "len", "sum"}
    ]
    if not parts:
        return False
    site.put(context.rng.choice(parts))
    return True


def rescale(context):
    """A number is multiplied by a constant, or a scaled copy of another part of the function is added."""
    site = context.number_site()
    if site is None or site.whole:
        return False
    rng, old = context.rng, site.node
    factor = constant(rounded(math.exp(rng.gauss(0.0, 1.0)) * rng.choice((-1.0, 1.0, 1.0)), 2))
    others = [
        other.node
        for other in context.survey.sites
        if other.function == site.function
        and other.kind in kinds.NUMERIC
        and not isinstance(other.node, ast.Constant)
        and scope.is_pure(other.node)
        and scope.free_names(other.node) <= set(site.env) | {"abs", "min", "max", "len", "sum"}
    ]
    if others and rng.random() < 0.5:
        site.put(binary(old, ast.Add, binary(factor, ast.Mult, copy.deepcopy(rng.choice(others)))))
    else:
        site.put(binary(factor, ast.Mult, old))
    return True


def wrap_condition(context):
    """A number becomes `a if condition else b`, one side being what stood there."""
    site = context.number_site()
    if site is None or site.whole:
        return False
    rng, old = context.rng, site.node
    test = context.maker.truth(site.env, rng.choice((0, 1, 1, 2)))
    other = context.maker.number(site.env, context.depth())
    if rng.random() < 0.35:
        other = binary(copy.deepcopy(old), rng.choice((ast.Add, ast.Sub, ast.Mult)), other)
    site.put(ast.IfExp(test, old, other) if rng.random() < 0.5 else ast.IfExp(test, other, old))
    return True


def mutate_condition(context):
    """A condition is replaced, negated, or joined with another."""
    site = context.pick(lambda site: site.kind == "bool" and not isinstance(site.node, (ast.Constant, ast.Name)))
    if site is None:
        return False
    rng, old = context.rng, site.node
    roll = rng.random()
    if roll < 0.4:
        site.put(context.maker.truth(site.env, 1))
    elif roll < 0.6:
        site.put(ast.UnaryOp(ast.Not(), old))
    else:
        site.put(ast.BoolOp(rng.choice((ast.And, ast.Or))(), [old, context.maker.truth(site.env, 1)]))
    return True
