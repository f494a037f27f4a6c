//! Proxies beside what they stand for: what an evaluator learns of functions, objects and records of a program, and does with them.

use hyperspace_eval::Score;

use crate::common::{case, score, scored};

#[test]
fn functions_and_classes_tell_what_they_are() {
    let evaluator = "
import inspect, sys
def evaluate(path):
    p = load(path)
    sys.modules['program'] = p
    assert str(inspect.signature(p.solve)) == \"(a: int, b=2.5, *, c: 'list[int]' = (1, 2)) -> float\"
    assert p.solve.__defaults__ == (2.5,) and p.solve.__kwdefaults__ == {'c': (1, 2)} and p.solve.__annotations__['return'] is float
    assert inspect.isgeneratorfunction(p.several) and inspect.isasyncgenfunction(p.later) and not inspect.isgeneratorfunction(p.solve)
    assert inspect.getsource(p.Box).splitlines()[-1] == '    size = 3'
    assert p.cached(2) == p.cached(2) == 4 and p.cached.cache_info().hits == 1
    p.cached.cache_clear()
    assert p.cached.cache_info().misses == 0 and not hasattr(p.solve, 'cache_clear')
    p.counted.calls = 5
    assert p.counted() == 6 == p.counted.calls
    p.random.seed(3)
    first = p.draw()
    p.random.seed(3)
    assert p.draw() == first and p.math.pi > 3
    return 1
";
    let program = "
import functools, math, random
def solve(a: int, b=2.5, *, c: 'list[int]' = (1, 2)) -> float: return a
def several(): yield 1
async def later(): yield 1
class Box:
    size = 3
@functools.lru_cache
def cached(x): return 2 * x
def counted():
    counted.calls += 1
    return counted.calls
def draw(): return random.random()
";
    assert_eq!(score(evaluator, program), Score::one());
}

#[test]
fn objects_that_the_evaluator_made_are_calculated_with_and_compared_with_each_other() {
    let evaluator = "
def evaluate(path):
    p = load(path)
    a, b = p.Vector(1, 2), p.Vector(3, 4)
    assert a + b == p.Vector(4, 6) and (a + b) + a != b and 2 * a == a * 2 == p.Vector(2, 4) and -a == p.Vector(-1, -2)
    assert sorted([b, a])[0] is a and a < b and {a: 1}[p.Vector(1, 2)] == 1 and a in [b, p.Vector(1, 2)]
    assert str(a) == 'Vector(1, 2)' == repr(a) == f'{a}' and float(a) == 1.0 and not p.Vector(0, 0) and abs(b) == 5
    a += b
    assert a.x == 4 and vars(a) == {'x': 4, 'y': 6} and a != 4 and a != (4, 6)
    del a.x
    assert not hasattr(a, 'x')
    for use in (lambda: b + 1, lambda: b < 1, lambda: len(b + b), lambda: p.same(b) + b, lambda: p.same(b) < b):
        try:
            use()
        except TypeError:
            continue
        raise AssertionError(use)
    return 1
";
    let program = "
class Vector:
    def __init__(self, x, y): self.x, self.y = x, y
    def __repr__(self): return f'Vector({self.x}, {self.y})'
    def __eq__(self, other): return (self.x, self.y) == (other.x, other.y)
    def __hash__(self): return hash((self.x, self.y))
    def __lt__(self, other): return self.x < other.x
    def __add__(self, other): return Vector(self.x + other.x, self.y + other.y) if isinstance(other, Vector) else NotImplemented
    def __mul__(self, n): return Vector(self.x * n, self.y * n)
    __rmul__ = __mul__
    def __neg__(self): return self * -1
    def __abs__(self): return (self.x ** 2 + self.y ** 2) ** 0.5
    def __float__(self): return float(self.x)
    def __bool__(self): return self.x != 0
    def __len__(self): return 2
def same(x): return x
";
    assert_eq!(score(evaluator, program), Score::one());
}

/// An evaluator of records, which is satisfied with each call in a guest of its own, too.
const RECORDS: &str = "
import dataclasses
def evaluate(path):
    p = load(path)
    found = p.find(3)
    assert found == p.find(3) and isinstance(found, p.Found) and isinstance(found, p.Base) and not isinstance(found, p.Pair)
    assert found.double() == 6 and found.name == 'found 3' and found.grow(by=2).x == 5 and found.x == 5
    assert dataclasses.asdict(found) == {'x': 5, 'seen': [5]} and dataclasses.replace(found, x=7).double() == 14
    assert p.measure(found) == ['Found', 10] and not hasattr(found, 'absent')
    pair = p.pair()
    assert pair == (1, 2) == p.Pair(1, 2) and isinstance(pair, p.Pair) and pair.total() == 3 and p.kind(pair) == 'Pair'
    return 1
";

#[test]
fn records_have_the_methods_of_their_class_and_come_back_as_what_they_are() {
    let program = "
import dataclasses, typing
class Base:
    def double(self): return 2 * self.x
@dataclasses.dataclass
class Found(Base):
    x: int
    seen: list = dataclasses.field(default_factory=list)
    @property
    def name(self): return f'found {self.x}'
    def grow(self, by):
        self.x += by
        self.seen.append(self.x)
        return self
class Pair(typing.NamedTuple):
    a: int
    b: int
    def total(self): return self.a + self.b
@dataclasses.dataclass
class Opened:
    stream: object
    def read(self): return 8
def find(x): return Found(x)
def measure(found): return [type(found).__name__, found.double()]
def pair(): return Pair(1, 2)
def kind(value): return type(value).__name__
def open_one(): return Opened(open('/tmp/x', 'w'))
";
    let kept =
        "\ndef evaluate(path):\n    p = load(path)\n    return p.Found(1).double() + p.open_one().read()\n";
    assert_eq!(score(RECORDS, program), Score::one());
    assert_eq!(score(kept, program), Score::integer(10));
    assert_eq!(scored(&case("isolation = \"call\"\n", RECORDS, program)), Score::one());
}

