//! Guests that try something, and what exactly comes of it. Every job runs twice and must give the same report.

use std::sync::Arc;

use hyperspace_core::{Decision, EditScope, FileOp, FileSet, RelPath, exact_json};
use hyperspace_sandbox::{
    Door, DoorCall, DoorError, FilePolicy, Job, JobError, Limits, Mount, Outcome, Report, Sandbox,
    SandboxConfig, SandboxError, async_trait,
};
use hyperspace_testkit::sandbox::{config, runtime, sandbox};
use serde_json::{Value, json};

fn limits() -> Limits {
    Limits::default().with_fuel(3_000_000_000)
}

/// Runs what `job` makes twice; both reports must be equal.
fn twice(job: impl Fn() -> Job) -> Report {
    let first = sandbox().run_blocking(job()).unwrap();
    let second = sandbox().run_blocking(job()).unwrap();
    assert_eq!(first, second, "a run does not repeat");
    first
}

fn run(source: &str) -> Report {
    twice(|| Job::source("test.py", source).limits(limits()))
}

fn exception(report: &Report) -> &str {
    match &report.outcome {
        Outcome::Exception { exception, .. } => exception,
        other => panic!("{other:?}, stderr: {}", String::from_utf8_lossy(&report.stderr)),
    }
}

/// The program ends with this exception.
fn raises(source: &str, expected: &str) {
    assert_eq!(exception(&run(source)), expected, "{source}");
}

/// The program ends by itself, having printed this.
fn prints(source: &str, expected: &str) {
    let report = run(source);
    assert_eq!(report.outcome, Outcome::Completed, "{}", String::from_utf8_lossy(&report.stderr));
    assert_eq!(String::from_utf8(report.stdout).unwrap(), expected, "{source}");
}

fn ends(source: &str, expected: &Outcome) -> Report {
    let report = run(source);
    assert_eq!(report.outcome, *expected, "{source}: {}", String::from_utf8_lossy(&report.stderr));
    report
}

fn path(text: &str) -> RelPath {
    RelPath::new(text).unwrap()
}

fn files(list: &[(&str, &str)]) -> FileSet {
    let mut set = FileSet::new();
    for (name, content) in list {
        set.insert(path(name), content.as_bytes().to_vec()).unwrap();
    }
    set
}

#[test]
fn endless_work_ends_with_the_fuel() {
    for source in [
        "while True: pass",
        "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
        "import atexit\n@atexit.register\ndef f():\n  while True: pass",
        "import time\nwhile True: time.time()",
        "import os\nwhile True: os.stat('/')",
        "import os\nwhile True: os.urandom(100_000)",
        "import re; re.match('(a+)+$', 'a' * 60 + 'b')",
        "9 ** 9 ** 9",
    ] {
        let report = ends(source, &Outcome::OutOfFuel);
        assert_eq!(report.fuel_used, limits().fuel);
    }
}

#[test]
fn spent_memory_is_an_exception_first() {
    prints("try: bytearray(1 << 30)\nexcept MemoryError: print('caught')", "caught\n");
    ends("bytearray(1 << 30)", &Outcome::OutOfMemory);
    ends("x = []\nwhile True: x.append(bytearray(1 << 20))", &Outcome::OutOfMemory);
    let small = twice(|| Job::source("t.py", "print(1)").limits(limits().with_memory_bytes(8 << 20)));
    assert_eq!(small.outcome, Outcome::OutOfMemory);
}

#[test]
fn recursion_is_an_exception() {
    raises("def f(): f()\nf()", "RecursionError");
    raises("x = []\nfor _ in range(100_000): x = [x]\nrepr(x)", "RecursionError");
    raises("import json; json.loads('[' * 100_000)", "RecursionError");
    prints("try: eval('(' * 100_000)\nexcept (MemoryError, SyntaxError): print('refused')", "refused\n");
}

