//! The engine as a front end uses it: owned handles, events while a run goes on, cancellation, views and errors.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

use std::path::Path;

use hyperspace_service::{
    Engine, ErrorClass, EvalRequest, LogView, ReplayEvent, ReplayRequest, ReplayView, ResumeRequest,
    RunEvent, RunHandle, RunRequest, ServiceError, ShowView,
};
use hyperspace_testkit::guess;
use hyperspace_testkit::paths::interpreter_cache;
use serde_json::{Value, json};

fn engine(store: &Path) -> Engine {
    Engine::builder().store(store).cache_dir(interpreter_cache()).workers(2).build().unwrap()
}

fn request(generations: u64) -> RunRequest {
    let agent = guess::climber(10);
    RunRequest::new()
        .task(guess::task(&[900, 900], &[901]))
        .agent(agent.files)
        .generations(generations)
        .candidates(3)
        .seed(5)
}

/// Takes events up to the end of this generation.
fn until(run: &mut RunHandle, last: u64) -> Vec<RunEvent> {
    let mut events = Vec::new();
    while let Some(event) = run.next_blocking().unwrap() {
        let ended = matches!(&event, RunEvent::GenerationCommitted { generation, .. } if *generation == last);
        events.push(event);
        if ended {
            break;
        }
    }
    events
}

#[test]
fn handles_are_owned_and_can_be_sent() {
    fn owned<T: Send + 'static>() {}
    owned::<Engine>();
    owned::<RunHandle>();
    owned::<hyperspace_service::ReplayHandle>();
    owned::<ServiceError>();
}

#[test]
fn a_run_that_is_dropped_resumes_to_the_same_end() {
    let folder = tempfile::tempdir().unwrap();
    let whole = engine(&folder.path().join("whole"));
    let whole = whole.start_blocking(request(5)).unwrap().finish_blocking().unwrap();

    let engine = engine(&folder.path().join("cut"));
    let mut run = engine.start_blocking(request(5)).unwrap();
    let (id, events) = (run.id(), until(&mut run, 2));
    assert!(matches!(events.last(), Some(RunEvent::GenerationCommitted { generation: 2, .. })), "{events:?}");
    // Some more of a generation that is given up.
    run.next_blocking().unwrap();
    drop(run);
    // The store is free at once: the next writer is this process.
    let mut run = engine.resume_blocking(ResumeRequest::new().run(id)).unwrap();
    assert_eq!((run.id(), run.last_generation()), (id, 5));
    assert!((2..=3).contains(&run.first_generation()));
    until(&mut run, 5);
    let resumed = run.finish_blocking().unwrap();
    assert_eq!((resumed.root, resumed.best), (whole.root, whole.best));
}

#[test]
fn a_replay_reports_each_generation_and_its_view_is_the_document() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&folder.path().join("S"));
    let run = engine.start_blocking(request(2)).unwrap().finish_blocking().unwrap();
    let mut replay = engine.replay(ReplayRequest::new());
    let mut replayed = Vec::new();
    while let Some(event) = replay.next_blocking().unwrap() {
        let ReplayEvent::GenerationReplayed { replayed: one, total } = event else { panic!("{event:?}") };
        replayed.push((one.generation, total));
    }
    assert_eq!(replayed, [(0, 3), (1, 3), (2, 3)]);
    let view = replay.finish_blocking().unwrap();
    assert_eq!(view.failure(), None);
    let document = serde_json::to_value(&view).unwrap();
    assert_eq!((&document["run"], &document["differences"]), (&json!(run.run), &json!([])));
    assert_eq!(document["wall_ms"], Value::Null, "there is no clock");
    let one = engine.replay(ReplayRequest::new().hash(run.best.hash)).finish_blocking().unwrap();
    let ReplayView::Executed(one) = one else { panic!("{one:?}") };
    assert_eq!(one.generations.len(), 1);
}

#[test]
fn async_methods_run_on_the_runtime_of_the_caller() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&folder.path().join("S"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let view = runtime.block_on(async {
        let run = engine.start(request(2)).await.unwrap();
        // A handle moves into a task of its own, as in a server.
        tokio::spawn(run.finish()).await.unwrap().unwrap()
    });
    assert_eq!(view.generations, 2);
    let evaluation = EvalRequest::new().task(guess::task(&[900], &[901])).agent(guess::climber(10).files);
    let evaluation = runtime.block_on(engine.evaluate(evaluation)).unwrap();
    assert_eq!((evaluation.failure(), evaluation.rows.len()), (None, 2));
    // An engine may be dropped inside of a runtime.
    runtime.block_on(async { drop(engine) });
}

#[test]
fn a_store_is_listed_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&folder.path().join("S"));
    let run = engine.start_blocking(request(1)).unwrap().finish_blocking().unwrap();
    let LogView::Runs(runs) = engine.log(None).unwrap() else { panic!() };
    assert_eq!((runs.runs[0].run, runs.runs[0].generations), (run.run, 1));
    let hash = run.best.hash.to_string();
    let ShowView::Candidate(candidate) = engine.show(&format!("{hash}:0")).unwrap() else { panic!() };
    assert!(candidate.files.iter().any(|file| file.path.as_str() == "task_agent.py"));
    let file = engine.show_file(&hash[..12], "task_agent.py").unwrap();
    assert!(file.content.starts_with(b"def guess()"));
    let events = engine.events(None).unwrap();
    assert_eq!(serde_json::to_value(&events).unwrap()["events"][0]["kind"], "run.started");
}

#[test]
fn errors_have_classes_settings_and_hints() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&folder.path().join("absent"));
    let class = |error: &ServiceError| error.class();
    let error = engine.log(None).unwrap_err();
    assert_eq!(class(&error), ErrorClass::Usage, "{error}");
    let error = Engine::builder().workers(0).build().unwrap_err();
    assert!(matches!(&error, ServiceError::Range { setting: "workers", .. }), "{error}");
    assert_eq!(error.to_string(), "workers is 0; expected 1 to 1024");
    let mut request = request(1);
    request.calls.max_calls = Some(3);
    let error = engine.start_blocking(request).unwrap_err();
    assert!(matches!(&error, ServiceError::Requires { setting: "max-calls", other: "model", .. }), "{error}");
    assert_eq!(error.hints(), ["set model, or leave max-calls out"]);
    let broken = RunRequest::new().task(guess::task(&[900], &[901])).agent("nobody");
    assert_eq!(class(&engine.start_blocking(broken).unwrap_err()), ErrorClass::Usage);
    assert!(!folder.path().join("absent").exists(), "a store was made");
}
