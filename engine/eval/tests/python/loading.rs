//! Ways of loading a program, and stand-ins for processes, threads and alarms.

use hyperspace_eval::{Score, Task};
use hyperspace_testkit::file_set;

use crate::common::{HEAD, LIMITS, LOAD, case, evaluate, failure, score, scored};

const PROGRAM: &str = "import sys\ndef solve(x=2):\n    return x * 2\nif __name__ == '__main__':\n    print(solve(int(sys.argv[1])))\n";

#[test]
fn every_way_of_loading_gives_proxies() {
    let evaluator = "
import importlib, os, runpy, shutil, sys
def evaluate(path):
    found = [load(path).solve(1), runpy.run_path(path)['solve'](2)]
    sys.path.insert(0, os.path.dirname(path))
    found.append(__import__('task_agent').solve(3))
    found.append(importlib.import_module('task_agent').solve(4))
    shutil.copy(path, '/tmp/copied.py')
    found.append(load('/tmp/copied.py').solve(5))
    assert 'def solve' in open(path).read()
    assert type(load(path).solve).__name__ == 'ProgramFunction'
    return sum(found)
";
    assert_eq!(score(evaluator, PROGRAM), Score::integer(30));
}

#[test]
fn the_programs_text_is_not_run_among_the_evaluators_objects() {
    let evaluator = "\ndef evaluate(path):\n    names = {}\n    exec(open(path).read(), names)\n    return names['solve']()\n";
    let found = case("", evaluator, PROGRAM);
    assert!(failure(&found).contains("separation = \"shared\""), "{found:#?}");
    let found = case("separation = \"shared\"\n", evaluator, PROGRAM);
    assert_eq!(scored(&found), Score::integer(4));
    assert!(found.details.unwrap().shared);
}

#[test]
fn parts_and_answers_of_the_program_are_not_run_either() {
    let of = |line: &str| {
        let evaluator = format!(
            "
import ast, collections, dataclasses, os
def evaluate(path):
    text = open(path).read()
    part = text[text.index('def'):text.index('if')]
    {line}
    return 1
"
        );
        case("", &evaluator, PROGRAM)
    };
    for line in [
        "exec(part, {})",
        "exec(part.replace('x * 2', 'x * 3'), {})",
        "exec(compile(part, path, 'exec'), {})",
        "exec(compile(ast.parse(part), path, 'exec'), {})",
        "eval(repr(part) + '.title().' + 'lower()')",
        "eval(''.join(['pa', 'th']))",
        "exec(''.join(['part = ', 'text']), {})",
    ] {
        assert!(failure(&of(line)).contains("separation = \"shared\""), "{line}: {:#?}", of(line));
    }
    for line in [
        "compile(text, path, 'exec')",
        "assert eval('[1, -2.5, {\"a\": (1, 2)}]')[1] == -2.5",
        "assert ast.literal_eval(repr([1, (2,)])) == [1, (2,)]",
        "P = collections.namedtuple('P', 'x y'); D = dataclasses.make_dataclass('D', ['a']); assert P(1, 2).y == D(2).a",
        "names = {}; exec('own = 3 * len(\"abc\")', names); assert names['own'] == 9",
    ] {
        assert_eq!(scored(&of(line)), Score::one(), "{line}");
    }
    let evaluator = "\ndef evaluate(path):\n    names = {}\n    exec(compile(open(path).read(), path, 'exec'), names)\n    return names['solve']()\n";
    assert!(case("separation = \"shared\"\n", evaluator, PROGRAM).details.unwrap().shared);
}

#[test]
fn names_of_the_program_replace_no_module_of_the_evaluator() {
    let evaluator = "
import sys
def evaluate(path):
    sys.path.insert(0, '/repo')
    import statistics, colorsys
    assert statistics.mean([1, 2]) == 1.5 and not hasattr(colorsys, 'evil')
    return load(path).solve()
";
    let files = hyperspace_testkit::file_set(&[
        ("task_agent.py", PROGRAM),
        ("statistics.py", "def mean(x): return 9"),
        ("colorsys.py", "evil = 1"),
    ]);
    let task = crate::common::task("", evaluator);
    let evaluator = hyperspace_testkit::evaluator();
    let found = evaluator.evaluate_blocking(&task, &files, hyperspace_eval::Split::Train).unwrap();
    assert_eq!(scored(&found.cases[0]), Score::integer(4));
}

