//! Programs that earn nothing by what their side of the bridge says, and evaluators to which the same is no obstacle.

use hyperspace_eval::{CaseOutcome, Score};

use crate::common::{case, failure, score, scored};

#[test]
fn an_exit_of_the_program_ends_no_script_with_success() {
    let evaluate = "
import argparse, json, os
parser = argparse.ArgumentParser()
parser.add_argument('--program_path')
parser.add_argument('--results_dir')
args = parser.parse_args()
found = load(args.program_path).solve(args.results_dir)
with open(os.path.join(args.results_dir, 'metrics.json'), 'w') as file:
    json.dump({'combined_score': 1.0 if found == 'right' else 0.0}, file)
raise SystemExit(0)
";
    let writes =
        "def solve(folder):\n    open(folder + '/metrics.json', 'w').write('{\"combined_score\": 9}')\n";
    let program = |end: &str| case("call = \"script\"\n", evaluate, &format!("{writes}    {end}\n"));
    for end in ["raise SystemExit(0)", "raise SystemExit", "import os; os._exit(0)"] {
        let found = program(end);
        assert!(found.measure.is_none(), "{found:#?}");
        assert!(!matches!(found.outcome, CaseOutcome::Evaluator { .. }), "{found:#?}");
    }
    assert_eq!(scored(&program("return 'wrong'")), Score::integer(0));
    assert_eq!(scored(&program("return 'right'")), Score::one());
}

#[test]
fn exceptions_of_a_program_can_be_shown_whatever_they_hold() {
    let evaluate = "
import traceback
def evaluate(path):
    p, shown = load(path), 0
    for n in range(p.count):
        try:
            p.solve(n)
        except Exception as error:
            shown += len(f'{error} {error!r} {traceback.format_exc()}') > 0
    if shown == p.count: p.solve(0)
";
    let program = "
ERRORS = [
    lambda: SyntaxError('x', ('f', 1, 'no number', 'text')), lambda: SyntaxError('x', ('f', 1, 5, ['text'], 'a', 'b')),
    lambda: SyntaxError('x', (5, [], {}, ())), lambda: UnicodeDecodeError('utf-8', b'x', -50, -49, 'r'),
    lambda: UnicodeEncodeError('utf-8', 'x', 5, 1 << 28, 'r'), lambda: UnicodeTranslateError('x', -5, -4, 'r'),
    lambda: SyntaxError('\\ud800'), lambda: ValueError(10 ** 5000), lambda: KeyError(10 ** 5000), lambda: IndentationError('x', ('f', 'g', 'h', 'i')),
]
count = len(ERRORS)
def solve(n):
    import hyperspace_program as own, hyperspace_wire as wire
    own.ARGUMENTS_MAX = 1 << 20
    own.attributes_of = lambda error: {'filename': 5, 'lineno': [], 'offset': 'a', 'text': 7, 'end_offset': 'b', 'args': 5}
    raise ERRORS[n]()
";
    let found = case("", evaluate, program);
    assert!(!matches!(found.outcome, CaseOutcome::Evaluator { .. }), "{found:#?}");
    assert!(failure(&found).contains("SyntaxError"), "{found:#?}");
    let found = case(
        "",
        "\ndef evaluate(path):\n    return load(path).solve()\n",
        "def solve(): raise ValueError('\\ud800x')",
    );
    assert_eq!(failure(&found), r"exception: ValueError: \ud800x");
}

#[test]
fn what_was_not_asked_for_is_no_answer() {
    let evaluate = "\ndef evaluate(path):\n    p = load(path)\n    return p.solve()\n";
    let program =
        "import hyperspace_program as own\nown.handle = lambda request: ['p', ['v', 1], 'x', 'y', 0]\n";
    let found = case("", evaluate, program);
    assert!(found.measure.is_none() && !matches!(found.outcome, CaseOutcome::Evaluator { .. }), "{found:#?}");
    assert!(found.details.unwrap().evaluator_printed.is_empty());
}

#[test]
fn attributes_are_as_they_were_checked_and_new_after_a_call() {
    let evaluate = "
def evaluate(path):
    p = load(path)
    seen = []
    right = [p.count, p.count, p.Box.size, p.Box.size] == [1, 1, 1, 1]
    p.count = 7
    right = right and p.count == 7 and p.items is p.items
    # While the program calls back, its attributes are those of the moment.
    p.solve(lambda: seen.append((p.count, p.Box.size)))
    return float(right and seen == [(8, 2), (9, 3)] and p.count == 9)
";
    let program = "
count, items = 1, [1]
class Box:
    size = 1
def solve(tell):
    global count
    for _ in range(2):
        count += 1
        Box.size += 1
        tell()
";
    assert_eq!(score(evaluate, program), Score::one());
}