#[test]
fn properties_of_records_stay_as_they_were_read() {
    let evaluator = "
def evaluate(path):
    p = load(path)
    found = p.find()
    checked = found.cost
    assert found.cost == checked == found.cost
    p.find()
    return checked + found.cost
";
    let program = "
import dataclasses
READ = []
@dataclasses.dataclass
class Found:
    x: int = 0
    @property
    def cost(self):
        READ.append(1)
        return len(READ)
def find(): return Found()
";
    assert_eq!(score(evaluator, program), Score::integer(3));
}

#[test]
fn members_of_enumerations_are_the_same_objects() {
    let evaluator = "
def evaluate(path):
    p = load(path)
    assert p.best() is p.Color.RED and p.best() is p.best() and {p.Color.RED: 1}[p.best()] == 1 and p.level() is p.Level.HIGH
    assert p.forged() is not p.Color.RED
    return 1
";
    let program = "
import enum
class Color(enum.Enum):
    RED = 1
class Level(enum.IntEnum):
    HIGH = 2
Other = enum.Enum('Color', {'RED': 2})
Other.__module__ = Color.__module__
def best(): return Color.RED
def level(): return Level.HIGH
def forged(): return Other.RED
";
    assert_eq!(score(evaluator, program), Score::one());
}

#[test]
fn arguments_by_name_and_those_of_callbacks_are_changed_in_place() {
    let evaluator = "
import dataclasses, enum, io, re
class Way(enum.Enum):
    UP = 1
@dataclasses.dataclass
class State:
    at: int = 0
    log: list = dataclasses.field(default_factory=list)
@dataclasses.dataclass(frozen=True)
class Job:
    size: int
def evaluate(path):
    p = load(path)
    items, text = [3, 1], io.StringIO('one\\ntwo')
    p.sort(items=items)
    assert items == [1, 3] and p.line(text) == 'one\\n' and text.read() == 'two'
    state, job, rows = State(), Job(1), ([1], {'k': [2]})
    inner = state.log
    assert p.move(state) == 3 and state.at == 3 and state.log is inner == ['moved'] and p.forge(job) == 5 and job.size == 1
    first = rows[0]
    p.grow(rows)
    assert rows == ([1, 2], {'k': [2, 3]}) and rows[0] is first and p.named({job: 4})[job] == 4 and p.turned(Way.UP) is Way.UP
    assert p.counted(open(__file__)) > 9 and p.found(re.compile('b+'), 'abb') == ['bb']
    box = p.Box()
    assert p.fill(lambda found: found.append(box)) == [0, True]
    return p.fill(lambda found: found.append(4))[1]
";
    let program = "
class Box: pass
def sort(items): items.sort()
def move(state):
    state.at += 3
    state.log.append('moved')
    return state.at
def forge(job):
    object.__setattr__(job, 'size', 5)
    return job.size
def grow(rows):
    rows[0].append(2)
    rows[1]['k'].append(3)
def named(jobs): return jobs
def turned(way): return way
def counted(stream): return len(stream.readlines())
def found(pattern, text): return pattern.findall(text)
def line(stream): return stream.readline()
def fill(function):
    found = [0]
    function(found)
    return [item if item.__class__ is int else isinstance(item, Box) for item in found]
";
    assert_eq!(score(evaluator, program), Score::integer(4));
}

#[test]
fn exceptions_of_the_library_are_caught_by_its_classes_and_none_that_steers() {
    let evaluator = "
import json, unittest
def evaluate(path):
    p = load(path)
    try:
        p.parse('{')
    except json.JSONDecodeError as error:
        assert error.pos == 1 and 'line 1' in str(error)
    assert p.caught(KeyError) and p.made(int, '3') == 3 and p.kind() is float
    class Case(unittest.TestCase):
        def test(self): p.skip()
    result = unittest.TestResult()
    Case('test').run(result)
    return len(result.errors) - len(result.skipped)
";
    let program = "
import json, unittest
def parse(text): json.loads(text)
def skip(): raise unittest.SkipTest('nothing to see')
def caught(kind):
    try: {}['k']
    except kind: return True
def made(kind, text): return kind(text)
def kind(): return float
";
    assert_eq!(score(evaluator, program), Score::one());
}

#[test]
fn threads_of_a_program_and_its_environment_are_there() {
    let evaluator = "
import os, queue, threading
def evaluate(path):
    p = load(path)
    os.environ['MODE'] = 'fast'
    assert p.mode() == 'fast' and p.threads() == [0, 1, 2]
    del os.environ['MODE']
    assert p.mode() is None
    line, found = queue.Queue(maxsize=2), []
    def put():
        for n in range(5): line.put(n)
        line.put(None)
    def take():
        while (n := line.get()) is not None: found.append(p.double(n))
    workers = [threading.Thread(target=work) for work in (put, take)]
    for worker in workers: worker.start()
    for worker in workers: worker.join()
    return sum(found)
";
    let program = "
import os, threading
def mode(): return os.environ.get('MODE')
def double(n): return 2 * n
def threads():
    found = []
    workers = [threading.Thread(target=found.append, args=(n,)) for n in range(3)]
    for worker in workers: worker.start()
    for worker in workers: worker.join()
    return found
";
    assert_eq!(score(evaluator, program), Score::integer(20));
    assert_eq!(scored(&case("isolation = \"call\"\n", evaluator, program)), Score::integer(20));
}