#[test]
fn processes_run_in_further_guests() {
    let evaluator = "
import os, pickle, subprocess, sys, tempfile
def evaluate(path):
    done = subprocess.run([sys.executable, path, '21'], capture_output=True, text=True, timeout=10)
    assert (done.returncode, done.stdout) == (0, '42\\n'), done
    with tempfile.NamedTemporaryFile('w', suffix='.py', delete=False) as script:
        script.write(f'''
import importlib.util, pickle
spec = importlib.util.spec_from_file_location('program', {path!r})
program = importlib.util.module_from_spec(spec)
spec.loader.exec_module(program)
pickle.dump({{'x': program.solve(4)}}, open({script.name!r} + '.results', 'wb'))
''')
    process = subprocess.Popen([sys.executable, script.name], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 0, err
    assert pickle.load(open(script.name + '.results', 'rb')) == {'x': 8}
    failed = subprocess.run([sys.executable, '-c', 'import sys; print(sys.stdin.read()); sys.exit(3)'], input=b'hi', capture_output=True)
    assert (failed.returncode, failed.stdout) == (3, b'hi\\n')
    try:
        subprocess.run([sys.executable, '-c', 'while True: pass'], timeout=0.1)
    except subprocess.TimeoutExpired:
        pass
    else:
        raise AssertionError
    process = subprocess.Popen([sys.executable, '-c', 'print(int(input()) + 1)'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process.stdin.write('7\\n')
    process.stdin.close()
    assert process.stdout.readline() == '8\\n' and process.wait() == 0
    done = subprocess.run([sys.executable, '-m', 'json.tool', '--compact'], input='{\"a\": 1}', capture_output=True, text=True)
    assert done.stdout == '{\"a\":1}\\n', done
    os.makedirs('/tmp/large', exist_ok=True)
    open('/tmp/large/in', 'wb').write(bytes(range(256)) * 8000)
    script = 'open(\"/tmp/large/out\", \"wb\").write(open(\"/tmp/large/in\", \"rb\").read()[::-1])'
    assert subprocess.run([sys.executable, '-c', script]).returncode == 0
    assert open('/tmp/large/out', 'rb').read() == (bytes(range(256)) * 8000)[::-1]
    try:
        subprocess.run('cat x | sort', shell=True)
    except OSError as error:
        assert 'there is no shell in a guest' in str(error), error
    assert subprocess.run([sys.executable, '-c', 'import os; print(os.path.exists(\"/task\"))'], capture_output=True).stdout == b'False\\n'
    return 1
";
    assert_eq!(score(evaluator, PROGRAM), Score::one());
}

#[test]
fn threads_pools_and_alarms_keep_a_defined_order() {
    let evaluator = "
import concurrent.futures, importlib.abc, importlib.metadata, multiprocessing, queue, signal, threading
def handler(number, frame):
    raise InterruptedError('too long')
def evaluate(path):
    p = load(path)
    with concurrent.futures.ProcessPoolExecutor(max_workers=4) as pool:
        assert list(pool.map(p.solve, [1, 2])) == [2, 4]
        slow = pool.submit(p.slow)
        try:
            slow.result(timeout=0.2)
        except concurrent.futures.TimeoutError:
            pass
        else:
            raise AssertionError
    order = []
    threads = [threading.Thread(target=lambda n=n: order.append(p.solve(n))) for n in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert order == [0, 2, 4]
    box = multiprocessing.Queue()
    process = multiprocessing.Process(target=lambda: box.put(p.solve(8)))
    process.start()
    assert box.get(timeout=5) == 16
    signal.signal(signal.SIGALRM, handler)
    signal.alarm(1)
    try:
        p.slow()
    except InterruptedError:
        pass
    else:
        raise AssertionError
    signal.alarm(0)
    return p.solve(1)
";
    let program = format!("{PROGRAM}\ndef slow():\n    while True: pass\n");
    assert_eq!(score(evaluator, &program), Score::integer(2));
}

#[test]
fn what_threads_and_processes_have_in_common_brings_their_work() {
    let evaluator = "
import multiprocessing as mp, threading
from multiprocessing.pool import ThreadPool
def double(p, n): return p.solve(n)
def send(p, end): end.send(p.solve(3))
def add(p, number):
    with number.get_lock(): number.value += p.solve(1)
def evaluate(path):
    p = load(path)
    here, there = mp.Pipe()
    mp.Process(target=send, args=(p, there)).start()
    assert here.poll(5) and here.recv() == 6
    number, numbers, found = mp.Value('i', 1), mp.Array('d', 2), mp.Manager().dict()
    workers = [mp.get_context('spawn').Process(target=add, args=(p, number)) for _ in range(2)]
    [worker.start() for worker in workers]
    [worker.join() for worker in workers]
    assert number.value == 5 and list(numbers) == [0, 0] and workers[0].exitcode == 0
    event = threading.Event()
    threading.Thread(target=event.set).start()
    assert event.wait(1) and not threading.Event().wait(0.1)
    late = []
    timer = threading.Timer(0.1, late.append, [1])
    timer.start()
    timer.join()
    with ThreadPool(2) as pool:
        assert pool.starmap(double, [(p, 1), (p, 2)]) == [2, 4] and late == [1]
    box = mp.Queue(1)
    box.put(1)
    try:
        box.put(2, timeout=0.1)
    except Exception as error:
        assert type(error).__name__ == 'Full'
    return box.get()
";
    assert_eq!(score(evaluator, PROGRAM), Score::one());
}

#[test]
fn alarms_end_loops_of_both_sides() {
    let evaluator = "
import signal
class Late(Exception): pass
def handler(number, frame): raise Late
def evaluate(path):
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        while True: pass
    except Late:
        pass
    assert signal.alarm(10) == 0 and signal.alarm(0) == 10
    p = load(path)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        p.endless()
    except Late:
        pass
    else:
        raise AssertionError
    return p.limited(0.05) + p.limited(0)
";
    let program = "
import signal
def endless():
    while True: pass
def stop(number, frame): raise TimeoutError('late')
def limited(seconds):
    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        for n in range(10 ** 9 if seconds else 10): pass
        return 2
    except TimeoutError:
        return 1
    finally:
        signal.alarm(0)
";
    assert_eq!(score(evaluator, program), Score::integer(3));
}

#[test]
fn the_first_programs_text_is_the_programs_too() {
    let evaluator = "\ndef evaluate(path):\n    names = {}\n    exec(open(path).read(), names)\n    return names['solve']()\n";
    let files = [
        ("task.toml", format!("{HEAD}{LIMITS}")),
        ("evaluator.py", format!("{LOAD}{evaluator}")),
        ("seed/task_agent.py", PROGRAM.to_owned()),
        ("initial.py", PROGRAM.to_owned()),
    ];
    let task = Task::from_files(&file_set(&files), "own").unwrap();
    let found = evaluate(&task, PROGRAM).cases.remove(0);
    assert!(failure(&found).contains("separation = \"shared\""), "{found:#?}");
}

#[test]
fn functions_and_texts_of_the_evaluator_are_timed() {
    let evaluator = "
import timeit
def evaluate(path):
    p = load(path)
    assert timeit.timeit(p.solve, number=3) > 0
    assert min(timeit.repeat('p.solve()', setup='import math\\nx = 1', globals={'p': p}, number=2, repeat=2)) > 0
    try:
        timeit.timeit(p.piece())
    except PermissionError:
        return 1
";
    assert_eq!(score(evaluator, &format!("{PROGRAM}\ndef piece(): return 'import sys'\n")), Score::one());
}

#[test]
fn a_package_that_the_evaluator_makes_of_the_program_is_loaded_as_one() {
    let evaluator = "
import os, shutil, sys
def evaluate(path):
    os.makedirs('/tmp/whole/below')
    shutil.copy(path, '/tmp/whole/core.py')
    for name, text in (('whole/__init__.py', 'from .core import solve\\nfrom .below.more import K\\n'), ('whole/below/__init__.py', ''),
                       ('whole/below/more.py', 'K = 5\\n'), ('helper.py', 'def half(x): return x // 2\\n'), ('main.py', 'import helper\\ndef run(x): return helper.half(x)\\n')):
        open('/tmp/' + name, 'w').write(text)
    sys.path.insert(0, '/tmp')
    import whole, main
    from whole.core import solve
    return whole.solve(3) + whole.K + solve(1) + main.run(8)
";
    assert_eq!(score(evaluator, PROGRAM), Score::integer(6 + 5 + 2 + 4));
}
