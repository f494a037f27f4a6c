"""Annealing of the numbers of a table over traits, for measures of which nothing but the value is known."""

import itertools
import math

# Names of a program with traits: the table, and the function that says in which of its cells a sequence is.
TABLE, FUNCTION = "WORTH", "traits"


class Annealing:
    """Draws single numbers of the table anew; what is worse is accepted while it is hot. `best` is the value of the best table so far."""

    # A measure is thought to be slow: tries of each set of traits in a race.
    LAPS = 7

    def __init__(self, space, sizes, measured, rng):
        self.rng = rng
        self.measured = measured
        self.sizes = sizes
        self.tries = 0
        self.space = space
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

    def worth(self):
        """What each cell is worth."""
        return {path: round(self._at(path), 4) for path in itertools.product(*map(range, self.sizes))}

    def _table(self, sizes):
        if len(sizes) == 1:
            return [round(self.rng.random(), 4) for _ in range(sizes[0])]
        return [self._table(sizes[1:]) for _ in range(sizes[0])]

    def _at(self, path):
        row = self.table
        for index in path:
            row = row[index]
        return row

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
