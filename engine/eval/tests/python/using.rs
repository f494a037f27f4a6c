//! Modules, classes and exceptions of a program, as evaluators use them.

use hyperspace_eval::Score;

use crate::common::{case, failure, score, scored};

#[test]
fn what_is_set_on_a_module_is_set_in_the_program() {
    let evaluator = "
from unittest import mock
def evaluate(path):
    p = load(path)
    p.SIZE = 50
    p.Box.limit = 7
    assert (p.SIZE, p.size(), p.Box().limit) == (50, 50, 7)
    p.helper = lambda x: x * 100
    assert p.use(2) == 200 and p.helper(3) == 300
    with mock.patch.object(p, 'other', return_value=9):
        assert p.use_other(1) == 9
    assert p.use_other(1) == 2
    first, calls = p.use, []
    def counted(x):
        calls.append(x)
        return first(x)
    p.use = counted
    assert p.twice(4) == 800 and calls == [4, 4]
    return p.apply(p.other, 5) + p.apply(p.Box().double, 8)
";
    let program = "
SIZE = 1
class Box:
    limit = 1
    def double(self, x): return 2 * x
def size(): return SIZE
def helper(x): return x
def other(x): return x + 1
def use(x): return helper(x)
def use_other(x): return other(x)
def twice(x): return use(x) + use(x)
def apply(f, x): return f(x) if type(f).__name__ != 'Callback' else -1000
";
    assert_eq!(score(evaluator, program), Score::integer(6 + 16));
}

#[test]
fn names_of_a_module_are_listed_imported_and_loaded_again() {
    let evaluator = "
import importlib, os, sys
def evaluate(path):
    sys.path.insert(0, os.path.dirname(path))
    import task_agent
    assert [task_agent.bump(), task_agent.bump()] == [1, 2]
    importlib.reload(task_agent)
    assert task_agent.bump() == 1
    names = {}
    exec('from task_agent import *', names)
    assert names['bump']() == 2 and names['K'] == 3 and '_hidden' not in names and 'math' not in names
    found = vars(task_agent)
    assert found['bump']() == 3 and isinstance(found['Box'], type) and found['K'] == 3
    return sum(isinstance(value, type) and issubclass(value, task_agent.Base) for value in found.values())
";
    let program = "
import math
K, N, _hidden = 3, 0, 4
class Base: pass
class Box(Base): pass
def bump():
    global N
    N += 1
    return N
";
    assert_eq!(score(evaluator, program), Score::integer(2));
}

#[test]
fn enumerations_of_the_program_are_used_as_such() {
    let evaluator = "
def evaluate(path):
    p = load(path)
    assert p.best() == p.Color.RED == p.Color['RED'] == p.Color(1) and p.best().name == 'RED'
    assert [member.value for member in p.Color] == [1, 'b'] and len(p.Color) == 2 and p.best() in p.Color
    assert isinstance(p.best(), p.Color) and p.is_red(p.best()) and not p.is_red(p.Color('b'))
    level = p.level()
    assert level == 2 and level.name == 'HIGH' and level + 1 == 3 and p.is_high(level)
    try:
        p.Color(5)
    except ValueError:
        return 1
";
    let program = "
import enum
class Color(enum.Enum):
    RED = 1
    BLUE = 'b'
class Level(enum.IntEnum):
    HIGH = 2
def best(): return Color.RED
def is_red(color): return color is Color.RED
def level(): return Level.HIGH
def is_high(level): return level is Level.HIGH
";
    assert_eq!(score(evaluator, program), Score::one());
}

#[test]
fn exceptions_cross_with_their_attributes_and_come_back_as_the_same() {
    let evaluator = "
class Stop(Exception): pass
def stop(x):
    raise Stop('enough', x)
def evaluate(path):
    p = load(path)
    try:
        p.fail()
    except p.Own as error:
        assert error.code == 7 and error.args == ('bad', 7) and error.data == {'k': [1]} and not hasattr(error, 'stream')
    try:
        p.call(stop)
    except Stop as error:
        assert error.args == ('enough', 3)
    assert p.seen(stop) == ['Stop', ['enough', 3]]
    try:
        p.leave()
    except SystemExit as error:
        assert error.code == 4
    try:
        p.leave()
    except Exception as error:
        return error.code
";
    let program = "
import sys
class Own(ValueError):
    def __init__(self, code):
        super().__init__('bad', code)
        self.code, self.data, self.stream, self.add_note = code, {'k': [1]}, sys.stdout, 3
def fail(): raise Own(7)
def call(f): f(3)
def seen(f):
    try: f(3)
    except Exception as error: return [type(error).__name__, list(error.args)]
def leave(): exit(4)
";
    assert_eq!(score(evaluator, program), Score::integer(4));
}

#[test]
fn contexts_and_partials_of_the_library_stay_there() {
    let evaluator = "
def evaluate(path):
    p = load(path)
    with p.opened(3) as value:
        assert value == 3
    assert p.closed() == 1 and p.adder(3)(4) == 7 and p.cached()(5) == 10
    return 1
";
    let program = "
import contextlib, functools
N = 0
@contextlib.contextmanager
def opened(x):
    global N
    yield x
    N += 1
def closed(): return N
def add(a, b): return a + b
def adder(n): return functools.partial(add, n)
def cached(): return functools.lru_cache(lambda x: 2 * x)
";
    assert_eq!(score(evaluator, program), Score::one());
}

