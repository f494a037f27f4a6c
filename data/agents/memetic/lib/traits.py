"""Functions of a sequence of small whole numbers as tables over its traits: counts, parities and weighted sums, drawn from a grammar.

The entry becomes `WORTH[a][b]…` of a few traits, whose numbers a short annealing finds by the program's measure. Traits are drawn
anew, or one of those that are there is exchanged, added or left out; then every cell keeps what its sequences were worth.
"""

import ast
import itertools
import math
import time

from lib.genome import SAYS, literal, reach

TABLE, FUNCTION = "WORTH", "traits"
VALUES_MAX, LENGTH_MIN, LENGTH_MAX = 6, 4, 64
TRAITS_MAX, CELLS_MAX = 5, 600
# How often traits are drawn anew although there are some.
ANEW = 0.4
# Several sets of traits get a few tries each; the best one gets the rest of the time.
RACING, LAPS, RACING_UNTIL, DRAWS_MAX = 8, 7, 0.5, 100
# How much worse is accepted at first, as a share of the value.
HEAT = 0.006


class Form:
    """Where a program takes a sequence: the entry, the name of the parameter, its length, and the number of different values."""

    def __init__(self, tree, entry, name, length, values):
        self.tree, self.entry, self.name = tree, entry, name
        self.length, self.values = length, values


def form_of(source, measured):
    """The form of a program, or None if its entry does not take one sequence of small whole numbers, or returns no number."""
    tree = ast.parse(source)
    entry = next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == measured.function), None)
    given = measured.arguments
    if entry is None or len(entry.args.args) != len(given):
        return None
    fits = [place for place, value in enumerate(given) if isinstance(value, list) and LENGTH_MIN <= len(value) <= LENGTH_MAX]
    if len(fits) != 1 or not all(type(number) is int and 0 <= number < VALUES_MAX for number in given[fits[0]]):
        return None
    try:
        space = {"__name__": "task_agent"}
        exec(compile(source, "<candidate>", "exec"), space)
        answer = space[measured.function](*[list(value) if isinstance(value, list) else value for value in given])
    except Exception:
        return None
    if type(answer) not in (int, float):
        return None
    sequence = given[fits[0]]
    return Form(tree, entry, entry.args.args[fits[0]].arg, len(sequence), max(sequence) + 1)


def grown(source, form, measured, seconds, rng):
    """(source with a table over traits or the same source, what was done)."""
    began = time.perf_counter()
    before = measured.of_source(source)
    own, clock = _traits_of(form.tree), lambda: (time.perf_counter() - began) / seconds
    made_of_own = bool(own) and rng.random() >= ANEW
    ranked = _ranks(source) if made_of_own else None
    racing, draws, tries = [], 0, 0
    while len(racing) < RACING and draws < DRAWS_MAX and clock() < RACING_UNTIL:
        draws += 1
        traits = _varied(own, form, rng) if made_of_own else _fresh(form, rng)
        if not 4 < math.prod(size for _, size in traits) <= CELLS_MAX:
            continue
        search = _Annealing(_program(form, traits), [size for _, size in traits], measured, rng)
        search.begin(ranked)
        search.run(lambda: search.tries / LAPS, HEAT)
        tries += search.tries
        racing.append(search)
    report = {"way": "traits", "sets": len(racing), "before": _shown(before), "after": _shown(before)}
    if not racing:
        return source, {**report, "tries": tries}
    first = min(racing, key=lambda search: search.best)
    tries -= first.tries
    first.run(clock, HEAT if ranked is None else 0.5 * HEAT)
    report = {**report, "tries": tries + first.tries, "after": _shown(min(before, first.best))}
    return (_with_table(first.program, first.table) if first.best < before else source), report


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


def _shown(value):
    return value if math.isfinite(value) else None


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


