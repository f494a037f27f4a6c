"""Functions of a sequence of small whole numbers that rank symmetric sequences alike: one sequence of each orbit says what all of it is worth.

Symmetries are drawn: the entries of a sequence in another order, with two values exchanged in some of them. What the orbits are worth is searched as an
order, by the program's measure. Then symmetries are drawn anew, or one of those that are there is exchanged, added or left out.
"""

import ast
import time

from lib import race
from lib.genome import literal
from lib.ordering import Ordering

SYMMETRIES, RANKS = "SYMMETRIES", "RANKS"
SYMMETRIES_MAX = 4
ORBITS_MIN, ORBITS_MAX = 20, 300
# How often symmetries are drawn anew although there are some, and how often those that are there stay.
ANEW, STAYING = 0.5, 0.5
MADE = '''
SYMMETRIES = {symmetries}
WORTH = {worth}

def spread():
    """What sequences are worth: as much as those that symmetries make of them.

    A symmetry is a list of a place and values for each entry: the entry at that place becomes the one of these values.
    """
    found = {{}}
    for first, worth in WORTH:
        pending = [tuple(first)]
        while pending:
            sequence = pending.pop()
            if sequence not in found:
                found[sequence] = worth
                pending += [tuple([values[sequence[place]] for place, values in symmetry]) for symmetry in SYMMETRIES]
    return found
RANKS = spread()
'''


def fits(form, measured):
    """Whether what is measured is built in the order of ranks of all sequences that there are."""
    return measured.ranking is not None and len(measured.ranking.inputs) == form.values**form.length


def grown(source, form, measured, seconds, rng):
    """(source with orbits or the same source, what was done)."""
    began = time.perf_counter()
    before = measured.of_source(source)
    own = _symmetries_of(form)
    goes_on = bool(own) and rng.random() >= ANEW
    ranked = _ranks(source) if goes_on else None

    def draw():
        symmetries = _varied(own, form, rng) if goes_on else _fresh(form, rng)
        orbits = orbits_of([_images(symmetry, form.values) for symmetry in symmetries], len(measured.ranking.inputs))
        if not ORBITS_MIN <= len(orbits) <= ORBITS_MAX:
            return None
        search = Ordering({orbit[0]: orbit for orbit in orbits}, measured.ranking, rng)
        search.symmetries = symmetries
        search.begin(ranked)
        return search

    first, done = race.won(draw, lambda: (time.perf_counter() - began) / seconds, goes_on)
    if first is not None and first.best < before:
        worth = [[measured.ranking.inputs[index], number] for index, number in first.worth().items()]
        made = MADE.format(symmetries=first.symmetries, worth=worth)
        source = form.program("Ranks sequences, symmetric ones alike.", f"return {RANKS}.get(tuple({form.name}), 0)", made)
    return source, race.report("symmetries", done, before, first)


def orbits_of(images, count):
    """The orbits of numbers below `count`, as lists that begin with their smallest one."""
    seen, orbits = bytearray(count), []
    for first in range(count):
        if seen[first]:
            continue
        seen[first] = 1
        orbit = [first]
        for member in orbit:
            for image in images:
                other = image[member]
                if not seen[other]:
                    seen[other] = 1
                    orbit.append(other)
        orbits.append(orbit)
    return orbits


def _images(symmetry, count):
    """The number of what a symmetry makes of each sequence, where sequences are numbered in lexicographic order."""
    found = [0]
    weights = {place: ([value * count ** (len(symmetry) - 1 - index) for value in values]) for index, (place, values) in enumerate(symmetry)}
    for place in range(len(symmetry)):
        found = [base + weight for base in found for weight in weights[place]]
    return found


def _symmetry(form, exchanged, rng):
    """Cycles of one length, any order of the entries or their own one; two values are exchanged in some of them, in all or in none."""
    places, roll = list(range(form.length)), rng.random()
    if roll < 0.4:
        chosen = rng.sample(places, form.length)
        # Short cycles make small groups with many orbits.
        size = min(rng.randint(2, form.length), rng.randint(2, form.length))
        for begin in range(0, size * rng.randint(1, form.length // size), size):
            cycle = chosen[begin:begin + size]
            for place, other in zip(cycle, cycle[1:] + cycle[:1]):
                places[place] = other
    elif roll < 0.7:
        rng.shuffle(places)
    odds = rng.choices((0.0, 1.0 / 3.0, 1.0), (4, 4, 2))[0]
    same = list(range(form.values))
    return [[place, exchanged if rng.random() < odds else same] for place in places]


def _exchanged(form, rng):
    """The values, two of which have changed places."""
    values = list(range(form.values))
    if len(values) > 1:
        a, b = rng.sample(values, 2)
        values[a], values[b] = b, a
    return values


def _fresh(form, rng):
    """Symmetries that have nothing to do with those that are there."""
    exchanged = _exchanged(form, rng)
    return [_symmetry(form, exchanged, rng) for _ in range(rng.choice((1, 2, 2, 3)))]


def _varied(own, form, rng):
    """The own symmetries, or with one of them exchanged, added or left out."""
    symmetries = list(own)
    if rng.random() < STAYING:
        return symmetries
    marked = [values for symmetry in own for _, values in symmetry if values != sorted(values)]
    fresh = _symmetry(form, rng.choice(marked) if marked else _exchanged(form, rng), rng)
    roll = rng.random()
    if roll < 0.4 and len(symmetries) < SYMMETRIES_MAX:
        return [*symmetries, fresh]
    place = rng.randrange(len(symmetries))
    symmetries[place:place + 1] = [] if roll > 0.7 and len(symmetries) > 1 else [fresh]
    return symmetries


def _symmetries_of(form):
    """The symmetries of a program that has some, else an empty list."""
    for node in form.tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == SYMMETRIES:
            found = literal(node.value)
            places = list(range(form.length))
            if isinstance(found, list) and all(_is_symmetry(symmetry, places, form.values) for symmetry in found):
                return found
    return []


def _is_symmetry(found, places, count):
    try:
        return sorted(place for place, _ in found) == places and all(sorted(values) == list(range(count)) for _, values in found)
    except (TypeError, ValueError):
        return False


def _ranks(source):
    """What a program with symmetries finds a sequence worth."""
    space = {"__name__": "task_agent"}
    exec(compile(source, "<symmetries>", "exec"), space)
    return lambda given: space[RANKS].get(tuple(given), 0)
