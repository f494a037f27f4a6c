//! Every limit of a run bites exactly where it says: one below, exactly at, and one above what a program needs; and values
//! that make no sense are refused, with the field and its bounds, before anything runs.
//!
//! The wall clock is real time and has no exact boundary; it is shown to fire, and not to fire on work that ends. Limits of
//! one host call, and of the stack, are tested on modules that were never Python, in `src/hostile`.

use hyperspace_core::{FileSet, RelPath};
use hyperspace_sandbox::{
    DOOR_ANSWER_BYTES_MAX, DOOR_REQUEST_BYTES_MAX, Door, DoorCall, DoorError, JOB_BYTES_MAX, Job, JobError,
    Limits, Mount, Outcome, Report, Sandbox, SandboxConfig, SandboxError, async_trait,
};
use hyperspace_testkit::sandbox;
use serde_json::{Value, json};

fn quota(name: &str) -> Outcome {
    Outcome::Quota { quota: name.to_owned() }
}

fn run(source: &str, limits: Limits) -> Report {
    sandbox().run_blocking(Job::source("t.py", source).limits(limits)).unwrap()
}

/// The program needs exactly `need` of a limit: it ends by itself with that and with one more, otherwise with one less.
fn bites(source: &str, need: u64, less: &Outcome, with: impl Fn(u64) -> Limits) -> Report {
    let enough = run(source, with(need));
    let told = String::from_utf8_lossy(&enough.stderr).into_owned();
    assert_eq!(enough.outcome, Outcome::Completed, "with exactly {need}: {told}");
    assert_eq!(run(source, with(need + 1)), enough, "one more changes nothing");
    assert_eq!(run(source, with(need - 1)).outcome, *less, "with one less than {need}");
    enough
}

#[test]
fn fuel() {
    let source = "import os\nprint(sum(range(100_000)), flush=True)\nos._exit(0)";
    let used = run(source, Limits::default()).fuel_used;
    let exact = bites(source, used, &Outcome::OutOfFuel, |fuel| Limits::default().with_fuel(fuel));
    assert_eq!(exact.fuel_used, used);
    let cut = run(source, Limits::default().with_fuel(used - 1));
    assert_eq!((cut.fuel_used, cut.stdout.len()), (used - 1, exact.stdout.len()), "it ends at the limit");
}

/// WebAssembly looks at its fuel where a function or a loop begins, not between: a program that ends by returning may be done
/// before it is looked at once more. It is never told to have used more than it had.
#[test]
fn fuel_of_a_program_that_returns() {
    let source = "print(sum(range(100_000)))";
    let used = run(source, Limits::default()).fuel_used;
    for less in [0, 1, 10, 100] {
        let report = run(source, Limits::default().with_fuel(used - less));
        assert!(report.fuel_used <= used - less, "{less}");
    }
    let cut = run(source, Limits::default().with_fuel(used - 2_000));
    assert_eq!((cut.outcome, cut.fuel_used), (Outcome::OutOfFuel, used - 2_000));
}

#[test]
fn memory() {
    let source = "x = bytearray(50 << 20)\nprint(len(x))";
    let used = run(source, Limits::default()).memory_bytes_peak;
    assert_eq!(used % 65_536, 0, "memory grows by pages");
    let with = |memory_bytes| Limits::default().with_memory_bytes(memory_bytes);
    let exact = bites(source, used, &Outcome::OutOfMemory, with);
    assert_eq!(exact.memory_bytes_peak, used);
    assert!(run(source, with(used - 1)).memory_bytes_peak < used, "what does not fit was never there");
}

#[test]
fn output() {
    let source = "import sys\nprint('x' * 999)\nprint('y' * 499, file=sys.stderr)";
    let with = |output_bytes| Limits::default().with_output_bytes(output_bytes);
    let exact = bites(source, 1_500, &Outcome::OutputLimit, with);
    assert_eq!((exact.stdout.len(), exact.stderr.len()), (1_000, 500));
    let cut = run(source, with(1_499));
    assert_eq!(cut.stdout.len() + cut.stderr.len(), 1_499, "what fits is kept");
    assert_eq!(run("", with(0)).outcome, Outcome::Completed);
    assert_eq!(run("print()", with(0)).outcome, Outcome::OutputLimit);
}

