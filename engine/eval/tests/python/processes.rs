//! Processes that an evaluator starts: each is Python in a guest of its own, and works as `python3` does.

use hyperspace_eval::{CaseOutcome, Score};

use crate::common::{case, failure, score, scored};

/// The head of evaluators that run processes.
const RUN: &str = "
import json, os, subprocess, sys, tempfile
def run(*args, **more):
    done = subprocess.run([sys.executable, *args], capture_output=True, text=True, **more)
    return done.returncode, done.stdout.strip(), done.stderr.strip().splitlines()[-1:]
";

fn check(evaluate: &str) {
    assert_eq!(score(&format!("{RUN}{evaluate}"), "import sys\ndef solve(x): return 2 * x\n"), Score::one());
}

#[test]
fn a_process_has_the_environment_and_the_folder_of_who_starts_it() {
    check(
        "
def evaluate(path):
    folder = tempfile.mkdtemp()
    os.environ['OWN'] = '7'
    assert run('-c', 'import os; print(os.environ[\"OWN\"], os.getcwd())', cwd=folder) == (0, f'7 {folder}', [])
    assert run('-c', 'import os; print(\"OWN\" in os.environ)', env={'A': 'b'})[1] == 'False'
    open(folder + '/own.py', 'w').write('X = 5')
    assert run('-c', 'import own; print(own.X)', cwd=folder)[1] == '5'
    assert run('-c', 'import own; print(own.X)', env={**os.environ, 'PYTHONPATH': folder})[1] == '5'
    open(folder + '/main.py', 'w').write('import own, sys; print(own.X, sys.argv, __name__)')
    assert run(folder + '/main.py', 'a')[1] == f\"5 ['{folder}/main.py', 'a'] __main__\"
    target = os.path.join(tempfile.mkdtemp(), 'out.json')
    run('-c', f'import json; json.dump([1], open({target!r}, \"w\"))')
    return json.load(open(target))[0]
",
    );
}

#[test]
fn a_process_has_what_python3_has() {
    check(
        r"
def evaluate(path):
    assert run('-c', 'exit(3)')[0] == 3 and run('-c', 'quit()')[0] == 0 and run('-c', 'import os; os._exit(5)')[0] == 5
    assert run('-c', 'raise SystemExit(\'no\')') == (1, '', ['no'])
    assert run('-c', '1 / 0') == (1, '', ['ZeroDivisionError: division by zero'])
    assert run('-c', 'x x')[2] == ['SyntaxError: invalid syntax'] and run('-m', 'py_compile', path) == (0, '', [])
    assert run('-O', '-c', 'assert 0')[0] == 0 and run('-c', 'assert 0')[0] == 1 and run('-z')[0] == 2
    assert run('-V')[1].startswith('Python 3.13') and run('/tmp/none.py')[0] == 2
    assert run('-', input='print(8)')[1] == run(input='print(8)')[1] == '8'
    assert run('-c', 'import threading\nt = threading.Thread(target=print, args=(1,))\nt.start()\nt.join()')[1] == '1'
    assert run('-c', 'import multiprocessing as m\np = m.Process(target=print, args=(1,))\np.start()\np.join()\nprint(p.exitcode)')[1] == '1\n0'
    pool = 'from concurrent.futures import *\nf = ThreadPoolExecutor().submit(lambda: [0 for _ in iter(int, 1)])\ntry: f.result(timeout=0.01)\nexcept TimeoutError: print(2)'
    assert run('-c', pool + '\nimport os; os._exit(0)')[1] == '2'
    alarm = 'import signal\ndef late(*_): raise SystemExit(9)\nsignal.signal(signal.SIGALRM, late)\nsignal.setitimer(signal.ITIMER_REAL, 0.01)\nwhile True: pass'
    assert run('-c', alarm)[0] == 9
    assert run('-c', 'import atexit; atexit.register(print, 2); print(1)')[1] == '1\n2'
    return 1
",
    );
}

