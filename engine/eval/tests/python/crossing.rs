//! Values between evaluator and program: those that cross, and those that do not.

use hyperspace_eval::{Score, Task};
use hyperspace_testkit::file_set;

use crate::common::{HEAD, LIMITS, LOAD, case, evaluate, failure, score, scored};

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
    let large = "def solve(): return 'x' * 9_000_000";
    let found = case("", "\ndef evaluate(path):\n    return len(load(path).solve())\n", large);
    assert!(failure(&found).contains("solve() takes 90000"), "{found:#?}");
    let evaluator = "\ndef evaluate(path):\n    return load(path).solve('x' * 9_000_000)\n";
    let found = case("", evaluator, "def solve(text): return len(text)");
    assert!(failure(&found).contains("the arguments take 90000"), "{found:#?}");
}

#[test]
fn values_longer_than_a_request_cross_in_parts_and_are_charged() {
    let evaluator = "
import time
def evaluate(path):
    p = load(path)
    text = 'a\\\"\\u00e9' * 120_000
    assert p.same(text) == text
    assert p.through(lambda x: x[::-1], text) == text[::-1]
    began = time.perf_counter()
    p.same('x' * 100)
    short = time.perf_counter() - began
    began = time.perf_counter()
    p.same('x' * 6_000_000)
    assert time.perf_counter() - began > short + 0.012
    return 1
";
    let program = "def same(x): return x\ndef through(f, x): return f(x)\n";
    assert_eq!(score(evaluator, program), Score::one());
}

#[test]
fn objects_that_a_program_returns_stay_there_and_are_used_from_here() {
    let evaluator = "
import collections, functools, inspect
def evaluate(path):
    p = load(path)
    model = p.build(2)
    assert model.fit([1, 2, 3]) is model and model.mean == 2 and model.predict([1]) == [4]
    assert isinstance(model, p.Model) and not isinstance(model, p.Other) and not isinstance(3, p.Model)
    model.mean = 5
    assert model.predict([1]) == [10] and not hasattr(model, 'absent')
    assert p.measure(model) == 5 and p.build(1) is not model
    assert list(p.numbers(3)) == [0, 1, 2] and sum(x for x in p.numbers(4)) == 6
    assert p.adder(3)(4) == 7 and p.consume(iter([1, 2])) == 3 and p.consume(map(abs, [-4])) == 4
    with p.Session() as session:
        session.put(3)
        session.put(4)
        assert len(session) == 2 and session[1] == 4 and 3 in session and list(session) == [3, 4]
    assert session.closed
    for _ in range(15_000):
        p.build(1)
    assert inspect.isclass(p.Model) and inspect.isfunction(p.build) and inspect.signature(p.build).parameters['scale'].default == 1
    assert p.build.__code__.co_varnames == ('scale',) and 'def build(scale=1)' in inspect.getsource(p.build)
    assert {name for name, _ in inspect.getmembers(p, inspect.isfunction)} >= {'build', 'numbers'}
    return 1
";
    let program = "
class Other: pass
class Model:
    def __init__(self, scale): self.scale = scale
    def fit(self, xs):
        self.mean = sum(xs) // len(xs)
        return self
    def predict(self, xs): return [self.scale * self.mean for _ in xs]
def build(scale=1): return Model(scale)
def measure(model): return model.mean
def numbers(n):
    for i in range(n): yield i
def adder(n): return lambda m: n + m
def consume(xs): return sum(xs)
class Session:
    closed = False
    def __init__(self): self.items = []
    def put(self, x): self.items.append(x)
    def __enter__(self): return self
    def __exit__(self, *error): self.closed = True
    def __len__(self): return len(self.items)
    def __getitem__(self, i): return self.items[i]
    def __iter__(self): return iter(self.items)
    def __contains__(self, x): return x in self.items
";
    assert_eq!(score(evaluator, program), Score::one());
}

#[test]
fn dataclasses_of_the_evaluator_come_back_as_what_they_are() {
    let evaluator = "
import dataclasses
@dataclasses.dataclass
class Item:
    size: int
    tags: list
    def double(self): return 2 * self.size
def evaluate(path):
    p = load(path)
    items = [Item(n, [n, {'k': n}]) for n in range(4)]
    chosen = p.choose(items)
    assert chosen[0] is items[3] and {id(one) for one in chosen} == {id(one) for one in items}
    assert p.change(items[1]) is items[1] and items[1].size == 9
    other = p.renewed(items[0])
    assert other is not items[0] and other.size == 8 and items[0].size == 0 and not isinstance(other, Item)
    assert p.forge(items[0]) is not items[1] and p.field_names(items[0]) == ['size', 'tags']
    items[2].size = 17
    assert p.choose(items)[0] is items[2]
    return p.choose([dataclasses.replace(items[2], size=1)])[0].double()
";
    let program = "
import dataclasses
def choose(items): return sorted(items, key=lambda item: -item.size)
def change(item):
    item.size = 9
    return item
def renewed(item): return dataclasses.replace(item, size=8)
def forge(item):
    item._hyperspace_number += 1
    return item
def field_names(item): return list(vars(item))
";
    assert_eq!(score(evaluator, program), Score::integer(2));
}