#[test]
fn files_and_folders_of_a_mount() {
    let with = |files| Limits::default().with_files(files);
    let source = "import os\nos.makedirs('/tmp/a/b')\nfor i in range(5): open(f'/tmp/a/b/{i}', 'w').close()";
    bites(source, 7, &quota("files"), with);
    assert_eq!(run("open('/tmp/x', 'w')", with(0)).outcome, quota("files"));
    assert_eq!(run("import os; os.mkdir('/tmp/x')", with(0)).outcome, quota("files"));
}

#[test]
fn bytes_of_a_mount() {
    let with = |file_bytes| Limits::default().with_file_bytes(file_bytes);
    for source in [
        "with open('/tmp/x', 'wb') as f: f.write(bytes(5000))",
        "with open('/tmp/x', 'wb') as f: f.write(bytes(3000))\nwith open('/tmp/y', 'wb') as f: f.write(bytes(2000))",
        "f = open('/tmp/x', 'wb')\nf.truncate(5000)",
        "import os\nos.pwrite(os.open('/tmp/x', os.O_RDWR | os.O_CREAT), b'x', 4999)",
        "f = open('/tmp/x', 'wb', buffering=0)\nf.write(bytes(4000))\nopen('/tmp/x', 'ab', buffering=0).write(bytes(1000))",
    ] {
        bites(source, 5_000, &quota("files"), with);
    }
    assert_eq!(run("open('/tmp/x', 'w').close()", with(0)).outcome, Outcome::Completed);
    assert_eq!(run("with open('/tmp/x', 'w') as f: f.write('x')", with(0)).outcome, quota("files"));
    let mount = |bytes: usize| {
        let mut files = FileSet::new();
        files.insert(RelPath::new("a").unwrap(), vec![0; bytes]).unwrap();
        let job = Job::source("t.py", "").limits(with(100));
        sandbox().run_blocking(job.mount(Mount::read_write(RelPath::new("work").unwrap(), files)))
    };
    assert_eq!(mount(100).unwrap().outcome, Outcome::Completed);
    let refused = mount(101).unwrap_err();
    assert!(matches!(&refused, SandboxError::Job(JobError::MountTooLarge { bytes: 101, .. })), "{refused}");
}

#[test]
fn descriptors() {
    let with = |descriptors| Limits::default().with_descriptors(descriptors);
    let source = "x = [open('/usr/lib/python313.zip', 'rb', buffering=0) for _ in range(6)]";
    assert_eq!(run(source, with(10)).outcome, Outcome::Completed);
    assert_eq!(run(source, with(11)), run(source, with(10)));
    let Outcome::Exception { exception, message } = run(source, with(9)).outcome else { panic!("with 9") };
    assert!(exception == "OSError" && message.starts_with("[Errno 33] "), "EMFILE: {message}");
}

/// Answers with as many bytes as it is asked for.
struct Fill;

#[async_trait]
impl Door for Fill {
    async fn call(&mut self, DoorCall { params, .. }: DoorCall<'_>) -> Result<Value, DoorError> {
        let bytes = usize::try_from(params["bytes"].as_u64().unwrap_or(0)).unwrap();
        Ok(json!("x".repeat(bytes)))
    }
}

const SEND: &str = "import _hyperspace, json
def send(**params): return json.loads(_hyperspace.send(json.dumps({'op': 'fill', 'params': params}).encode()))
";

fn with_door(body: &str, host_calls: u64) -> Report {
    let limits = Limits::default().with_host_calls(host_calls);
    let job = Job::source("t.py", &format!("{SEND}{body}")).limits(limits).door(&["fill"], Fill);
    sandbox().run_blocking(job).unwrap()
}

#[test]
fn host_calls() {
    let seven = "for _ in range(7): send(bytes=1)";
    assert_eq!(with_door(seven, 7).outcome, Outcome::Completed);
    assert_eq!(with_door(seven, 8), with_door(seven, 7));
    let spent = with_door(seven, 6);
    assert_eq!((spent.outcome, spent.host_calls), (quota("host_calls"), 6));
    assert_eq!(with_door("send(bytes=1)", 0).outcome, quota("host_calls"));
    assert_eq!(with_door("pass", 0).outcome, Outcome::Completed);
}

