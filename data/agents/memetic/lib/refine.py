"""Search on the numbers of a program, with its own measure, until the guest's clock says so.

A search goes on from the numbers that are there, or leaves them: rows of floats are drawn anew, and what comes of it counts only if it is
better. Where the measure has parts, linear programs climb to local optima; with rows of floats, they hop from one to the next.

The clock of a guest moves with its work, so that the same search takes the same steps everywhere.
"""

import math
import time

from lib import restart, snapshot
from lib.climb import Climb, scale_of, smooth
from lib.genome import Genome, copied
from lib.search import Search

# How often a search begins anew, or from a few rows that are drawn anew, where there are rows of floats.
AFRESH, KICKED = 0.5, 0.3
# Hops that begin anew begin with the best of so many climbs.
FIRST_CLIMBS = 3
# The share of the time that is left for climbing where there are no rows.
CLIMBING = 0.2
# A smaller gain, as a share, is none: a child for each rounding error would only use up generations.
GAIN_MIN = 1e-9


def refined(source, measured, seconds, rng):
    """(source with better numbers or the same source, what was done)."""
    if measured.arguments == []:
        form = rng.choice((None, snapshot.of, snapshot.answer))
        source = form and form(source, measured) or source
    try:
        genome = Genome(source, measured.function)
        space = genome.space()
    except Exception as error:
        return source, {"failed": type(error).__name__}
    start = genome.start()
    if not start:
        return source, {"free": 0}

    def worth(tables):
        space.update(tables)
        try:
            value = measured.value(space)
        except Exception:
            return math.inf
        return value if value == value else math.inf

    began = time.perf_counter()
    before = worth(start)
    session = _Session(start, before, worth, lambda: 1.0 - (time.perf_counter() - began) / seconds, rng)
    if measured.model is not None:
        session.climbs(lambda tables: (space.update(tables), measured.model(space))[1])
    report = {"way": session.run(), "tries": session.tries, "before": _shown(before), "after": _shown(session.best)}
    if not session.best < before - GAIN_MIN * (abs(before) if math.isfinite(before) else 0.0):
        return source, report
    fresh = genome.source(session.tables)
    # The search changed tables of one import; the program is imported with them.
    return (fresh, report) if measured.of_source(fresh) < before else (source, {**report, "failed": "import"})


class _Session:
    """Searches from the tables of one program; `tables` and `best` are the best ones so far."""

    def __init__(self, tables, best, worth, left, rng):
        self.tables, self.best = tables, best
        self.worth, self.left, self.rng = worth, left, rng
        self.model = None
        self.tries = 0

    def climbs(self, model):
        """Lets it climb: `model(tables)` is what `Measured.model` says of them."""
        self.model = model

    def run(self):
        """Searches until the time is up; returns how it began."""
        tables = self._copy()
        rows = restart.rows_of(tables)
        way = self.rng.choices(("afresh", "kicked", "on"), (AFRESH, KICKED, 1.0 - AFRESH - KICKED))[0] if rows else "on"
        if rows and self.model is not None and Climb(tables, None, None).fits:
            self._hop(tables, way)
            return way
        if way == "afresh":
            restart.afresh(tables, self.rng)
        elif way == "kicked":
            restart.kick(tables, self.rng)
        self._search(tables, way)
        return way

    def _hop(self, home, way):
        """Basin hopping: climbs from where a few rows are drawn anew, and stays where that is better.

        Every hop is a kick, so that it begins anew or from the numbers that are there.
        """
        value = math.inf
        if way == "afresh":
            for _ in range(FIRST_CLIMBS):
                tables = self._copy()
                restart.afresh(tables, self.rng, self._smooth(tables))
                home, value = min((home, value), (tables, self._climb(tables, value)), key=lambda found: found[1])
        if not math.isfinite(value):
            home = self._copy()
            value = self._climb(home)
            if math.isfinite(self.best) and not math.isfinite(value):
                # What the program says of its parts is of no use.
                self._search(self._copy(), "on")
                return
        while self.left() > 0.0:
            tables = {name: copied(table) for name, table in home.items()}
            restart.kick(tables, self.rng, self._smooth(tables))
            fresh = self._climb(tables, value)
            if fresh < value:
                home, value = tables, fresh

    def _search(self, tables, way):
        """One search, and a climb after it."""
        # Linear programs find the way back to valid answers, the other searches do not.
        if self._is_valid(tables):
            until = CLIMBING if self.model is not None else 0.0
            search = Search(tables, self.worth, lambda: (self.left() - until) / (1.0 - until), self.rng)
            tables, best = search.run(widest=0.3 if way == "afresh" else None)
            self._keep(tables, best)
            self.tries += search.tries
        if self.model is not None:
            self._climb(tables)

    def _is_valid(self, tables):
        if self.model is None:
            return True
        try:
            return min(self.model(tables)[2], default=0.0) >= 0.0
        except Exception:
            return False

    def _smooth(self, tables):
        """The measure of places to begin at, of what the tables hold when it is called."""
        scales = []

        def worth():
            self.tries += 1
            try:
                found = self.model(tables)
                if not scales:
                    scales.append(scale_of(found))
                return smooth(found, scales[0])
            except Exception:
                return -math.inf

        return worth

    def _climb(self, tables, beaten=math.inf):
        """Climbs from tables, in place; returns their worth. What does not promise to be better than `beaten` is given up."""
        climb = Climb(tables, lambda: self.model(tables), self.left, -beaten)
        value = self.worth(tables) if climb.run() else math.inf
        self.tries += climb.tries
        self._keep(tables, value)
        return value

    def _keep(self, tables, best):
        if best < self.best:
            self.tables, self.best = {name: copied(value) for name, value in tables.items()}, best

    def _copy(self):
        return {name: copied(value) for name, value in self.tables.items()}


def _shown(value):
    return value if math.isfinite(value) else None
