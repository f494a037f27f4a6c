"""Functions of a sequence of small whole numbers as tables over its traits: counts, parities and weighted sums, drawn from a grammar.

The entry becomes `WORTH[a][b]…` of a few traits. What the cells are worth is searched by the program's measure: as an order of the cells where
the measure builds something in the order of ranks, as numbers otherwise. Traits are drawn anew, or one of those that are there is exchanged, added or
left out; then every cell keeps what its sequences were worth.
"""

import ast
import math
import time

from lib import race
from lib.annealing import FUNCTION, TABLE, Annealing
from lib.genome import literal
from lib.ordering import Ordering

TRAITS_MAX, CELLS_MAX = 5, 600
# How often traits are drawn anew although there are some.
ANEW = 0.4


def grown(source, form, measured, seconds, rng):
    """(source with a table over traits or the same source, what was done)."""
    began = time.perf_counter()
    before = measured.of_source(source)
    own, clock = _traits_of(form.tree), lambda: (time.perf_counter() - began) / seconds
    goes_on = bool(own) and rng.random() >= ANEW
    ranked = _ranks(source) if goes_on else None

    def draw():
        traits = _varied(own, form, rng) if goes_on else _fresh(form, rng)
        sizes = [size for _, size in traits]
        if not 4 < math.prod(sizes) <= CELLS_MAX:
            return None
        search = _search(_program(form, traits), sizes, measured, rng)
        search.traits = traits
        search.begin(ranked)
        return search

    first, done = race.won(draw, clock, goes_on)
    if first is not None and first.best < before:
        source = _program(form, first.traits, _nested(first.worth(), [size for _, size in first.traits]))
    return source, race.report("traits", done, before, first)


def _search(program, sizes, measured, rng):
    """The search for what the cells of a program's table are worth."""
    space = {"__name__": "task_agent"}
    exec(compile(program, "<traits>", "exec"), space)
    if measured.ranking is None:
        return Annealing(space, sizes, measured, rng)
    cells = {}
    for index, given in enumerate(measured.ranking.inputs):
        cells.setdefault(space[FUNCTION](given), []).append(index)
    return Ordering(cells, measured.ranking, rng)


def _ranks(source):
    """What a program with traits finds a sequence worth."""
    space = {"__name__": "task_agent"}
    exec(compile(source, "<traits>", "exec"), space)

    def ranked(sequence):
        found = space[TABLE]
        for trait in space[FUNCTION](sequence):
            found = found[trait]
        return found

    return ranked


def _trait(form, rng):
    """(expression, number of values) of one trait."""
    name, half = form.name, form.length // 2
    part, count = rng.choice((("", form.length), ("", form.length), ("[::2]", form.length - half), ("[1::2]", half), (f"[:{half}]", half)))
    # Traits of one value go together, and zero is the one that most sequences treat as special.
    value, shift = rng.choice((0, 0, 0, *range(form.values))), rng.randrange(1, form.length)
    turned = rng.choice((
        f"{name}[{shift}:] + {name}[:{shift}]",
        f"{name}[{shift}:] + {name}[:{shift}]",
        f"{name}[::-1]",
        f"{name}[:1] + {name}[:0:-1]",
    ))
    pairs = f"zip({name}{part}, ({turned}){part})" if part else f"zip({name}, {turned})"
    return rng.choice((
        (f"sum(x == {value} for x in {name}{part})", count + 1),
        (f"sum(x == {value} for x in {name}{part}) % 2", 2),
        (f"sum(x == y for x, y in {pairs})", count + 1),
        (f"sum(x == y for x, y in {pairs})", count + 1),
        (f"sum(x != {value} != y for x, y in {pairs})", count + 1),
        (f"sum((x + y) % {form.values} == {value} for x, y in {pairs})", count + 1),
        (f"sum({name}{part}) % {form.values}", form.values),
        (f"sum(k * x for k, x in enumerate({name}{part})) % {form.values}", form.values),
    ))


def _fresh(form, rng):
    """Traits that have nothing to do with those that are there."""
    return list(dict.fromkeys(_trait(form, rng) for _ in range(rng.choice((1, 2, 3)))))


def _varied(own, form, rng):
    """The own traits, with one of them exchanged, added or left out, or none."""
    traits, roll = list(own), rng.random()
    if roll < 0.6 and len(traits) < TRAITS_MAX:
        traits.append(_trait(form, rng))
    elif roll < 0.75 and len(traits) > 1:
        del traits[rng.randrange(len(traits))]
    elif roll < 0.9:
        traits[rng.randrange(len(traits))] = _trait(form, rng)
    return list(dict.fromkeys(traits))


def _traits_of(tree):
    """The traits of a program that has some, with the number of their values; else an empty list."""
    function = next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == FUNCTION), None)
    table = next((node for node in tree.body if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == TABLE), None)
    if function is None or table is None or not isinstance(function.body[-1], ast.Return):
        return []
    parts, level = function.body[-1].value, literal(table.value)
    found = []
    for part in parts.elts if isinstance(parts, ast.Tuple) else []:
        if not isinstance(level, list) or not level:
            return []
        found.append((ast.unparse(part), len(level)))
        level = level[0]
    return found


def _program(form, traits, table=()):
    """The source with these traits and a table."""
    names = [f"trait_{number + 1}" for number in range(len(traits))]
    left = names[0] + "," if len(names) == 1 else ", ".join(names)
    lines = f"{left} = {FUNCTION}({form.name})\nreturn {TABLE}" + "".join(f"[{name}]" for name in names)
    values = ", ".join(text for text, _ in traits) + ","
    told = '"""Whole numbers that say how a sequence is made."""'
    made = f"{TABLE} = {list(table)}\n\ndef {FUNCTION}({form.name}):\n    {told}\n    return ({values})\n"
    return form.program("Looks up what a sequence is worth by its traits.", lines, made)


def _nested(worth, sizes, path=()):
    """A table of what cells are worth."""
    if not sizes:
        return worth.get(path, 0)
    return [_nested(worth, sizes[1:], (*path, number)) for number in range(sizes[0])]