#[test]
fn an_object_that_comes_as_an_answer_has_the_operations_of_answers() {
    let evaluate = "
import gc
def evaluate(path):
    p = load(path)
    queue = p.Queue()
    right = len(queue) == 2 and queue[1] == 1 and list(queue) == [0, 1]
    same = queue.same()
    right = right and queue.same() is same and same.total() == 3 and isinstance(same, p.Queue) and p.is_queue(same, queue)
    for operation in (len, iter, lambda one: one[0], lambda one: 1 in one):
        try:
            operation(same)
            right = False
        except TypeError:
            pass
    # Neither of the two takes the object away from the other.
    del same
    gc.collect()
    for n in range(600):
        p.Queue()
    same = queue.same()
    del queue
    gc.collect()
    for n in range(600):
        p.Queue()
    return float(right and same.total() == 3)
";
    let program = "
class Queue:
    def __len__(self): return 2
    def __getitem__(self, index): return range(2)[index]
    def __contains__(self, value): return True
    def same(self): return self
    def total(self): return 3
def is_queue(one, other): return one is other and type(one) is Queue
";
    assert_eq!(score(evaluate, program), Score::one());
}

#[test]
fn loops_and_blocks_of_the_evaluator_end_as_it_says() {
    let evaluate = "
def evaluate(path):
    p, right = load(path), []
    for function in (p.stops, p.stops_later, p.Own().attribute):
        try:
            right.append(list(map(function, [1])) != [])
        except RuntimeError:
            right.append(True)
    try:
        with p.context():
            assert False
        right.append(False)
    except AssertionError:
        right.append(True)
    with p.context() as context:
        p.fails()
    right.append(context.ended == 2 and list(p.stream()) == [1, 2])
    right.append([list(found) for found in [p.again()] * 3] == [[1], [], []])
    source = iter([1])
    right.append(p.through(source.__next__) == [1])
    return float(all(right))
";
    let program = "
class Own:
    def attribute(self, n): raise StopIteration
class Ends(StopAsyncIteration): pass
def stops(n): raise StopIteration(n)
def stops_later(n): raise Ends
def fails(): raise ValueError
class Context:
    ended = 0
    def __enter__(self): return self
    def __exit__(self, *error):
        type(self).ended += 1
        return True
def context(): return Context()
class Again:
    def __init__(self): self.given = 0
    def __iter__(self): return self
    def __next__(self):
        self.given += 1
        if self.given % 2 == 0: raise StopIteration
        return self.given
def again(): return Again()
def stream():
    yield 1
    yield 2
def through(step):
    found = []
    try:
        while True: found.append(step())
    except StopIteration:
        return found
";
    assert_eq!(score(evaluate, program), Score::one());
}

#[test]
fn paths_of_the_evaluator_stay_its_own_though_the_program_tells_them() {
    let evaluate = "
import os, tempfile
def kept(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w') as file:
        file.write(text)
    return path
def evaluate(path):
    p, folder = load(path), tempfile.mkdtemp()
    named, secret = kept(folder + '/a/in.txt', 'given'), kept('/tmp/b/secret.txt', 'secret')
    # Named in what is no argument of its own, told, and handed over; and one that the program made in a folder of the evaluator.
    right = [p.read(p.tell({'file': named})) == 'given']
    made = p.make(folder)
    right.append(p.read(made) == 'made' and open(made).read() == 'made')
    for told in (p.line('tmp/b/', 'secret.txt').split()[2].rstrip('.'), os.path.join(folder, p.out('secret.txt'))):
        right.append(p.read(told) is None)
    return float(all(right))
";
    let program = "
import os
def tell(config): return config['file']
def make(folder):
    with open(folder + '/made.txt', 'w') as file: file.write('made')
    return folder + '/made.txt'
def line(folder, name): return f'it is /{folder}{name}.'
def out(name): return '../b/' + name
def read(path):
    try:
        with open(path) as file: return file.read()
    except OSError: return None
";
    assert_eq!(score(evaluate, program), Score::one());
}

#[test]
fn folders_in_the_place_of_files_come_back() {
    let evaluate = "
import os, subprocess, sys
def made(folder):
    os.makedirs(folder + '/b/c', exist_ok=True)
    for name in ('a', 'b/d', 'b/c/e'):
        with open(f'{folder}/{name}', 'w') as file:
            file.write(name)
    return folder
def swapped(folder):
    return open(folder + '/a/x').read() + open(folder + '/b').read() == 'xb'
def evaluate(path):
    load(path).swap(made('/tmp/one'))
    made('/tmp/two')
    subprocess.run([sys.executable, path], check=True)
    return float(swapped('/tmp/one') and swapped('/tmp/two'))
";
    let program = "
import os, shutil
def swap(folder):
    os.remove(folder + '/a')
    os.mkdir(folder + '/a')
    shutil.rmtree(folder + '/b')
    for name, text in (('a/x', 'x'), ('b', 'b')):
        with open(f'{folder}/{name}', 'w') as file:
            file.write(text)
if __name__ == '__main__':
    swap('/tmp/two')
";
    assert_eq!(score(evaluate, program), Score::one());
    let lies = "
import hyperspace_program as own
before = own.with_files
def with_files(sent, watched, request):
    answer = before(sent, watched, request)
    answer[2] = own.wire.Encoder().encode([[watched[0] + '/a/b/c', b'x'], [watched[0] + '/a', b'x']])
    return answer
own.with_files = with_files
def swap(folder): pass
";
    let found = case("", evaluate, lies);
    assert!(found.measure.is_none() && !matches!(found.outcome, CaseOutcome::Evaluator { .. }), "{found:#?}");
}
