"""Local search on the numbers of a program, with its own measure, until the guest's clock says so.

The clock of a guest moves with its work, so that the same search takes the same steps everywhere.
"""

import math
import time

from lib import snapshot
from lib.genome import Genome
from lib.search import Search


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
    search = Search(start, worth, lambda: 1.0 - (time.perf_counter() - began) / seconds, rng)
    before = search.best
    tables, best = search.run()
    report = {"tries": search.tries, "before": _shown(before), "after": _shown(best)}
    if not best < before:
        return source, report
    fresh = genome.source(tables)
    # The search changed tables of one import; the program is imported with them.
    return (fresh, report) if measured.of_source(fresh) < before else (source, {**report, "failed": "import"})


def _shown(value):
    return value if math.isfinite(value) else None