#[test]
fn the_interpreter_dying_is_a_trap() {
    for source in [
        "import os; os.abort()",
        "import faulthandler; faulthandler._sigsegv()",
        // A constant far outside of the table of constants.
        "import dis\ndef f(): pass\ncode = [dis.opmap['EXTENDED_ARG'], 7] + [dis.opmap['EXTENDED_ARG'], 255] * 2\ncode += [dis.opmap['LOAD_CONST'], 255, dis.opmap['RETURN_VALUE'], 0]\nf.__code__ = f.__code__.replace(co_code=bytes(code))\nf()",
    ] {
        assert_eq!(run(source).outcome.name(), "trap", "{source}");
    }
    prints("print('the next run is clean')", "the next run is clean\n");
}

#[test]
fn output_is_cut_at_its_limit() {
    let report = ends("while True: print('x' * 1000)", &Outcome::OutputLimit);
    assert_eq!(report.stdout.len() as u64, limits().output_bytes);
    let report = ends("import os\nwhile True: os.write(2, b'y' * 100_000)", &Outcome::OutputLimit);
    assert_eq!(report.stderr.len() as u64, limits().output_bytes);
}

#[test]
fn time_is_virtual() {
    let report = run("import time; time.sleep(1e6); print(int(time.monotonic()))");
    assert_eq!(report.stdout, b"1000000\n");
    assert!(report.virtual_ns >= 1_000_000_000_000_000);
    prints("import datetime as d; print(d.datetime.now(d.UTC).date())", "2026-01-01\n");
    prints(
        "import asyncio, time\nasync def main():\n  await asyncio.gather(*(asyncio.sleep(60) for _ in range(9)))\nasyncio.run(main())\nprint(round(time.monotonic()))",
        "60\n",
    );
}

#[test]
fn there_is_no_file_but_what_is_mounted() {
    for name in ["/etc/passwd", "/proc/self/mem", "/dev/null", "/sys"] {
        raises(&format!("open('{name}')"), "FileNotFoundError");
    }
    prints(
        "import os; print(sorted(os.listdir('/')), os.environ, os.getcwd())",
        "['tmp', 'usr'] environ({}) /tmp\n",
    );
    prints(
        "try: open('/../../../etc/passwd')\nexcept OSError as e: print(e.strerror)",
        "Operation not permitted\n",
    );
}

#[test]
fn the_library_cannot_be_changed() {
    for source in [
        "open('/usr/x', 'w')",
        "open('/usr/lib/python313.zip', 'r+b')",
        "import os; os.remove('/usr/lib/python313.zip')",
        "import os; open('/tmp/z', 'w').close(); os.rename('/tmp/z', '/usr/lib/python313.zip')",
        "import os; os.mkdir('/new')",
        "import os; os.utime('/usr/lib/python313.zip')",
    ] {
        raises(source, "PermissionError");
    }
    let report = run("open('/usr/x', 'w')");
    assert_eq!(report.denials[0].target, "/usr/x");
}

#[test]
fn there_are_no_sockets_processes_threads_or_links() {
    raises("import socket; socket.socket()", "OSError");
    raises("import threading; threading.Thread(target=print).start()", "RuntimeError");
    raises("import subprocess; subprocess.run(['ls'])", "OSError");
    raises("import os; os.fork()", "AttributeError");
    raises("import ctypes", "ModuleNotFoundError");
    raises("import os; os.symlink('/usr', '/tmp/link')", "PermissionError");
    raises("import os; open('/tmp/a', 'w').close(); os.link('/tmp/a', '/tmp/b')", "PermissionError");
}

#[test]
fn scratch_files_have_a_quota() {
    let quota = Outcome::Quota { quota: "files".to_owned() };
    ends("open('/tmp/a', 'wb').truncate(1 << 40)", &quota);
    ends("f = open('/tmp/a', 'w')\nwhile True: f.write('x' * 1_000_000)", &quota);
    ends("for i in range(100_000): open(f'/tmp/{i}', 'w').close()", &quota);
    raises("x = [open('/usr/lib/python313.zip') for _ in range(1000)]", "OSError");
    raises("import os\np = '/tmp'\nwhile True:\n  p += '/d'\n  os.mkdir(p)", "OSError");
    raises("open('/tmp/' + 'x' * 300, 'w')", "OSError");
    prints(
        "import os\nfor i in range(5000):\n  open('/tmp/x', 'w').close()\n  os.remove('/tmp/x')\nprint('churned')",
        "churned\n",
    );
}