#[test]
fn a_program_reads_what_the_evaluator_puts_in_the_place_of_its_input() {
    let evaluator = "
import io, sys
from unittest import mock
def evaluate(path):
    p = load(path)
    sys.stdin = io.StringIO('3 4\\n5\\nrest')
    try:
        assert p.add() == 7 and p.line() == '5' and sys.stdin.read() == 'rest'
    finally:
        sys.stdin = sys.__stdin__
    with mock.patch('builtins.input', side_effect=['8', '9']):
        return int(p.line()) + int(p.line())
";
    let program = "
def add(): return sum(map(int, input('? ').split()))
def line(): return input()
";
    assert_eq!(score(evaluator, program), Score::integer(17));
}

#[test]
fn a_class_of_the_program_is_no_base() {
    let evaluator = "
def evaluate(path):
    p = load(path)
    class Mine(p.Box): pass
    return 1
";
    let text = failure(&case("", evaluator, "class Box: pass"));
    assert!(text.contains("line 11") && text.contains("Box is a class of the program"), "{text}");
}

#[test]
fn files_whose_names_are_handed_over_are_there_and_come_back() {
    let evaluator = "
import json, os, pathlib, tempfile
def evaluate(path):
    p = load(path)
    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, 'in.json'), pathlib.Path(folder, 'out', 'a.txt')
        json.dump([1, 2, 3], open(source, 'w'))
        target.parent.mkdir()
        assert p.total(source) == 6 and p.write(target, 17) and target.read_text() == '17'
        json.dump([4], open(source, 'w'))
        assert p.total(source) == 4 and p.all_of(folder) == ['in.json', 'out/a.txt']
        try:
            p.total(os.path.join(folder, 'absent'))
        except FileNotFoundError:
            pass
        p.forge(str(target))
        assert sorted(os.listdir(folder)) == ['in.json', 'out'] and os.listdir(target.parent) == []
        assert p.Reader(source).read() == [4]
    return 1
";
    let program = "
import json, os
def total(path): return sum(json.load(open(path)))
def write(path, n):
    with open(path, 'w') as file: file.write(str(n))
    return True
def all_of(folder): return sorted(os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names)
def forge(path):
    os.remove(path)
    open('/tmp/evaluator.py', 'w').write('x')
    open(os.path.join(os.path.dirname(path), 'other.txt'), 'w').write('x')
class Reader:
    def __init__(self, path): self.path = path
    def read(self): return json.load(open(self.path))
";
    assert_eq!(score(evaluator, program), Score::one());
    // Each call starts from the state after loading, so files are handed over each time.
    let evaluator = "
def evaluate(path):
    p = load(path)
    open('/tmp/a.txt', 'w').write('5')
    return p.read('/tmp/a.txt') + p.read('/tmp/a.txt')
";
    let program = "def read(path): return int(open(path).read())";
    assert_eq!(scored(&case("isolation = \"call\"\n", evaluator, program)), Score::integer(10));
}

#[test]
fn objects_are_copied_listed_and_named() {
    let evaluator = "
import copy
def evaluate(path):
    p = load(path)
    first = p.Bag()
    first.add(1)
    second = copy.deepcopy(first)
    second.add(2)
    for _ in range(600):
        copy.copy(first)
    assert len(first) == 1 and len(second) == 2 and copy.deepcopy(p.same)(3) == 3
    assert type(first).__name__ == 'Bag' and [name for name in dir(first) if name[0] != '_'] == ['add', 'items']
    return 1
";
    let program = "
class Bag:
    def __init__(self): self.items = []
    def add(self, x): self.items.append(x)
    def __len__(self): return len(self.items)
def same(x): return x
";
    assert_eq!(score(evaluator, program), Score::one());
}

#[test]
fn the_evaluator_reads_its_own_pickles_as_they_were() {
    let evaluator = "
import io, pickle
class Own:
    def __init__(self, x): self.x = x
def evaluate(path):
    p = load(path)
    own = pickle.loads(pickle.dumps(Own(p.value())))
    with open('/tmp/own.pkl', 'wb') as file:
        pickle.dump([own, Own(2)], file)
    first, second = pickle.load(open('/tmp/own.pkl', 'rb'))
    # A pickle that says almost the same is the program's.
    for data in (p.pickled(), pickle.dumps(Own(3)) + b'.', p.pickled(pickle.dumps(Own(3)))):
        try:
            pickle.loads(data)
        except pickle.UnpicklingError as error:
            assert 'evaluator' in str(error)
            continue
        raise AssertionError(data)
    return first.x + second.x
";
    let program = "
def value(): return 5
def pickled(data=b'cevaluator\\nload\\n.'): return data.replace(b'K\\x03', b'K\\x04')
";
    assert_eq!(score(evaluator, program), Score::integer(7));
}
