//! Values of Python's library between evaluator and program.

use hyperspace_eval::Score;

use crate::common::{case, failure, score};

#[test]
fn values_of_the_library_cross_as_what_they_are() {
    let evaluator = "
import array, collections, datetime, pathlib, random, types, uuid
from datetime import timezone, timedelta
def evaluate(path):
    p = load(path)
    found = p.values()
    assert found == p.values() and p.same(found) == found
    assert found['dd']['new'] == [] and type(found['dd']) is collections.defaultdict
    assert found['count'].most_common(1) == [('a', 2)] and found['count']['z'] == 0
    assert found['queue'].maxlen == 3 and found['queue'].popleft() == 1
    found['order'].move_to_end('a')
    assert list(found['order']) == ['b', 'a']
    assert found['when'] == datetime.datetime(2024, 2, 29, 1, 2, 3, 4, timezone(timedelta(hours=2)))
    assert found['utc'].tzinfo is timezone.utc and found['day'] - datetime.date(2024, 1, 1) == timedelta(days=60)
    assert found['time'] == datetime.time(3, 4) and found['span'].total_seconds() == 5.5
    assert found['array'] == array.array('d', [1, 2]) and found['slice'] == slice(1, None, 2) and found['dots'] is ...
    assert found['path'].name == 'x.py' and found['id'] == uuid.UUID(int=5) and found['space'].a == [1]
    for value in (array.array('i', [3]), collections.deque([1], 2), types.SimpleNamespace(b=2), collections.Counter('xx')):
        got = p.same(value)
        assert got == value and type(got) is type(value), value
    return 1
";
    let program = "
import array, collections, datetime, pathlib, types, uuid
from datetime import timezone, timedelta
def same(value): return value
def values():
    return {
        'dd': collections.defaultdict(list, a=[1]), 'count': collections.Counter('aab'), 'queue': collections.deque([1, 2], maxlen=3),
        'order': collections.OrderedDict(a=1, b=2), 'when': datetime.datetime(2024, 2, 29, 1, 2, 3, 4, timezone(timedelta(hours=2))),
        'utc': datetime.datetime(2020, 1, 1, tzinfo=timezone.utc), 'day': datetime.date(2024, 3, 1), 'time': datetime.time(3, 4),
        'span': timedelta(seconds=5.5), 'array': array.array('d', [1, 2]), 'slice': slice(1, None, 2), 'dots': ...,
        'path': pathlib.Path('/tmp/x.py'), 'id': uuid.UUID(int=5), 'space': types.SimpleNamespace(a=[1]),
    }
";
    assert_eq!(score(evaluator, program), Score::one());
}

#[test]
fn a_generator_of_random_numbers_goes_on_where_the_program_left_it() {
    let evaluator = "
import collections, random
def evaluate(path):
    p = load(path)
    own, other = random.Random(5), random.Random(5)
    assert p.draw(own) == [other.random(), other.randint(1, 10)] and own.random() == other.random()
    graph, queue, count = collections.defaultdict(list, a=[1]), collections.deque([1, 2]), collections.Counter('a')
    p.change(graph, queue, count)
    assert graph == {'a': [1], 'b': [2]} and queue == collections.deque([2, 3]) and count == collections.Counter('aab')
    assert graph['c'] == []
    return 1
";
    let program = "
def draw(rng): return [rng.random(), rng.randint(1, 10)]
def change(graph, queue, count):
    graph['b'].append(2)
    queue.append(queue.popleft() + 2)
    count.update('ab')
";
    assert_eq!(score(evaluator, program), Score::one());
}

#[test]
fn what_is_made_of_code_does_not_cross() {
    for (source, named) in [
        (
            "import collections\ndef solve(): return collections.defaultdict(lambda: 3)",
            "a default that a function makes",
        ),
        ("def solve():\n    x = [1]\n    x.append(x)\n    return x\n", "one that contains itself"),
        (
            "import types\ndef solve(): return types.SimpleNamespace(a=[open])",
            "solve()[0]['a'][0] is of type builtin",
        ),
    ] {
        let found = case("", "\ndef evaluate(path):\n    return load(path).solve()\n", source);
        let text = failure(&found);
        assert!(text.contains(named) && text.len() < 400, "{text}");
    }
    let evaluator = "
class Board:
    def move(self): pass
def evaluate(path):
    return load(path).solve(Board())
";
    let text = failure(&case("", evaluator, "def solve(board): return 1"));
    assert!(text.contains("evaluator.Board") && text.contains("functions, such as its methods"), "{text}");
}