#[test]
fn leaving_is_told_as_it_is() {
    ends("import os; os._exit(3)", &Outcome::Exit { code: 3 });
    ends("import sys; sys.exit(77)", &Outcome::Exit { code: 77 });
    ends("raise SystemExit('words')", &Outcome::Exit { code: 1 });
    ends("import sys; sys.exit()", &Outcome::Completed);
}

#[test]
fn randomness_follows_from_the_seed_and_from_nothing_else() {
    let source = "import random, os, uuid; print(random.random(), os.urandom(8), uuid.uuid4(), hash('x'), id(object()))";
    let with = |seed| twice(|| Job::source("t.py", source).seed(seed)).stdout;
    assert_eq!(with(1), with(1));
    assert_ne!(with(1), with(2));
    prints(
        "print({'a', 'b', 'c', 'd'})",
        &String::from_utf8(run("print({'a', 'b', 'c', 'd'})").stdout).unwrap(),
    );
    prints(
        "import struct; print(struct.pack('>d', float('inf') - float('inf')).hex())",
        "7ff8000000000000\n",
    );
}

#[test]
fn a_call_returns_strict_json() {
    let module = files(&[(
        "m.py",
        "def f(*a): return list(a) + [1.5, None, True, {'k': 'ü'}]\ndef nan(): return float('nan')\ndef obj(): return object()\ndef big(): return 'x' * 2_000_000\ndef leave(): raise SystemExit(0)",
    )]);
    let call = |function: &str, args: Vec<Value>| {
        twice(|| {
            Job::call("m", function, args.clone())
                .limits(limits())
                .mount(Mount::read_only(path("repo"), module.clone()))
                .python_path("/repo")
        })
    };
    let report = call("f", vec![json!(7), json!("a\0b")]);
    assert_eq!(report.result, Some(json!([7, "a\0b", 1.5, null, true, {"k": "ü"}])));
    assert_eq!(exception(&call("nan", vec![])), "ValueError");
    assert_eq!(exception(&call("obj", vec![])), "TypeError");
    assert_eq!(exception(&call("missing", vec![])), "AttributeError");
    assert_eq!(call("big", vec![]).outcome, Outcome::Quota { quota: "result_bytes".to_owned() });
    let left = call("leave", vec![]);
    assert_eq!((left.outcome, left.result), (Outcome::Completed, None), "no result without a return");
}

#[test]
fn a_forged_result_is_no_result() {
    for frame in ["{}", "junk", "{\\\"ok\\\": NaN}", "{\\\"ok\\\": 1, \\\"error\\\": 2}"] {
        let source = format!("import _hyperspace, os\n_hyperspace.result(b\"{frame}\")\nos._exit(0)");
        let report = run(&source);
        assert_eq!((report.outcome, report.result), (Outcome::Completed, None), "{frame}");
    }
}

struct Counter(u64);

#[async_trait]
impl Door for Counter {
    async fn call(&mut self, DoorCall { operation, params, .. }: DoorCall<'_>) -> Result<Value, DoorError> {
        self.0 += 1;
        match operation {
            "count" => Ok(json!({"calls": self.0, "params": params})),
            "flood" => Ok(json!("x".repeat(17 << 20))),
            _ => Err(DoorError::Failed("no".to_owned())),
        }
    }
}

fn with_door(source: &str, host_calls: u64) -> Report {
    twice(|| {
        Job::source("t.py", source)
            .limits(limits().with_host_calls(host_calls))
            .door(&["count", "flood", "fail"], Counter(0))
    })
}

