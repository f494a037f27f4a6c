//! Values between evaluator and program: those that cross, and those that do not.

use hyperspace_eval::Score;

use crate::common::{case, failure, score, scored};

const VALUES: &str = "
import collections, dataclasses
P = collections.namedtuple('P', 'x y')
@dataclasses.dataclass
class D:
    a: int
    b: list
def solve():
    return {1: (1, 2), 'inf': float('inf'), b'x': {1, 2}, (1, 2): 3 ** 5000, 'p': P(1, 2), 'd': D(1, [2.5]), 'c': 1j, None: -0.0,
            'f': frozenset('a'), 'huge': -(1 << 63) - 1, 'text': 'a\\ud800\\u2603', 'r': range(3)}
";

#[test]
fn typed_values_cross_exactly() {
    let evaluator = "
import math
def evaluate(path):
    v = load(path).solve()
    assert v[1] == (1, 2) and type(v[1]) is tuple
    assert v['inf'] == math.inf and v[b'x'] == {1, 2} and v[(1, 2)] == 3 ** 5000
    assert v['p'].x == 1 and v['p'] == (1, 2) and v['d'].b == [2.5] and v['c'] == 1j
    assert math.copysign(1, v[None]) == -1 and v['f'] == frozenset('a') and v['huge'] == -(1 << 63) - 1
    assert v['text'] == 'a\\ud800\\u2603' and list(v['r']) == [0, 1, 2] and list(v)[:2] == [1, 'inf']
    return 1
";
    assert_eq!(score(evaluator, VALUES), Score::one());
}

#[test]
fn a_value_that_cannot_cross_is_named_by_its_path() {
    let found = case(
        "",
        "\ndef evaluate(path):\n    return load(path).solve()\n",
        "def solve(): return [1, {'k': (0, open)}]",
    );
    assert!(failure(&found).contains("solve()[1]['k'][1] is of type "), "{found:#?}");
    let deep = "def solve():\n    x = []\n    for _ in range(100): x = [x]\n    return x\n";
    let found = case("", "\ndef evaluate(path):\n    return load(path).solve()\n", deep);
    assert!(failure(&found).contains("more than 64 containers inside each other"), "{found:#?}");
    let large = "def solve(): return 'x' * (2 << 20)";
    let found = case("", "\ndef evaluate(path):\n    return len(load(path).solve())\n", large);
    assert!(failure(&found).contains("solve() takes 2097"), "{found:#?}");
}

#[test]
fn objects_functions_and_changes_in_place_work_through_proxies() {
    let evaluator = "
import asyncio
def evaluate(path):
    p = load(path)
    xs = [3, 1, 2]
    p.sort(xs)
    assert xs == [1, 2, 3]
    c = p.Counter(5)
    assert c.up() == 6 and c.up(k=4) == 10 and c.n == 10
    assert p.minimise(lambda x: (x - 4) ** 2) == 4
    assert asyncio.run(p.later(4)) == 8
    try:
        p.own()
    except Exception as error:
        assert type(error).__name__ == 'Own' and str(error) == 'mine'
    return {'combined_score': 0.5, 'n': 3, 'artifacts': {'why': 'so', 'raw': b'abc'}, 'note': 'text'}
";
    let program = "
class Own(Exception): pass
def own(): raise Own('mine')
def sort(xs): xs.sort()
def minimise(f): return min(range(10), key=f)
async def later(x): return x * 2
class Counter:
    def __init__(self, n): self.n = n
    def up(self, k=1):
        self.n += k
        return self.n
";
    let found = case("", evaluator, program);
    assert_eq!(scored(&found), Score::ratio(1, 2).unwrap());
    let details = found.details.unwrap();
    assert_eq!(details.metrics["n"], Score::integer(3));
    assert_eq!(details.artifacts.keys().collect::<Vec<_>>(), ["note", "raw", "why"]);
    assert!(details.calls >= 6 && details.program_fuel > 0, "{details:#?}");
}

#[test]
fn state_is_kept_for_an_evaluation_or_for_a_call() {
    let evaluator =
        "\ndef evaluate(path):\n    p = load(path)\n    return sum(p.solve() for _ in range(3))\n";
    let program = "n = 0\ndef solve():\n    global n\n    n += 1\n    return n\n";
    assert_eq!(score(evaluator, program), Score::integer(6));
    let found = case("isolation = \"call\"\n", evaluator, program);
    assert_eq!(scored(&found), Score::integer(3));
}

#[test]
fn time_and_callbacks_are_charged_to_the_program() {
    let evaluator = "
import time
def costly(n):
    return sum(range(n))
def evaluate(path):
    p = load(path)
    began = time.perf_counter()
    p.solve(costly)
    return time.perf_counter() - began
";
    let found = case("", evaluator, "def solve(f):\n    for _ in range(20): f(100_000)\n");
    let (seconds, details) = (scored(&found).to_f64(), found.details.unwrap());
    // The program did next to nothing itself, and pays for the function that it called.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let paid = details.program_fuel as f64 / 1e9;
    assert!(seconds > 0.02 && paid > 0.9 * seconds, "{seconds} {paid}");
}