#[test]
fn requests_and_answers() {
    let frame = "{\"op\": \"fill\", \"params\": {\"pad\": \"\"}}".len();
    for (bytes, expected) in [
        (DOOR_REQUEST_BYTES_MAX - 1, "answered"),
        (DOOR_REQUEST_BYTES_MAX, "answered"),
        (DOOR_REQUEST_BYTES_MAX + 1, "too large"),
    ] {
        let pad = bytes - frame;
        let body =
            format!("try: send(pad='x' * {pad}); print('answered')\nexcept OSError: print('too large')");
        let report = with_door(&body, 10);
        assert_eq!(String::from_utf8(report.stdout).unwrap().trim(), expected, "{bytes} bytes");
    }
    let frame = "{\"ok\":\"\"}".len();
    for (bytes, expected) in [
        (DOOR_ANSWER_BYTES_MAX - 1, "ok"),
        (DOOR_ANSWER_BYTES_MAX, "ok"),
        (DOOR_ANSWER_BYTES_MAX + 1, "error"),
    ] {
        let report = with_door(&format!("print(*send(bytes={}))", bytes - frame), 10);
        assert_eq!(String::from_utf8(report.stdout).unwrap().trim(), expected, "{bytes} bytes");
    }
}

#[test]
fn results() {
    let frame = "{\"ok\": \"\"}".len() as u64;
    let call = |letters: u64, result_bytes| {
        let mut files = FileSet::new();
        let source = format!("def f(): return 'x' * {letters}");
        files.insert(RelPath::new("m.py").unwrap(), source.into_bytes()).unwrap();
        let job = Job::call("m", "f", vec![]).limits(Limits::default().with_result_bytes(result_bytes));
        let repo = Mount::read_only(RelPath::new("repo").unwrap(), files);
        sandbox().run_blocking(job.mount(repo).python_path("/repo")).unwrap()
    };
    // The limit is one of the frame, so the least there is still carries a short answer.
    for limit in [64, 1_000, 400_000] {
        let largest = (0..12).rev().find(|less| call(limit - less, limit).result.is_some());
        let most = (0..24).find(|over| call(limit - over, limit).result.is_some()).unwrap();
        assert!(largest.is_some() && most <= frame, "{limit}: {most} bytes of frame");
        assert_eq!(call(limit - most, limit), call(limit - most, limit + 1));
        assert_eq!(call(limit - most + 1, limit).outcome, quota("result_bytes"), "{limit}");
        assert_eq!(
            call(limit - most, limit - u64::from(limit > 64)).result.is_some(),
            limit == 64,
            "{limit}"
        );
    }
}

#[test]
fn text_of_a_job() {
    let job = |bytes: usize| Job::source("t.py", "").stdin(vec![b' '; bytes]).limits(Limits::default());
    let room = {
        let refused = sandbox().run_blocking(job(JOB_BYTES_MAX)).unwrap_err();
        let SandboxError::Job(JobError::TooLarge { bytes, most: JOB_BYTES_MAX }) = refused else {
            panic!("{refused}");
        };
        2 * JOB_BYTES_MAX - bytes
    };
    assert_eq!(sandbox().run_blocking(job(room - 1)).unwrap().outcome, Outcome::Completed);
    assert_eq!(sandbox().run_blocking(job(room)).unwrap().outcome, Outcome::Completed);
    let refused = sandbox().run_blocking(job(room + 1)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!(
            "program, arguments, environment and input have {} bytes; at most {JOB_BYTES_MAX}",
            JOB_BYTES_MAX + 1
        )
    );
}

#[test]
fn the_wall_clock_fires_on_what_does_not_end_and_on_nothing_else() {
    let with = |wall_clock_ms| Limits::default().with_wall_clock_ms(wall_clock_ms).with_fuel(1 << 50);
    for wall_clock_ms in [1, 2, 100] {
        assert_eq!(run("while True: pass", with(wall_clock_ms)).outcome, Outcome::WallClock);
    }
    assert_eq!(run("print(1)", with(24 * 3_600_000)), run("print(1)", with(120_000)));
}

