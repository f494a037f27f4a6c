"""Random expressions over the names that are bound at a place.

Every expression is guarded: no division by what may be zero, no power with a free exponent, roots,
logarithms and exponentials of safe arguments only. Depth is bounded by the caller.
"""

import ast

from lib import kinds

COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
SHORT_SEQUENCE = 32


def constant(value):
    """A literal; a negative number is written with its sign in front, as ast.parse would read it."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def call(name, *args):
    """A call of a built-in or of a function of `math`."""
    head, _, tail = name.partition(".")
    function = ast.Name(head, ast.Load())
    if tail:
        function = ast.Attribute(function, tail, ast.Load())
    return ast.Call(function, list(args), [])


def binary(left, operator, right):
    """left operator right."""
    return ast.BinOp(left, operator(), right)


def rounded(value, digits=4):
    """The number with few significant digits, so that programs stay readable."""
    return float(f"{value:.{digits}g}")


class Maker:
    """Makes expressions from a random stream."""

    def __init__(self, rng, pool=()):
        self.rng = rng
        self.pool = list(pool)

    def literal(self):
        """A number: small whole ones, simple fractions, or one that the program already uses."""
        rng = self.rng
        roll = rng.random()
        if roll < 0.45:
            return constant(rng.choice((0, 1, 1, 2, 2, 3, 4, 5, 8, 10)))
        if roll < 0.6 and self.pool:
            return constant(rng.choice(self.pool))
        if roll < 0.75:
            return constant(rng.choice((0.5, 0.25, 0.1, 0.01, 1.5, 20, 50, 100)))
        return constant(rounded(rng.gauss(0.0, 1.0) * 10.0 ** rng.choice((-1, 0, 0, 1, 2)), 3))

    def leaf(self, env):
        """A bound number, an element or property of a bound sequence, or a literal."""
        rng = self.rng
        names = [name for name in sorted(env) if env[name] in ("int", "float", "bool")]
        rows = [name for name in sorted(env) if env[name].startswith("seq") and kinds.length(env[name])]
        roll = rng.random()
        if rows and (roll < 0.3 or not names and roll < 0.7):
            return self.of_sequence(rng.choice(rows), env)
        if names and roll < 0.8:
            return ast.Name(rng.choice(names), ast.Load())
        return self.literal()

    def of_sequence(self, name, env):
        """An element of a sequence, by a fixed place or by a bound whole number, or a cheap summary."""
        rng = self.rng
        size = kinds.length(env[name])
        base = ast.Name(name, ast.Load())
        roll = rng.random()
        if roll < 0.12 or size > SHORT_SEQUENCE:
            return call("len", base)
        if roll < 0.25:
            return call(rng.choice(("sum", "max", "min")), base)
        if roll < 0.35:
            return ast.Call(ast.Attribute(base, "count", ast.Load()), [constant(rng.randrange(3))], [])
        return ast.Subscript(base, self.place(size, env), ast.Load())

    def place(self, size, env):
        """An index below `size`: a literal, or a bound whole number brought into range."""
        rng = self.rng
        whole = [name for name in sorted(env) if env[name] == "int"]
        if not whole or rng.random() < 0.5:
            return constant(rng.randrange(-size, size))
        index = ast.Name(rng.choice(whole), ast.Load())
        roll = rng.random()
        if roll < 0.3:
            index = binary(index, rng.choice((ast.Add, ast.Sub)), constant(rng.randint(1, 3)))
        elif roll < 0.45:
            index = ast.UnaryOp(ast.USub(), index)
        elif roll < 0.55:
            index = binary(constant(rng.randint(1, size)), ast.Sub, index)
        return binary(index, ast.Mod, constant(size))

    def number(self, env, depth):
        """A number-valued expression of at most `depth` levels above its leaves."""
        rng = self.rng
        if depth <= 0 or rng.random() < 0.12:
            return self.leaf(env)
        first = self.number(env, depth - 1)
        roll = rng.random()
        if roll < 0.52:
            operator = rng.choice((ast.Add, ast.Sub, ast.Sub, ast.Mult, ast.Mult))
            return binary(first, operator, self.number(env, depth - 1))
        if roll < 0.60:
            return self.quotient(first, self.number(env, depth - 1))
        if roll < 0.66:
            return binary(first, rng.choice((ast.Mod, ast.FloorDiv)), constant(rng.randint(2, 9)))
        if roll < 0.72:
            return call(rng.choice(("min", "max")), first, self.number(env, depth - 1))
        if roll < 0.80:
            return self.unary(first)
        if roll < 0.90:
            return binary(self.truth(env, depth - 1), ast.Mult, first)
        return ast.IfExp(self.truth(env, depth - 1), first, self.number(env, depth - 1))

    def quotient(self, first, second):
        """first / second, guarded against zero."""
        if isinstance(second, ast.Constant) and second.value:
            return binary(first, ast.Div, second)
        return binary(first, ast.Div, binary(call("abs", second), ast.Add, constant(1)))

    def unary(self, inner):
        """A function of one number that exists for every number."""
        roll = self.rng.random()
        if roll < 0.35:
            return call("abs", inner)
        if roll < 0.6:
            return binary(inner, ast.Pow, constant(2))
        if roll < 0.75:
            return call("math.sqrt", call("abs", inner))
        if roll < 0.88:
            return call("math.exp", ast.UnaryOp(ast.USub(), call("abs", inner)))
        return call("math.log1p", call("abs", inner))

    def truth(self, env, depth):
        """A condition."""
        rng = self.rng
        if rng.random() < 0.1 and depth > 0:
            joint = rng.choice((ast.And, ast.Or))
            return ast.BoolOp(joint(), [self.truth(env, 0), self.truth(env, 0)])
        left = self.number(env, min(depth, 1))
        right = self.leaf(env) if rng.random() < 0.6 else self.literal()
        return ast.Compare(left, [rng.choice(COMPARISONS)()], [right])