#[test]
fn the_door_answers_what_the_grant_names() {
    let send = "import _hyperspace, json\ndef send(op, **p): return json.loads(_hyperspace.send(json.dumps({'op': op, 'params': p}).encode()))\n";
    let out = |body: &str| {
        let report = with_door(&format!("{send}{body}"), 100);
        assert_eq!(report.outcome, Outcome::Completed, "{}", String::from_utf8_lossy(&report.stderr));
        (String::from_utf8(report.stdout).unwrap(), report.denials.len(), report.host_calls)
    };
    assert_eq!(
        out("print(send('count', a=1), send('count')['ok']['calls'])"),
        ("{'ok': {'calls': 1, 'params': {'a': 1}}} 2\n".to_owned(), 0, 2)
    );
    assert_eq!(out("print(send('secret')['error']['kind'])"), ("denied\n".to_owned(), 1, 1));
    assert_eq!(out("print(send('flood')['error']['kind'])").0, "exhausted\n");
    assert_eq!(out("print(send('fail')['error'])").0, "{'kind': 'failed', 'message': 'no'}\n");
    assert_eq!(out("print(json.loads(_hyperspace.send(b'[]'))['error']['kind'])").0, "invalid\n");
    assert_eq!(
        out("try: _hyperspace.send(b'x' * (2 << 20))\nexcept OSError as e: print('too large')").0,
        "too large\n"
    );
    let spent = with_door(&format!("{send}while True: send('count')"), 100);
    assert_eq!(spent.outcome, Outcome::Quota { quota: "host_calls".to_owned() });
    assert_eq!(spent.host_calls, 100);
    assert_eq!(run(&format!("{send}print(send('count'))")).denials.len(), 1, "no door, no answer");
}

struct Scope;

impl FilePolicy for Scope {
    fn decide(&self, path: &RelPath, op: FileOp) -> Decision {
        let scope = EditScope::default();
        let inside = match op {
            FileOp::Write | FileOp::Remove => scope.contains(path),
            FileOp::CreateFolder | FileOp::RemoveFolder => scope.may_hold(path),
        };
        if inside { Decision::Allow } else { Decision::deny("outside of the edit scope") }
    }
}

#[test]
fn edits_stay_within_their_scope() {
    let source = "
import os
open('task_agent.py', 'w').write('new')
os.makedirs('lib/deep')
open('lib/deep/x.py', 'w').write('y')
os.replace('lib/deep/x.py', 'lib/z.py')
for name in ['README', 'task_agent.pyc', 'evals/report.json', '/repo/new/x', 'lib/../other']:
    try:
        open(name, 'w')
    except OSError as error:
        print(name, type(error).__name__)
";
    let report = twice(|| {
        let repo = files(&[("task_agent.py", "old"), ("README", "fixed")]);
        Job::source("t.py", source)
            .mount(Mount::read_write(path("repo"), repo).policy(Arc::new(Scope)))
            .mount(Mount::read_only(path("repo/evals"), files(&[("report.json", "{}")])))
    });
    assert_eq!(
        String::from_utf8(report.stdout).unwrap(),
        "README PermissionError\ntask_agent.pyc PermissionError\nevals/report.json PermissionError\n\
         /repo/new/x FileNotFoundError\nlib/../other PermissionError\n"
    );
    let changes: Vec<(String, Option<&[u8]>)> =
        report.changes.iter().map(|c| (c.path.to_string(), c.content.as_deref())).collect();
    assert_eq!(changes, [("lib/z.py".into(), Some(b"y".as_slice())), ("task_agent.py".into(), Some(b"new"))]);
    assert_eq!((report.denials.len(), report.denials_total), (4, 4));
}

#[test]
fn arguments_environment_and_input_are_those_of_the_job() {
    let report = twice(|| {
        Job::source("t.py", "import sys, os; print(sys.argv, dict(os.environ), sys.stdin.read())")
            .args(["-x", "ü"])
            .env("NAME", "value")
            .stdin(b"input".to_vec())
    });
    assert_eq!(String::from_utf8(report.stdout).unwrap(), "['t.py', '-x', 'ü'] {'NAME': 'value'} input\n");
    let bad = sandbox().run_blocking(Job::source("t.py", "").env("A=B", "c")).unwrap_err();
    assert!(matches!(bad, SandboxError::Job(JobError::BadText { .. })), "{bad}");
}