#[test]
fn an_answer_that_is_an_object_equals_nothing_and_stays_as_it_was_checked() {
    let evaluator = "
def evaluate(path):
    p = load(path)
    answer = p.solve()
    assert not answer == 7 and answer != 7 and not 7 == answer and answer not in [7] and bool(answer)
    for use in (len, iter, list, int, float, sum, lambda x: x[0], lambda x: x < 7, lambda x: 7 in x, lambda x: x + 1):
        try:
            use(answer)
        except TypeError:
            continue
        raise AssertionError(use)
    checked = answer.cost
    assert answer.cost == checked and answer.cost == checked
    answer.call()
    return checked + answer.cost
";
    let program = "
class Answer:
    n = 0
    @property
    def cost(self):
        self.n += 1
        return self.n
    def call(self): pass
    def yes(self, *args): return True
    __eq__ = __lt__ = __contains__ = __bool__ = yes
    def __len__(self): return 7
    def __iter__(self): return iter([7])
    def __getitem__(self, i): return 7
    def __int__(self): return 7
    def __float__(self): return 7.0
    def __add__(self, other): return 8
    __hash__ = object.__hash__
def solve(): return Answer()
";
    assert_eq!(score(evaluator, program), Score::integer(3));
}

#[test]
fn exceptions_are_caught_by_the_classes_that_programs_have_and_above_them() {
    let evaluator = "
def evaluate(path):
    p = load(path)
    try:
        p.fail()
    except p.Own as error:
        assert isinstance(error, ValueError) and error.args == ('mine', 3) and type(error).__name__ == 'Own'
    try:
        p.fail()
    except ValueError as error:
        assert str(error) == \"('mine', 3)\"
    try:
        p.key()
    except KeyError as error:
        assert error.args == ('k',) and str(error) == \"'k'\"
    return 1
";
    let program =
        "class Own(ValueError): pass\ndef fail(): raise Own('mine', 3)\ndef key(): return {}['k']\n";
    assert_eq!(score(evaluator, program), Score::one());
}

#[test]
fn what_a_program_prints_goes_where_the_evaluator_has_its_own_output_go() {
    let evaluator = "
import contextlib, io
def evaluate(path):
    p = load(path)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        print('before')
        assert p.through(lambda n: n + 1) == 2
    assert out.getvalue() == 'before\\n1\\n2\\n' and err.getvalue() == 'done\\n', (out.getvalue(), err.getvalue())
    p.through(abs)
    return 1
";
    let program = "
import sys
def through(f):
    print(1)
    n = f(1)
    print(n)
    print('done', file=sys.stderr)
    return n
";
    let found = case("", evaluator, program);
    assert_eq!(scored(&found), Score::one());
    assert_eq!(found.details.unwrap().program_printed.matches("done").count(), 2);
}

#[test]
fn members_of_enumerations_are_those_of_the_module_that_both_guests_have() {
    let evaluator = "
import secret, world
def evaluate(path):
    p = load(path)
    assert p.move() is world.Action.UP and p.name(world.Action.DOWN) == 'DOWN'
    own = p.own()
    assert own.name == 'RED' and own.value == 1 and own == p.own() and {own: 2}[p.own()] == 2 and p.is_red(own)
    assert p.number() == 3 and p.claim() is not secret.Answer.RIGHT
    return p.move().value
";
    let program = "
import enum
from world import Action
class Color(enum.Enum): RED = 1
class Level(enum.IntEnum): HIGH = 3
class Answer(enum.Enum): RIGHT = 1
Answer.__module__ = 'secret'
def move(): return Action.UP
def name(action): return action.name
def own(): return Color.RED
def is_red(color): return color is Color.RED
def number(): return Level.HIGH
def claim(): return Answer.RIGHT
";
    let task = [
        ("task.toml", format!("{HEAD}visible = [\"world.py\"]\n{LIMITS}")),
        ("evaluator.py", format!("{LOAD}{evaluator}")),
        ("world.py", "import enum\nclass Action(enum.Enum):\n    UP = 5\n    DOWN = 6\n".to_owned()),
        ("secret.py", "import enum\nclass Answer(enum.Enum): RIGHT = 1\n".to_owned()),
    ];
    let task = Task::from_files(&file_set(&task), "own").unwrap();
    let found = evaluate(&task, program).cases.remove(0);
    assert_eq!(scored(&found), Score::integer(5));
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