def _program(form, traits):
    """The source with these traits and an empty table."""
    tree = ast.parse(ast.unparse(form.tree))
    entry = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == form.entry.name)
    texts = [node for node in entry.body[:1] if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]
    names = [f"trait_{number + 1}" for number in range(len(traits))]
    left = names[0] + "," if len(names) == 1 else ", ".join(names)
    lookup = TABLE + "".join(f"[{name}]" for name in names)
    entry.body = [*texts, *ast.parse(f"{left} = {FUNCTION}({form.name})\nreturn_ = {lookup}").body]
    entry.body[-1] = ast.Return(entry.body[-1].value)
    kept = set().union(*(reach(tree, name) for name in (entry.name, *SAYS))) - {TABLE, FUNCTION}
    head = [
        node for node in tree.body
        if not isinstance(node, (ast.FunctionDef, ast.Assign)) or any(name in kept for name in _bound(node))
    ]
    values = ", ".join(text for text, _ in traits) + ","
    made = ast.parse(f'{TABLE} = []\n\ndef {FUNCTION}({form.name}):\n    """Whole numbers that say how a sequence is made."""\n    return ({values})\n')
    place = head.index(entry)
    tree.body = [*head[:place], *made.body, *head[place:]]
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _bound(node):
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    return [target.id for target in node.targets if isinstance(target, ast.Name)]


def _with_table(program, table):
    def rounded(value):
        return [rounded(part) for part in value] if isinstance(value, list) else round(value, 4)

    return program.replace(f"{TABLE} = []", f"{TABLE} = {rounded(table)}", 1)


class _Annealing:
    """Draws single numbers of the table anew; what is worse is accepted while it is hot. `table` and `best` are the best so far."""

    def __init__(self, program, sizes, measured, rng):
        self.program = program
        self.rng = rng
        self.measured = measured
        self.sizes = sizes
        self.tries = 0
        self.space = {"__name__": "task_agent"}
        exec(compile(program, "<traits>", "exec"), self.space)
        self.table = self._table(sizes)
        self.met = _remembered(self.space)
        self.cells = []
        self.best = math.inf

    def begin(self, ranked=None):
        """Measures the table, which is random, or what `ranked` says of sequences."""
        self.best = self._value()
        self.cells = sorted(set(self.met.values())) or list(itertools.product(*map(range, self.sizes)))
        if ranked is not None:
            for sequence, path in self.met.items():
                self._put(path, ranked(list(sequence)))
            self.best = self._value()

    def run(self, spent, heat):
        """Anneals until spent() is 1."""
        if not math.isfinite(self.best):
            return
        rng, began, now = self.rng, spent(), self.best
        kept = _copied(self.table)
        while (share := (1.0 - spent()) / max(1e-9, 1.0 - began)) > 0.0:
            path = rng.choice(self.cells)
            old = self._put(path, round(rng.random(), 4))
            value = self._value()
            if value <= now - heat * abs(now) * share * math.log(max(1e-12, rng.random())):
                now = value
                if now < self.best:
                    self.best, kept = now, _copied(self.table)
            else:
                self._put(path, old)
        self.table = kept

    def _table(self, sizes):
        if len(sizes) == 1:
            return [round(self.rng.random(), 4) for _ in range(sizes[0])]
        return [self._table(sizes[1:]) for _ in range(sizes[0])]

    def _put(self, path, number):
        row = self.table
        for index in path[:-1]:
            row = row[index]
        old, row[path[-1]] = row[path[-1]], number
        return old

    def _value(self):
        self.tries += 1
        self.space[TABLE] = self.table
        try:
            return self.measured.value(self.space)
        except Exception:
            return math.inf


def _copied(value):
    return [_copied(part) for part in value] if isinstance(value, list) else value


def _remembered(space):
    """Lets the program remember the traits of each sequence, which no search changes; returns them by sequence."""
    function, met = space[FUNCTION], {}

    def remembered(sequence):
        key = tuple(sequence)
        found = met.get(key)
        if found is None:
            found = met[key] = function(sequence)
        return found

    space[FUNCTION] = remembered
    return met
