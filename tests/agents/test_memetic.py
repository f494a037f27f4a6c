"""The memetic meta agent: what it searches and leaves alone, and that a child is never worse by the program's own measure.

    python3 -m unittest discover -s tests/agents
"""

import ast
import itertools
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import simulate

ROOT = simulate.ROOT
MEMETIC = {
    **{path: text for path, text in simulate.read_tree(simulate.GENETIC).items() if path.startswith("lib/")},
    **simulate.read_tree(os.path.join(ROOT, "data", "agents", "memetic")),
}

POINTS = '''"""Points."""

MARGIN = 1e-9
LIMIT = 2.0
POINTS = [[0.5, -0.5], (1.5, 0.25), [0.0, 1.0], [3.0, 3.0]]
EXAMPLES = [1.0, 2.0]


def unused():
    return 5.0


def points():
    """Returns points."""
    return [[min(LIMIT, x), y] for x, y in POINTS]


def target():
    return EXAMPLES[0]


def quality(found):
    return sum((x - target()) ** 2 + (y - EXAMPLES[1]) ** 2 for x, y in found)
'''

MARKED = '''# A comment that stays.
import random

# EVOLVE-BLOCK-START
STEP = 0.5


def helper(x):
    return x + STEP


def solve(x):
    y = helper(x)   # as it was
    return y * 2
# EVOLVE-BLOCK-END


def run(x):
    return solve(x)   # outside
'''

NETWORK = '''COMPARATORS = [[0, 1], [1, 2], [0, 1], [0, 2], [1, 2], [0, 1]]


def network(n):
    return [[min(i, j), max(i, j)] for i, j in COMPARATORS if i != j]


def quality(found):
    wrong = 0
    for bits in range(8):
        wires = [bits >> wire & 1 for wire in range(3)]
        for i, j in found:
            wires[i], wires[j] = min(wires[i], wires[j]), max(wires[i], wires[j])
        wrong += wires != sorted(wires)
    return len(found) + 10.0 * wrong
'''

ARRANGED = '''SPREAD = 0.5


def helper(centres):
    return [x * 1.0 for x in centres]


def pack():
    """Returns circles."""
    centres = [0.1, 0.2, 0.3]
    for _ in range(3):
        centres = [x + 0.1 for x in centres] + [0.0]
    return [[x, y] for x, y in zip(centres, helper(centres))]
'''


# Two circles in the unit square: the largest sum of their radii is 2 - sqrt(2).
CIRCLES = '''import math

CIRCLES = [[0.3, 0.4, 0.1], [0.5, 0.6, 0.1], [0.45, 0.5, 0.001], [0.6, 0.5, 0.001]]


def pack():
    return [list(circle) for circle in CIRCLES[:2]]


def quality(found):
    return sum(r for _, _, r in found)


def slacks(found):
    (x, y, r), (u, v, s) = found
    return [math.hypot(x - u, y - v) - r - s] + [room for x, y, r in found for room in (r, x - r, y - r, 1.0 - x - r, 1.0 - y - r)]
'''

# Five points on a line as far apart as can be, from 0 to 1: at quarters.
APART = '''PLACES = [0.11, 0.2, 0.5, 0.6, 0.95]


def places():
    return list(PLACES)


def parts(found):
    return [b - a for a, b in zip(found, found[1:])]


def slacks(found):
    return [found[0], 1.0 - found[-1]]


def quality(found):
    return min(parts(found))
'''

RANKED = '''"""Ranks sequences."""

WEIGHTS = [1.0, 2.0]


def rank(element, n):
    """Returns the rank of a sequence."""
    return WEIGHTS[0] * element[0] + WEIGHTS[1]


def quality(found):
    return 0.0
'''


def task(function, direction="minimize", examples=None, name="mine"):
    return {
        "name": name,
        "direction": direction,
        "entry": {"module": "task_agent", "function": function},
        "examples": examples or [f"{function}()"],
    }


