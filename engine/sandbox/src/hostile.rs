//! Modules that were never Python: every import of preview 1 and the door, called with what no compiler would emit.
//!
//! The tests draw their sequences with proptest, the fuzz targets decode them from bytes; what must hold is the same code.
//! One generated module wraps every import in an exported function. A sequence of calls with random arguments runs against
//! a fresh host, twice; both must answer alike, and the host must be consistent after every call.

#![expect(clippy::unwrap_used, reason = "oracles and tests fail by panicking")]

mod bytes;
mod calls;
mod forks;
mod frames;
mod model;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use hyperspace_core::{Decision, FileOp, FileSet, RelPath};
use serde_json::Value;
use wasmtime::{Engine, Instance, InstancePre, Module, Store, Val};

use self::bytes::Bytes;
use self::calls::{Argument, Call};
#[cfg(feature = "fuzzing")]
pub(crate) use self::{
    forks::check as check_forks, frames::check as check_frames, model::check as check_files,
};
use crate::host::{Host, Stop};
use crate::{Door, DoorCall, DoorError, FilePolicy, Job, Limits, Mount, async_trait};

const FUEL: u64 = 50_000_000;
/// Calls of one run.
const CALLS_MAX: usize = 120;

struct Echo;

#[async_trait]
impl Door for Echo {
    async fn call(&mut self, DoorCall { params, .. }: DoorCall<'_>) -> Result<Value, DoorError> {
        Ok(params)
    }
}

struct NoPy;

impl FilePolicy for NoPy {
    fn decide(&self, path: &RelPath, _: FileOp) -> Decision {
        match path.as_str().contains("no") {
            true => Decision::deny("no"),
            false => Decision::Allow,
        }
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

fn engine() -> &'static (Engine, InstancePre<Host>) {
    static ENGINE: OnceLock<(Engine, InstancePre<Host>)> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let grounds = Arc::new(crate::ground::Grounds::default());
        let engine = Engine::new(&crate::engine::settings(grounds)).unwrap();
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
    let mut store = Store::new(engine, crate::sandbox::host(job, fs, false));
    store.limiter(|host| host);
    store.set_fuel(FUEL).unwrap();
    store.fuel_async_yield_interval(Some(10_000_000)).unwrap();
    store.call_hook(crate::sandbox::debit);
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

/// Plays the calls that `data` encodes, twice: both must answer alike.
pub(crate) fn calls(data: &[u8]) {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(runtime);
    let mut bytes = Bytes::new(data);
    let mut calls = Vec::new();
    while let Some(call) = calls::decode(&mut bytes)
        && calls.len() < CALLS_MAX
    {
        calls.push(call);
    }
    assert_eq!(play(runtime, &calls, FUEL), play(runtime, &calls, FUEL), "a run does not repeat");
}
