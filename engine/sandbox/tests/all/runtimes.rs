//! Runtimes are values: several of them live in one process, each with its own digest.

use hyperspace_core::RelPath;
use hyperspace_sandbox::{
    Item, Job, Outcome, Runtime, RuntimeArtifact, Sandbox, SandboxConfig, SandboxError, Setup,
};
use hyperspace_testkit::sandbox::{config, sandbox};
use serde_json::json;

/// The digest of the default runtime. Runs are named by it: a change makes all recorded runs those of another runtime.
const DEFAULT_DIGEST: &str = "98f716b4e1e9e73234d2ddb59993cf394efa70d342dc75ad9ee9cb7e988b4d74";

/// An interpreter that ignores its program: it returns how often it was called since its memory was made.
const COUNTER: &str = r#"(module
    (import "hyperspace" "door" (func $door (param i32 i32 i32) (result i32)))
    (memory (export "memory") 2)
    (data (i32.const 16) "{\22ok\22:0}")
    (func (export "hyperspace_alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "hyperspace_run") (param i32 i32) (result i32)
        (i32.store8 (i32.const 22) (i32.add (i32.const 1) (i32.load8_u (i32.const 22))))
        (call $door (i32.const 2) (i32.const 16) (i32.const 8))))"#;

fn with(runtime: Runtime) -> Result<Sandbox, SandboxError> {
    let config: SandboxConfig = config().with_verify(true).with_runtime(runtime);
    Sandbox::new(&config)
}

fn module(text: &str) -> Runtime {
    Runtime::new(RuntimeArtifact::new(wat::parse_str(text).unwrap()))
}

/// CPython with one more module in its library.
fn extended() -> Runtime {
    let source = RuntimeArtifact::new(b"ANSWER = 42\n".as_slice());
    Runtime::cpython().with_library_file(RelPath::new("site/extra.py").unwrap(), source)
}

#[test]
fn the_digest_of_the_default_runtime_is_the_one_that_runs_are_named_by() {
    assert_eq!(sandbox().runtime_digest(), DEFAULT_DIGEST);
}

#[test]
fn a_runtime_with_another_library_runs_beside_the_default_one() {
    let extended = with(extended()).unwrap();
    assert_ne!(extended.runtime_digest(), sandbox().runtime_digest());
    let job =
        || Job::source("t.py", "import sys\nsys.path.append('/usr/site')\nimport extra\nprint(extra.ANSWER)");
    let report = extended.run_blocking(job()).unwrap();
    assert_eq!((report.outcome, report.stdout.as_slice()), (Outcome::Completed, b"42\n".as_slice()));
    let report = sandbox().run_blocking(job()).unwrap();
    assert_eq!(report.outcome.name(), "exception", "the default library has no such module");
    let plain = || Job::source("t.py", "import json\nprint(json.dumps([1]))").seed(3);
    let both = [&extended, sandbox()].map(|sandbox| sandbox.run_blocking(plain()).unwrap());
    assert_eq!(both[0], both[1], "the same module and the same files give the same report");
}

#[test]
fn another_interpreter_runs_and_forks_beside_the_default_one() {
    let counter = with(module(COUNTER)).unwrap();
    assert_ne!(counter.runtime_digest(), sandbox().runtime_digest());
    for _ in 0..3 {
        let report = counter.run_blocking(Job::source("any", "")).unwrap();
        assert_eq!((report.outcome, report.result), (Outcome::Completed, Some(json!(1))));
        let python = sandbox().run_blocking(Job::source("t.py", "print('python')")).unwrap();
        assert_eq!(python.stdout, b"python\n");
    }
    let template = counter.template(Setup::import(&["any"])).unwrap();
    for _ in 0..3 {
        let item = || Item::source("any", "");
        let forked = template.fork_blocking(item()).unwrap();
        assert_eq!(forked.result, Some(json!(2)), "the set-up was the first call");
        assert_eq!(template.fresh_blocking(item()).unwrap(), forked);
    }
}

#[test]
fn a_runtime_that_does_not_fit_is_refused() {
    let refused = |runtime| match with(runtime) {
        Ok(_) => panic!("it was loaded"),
        Err(SandboxError::Interpreter(why)) => why,
        Err(other) => panic!("{other}"),
    };
    assert!(refused(module(COUNTER).with_abi_version(99)).contains("version 99"));
    let global = "(module (memory 1) (global (mut i32) (i32.const 0)) (global (mut i32) (i32.const 0)))";
    assert!(refused(module(global)).contains("mutable globals"));
    assert!(refused(module("(module (import \"x\" \"y\" (func)) (memory 1))")).contains("imports"));
    assert!(!refused(Runtime::new(RuntimeArtifact::new(b"no module".as_slice()))).is_empty());
}