class WithParts(unittest.TestCase):
    """Tests that import the parts of the agent."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        simulate.write_tree(MEMETIC, cls.folder)
        cls.kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name == "lib" or name.startswith("lib.")}
        sys.path.insert(0, cls.folder)
        from lib import climb, form, genome, greedy, ledger, linear, objective, ordering, race, refine, restart, search, snapshot, symmetry, tidy, traits

        cls.genome, cls.ledger, cls.objective, cls.refine = genome, ledger, objective, refine
        cls.search, cls.snapshot, cls.tidy = search, snapshot, tidy
        cls.climb, cls.linear, cls.restart, cls.traits = climb, linear, restart, traits
        cls.form, cls.greedy, cls.ordering, cls.race, cls.symmetry = form, greedy, ordering, race, symmetry

    @classmethod
    def tearDownClass(cls):
        sys.path.remove(cls.folder)
        for name in [name for name in sys.modules if name == "lib" or name.startswith("lib.")]:
            del sys.modules[name]
        sys.modules.update(cls.kept)
        shutil.rmtree(cls.folder)

    def test_tables_of_the_entry_are_free_and_those_of_the_measure_and_margins_are_not(self):
        found = self.genome.Genome(POINTS, "points")
        self.assertEqual(sorted(found.start()), ["LIMIT", "POINTS"])
        self.assertEqual(found.start()["POINTS"][1], [1.5, 0.25])
        changed = found.source({"LIMIT": 3.0, "POINTS": [[-1.0, 2.0]]})
        space = {}
        exec(changed, space)
        self.assertEqual((space["LIMIT"], space["points"](), space["EXAMPLES"]), (3.0, [[-1.0, 2.0]], [1.0, 2.0]))

    def test_floats_of_functions_are_free(self):
        found = self.genome.Genome("def f(x):\n    return 2.5 * x + 0.25 - 0.0\n", "f")
        self.assertEqual(found.start(), {"_NUMBERS": [2.5, 0.25]})
        self.assertEqual(found.source({"_NUMBERS": [-1.5, 4.0]}).split("return ")[1], "-1.5 * x + 4.0 - 0.0\n")

    def test_a_search_finds_the_minimum_of_a_bowl(self):
        for count in (2, 12):
            tables = {"A": [1.0] * count}
            budget = [4_000]

            def left():
                budget[0] -= 1
                return budget[0] / 4_000

            worth = lambda tables: sum((x - 0.3 * place) ** 2 for place, x in enumerate(tables["A"]))
            found, best = self.search.Search(tables, worth, left, random.Random(3)).run()
            self.assertLess(best, 1e-3)
            self.assertEqual(worth(found), best)
            self.assertEqual(tables["A"], [1.0] * count, "what was given stays")

    def test_a_search_over_rows_leaves_out_what_is_not_needed(self):
        measured = self.objective.of(NETWORK, task("network", examples=["network(3)"]))
        source, report = self.refine.refined(NETWORK, measured, 0.3, random.Random(1))
        self.assertEqual(measured.of_source(source), 3.0, report)

    def test_refinement_never_makes_a_program_worse(self):
        measured = self.objective.of(POINTS, task("points"))
        before = measured.of_source(POINTS)
        for seed in range(4):
            source, report = self.refine.refined(POINTS, measured, 0.05, random.Random(seed))
            self.assertLessEqual(measured.of_source(source), before, report)
        broken = self.objective.Measured("points", [], lambda space: float("nan"))
        self.assertEqual(self.refine.refined(POINTS, broken, 0.02, random.Random(1))[0], POINTS)

    def test_an_arrangement_that_is_computed_becomes_a_table(self):
        measured = self.objective.Measured("pack", [], lambda space: 0.0)
        source = self.snapshot.of(ARRANGED, measured)
        before, after = {}, {}
        exec(ARRANGED, before)
        exec(source, after)
        self.assertEqual(before["pack"](), after["pack"]())
        self.assertEqual(len(after["CENTRES"]), 6)
        self.assertNotIn("for _ in", source)
        self.assertIsNone(self.snapshot.of(source, measured), "it has its table")
        answer = self.snapshot.answer(source, measured)
        last = {}
        exec(answer, last)
        self.assertEqual((last["pack"](), "helper" in answer), (before["pack"](), False))
        self.assertIsNone(self.snapshot.answer(answer, measured))
        self.assertIsNone(self.snapshot.of("def pack():\n    return [1.0]\n", measured))
        self.assertIsNone(self.snapshot.of("def pack():\n    n = 3\n    return [n]\n", measured))

    @unittest.skipUnless(hasattr(sys, "monitoring"), "answers are watched with sys.monitoring, which this Python does not have")
    def test_what_changes_no_behaviour_is_cut(self):
        program = "def f(x):\n    extra = x + 1\n    extra = 5\n    x = x\n    return 2.0 * x\n"
        source = self.tidy.tidied(program, task("f", examples=["f(3)", "f(4.5)"]), None)
        self.assertEqual(source, "def f(x):\n    return 2.0 * x\n")

    def test_what_nothing_needs_is_cut(self):
        program = "import math\nUSED = 2.0\nDEAD = [1.0]\n\n\ndef dead():\n    return DEAD\n\n\n"
        program += "def f(x):\n    return USED * x\n"
        source = self.tidy.tidied(program, task("f", examples=["f(3)", "f(4.5)"]), None)
        self.assertNotIn("dead", source.lower())
        space = {}
        exec(source, space)
        self.assertEqual(space["f"](3), 6.0)

    def test_what_is_outside_of_evolve_blocks_stays_as_it_stands(self):
        from lib import blocks

        around = lambda text: [*text.split("# EVOLVE-BLOCK-START")[:1], *text.split("# EVOLVE-BLOCK-END")[1:]]
        child = ast.unparse(ast.parse(MARKED.replace("y * 2", "y * 3").replace("return solve(x)", "return 7")))
        found = blocks.fitted(MARKED, child)
        self.assertEqual(around(found), around(MARKED))
        self.assertIn("return y * 3", found)
        self.assertIn("# outside", found)
        # A change outside alone is none, and so is none at all.
        self.assertEqual(blocks.fitted(MARKED, ast.unparse(ast.parse(MARKED))), MARKED)
        self.assertEqual(blocks.fitted(MARKED, ast.unparse(ast.parse(MARKED.replace("return solve(x)", "return 7")))), MARKED)
        # What the rest of the program uses stays, although the child left it out.
        self.assertIn("def helper", blocks.fitted(MARKED, "STEP = 1\n\ndef solve(x):\n    return helper(x)\n"))
        self.assertIn("def solve", blocks.fitted(MARKED, "STEP = 1\n"))
        nested = "def solve(x):\n    # EVOLVE-BLOCK-START\n    return x\n    # EVOLVE-BLOCK-END\n"
        self.assertEqual(blocks.fitted(nested, "def solve(x):\n    return 1\n"), "def solve(x):\n    return 1\n")
        for broken in ("def (", "x = " + "(" * 300):
            self.assertEqual(blocks.fitted(MARKED, broken), broken)

    def test_operators_that_made_ancestors_are_chosen_more(self):
        first = {"a": 1.0, "b": 1.0}
        weights = self.ledger.weights([["a"], ["a", "unknown"]], first)
        self.assertGreater(weights["a"], weights["b"])
        with tempfile.TemporaryDirectory() as repo:
            os.mkdir(os.path.join(repo, "lib"))
            self.assertEqual(self.ledger.read(repo), [])
            self.ledger.write(repo, [["a"]], ["b"])
            self.assertEqual(self.ledger.read(repo), [["a"], ["b"]])
            for text in ("{", "3", '["a"]'):
                with open(os.path.join(repo, "lib", "ledger.json"), "w", encoding="utf-8") as handle:
                    handle.write(text)
                self.assertEqual(self.ledger.read(repo), [])

    def test_linear_programs_are_solved(self):
        rng = random.Random(5)
        for _ in range(200):
            gains = [rng.gauss(0.0, 1.0) for _ in range(2)]
            rows = [([rng.gauss(0.0, 1.0) for _ in range(2)], abs(rng.gauss(0.0, 0.3)) * (rng.random() < 0.8)) for _ in range(6)]
            found = self.linear.maximised(gains, rows, [(-1.0, 0.5), (-0.25, 1.0)], lambda: 1.0)
            sides = [*rows, ([1.0, 0.0], 0.5), ([-1.0, 0.0], 1.0), ([0.0, 1.0], 1.0), ([0.0, -1.0], 0.25)]
            self.assertTrue(all(a * found[0] + b * found[1] <= limit + 1e-9 for (a, b), limit in sides))
            best = -math.inf
            for ((a, b), e), ((c, d), f) in itertools.combinations(sides, 2):
                whole = a * d - b * c
                if abs(whole) > 1e-9:
                    x, y = (e * d - b * f) / whole, (a * f - e * c) / whole
                    if all(p * x + q * y <= limit + 1e-9 for (p, q), limit in sides):
                        best = max(best, gains[0] * x + gains[1] * y)
            self.assertAlmostEqual(gains[0] * found[0] + gains[1] * found[1], best, 7)

    def climbed(self, source, function, left=lambda: 1.0):
        """(value, tables) after a climb from the numbers of a program, whether or not they are valid."""
        measured = self.objective.of(source, task(function, "maximize"))
        genome = self.genome.Genome(source, function)
        space, tables = genome.space(), genome.start()
        for row in tables.get("CIRCLES", []):
            row[2] *= 4.0
        climb = self.climb.Climb(tables, lambda: (space.update(tables), measured.model(space))[1], left)
        self.assertTrue(climb.run())
        return -measured.of_source(genome.source(tables)), tables

    def test_a_climb_ends_at_a_local_optimum_and_is_valid(self):
        self.assertAlmostEqual(self.climbed(CIRCLES, "pack")[0], 2.0 - math.sqrt(2.0), 6)
        value, tables = self.climbed(APART, "places")
        self.assertAlmostEqual(value, 0.25, 9)
        for place, number in enumerate(tables["PLACES"]):
            self.assertAlmostEqual(number, place / 4.0, 6)
        wide = APART.replace("[0.11, 0.2, 0.5, 0.6, 0.95]", "[1100.0, 2000.0, 5000.0, 6000.0, 9500.0]").replace("1.0 - found", "10000.0 - found")
        self.assertAlmostEqual(self.climbed(wide, "places")[0], 2500.0, 3)

    def test_a_climb_ends_with_its_time(self):
        steps = [1.0]

        def left():
            steps[0] -= 0.001
            return steps[0]

        value, _ = self.climbed(APART, "places", left)
        self.assertTrue(0.09 <= value <= 0.25 + 1e-9)
        self.assertGreater(steps[0], -0.05)
        self.assertEqual(self.linear.maximised([1.0], [], [(0.0, 1.0)], lambda: 0.0), [0.0])

    def test_what_a_program_says_of_its_answers_stays(self):
        for source, function in ((CIRCLES, "pack"), (APART, "places")):
            measured = self.objective.of(source, task(function, "maximize"))
            for seed in range(4):
                fresh, report = self.refine.refined(source, measured, 0.2, random.Random(seed))
                self.assertLessEqual(measured.of_source(fresh), measured.of_source(source), report)
                fresh = self.tidy.tidied(fresh, task(function, "maximize"), measured)
                for name in ("quality", "slacks"):
                    self.assertIn(f"def {name}(", fresh)
        no_parts = self.objective.of(POINTS, task("points"))
        self.assertIsNone(no_parts.model)

    def test_rows_of_floats_are_drawn_anew_within_their_columns(self):
        tables = {"A": [[0.0, 5.0], [1.0, 6.0], [0.5, 7.0], [0.25, 5.5]], "B": [[1, 2]] * 4, "C": [0.5] * 6, "D": 2.0}
        self.assertEqual(self.restart.rows_of(tables), [("A", [(0.0, 1.0), (5.0, 7.0)])])
        for draw in (self.restart.afresh, self.restart.kick):
            fresh = {name: self.genome.copied(value) for name, value in tables.items()}
            draw(fresh, random.Random(1))
            self.assertNotEqual(fresh["A"], tables["A"])
            self.assertEqual({**fresh, "A": None}, {**tables, "A": None})
        fresh = {"A": self.genome.copied(tables["A"])}
        self.restart.afresh(fresh, random.Random(2))
        self.assertTrue(all(0.0 <= x <= 1.0 and 5.0 <= y <= 7.0 for x, y in fresh["A"]))

    def test_a_row_that_is_drawn_anew_takes_the_best_of_its_places(self):
        rng = random.Random(3)
        for draw in (self.restart.afresh, self.restart.kick):
            gains = 0
            for _ in range(20):
                tables = {"A": [[rng.random(), rng.random()] for _ in range(6)]}
                least = lambda: min(math.dist(a, b) for a, b in itertools.combinations(tables["A"], 2))
                plain = {"A": self.genome.copied(tables["A"])}
                state = rng.getstate()
                draw(plain, rng)
                rng.setstate(state)
                draw(tables, rng, least)
                gains += least() > min(math.dist(a, b) for a, b in itertools.combinations(plain["A"], 2))
            self.assertGreater(gains, 8, draw.__name__)

    def test_a_climb_that_does_not_promise_to_get_to_its_aim_is_given_up(self):
        measured = self.objective.of(APART, task("places", "maximize"))
        genome = self.genome.Genome(APART, "places")
        tries = []
        for aim in (-math.inf, 1.0):
            space, tables = genome.space(), genome.start()
            climb = self.climb.Climb(tables, lambda: (space.update(tables), measured.model(space))[1], lambda: 1.0, aim)
            self.assertTrue(climb.run(0.001))
            tries.append(climb.tries)
        self.assertLess(tries[1], tries[0])

    def test_places_to_begin_at_are_measured_without_plateaus(self):
        smooth = self.climb.smooth
        self.assertLess(smooth((0.0, [1.0, 2.0, 3.0], []), 0.5), 1.0)
        self.assertLess(smooth((0.0, [1.0, 1.0, 3.0], []), 0.5), smooth((0.0, [1.0, 2.0, 3.0], []), 0.5))
        self.assertLess(smooth((5.0, None, [-1.0, -1.0]), 1.0), smooth((5.0, None, [-1.0, 2.0]), 1.0))
        self.assertEqual(smooth((5.0, None, [0.5]), 1.0), 5.0)
        self.assertGreater(self.climb.scale_of((0.0, [1.0, 2.0, 3.0], [])), 0.0)
        for found in ((0.0, None, []), (0.0, [1.0, 1.0], [])):
            self.assertEqual(self.climb.scale_of(found), 1.0)

    def test_programs_whose_parts_are_of_no_use_are_searched_without_them(self):
        rows = "[[0.5, 0.5], [0.25, 0.5], [0.5, 0.75], [0.1, 0.2]" + ", [0.3, 0.3]" * 70 + "]"
        program = f"ROWS = {rows}\n\ndef rows():\n    return ROWS\n\ndef quality(found):\n    return -sum(x * x + y * y for x, y in found)\n\n"
        for parts in ("return [1.0] * int(1e6 * found[0][0] % 7)", "return [-x * x - y * y for x, y in found]"):
            source = f"{program}def parts(found):\n    {parts}\n"
            source = source if "int" not in parts else source.replace(", [0.3, 0.3]" * 70, "")
            measured = self.objective.of(source, task("rows", "maximize"))
            best = min(measured.of_source(self.refine.refined(source, measured, 0.3, random.Random(seed))[0]) for seed in range(4))
            self.assertLess(best, 0.9 * measured.of_source(source), parts)

    def test_an_empty_answer_is_worth_nothing(self):
        program = "POINTS = [[0.5, 1.0]]\n\ndef points():\n    return POINTS\n\ndef quality(found):\n    return min([x for x, _ in found], default=9.0)\n"
        measured = self.objective.of(program, task("points", "maximize"))
        self.assertEqual(measured.of_source(program), -0.5)
        self.assertEqual(measured.of_source(program.replace("return POINTS", "return []")), math.inf)

    def test_a_function_of_a_sequence_becomes_a_table_over_its_traits(self):
        sequences = [list(found) for found in itertools.product(range(3), repeat=4)]
        # What is wanted is the number of twos, by rank; the program knows the first entry alone.
        wanted = lambda found: found.count(2)
        pairs = [(a, b) for a in sequences for b in sequences[::5] if wanted(a) > wanted(b)]

        def value(space):
            ranks = {tuple(found): space["rank"](list(found), 4) for found in sequences}
            return float(sum(ranks[tuple(a)] <= ranks[tuple(b)] for a, b in pairs))

        measured = self.objective.Measured("rank", [[0, 1, 2, 2], 4], value)
        form = self.form.of(RANKED, measured)
        self.assertEqual((form.name, form.length, form.values), ("element", 4, 3))
        source = RANKED
        for seed in range(6):
            source, report = self.traits.grown(source, self.form.of(source, measured), measured, 0.5, random.Random(seed))
        self.assertLess(measured.of_source(source), 0.3 * measured.of_source(RANKED), report)
        self.assertEqual(source.count("WORTH ="), 1)
        self.assertIn('"""Returns the rank of a sequence."""', source)
        self.assertIn("def quality(", source)
        self.assertNotIn("WEIGHTS", source)
        self.assertTrue(self.traits._traits_of(ast.parse(source)))

    def test_greedy_cap_sets_are_those_of_their_definition(self):
        rng = random.Random(8)
        for dimension in (1, 2, 3, 4):
            caps = self.greedy.CapSets(dimension)
            for _ in range(20):
                ranks = [rng.randrange(rng.choice((2, 5, 1000))) for _ in caps.inputs]
                taken = []
                for index in sorted(range(len(ranks)), key=lambda index: (-ranks[index], index)):
                    vector = caps.inputs[index]
                    if not any(all(sum(digits) % 3 == 0 for digits in zip(vector, a, b)) for a, b in itertools.combinations(taken, 2)):
                        taken.append(vector)
                self.assertEqual(caps.of_ranks(ranks), -len(taken), (dimension, ranks))

    def test_an_order_of_classes_is_what_its_table_says(self):
        caps, rng = self.greedy.CapSets(4), random.Random(4)
        classes = {}
        for index, vector in enumerate(caps.inputs):
            classes.setdefault((vector.count(0), vector[0]), []).append(index)
        search = self.ordering.Ordering(classes, caps, rng)
        search.begin()
        first = search.best
        search.run(lambda: search.tries / 400, 0.006)
        self.assertLess(search.best, first)
        self.assertEqual(search.best, self.ranked_by(search, caps))
        again = self.ordering.Ordering(classes, caps, rng)
        again.begin(lambda given: search.worth().get((given.count(0), given[0]), 0))
        self.assertEqual(again.best, search.best, "it goes on from what the classes were worth")

    def ranked_by(self, search, caps):
        ranks = [0] * len(caps.inputs)
        for name, number in search.worth().items():
            for index in search.classes[name]:
                ranks[index] = number
        return caps.of_ranks(ranks)

    def test_a_race_goes_on_with_the_best_of_its_searches(self):
        class Counter:
            LAPS = 5

            def __init__(self, best):
                self.best, self.tries = best, 0

            def run(self, spent, heat):
                while spent() < 1.0:
                    self.tries += 1

        numbers, clock = iter([3.0, None, 1.0, *[2.0] * 9]), itertools.count()
        draw = lambda: (lambda number: number and Counter(number))(next(numbers))
        first, done = self.race.won(draw, lambda: next(clock) / 1000.0, False)
        self.assertEqual((first.best, done["sets"]), (1.0, self.race.RACING))
        self.assertGreater(first.tries, 50)
        self.assertEqual(self.race.won(lambda: None, lambda: 0.0, False), (None, {"sets": 0, "tries": 0}))

    def test_symmetric_sequences_are_ranked_alike(self):
        caps = self.greedy.CapSets(4)
        value = lambda space: caps.of_ranks([space["rank"](list(found), 4) for found in caps.inputs])
        measured = self.objective.Measured("rank", [[0, 1, 2, 2], 4], value, ranking=caps)
        self.assertTrue(self.symmetry.fits(self.form.of(RANKED, measured), measured))
        self.assertFalse(self.symmetry.fits(self.form.of(RANKED, self.objective.Measured("rank", [[0, 1, 2, 2, 0], 5], value, ranking=caps)), measured))
        source, orbits_min, self.symmetry.ORBITS_MIN = RANKED, self.symmetry.ORBITS_MIN, 4
        self.addCleanup(setattr, self.symmetry, "ORBITS_MIN", orbits_min)
        for seed in range(6):
            form, before = self.form.of(source, measured), measured.of_source(source)
            source, report = self.symmetry.grown(source, form, measured, 0.3, random.Random(seed))
            self.assertLessEqual(measured.of_source(source), before)
            self.assertEqual(measured.of_source(source), report["after"])
        self.assertLess(measured.of_source(source), measured.of_source(RANKED))
        space = {}
        exec(source, space)
        for symmetry in space["SYMMETRIES"]:
            for given in caps.inputs:
                turned = [values[given[place]] for place, values in symmetry]
                self.assertEqual(space["rank"](given, 4), space["rank"](turned, 4), source)
        self.assertIn('"""Returns the rank of a sequence."""', source)
        self.assertIn("def quality(", source)
        self.assertNotIn("WEIGHTS", source)
        # Traits and symmetries replace each other.
        other, _ = self.traits.grown(source, self.form.of(source, measured), measured, 0.3, random.Random(1))
        back, _ = self.symmetry.grown(other, self.form.of(other, measured), measured, 0.3, random.Random(2))
        self.assertEqual(back.count("WORTH ="), 1)

    def test_symmetries_that_are_none_are_not_gone_on_with(self):
        measured = self.objective.Measured("rank", [[0, 1, 2, 2], 4], lambda space: 0.0)
        for table in ("[[[0, [0, 1, 2]]]]", "[[[0, [0, 1]], [1, [0, 1, 2]], [2, [0, 1, 2]], [3, [0, 1, 2]]]]", "[3]", "[[3, 1, 2, 0]]", "7"):
            form = self.form.of(f"SYMMETRIES = {table}\n{RANKED}", measured)
            self.assertEqual(self.symmetry._symmetries_of(form), [], table)

    def test_orbits_hold_what_symmetries_make_of_each_other(self):
        form, rng = self.form.Form(None, None, "element", 4, 3), random.Random(6)
        sequences = list(itertools.product(range(3), repeat=4))
        for _ in range(30):
            symmetries = self.symmetry._fresh(form, rng)
            orbits = self.symmetry.orbits_of([self.symmetry._images(symmetry, 3) for symmetry in symmetries], 81)
            self.assertEqual(sorted(index for orbit in orbits for index in orbit), list(range(81)))
            home = {sequences[index]: number for number, orbit in enumerate(orbits) for index in orbit}
            for symmetry in symmetries:
                for given in sequences:
                    self.assertEqual(home[given], home[tuple(values[given[place]] for place, values in symmetry)])

    def test_only_functions_of_one_sequence_of_small_whole_numbers_have_traits(self):
        for program, arguments in (
            ("def rank(e, n):\n    return 1.0\n", [[0.5, 1.0, 2.0, 0.0], 4]),
            ("def rank(e, n):\n    return 1.0\n", [[0, 1, 2, 90], 4]),
            ("def rank(e, n):\n    return [1.0]\n", [[0, 1, 2, 2], 4]),
            ("def rank(e, f):\n    return 1.0\n", [[0, 1, 2, 2], [0, 1, 2, 2]]),
            ("def rank():\n    return 1.0\n", []),
        ):
            measured = self.objective.Measured("rank", arguments, lambda space: 0.0)
            self.assertIsNone(self.form.of(program, measured), program)

    def test_traits_stay_within_their_tables(self):
        form = self.form.Form(None, None, "element", 8, 3)
        rng, drawn = random.Random(9), set()
        for _ in range(400):
            text, size = self.traits._trait(form, rng)
            drawn.add(text)
            trait = eval(f"lambda element: {text}")
            for _ in range(10):
                self.assertIn(trait([rng.randrange(3) for _ in range(8)]), range(size), text)
            for number in range(3):
                self.assertIn(trait([number] * 8), range(size), text)
        self.assertGreater(len(drawn), 100)

    def test_measures_of_known_tasks_are_those_of_the_engine(self):
        def seed(name):
            return simulate.read_tree(os.path.join(ROOT, "data", "tasks", name, "seed"))["task_agent.py"]

        circles = self.objective.of(seed("circle-packing"), task("pack", "maximize", name="circle-packing"))
        self.assertTrue(-2.1 < circles.of_source(seed("circle-packing")) < -1.9)
        overlap = "def pack():\n    return [[0.5, 0.5, 0.5]] * 26\n"
        self.assertIsNone(self.objective.of(overlap, task("pack", "maximize", name="circle-packing")))
        caps = self.objective.of(seed("cap-set"), task("priority", "maximize", name="cap-set"))
        self.assertEqual(caps.of_source(seed("cap-set")), -256.0)
        bins = self.objective.of(seed("bin-packing"), task("priority", name="bin-packing"))
        self.assertTrue(4.5 < bins.of_source(seed("bin-packing")) < 7.0)
        self.assertIsNone(self.objective.of("def f():\n    return 1\n", task("f")))


class Improving(unittest.TestCase):
    """Whole runs of improve(), each in a process of its own."""

    def improve(self, source, described, seed=7):
        with tempfile.TemporaryDirectory() as repo:
            simulate.write_tree({**MEMETIC, "task_agent.py": source}, repo)
            job = {"seed": seed, "repo": repo, "task": described, "parent": {"score": None}}
            code = "import json, sys; sys.path.insert(0, sys.argv[1]); import meta_agent; meta_agent.DEFAULT_SECONDS = 1.0\n"
            code += "print(json.dumps(meta_agent.improve(json.loads(sys.argv[2]))))"
            done = subprocess.run([sys.executable, "-B", "-c", code, repo, json.dumps(job)], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            tree = simulate.read_tree(repo)
        changed = {path for path in tree if tree[path] != {**MEMETIC, "task_agent.py": source}.get(path)}
        self.assertLessEqual(changed, {"task_agent.py", "lib/ledger.json"})
        ast.parse(tree["task_agent.py"])
        told, report = done.stdout.splitlines()
        self.assertRegex(told, r"^(Varied by [a-z_, ]+|Searched the numbers: \d+ tries here)[^\n]*\.$")
        return tree["task_agent.py"], json.loads(report)

    def test_a_child_is_valid_and_better_where_there_is_a_measure(self):
        source, report = self.improve(POINTS, task("points"))
        space = {}
        exec(source, space)
        self.assertLess(space["quality"](space["points"]()), 10.0, report)

    def test_a_child_is_different_where_there_is_none(self):
        program = "def rate(a, b):\n    return a - 2.0 * b\n"
        for seed in range(3):
            source, report = self.improve(program, task("rate", examples=["rate(3, 4.5)", "rate(1, 2)"]), seed)
            self.assertNotEqual(source, program, report)


if __name__ == "__main__":
    unittest.main()
