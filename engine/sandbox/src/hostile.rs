//! Modules that were never Python: every import of preview 1 and the door, called with what no compiler would emit.
//!
//! One generated module wraps every import in an exported function. A sequence of calls with random arguments runs against
//! a fresh host, twice; both must answer alike, and the host must be consistent after every call.

mod calls;

use std::sync::{Arc, OnceLock};

use hyperspace_core::{FileOp, FileSet, RelPath};
use proptest::prelude::*;
use serde_json::Value;
use wasmtime::{Engine, Instance, InstancePre, Module, Store, Val};

use self::calls::{Argument, CALLS, Call};
use crate::host::{Host, Stop};
use crate::{Door, DoorError, FilePolicy, Job, Limits, Mount, SandboxConfig, Verdict, async_trait};

const FUEL: u64 = 50_000_000;

struct Echo;

#[async_trait]
impl Door for Echo {
    async fn answer(&mut self, _: &str, params: Value) -> Result<Value, DoorError> {
        Ok(params)
    }
}

struct NoPy;

impl FilePolicy for NoPy {
    fn decide(&self, path: &RelPath, _: FileOp) -> Verdict {
        match path.as_str().contains("no") {
            true => Verdict::Deny("no".to_owned()),
            false => Verdict::Allow,
        }
    }
}

fn limits() -> Limits {
    Limits {
        fuel: FUEL,
        memory_bytes: 4 << 20,
        output_bytes: 2_000,
        result_bytes: 100,
        file_bytes: 5_000,
        files: 12,
        descriptors: 10,
        host_calls: 20,
        ..Limits::default()
    }
}

fn engine() -> &'static (Engine, InstancePre<Host>) {
    static ENGINE: OnceLock<(Engine, InstancePre<Host>)> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let config =
            SandboxConfig { instances_max: 16, memory_bytes_max: 64 << 20, ..SandboxConfig::default() };
        let engine = Engine::new(&crate::engine::settings(&config)).unwrap();
        let module = Module::new(&engine, wat::parse_str(calls::module()).unwrap()).unwrap();
        let instance = crate::engine::linker(&engine).unwrap().instantiate_pre(&module).unwrap();
        (engine, instance)
    })
}

fn files(list: &[(&str, &str)]) -> FileSet {
    let mut set = FileSet::new();
    for (name, content) in list {
        set.insert(RelPath::new(name).unwrap(), content.as_bytes()).unwrap();
    }
    set
}

