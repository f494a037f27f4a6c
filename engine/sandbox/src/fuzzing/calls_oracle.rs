//! Host calls from a module that was never Python: every import of preview 1 and the door, called as no compiler would.
//!
//! One generated module wraps every import in an exported function. A sequence of calls with random arguments runs against
//! a fresh host, twice; both must answer alike, and the host must be consistent after every call.

use std::sync::{Arc, OnceLock};

use hyperspace_core::{Decision, FileOp, RelPath};
use serde_json::Value;
use wasmtime::{Engine, Instance, InstancePre, Module, Store, Val};

use super::bytes::{FuzzBytes, file_set};
use super::imports::{self, Argument, ImportCall};
use crate::host::{Host, Stop, debit};
use crate::memory::CowMemoryCreator;
use crate::{Door, DoorCall, DoorError, FilePolicy, Job, Limits, Mount, async_trait};

pub(super) const FUEL: u64 = 50_000_000;
/// Maximum number of calls of one run.
const CALLS_MAX: usize = 120;

struct Echo;

#[async_trait]
impl Door for Echo {
    async fn call(&mut self, DoorCall { params, .. }: DoorCall<'_>) -> Result<Value, DoorError> {
        Ok(params)
    }
}

struct DenyNo;

impl FilePolicy for DenyNo {
    fn decide(&self, path: &RelPath, _: FileOp) -> Decision {
        if path.as_str().contains("no") { Decision::deny("no") } else { Decision::Allow }
    }
}

fn limits() -> Limits {
    Limits::default()
        .with_fuel(FUEL)
        .with_memory_bytes(4 << 20)
        .with_output_bytes(2_000)
        .with_result_bytes(100)
        .with_file_bytes(5_000)
        .with_files(12)
        .with_descriptors(10)
        .with_host_calls(20)
}

pub(super) type Compiled = (Engine, InstancePre<Host>);

/// Returns the module with all imports of Python.
pub(super) fn engine() -> &'static Compiled {
    static ENGINE: OnceLock<Compiled> = OnceLock::new();
    ENGINE.get_or_init(|| compiled(imports::CALLS, false))
}

/// Returns the module with all imports of the shell.
pub(super) fn shell_engine() -> &'static Compiled {
    static ENGINE: OnceLock<Compiled> = OnceLock::new();
    ENGINE.get_or_init(|| compiled(imports::SHELL_CALLS, true))
}

fn compiled(calls: &[ImportCall], shell: bool) -> Compiled {
    let memories = Arc::new(CowMemoryCreator::default());
    let engine = Engine::new(&crate::engine::settings(memories, false)).unwrap();
    let module = Module::new(&engine, wat::parse_str(imports::module(calls)).unwrap()).unwrap();
    let mut linker = crate::engine::linker(&engine).unwrap();
    if shell {
        crate::host::add_file_calls_to_linker(&mut linker).unwrap();
    }
    let instance = linker.instantiate_pre(&module).unwrap();
    (engine, instance)
}

/// A fresh host with two writable folders, and an instance in it.
pub(super) fn start(runtime: &tokio::runtime::Runtime, compiled: &Compiled) -> (Store<Host>, Instance) {
    let path = |text| RelPath::new(text).unwrap();
    let job = Job::source("x", "")
        .limits(limits())
        .stdin(b"input".to_vec())
        .env("A", "b")
        .door(&["echo"], Echo)
        .mount(Mount::read_only(path("repo/evals"), file_set(&[("report", "{}")])))
        .mount(
            Mount::read_write(path("repo"), file_set(&[("a.py", "1"), ("lib/b.py", "2")]))
                .policy(Arc::new(DenyNo)),
        );
    let library = Mount::read_only(path("usr"), file_set(&[("lib/os.py", "import")]));
    let (engine, pre) = compiled;
    let mut store = Store::new(engine, Host::of_job(job, &library).unwrap());
    store.limiter(|host| host);
    store.set_fuel(FUEL).unwrap();
    store.fuel_async_yield_interval(Some(10_000_000)).unwrap();
    store.call_hook(debit);
    let instance = runtime.block_on(pre.instantiate_async(&mut store)).unwrap();
    (store, instance)
}

pub(super) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

fn check(host: &Host) {
    let (kept, limits) = (&host.kept, &host.kept.limits);
    kept.fs.check();
    assert!((kept.output.stdout.len() + kept.output.stderr.len()) as u64 <= limits.output_bytes);
    assert!(kept.host_calls <= limits.host_calls);
    assert!(host.call.result.as_ref().is_none_or(|result| result.len() <= 256 << 10));
}

/// Makes calls in Python's module, as [`play_in`] does.
pub(super) fn play(
    runtime: &tokio::runtime::Runtime,
    calls: &[(ImportCall, Vec<Argument>)],
    fuel: u64,
) -> (Vec<String>, u64) {
    play_in(engine(), runtime, calls, fuel)
}

/// Makes the calls one after the other. Returns their answers, up to the call that ended the run, and the fuel left.
pub(super) fn play_in(
    compiled: &Compiled,
    runtime: &tokio::runtime::Runtime,
    calls: &[(ImportCall, Vec<Argument>)],
    fuel: u64,
) -> (Vec<String>, u64) {
    let (mut store, instance) = start(runtime, compiled);
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
                    || error.downcast_ref::<crate::abi::BadPointer>().is_some();
                assert!(known, "{}: a failure of ours: {error:?}", call.name);
                answers.push(format!("{} ended: {error}", call.name));
                break;
            }
        }
    }
    let memory = instance.get_memory(&mut store, "memory").unwrap();
    let digest = blake3::hash(memory.data(&store));
    let kept = &store.data().kept;
    answers.push(format!("{digest} {} {}", kept.output.stdout.len(), kept.fs.quota_hit()));
    let left = store.get_fuel().unwrap();
    assert!(left <= fuel);
    // Changes can be listed however the run ended.
    let changes = store.data_mut().kept.fs.changes();
    answers.push(format!(
        "{:?}",
        changes.iter().map(|change| change.path.as_str().to_owned()).collect::<Vec<_>>()
    ));
    (answers, left)
}

/// Plays the calls that `data` encodes twice; both must answer alike.
pub fn calls(data: &[u8]) {
    played_twice(engine(), imports::CALLS, data);
}

/// Plays the calls as [`calls`] does, in the module of the bundled shell.
pub fn file_calls(data: &[u8]) {
    played_twice(shell_engine(), imports::SHELL_CALLS, data);
}

fn played_twice(compiled: &Compiled, known: &[ImportCall], data: &[u8]) {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(runtime);
    let mut bytes = FuzzBytes::new(data);
    let mut calls = Vec::new();
    while let Some(call) = imports::decode(known, &mut bytes)
        && calls.len() < CALLS_MAX
    {
        calls.push(call);
    }
    let play = || play_in(compiled, runtime, &calls, FUEL);
    assert_eq!(play(), play(), "a run does not repeat");
}