#[test]
fn lines_of_the_shell_run_python() {
    check(
        r#"
import shlex
def line(text, **more):
    done = subprocess.run(text, shell=True, capture_output=True, text=True, **more)
    return done.returncode, done.stdout, done.stderr
def python(code):
    return f'{sys.executable} -c {shlex.quote(code)}'
def evaluate(path):
    folder = tempfile.mkdtemp()
    assert line(python('print("it\'s", 3)')) == (0, "it's 3\n", '') and line('"python3" -c "print(\\"a\\")"')[1] == 'a\n'
    assert line(f'cd {folder} && {python("import os; print(os.getcwd())")} || echo no')[1] == folder + '\n'
    assert line(f'cd {folder}/none && echo yes; {python("1 / 0")} || echo no')[:2] == (0, 'no\n')
    assert line(python('import sys; print(1); print(2, file=sys.stderr)') + f' > {folder}/out 2>&1') == (0, '', '')
    assert sorted(open(folder + '/out').read().split()) == ['1', '2']
    assert line(python('import sys; print(5, file=sys.stderr)') + f' 2>> {folder}/out')[2] == '' and '5' in open(folder + '/out').read()
    assert line(f'A=4 {python("import os; print(os.environ[chr(65)])")}; exit 3') == (3, '4\n', '')
    assert line(f'{python("print(input())")} < {folder}/out')[1] == '1\n'
    assert line('true')[0] == 0 and line('false')[0] == 1 and line('env B=2 timeout 5 python3 -c "print(6)"')[1] == '6\n'
    assert line('timeout 0.1 python3 -c "while True: pass"')[0] == 124 and line('gcc x.c')[0] == 127
    for text in ('python3 x.py | sort', 'echo $HOME', 'python3 "x', 'echo *'):
        try:
            line(text)
            return 0
        except OSError as error:
            assert 'there is no shell in a guest' in str(error), error
    return 1
"#,
    );
}

#[test]
fn processes_are_found_and_ended_by_their_numbers() {
    check(
        r"
import multiprocessing, shutil, signal
def evaluate(path):
    assert shutil.which('python3') == sys.executable and shutil.which('gcc') is None
    slow = subprocess.Popen([sys.executable, '-c', 'while True: pass'], start_new_session=True)
    try:
        slow.wait(timeout=0.01)
    except subprocess.TimeoutExpired:
        os.killpg(os.getpgid(slow.pid), signal.SIGKILL)
    assert slow.wait() == -9
    other = subprocess.Popen([sys.executable, '-c', 'print(1)'])
    other.terminate()
    assert other.wait() == -15
    worker = multiprocessing.Process(target=print)
    worker.start()
    os.kill(worker.pid, 9)
    worker.join()
    assert worker.exitcode == -9
    try:
        run('-c', 'import sys; sys.stdout.buffer.write(bytes([255]))')
    except UnicodeDecodeError:
        return 1
",
    );
}

#[test]
fn what_a_program_writes_in_the_place_of_a_verdict_does_not_count() {
    let evaluate = "
import os, subprocess, sys
folder = sys.argv[4]
if subprocess.run([sys.executable, sys.argv[2], folder]).returncode == 0:
    open(os.path.join(folder, 'metrics.json'), 'w').write('{\"combined_score\": 0.5}')
";
    let writes = "import sys\nopen(sys.argv[1] + '/metrics.json', 'w').write('{\"combined_score\": 9}')\n";
    let found = case("call = \"script\"\n", evaluate, &format!("{writes}sys.exit(1)\n"));
    assert!(matches!(found.outcome, CaseOutcome::Evaluator { .. }), "{found:#?}");
    let told = failure(&found);
    assert!(told.contains("it wrote no metrics.json") && told.contains("the program wrote"), "{told}");
    let found = case("call = \"script\"\n", evaluate, writes);
    assert_eq!(scored(&found), Score::ratio(1, 2).unwrap());
    assert!(found.details.unwrap().notes.iter().any(|note| note.contains("results are the evaluator's")));
}

#[test]
fn a_process_is_not_told_the_seed_of_the_case() {
    let evaluate = "
import os, random, subprocess, sys
def evaluate(path, seed):
    wanted = random.Random(seed).random()
    found = [subprocess.run([sys.executable, path], env=env, capture_output=True, text=True).stdout for env in (None, {**os.environ})]
    return float(repr(wanted) in ''.join(found)) if seed == int(os.environ['HYPERSPACE_SEED']) else 2.0
";
    let program =
        "import os, random\nprint(repr(random.Random(int(os.environ.get('HYPERSPACE_SEED', 0))).random()))\n";
    let found = case("[splits.train]\nseeds = [11]\n[splits.held-out]\nseeds = [12]\n", evaluate, program);
    assert_eq!(scored(&found), Score::integer(0));
}