#[test]
fn absurd_limits_are_refused_before_anything_runs() {
    for limits in [
        Limits::default().with_fuel(0),
        Limits::default().with_memory_bytes(u64::MAX),
        Limits::default().with_memory_bytes(2 << 30),
        Limits::default().with_wall_clock_ms(0),
    ] {
        let error = sandbox().run_blocking(Job::source("t.py", "").limits(limits)).unwrap_err();
        assert!(matches!(error, SandboxError::Job(JobError::Limit(_))), "{error}");
    }
}

#[test]
fn the_backstop_ends_a_run_and_the_next_is_clean() {
    let job = Job::source("t.py", "while True: pass")
        .limits(Limits::default().with_fuel(1 << 50).with_wall_clock_ms(200));
    assert_eq!(sandbox().run_blocking(job).unwrap().outcome, Outcome::WallClock);
    prints("print('clean')", "clean\n");
}

struct Silent;

#[async_trait]
impl Door for Silent {
    async fn call(&mut self, _: DoorCall<'_>) -> Result<Value, DoorError> {
        std::future::pending().await
    }
}

#[test]
fn the_backstop_does_not_count_a_door_that_never_answers_and_who_waits_can_leave() {
    let source = "import _hyperspace\n_hyperspace.send(b'{\"op\": \"wait\"}')";
    let limits = Limits::default().with_wall_clock_ms(200);
    let job = Job::source("t.py", source).limits(limits).door(&["wait"], Silent);
    let wait = std::time::Duration::from_secs(1);
    let ended = runtime().block_on(async { tokio::time::timeout(wait, sandbox().run(job)).await });
    assert!(ended.is_err(), "{ended:?}");
    prints("print('clean')", "clean\n");
}

#[test]
fn guests_side_by_side_do_not_see_each_other() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let source = "import random\nopen('/tmp/x', 'w').write('a')\nprint(sum(i * i for i in range(20_000)), random.random())";
    let reports = runtime.block_on(async {
        let jobs = (0..12)
            .map(|_| tokio::spawn(async move { sandbox().run(Job::source("t.py", source).seed(5)).await }));
        let mut reports = Vec::new();
        for job in jobs.collect::<Vec<_>>() {
            reports.push(job.await.unwrap().unwrap());
        }
        reports
    });
    assert!(reports.iter().all(|report| *report == reports[0]));
    assert_eq!(reports[0].outcome, Outcome::Completed);
}

/// Answers when all guests have asked.
#[derive(Clone)]
struct Gathering {
    barrier: Arc<tokio::sync::Barrier>,
}

#[async_trait]
impl Door for Gathering {
    async fn call(&mut self, _: DoorCall<'_>) -> Result<Value, DoorError> {
        self.barrier.wait().await;
        Ok(Value::Null)
    }
}

#[test]
fn guests_that_wait_let_others_compute() {
    const GUESTS: usize = 12;
    let config = config().with_instances_max(GUESTS as u32).with_computing_max(1);
    let sandbox = Sandbox::new(&config).unwrap();
    let source =
        "import _hyperspace\nfor _ in range(3): _hyperspace.send(b'{\"op\": \"gather\"}')\nprint('all')";
    let door = Gathering { barrier: Arc::new(tokio::sync::Barrier::new(GUESTS)) };
    let all = async {
        let mut runs = tokio::task::JoinSet::new();
        for _ in 0..GUESTS {
            let (sandbox, job) =
                (sandbox.clone(), Job::source("t.py", source).door(&["gather"], door.clone()));
            runs.spawn(async move { sandbox.run(job).await.unwrap() });
        }
        runs.join_all().await
    };
    let limit = std::time::Duration::from_secs(120);
    let reports =
        runtime().block_on(async { tokio::time::timeout(limit, all).await }).expect("they block each other");
    assert!(reports.iter().all(|report| report.stdout == b"all\n"), "{reports:?}");
    let refused = Sandbox::new(&SandboxConfig::default().with_computing_max(0));
    assert!(refused.err().unwrap().to_string().contains("computing_max"));
}