/// A fresh host with two writable folders, and an instance in it.
fn start(runtime: &tokio::runtime::Runtime) -> (Store<Host>, Instance) {
    let path = |text| RelPath::new(text).unwrap();
    let mut job = Job::source("x", "")
        .limits(limits())
        .stdin(b"input".to_vec())
        .env("A", "b")
        .door(&["echo"], Echo)
        .mount(Mount::read_only(path("repo/evals"), files(&[("report", "{}")])))
        .mount(
            Mount::read_write(path("repo"), files(&[("a.py", "1"), ("lib/b.py", "2")]))
                .policy(Arc::new(NoPy)),
        );
    let library = Mount::read_only(path("usr"), files(&[("lib/os.py", "import")]));
    let (engine, pre) = engine();
    let fs = crate::sandbox::file_system(library, &mut job).unwrap();
    let mut store = crate::sandbox::store(engine, job, fs, false).unwrap();
    let instance = runtime.block_on(pre.instantiate_async(&mut store)).unwrap();
    (store, instance)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

fn check(host: &Host) {
    let limits = &host.limits;
    host.fs.check();
    assert!((host.output.stdout.len() + host.output.stderr.len()) as u64 <= limits.output_bytes);
    assert!(host.host_calls <= limits.host_calls);
    assert!(host.result.as_ref().is_none_or(|result| result.len() <= 256 << 10));
}

/// Makes the calls one after the other; what each answered, up to the one that ended the run.
fn play(runtime: &tokio::runtime::Runtime, calls: &[(Call, Vec<Argument>)], fuel: u64) -> (Vec<String>, u64) {
    let (mut store, instance) = start(runtime);
    store.set_fuel(fuel).unwrap();
    let mut answers = Vec::new();
    for (call, arguments) in calls {
        let function = instance.get_func(&mut store, call.name).unwrap();
        let arguments = call.values(arguments);
        let mut results = vec![Val::I32(0); usize::from(call.name != "proc_exit")];
        let ended = runtime.block_on(function.call_async(&mut store, &arguments, &mut results));
        check(store.data());
        match ended {
            Ok(()) => answers.push(format!("{} {:?}", call.name, results.first().and_then(Val::i32))),
            Err(error) => {
                let known = error.downcast_ref::<Stop>().is_some()
                    || error.downcast_ref::<wasmtime::Trap>().is_some()
                    || error.downcast_ref::<wiggle::GuestError>().is_some();
                assert!(known, "{}: a failure of ours: {error:?}", call.name);
                answers.push(format!("{} ended: {error}", call.name));
                break;
            }
        }
    }
    let memory = instance.get_memory(&mut store, "memory").unwrap();
    let digest = blake3::hash(memory.data(&store));
    let host = store.data();
    answers.push(format!("{digest} {} {}", host.output.stdout.len(), host.fs.quota_hit()));
    let left = store.get_fuel().unwrap();
    assert!(left <= fuel);
    // What is left behind can always be told.
    let changes = store.data_mut().fs.changes();
    answers.push(format!(
        "{:?}",
        changes.iter().map(|change| change.path.as_str().to_owned()).collect::<Vec<_>>()
    ));
    (answers, left)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(3_000), ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_calls_disturbs_the_host(calls in prop::collection::vec(calls::any_call(), 1..120)) {
        let runtime = runtime();
        let first = play(&runtime, &calls, FUEL);
        prop_assert_eq!(first, play(&runtime, &calls, FUEL));
    }
}

/// A run that makes every call once, with arguments that make sense.
fn tour() -> Vec<(Call, Vec<Argument>)> {
    // A file is opened first and becomes descriptor 4.
    let place = |call: &Call| match call.name {
        "path_open" => 0,
        "fd_close" => 2,
        "proc_exit" => 3,
        _ => 1,
    };
    let mut all: Vec<Call> = CALLS.to_vec();
    all.sort_by_key(place);
    all.into_iter().map(|call| (call, calls::sensible(&call))).collect()
}

#[test]
fn every_call_is_answered_and_the_tour_ends_with_its_exit() {
    let (answers, left) = play(&runtime(), &tour(), FUEL);
    assert_eq!(answers.len(), CALLS.len() + 2, "{answers:#?}");
    assert!(answers[CALLS.len() - 1].starts_with("proc_exit ended: exit 0"), "{answers:#?}");
    let succeeded = answers.iter().filter(|answer| answer.ends_with("Some(0)")).count();
    assert!(succeeded >= 36, "only {succeeded} calls did something: {answers:#?}");
    assert!(left < FUEL - CALLS.len() as u64 * 1_000, "every call is paid for");
}

#[test]
fn a_run_that_is_interrupted_anywhere_leaves_the_host_consistent() {
    let (runtime, tour) = (runtime(), tour());
    let undisturbed = play(&runtime, &tour, FUEL);
    let used = FUEL - undisturbed.1;
    let mut interrupted = 0;
    for fuel in (0..used).step_by(211) {
        let (answers, left) = play(&runtime, &tour, fuel);
        let calls = &answers[..answers.len() - 2];
        let (end, before) = calls.split_last().unwrap();
        assert!(end.contains("fuel"), "with {fuel} of {used}: {end}");
        assert_eq!(before, &undisturbed.0[..before.len()], "with {fuel} of {used}");
        assert!(left <= fuel);
        interrupted += 1;
    }
    assert!(interrupted > 200, "only {interrupted} points of {used} fuel");
    assert_eq!(play(&runtime, &tour, FUEL), undisturbed);
    assert_eq!(play(&runtime, &tour, used).0, undisturbed.0, "exactly enough is enough");
}

#[test]
fn a_call_that_is_wild_is_a_trap_or_an_error_number() {
    let runtime = runtime();
    for call in CALLS {
        for wild in [u64::MAX, 1 << 31, (1 << 32) - 1, 65_535, 0] {
            let arguments = call.wild(wild);
            let (answers, _) = play(&runtime, &[(*call, arguments.clone())], FUEL);
            assert_eq!(play(&runtime, &[(*call, arguments)], FUEL).0, answers);
        }
    }
    // A listing from the last place there is has no entries, and no place after it.
    let readdir = *CALLS.iter().find(|call| call.name == "fd_readdir").unwrap();
    let (answers, _) = play(&runtime, &[(readdir, readdir.beyond_the_end())], FUEL);
    assert_eq!(answers[0], "fd_readdir Some(0)");
    // The door takes what does not fit for what it is.
    let answer = |call: i32, ptr: i32, len: i32| {
        let (mut store, instance) = start(&runtime);
        let door = instance.get_typed_func::<(i32, i32, i32), i32>(&mut store, "door").unwrap();
        runtime.block_on(door.call_async(&mut store, (call, ptr, len))).map_err(|error| error.to_string())
    };
    assert_eq!(answer(0, 0, -1), Ok(-1));
    assert_eq!(answer(2, 0, i32::MAX), Ok(-1));
    assert!(answer(0, -1, 10).unwrap_err().contains("out of bounds"));
    assert!(answer(2, 65_530, 10).unwrap_err().contains("out of bounds"));
    assert_eq!(answer(1, -1, 0).map_err(|e| e.contains("out of bounds")), Err(true));
    assert_eq!(answer(7, 0, 0), Ok(-2));
}