#[test]
fn bytes_that_one_call_moves() {
    const MOST: usize = 16 << 20;
    let limits = || Limits::default().with_file_bytes(64 << 20);
    for (bytes, moved) in [(MOST - 1, MOST - 1), (MOST, MOST), (MOST + 1, MOST), (2 * MOST, MOST)] {
        let source = format!(
            "import os\nfd = os.open('/tmp/x', os.O_RDWR | os.O_CREAT)\nprint(os.write(fd, bytes({bytes})))\n\
             os.ftruncate(fd, {bytes})\nprint(len(os.pread(fd, {bytes}, 0)))"
        );
        let report = run(&source, limits());
        assert_eq!(String::from_utf8(report.stdout).unwrap(), format!("{moved}\n{moved}\n"), "{bytes}");
    }
}

/// Field, smallest and largest value, and how to set it.
type Range = (&'static str, u64, u64, fn(&mut Limits) -> &mut u64);

const RANGES: [Range; 9] = [
    ("fuel", 1_000_000, 1 << 53, |limits| &mut limits.fuel),
    ("memory_bytes", 1 << 20, 4 << 30, |limits| &mut limits.memory_bytes),
    ("output_bytes", 0, 1 << 30, |limits| &mut limits.output_bytes),
    ("result_bytes", 64, 256 << 20, |limits| &mut limits.result_bytes),
    ("file_bytes", 0, 4 << 30, |limits| &mut limits.file_bytes),
    ("files", 0, 1 << 20, |limits| &mut limits.files),
    ("descriptors", 4, 4_096, |limits| &mut limits.descriptors),
    ("host_calls", 0, 1 << 40, |limits| &mut limits.host_calls),
    ("wall_clock_ms", 1, 24 * 3_600_000, |limits| &mut limits.wall_clock_ms),
];

#[test]
fn values_that_make_no_sense_are_refused_with_field_and_bounds() {
    for (field, least, most, place) in RANGES {
        let with = |value| {
            let mut limits = Limits::default();
            *place(&mut limits) = value;
            limits
        };
        for value in [least, least + 1, most - 1, most] {
            assert_eq!(with(value).validate(), Ok(()), "{field} {value}");
        }
        for value in [least.wrapping_sub(1), most + 1, u64::MAX, 1 << 63, 0] {
            if (least..=most).contains(&value) {
                continue;
            }
            let said = with(value).validate().unwrap_err().to_string();
            let expected = format!("limit `{field}` is {value}; it must be between {least} and {most}");
            assert_eq!(said, expected);
            let refused = sandbox().run_blocking(Job::source("t.py", "").limits(with(value))).unwrap_err();
            assert_eq!(refused.to_string(), expected);
        }
        for junk in [
            json!(-1),
            json!(1.5),
            json!("many"),
            Value::Null,
            json!(true),
            json!(18_446_744_073_709_551_616.0),
        ] {
            let parsed = serde_json::from_value::<Limits>(json!({field: junk}));
            assert!(parsed.is_err(), "{field}: {junk}");
        }
    }
    let fields = serde_json::to_value(Limits::default()).unwrap();
    assert_eq!(fields.as_object().unwrap().len(), RANGES.len(), "a limit without a test");
}

#[test]
fn the_pool_has_bounds_too() {
    let refused = |config: SandboxConfig| match Sandbox::new(&config) {
        Err(SandboxError::Config { field, .. }) => field,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was accepted"),
    };
    for instances_max in [0, 10_001, u32::MAX] {
        let config = SandboxConfig::default().with_instances_max(instances_max);
        assert_eq!(refused(config), "instances_max");
    }
    for memory_bytes_max in [0, (64 << 20) - 1, (4 << 30) + 1, usize::MAX] {
        let config = SandboxConfig::default().with_memory_bytes_max(memory_bytes_max);
        assert_eq!(refused(config), "memory_bytes_max");
    }
    // Within the range of the limit, but more than this sandbox has room for: the bound that is told is the pool's.
    let limits = Limits::default().with_memory_bytes((1 << 30) + 1);
    let said = sandbox().run_blocking(Job::source("t.py", "").limits(limits)).unwrap_err().to_string();
    assert!(said.contains("memory_bytes") && said.contains(&(1_u64 << 30).to_string()), "{said}");
}