/// Guests that never compute for long between two calls of the host.
const BUSY_CALLERS: [&str; 3] = [
    "import time\nwhile True: time.time()",
    "import os\nwhile True: os.stat('/tmp')",
    "import _hyperspace\nframe = ('[' + ','.join(['{\"\":0}'] * 149000) + ']').encode()\nwhile True: _hyperspace.send(frame)",
];

#[test]
fn real_time_ends_a_guest_that_calls_the_host_in_a_loop() {
    for source in BUSY_CALLERS {
        let limits =
            Limits::default().with_fuel(60_000_000_000).with_host_calls(1 << 40).with_wall_clock_ms(300);
        let begun = tokio::time::Instant::now();
        let report = sandbox().run_blocking(Job::source("busy.py", source).limits(limits)).unwrap();
        assert_eq!(report.outcome, Outcome::WallClock, "{source}");
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{source}: {:?}", begun.elapsed());
    }
}

#[test]
fn dropping_the_run_ends_a_guest_that_calls_the_host_in_a_loop() {
    let probe = || Job::source("probe.py", "print(sum(range(1000)))").limits(limits());
    let before = sandbox().run_blocking(probe()).unwrap();
    for source in BUSY_CALLERS {
        for after_ms in [1, 20, 60] {
            let limits = Limits::default().with_fuel(60_000_000_000).with_host_calls(1 << 40);
            let begun = tokio::time::Instant::now();
            let ended = runtime().block_on(async {
                let run = sandbox().run(Job::source("busy.py", source).limits(limits));
                tokio::time::timeout(std::time::Duration::from_millis(after_ms), run).await
            });
            assert!(ended.is_err(), "{source}: it ended by itself");
            assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{source}: {:?}", begun.elapsed());
        }
    }
    assert_eq!(sandbox().run_blocking(probe()).unwrap(), before);
}

#[test]
fn a_forest_of_values_is_no_result() {
    let module = files(&[("forest.py", "def f(n):\n    return [{'': 0}] * n\n")]);
    let job = |count: u64| {
        let mount = Mount::read_only(path("repo"), module.clone());
        Job::call("forest", "f", vec![json!(count)]).mount(mount).python_path("/repo").limits(limits())
    };
    assert_eq!(twice(|| job(1_000)).outcome, Outcome::Completed);
    assert_eq!(twice(|| job(149_000)).outcome, Outcome::Quota { quota: "result_bytes".to_owned() });
}

#[test]
fn integers_that_are_returned_keep_every_digit() {
    let files = files(&[("m.py", "def f(digits): return [int('9' * digits), -int('8' * digits)]\n")]);
    let job = |digits: u64| {
        let mount = Mount::read_only(path("m"), files.clone());
        Job::call("m", "f", vec![json!(digits)]).mount(mount).python_path("/m").limits(limits())
    };
    for digits in [18, 20, 308, 309, 400, 4_300] {
        let report = twice(|| job(digits));
        assert_eq!(report.outcome, Outcome::Completed, "{digits}");
        let (nines, eights) = ("9".repeat(digits as usize), "8".repeat(digits as usize));
        assert_eq!(exact_json::to_text(&report.result.unwrap()), format!("[{nines},-{eights}]"), "{digits}");
    }
}

#[test]
fn an_integer_that_no_double_holds_hides_no_heavy_result() {
    let files = files(&[("m.py", "def f(objects): return [10 ** 400, [{}] * objects]\n")]);
    let job = |objects: u64| {
        let mount = Mount::read_only(path("m"), files.clone());
        Job::call("m", "f", vec![json!(objects)]).mount(mount).python_path("/m").limits(limits())
    };
    assert_eq!(twice(|| job(1_000)).outcome, Outcome::Completed);
    assert_eq!(twice(|| job(149_000)).outcome, Outcome::Quota { quota: "result_bytes".to_owned() });
}
