//! The tools: their descriptions, and what each calls.

use hyperspace_core::text_end;
use hyperspace_service::{
    Engine, ErrorClass, EvaluationView, ExecutionView, ReplayRequest, ReplayView, ServiceError,
};
use rmcp::ErrorData;
use rmcp::handler::server::common::schema_for_type;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, Tool, ToolAnnotations};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::requests::{
    CompareFilesRequest, EvaluateRequest, ReplayHashRequest, RunPythonRequest, RunStatusRequest,
    StartRunRequest, StopRunRequest,
};
use crate::runs::{BackgroundRunState, BackgroundRuns, words};

/// Characters of text that a result shows of each stream; the structured content has everything.
const SHOWN_MAX: usize = 20_000;

/// Returns the tools.
pub(super) fn list() -> Vec<Tool> {
    let harmless = || ToolAnnotations::new().read_only(true).open_world(false).idempotent(true);
    let starts = || ToolAnnotations::new().read_only(false).destructive(false);
    vec![
        Tool::new(
            "run_python",
            "Run a Python program in the sandbox and return its output, files, outcome, fuel and digest. Nothing on this machine \
             can be reached or changed by it.",
            schema_for_type::<RunPythonRequest>(),
        )
        .with_annotations(harmless()),
        Tool::new(
            "evaluate",
            "Score a program on a task: a bundled one, or one whose files are given. Returns the score, and what went wrong in \
             which case.",
            schema_for_type::<EvaluateRequest>(),
        )
        .with_annotations(harmless()),
        Tool::new(
            "start_run",
            "Start to evolve a program in the background and return the hash that names the run. A run that exists is resumed. \
             With a model it costs money, at most `max_cost`.",
            schema_for_type::<StartRunRequest>(),
        )
        .with_annotations(starts()),
        Tool::new(
            "run_status",
            "Return how far a run is, its best scores, and how candidates fared.",
            schema_for_type::<RunStatusRequest>(),
        )
        .with_annotations(harmless()),
        Tool::new(
            "stop_run",
            "Stop a run that goes on. What was committed stays, and starting it again resumes it.",
            schema_for_type::<StopRunRequest>(),
        )
        .with_annotations(starts()),
        Tool::new(
            "best_code",
            "Return the best program of a run, and how it differs from the one that the run started from.",
            schema_for_type::<RunStatusRequest>(),
        )
        .with_annotations(harmless()),
        Tool::new(
            "diff",
            "Return how the files of two candidates differ.",
            schema_for_type::<CompareFilesRequest>(),
        )
        .with_annotations(harmless()),
        Tool::new(
            "replay",
            "Execute a recorded run or generation again, without any model, and compare every event, file, score and fuel count.",
            schema_for_type::<ReplayHashRequest>(),
        )
        .with_annotations(harmless()),
    ]
}

/// Calls a tool. What a guest or a request does wrong is a result that says so.
///
/// # Errors
///
/// An error of the protocol when there is no such tool.
pub(super) async fn call(
    engine: &Engine,
    runs: &BackgroundRuns,
    name: &str,
    arguments: JsonObject,
) -> Result<CallToolResult, ErrorData> {
    let answered = match name {
        "run_python" => run_python(engine, arguments).await,
        "evaluate" => evaluate(engine, arguments).await,
        "start_run" => start_run(runs, arguments).await,
        "run_status" => run_status(engine, runs, arguments),
        "stop_run" => stop_run(runs, arguments),
        "best_code" => best_code(engine, runs, arguments),
        "diff" => diff(engine, arguments),
        "replay" => replay(engine, arguments).await,
        _ => {
            let names: Vec<_> = list().into_iter().map(|tool| tool.name).collect();
            let message = format!("there is no tool {name:?}; there are {}", names.join(", "));
            return Err(ErrorData::invalid_params(message, None));
        }
    };
    Ok(answered.unwrap_or_else(|refused| CallToolResult::error(vec![ContentBlock::text(refused.0)])))
}

/// A request that could not be carried out, in words.
struct Refused(String);

impl From<ServiceError> for Refused {
    fn from(error: ServiceError) -> Self {
        Self(words(&error))
    }
}

impl From<crate::RequestError> for Refused {
    fn from(error: crate::RequestError) -> Self {
        Self(error.to_string())
    }
}

fn parsed<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, Refused> {
    serde_json::from_value(Value::Object(arguments)).map_err(|error| Refused(format!("arguments: {error}")))
}

fn value_of(view: &impl Serialize) -> Result<Value, Refused> {
    serde_json::to_value(view).map_err(|error| Refused(error.to_string()))
}

/// Makes a result of a text for people and models and a view as structured content.
fn result(
    text: String,
    view: &impl Serialize,
    failure: Option<ErrorClass>,
) -> Result<CallToolResult, Refused> {
    let structured = value_of(view)?;
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(structured);
    result.is_error = Some(failure.is_some());
    Ok(result)
}

async fn run_python(engine: &Engine, arguments: JsonObject) -> Result<CallToolResult, Refused> {
    let request = parsed::<RunPythonRequest>(arguments)?.into_execution()?;
    let view = engine.execute(request).await?;
    let mut structured = value_of(&view)?;
    // The view of a program names files by digest; here their contents are part of the result.
    for (file, shown) in view.files.iter().zip(structured["files"].as_array_mut().into_iter().flatten()) {
        shown["text"] = std::str::from_utf8(&file.content).map_or(Value::Null, |text| json!(text));
    }
    result(executed(&view), &structured, view.failure())
}

/// Returns what a program printed and how it ended.
fn executed(view: &ExecutionView) -> String {
    let mut text = end_of(&String::from_utf8_lossy(&view.stdout));
    for part in [&String::from_utf8_lossy(&view.stderr), view.traceback.as_deref().unwrap_or_default()] {
        if !part.is_empty() {
            text.push_str(if text.is_empty() || text.ends_with('\n') { "" } else { "\n" });
            text.push_str(&end_of(part));
        }
    }
    text.push_str(if text.is_empty() || text.ends_with('\n') { "" } else { "\n" });
    for file in &view.files {
        text.push_str(&format!("[left {} ({} bytes)]\n", file.path, file.bytes));
    }
    format!("{text}[{}; {} units of fuel; digest {}]", view.describe(), view.fuel, &view.digest[..12])
}

/// Returns the end of a long text, with a note.
fn end_of(text: &str) -> String {
    match text.chars().count().saturating_sub(SHOWN_MAX) {
        0 => text.to_owned(),
        left_out => format!("[{left_out} characters left out]\n{}", text_end(text, SHOWN_MAX)),
    }
}

async fn evaluate(engine: &Engine, arguments: JsonObject) -> Result<CallToolResult, Refused> {
    let request = parsed::<EvaluateRequest>(arguments)?.into_evaluation()?;
    let view = engine.evaluate(request).await?;
    let failure = view.score.is_none().then_some(ErrorClass::Guest);
    result(evaluated(&view), &view, failure)
}

fn evaluated(view: &EvaluationView) -> String {
    let score = view.score.as_ref().map_or_else(|| "no score".to_owned(), |score| format!("score {score}"));
    format!("{score}: {}", view.detail)
}

async fn start_run(runs: &BackgroundRuns, arguments: JsonObject) -> Result<CallToolResult, Refused> {
    let request = parsed::<StartRunRequest>(arguments)?;
    if request.model.is_some() && request.max_cost.is_none() {
        return Err(Refused("max_cost: a run with a model needs a limit in dollars".to_owned()));
    }
    let view = runs.start(request.into_run()?).await?;
    let text = format!("run {} of {} goes on; ask run_status for its progress", view.run, view.task);
    result(text, &view, None)
}

fn run_status(
    engine: &Engine,
    runs: &BackgroundRuns,
    arguments: JsonObject,
) -> Result<CallToolResult, Refused> {
    let RunStatusRequest { run } = parsed(arguments)?;
    let here = runs.started_here(run.as_deref());
    if let Some((id, state)) = here.and_then(|id| Some((id, runs.state(&id)?))) {
        let text = match &state {
            BackgroundRunState::Running { progress } => {
                let best = progress.best.map_or_else(String::new, |best| {
                    format!(", best {} (held-out {})", best.score, best.held_out)
                });
                let generation = progress.generation.unwrap_or_default();
                format!("generation {generation} of {}{best}", progress.generations)
            }
            BackgroundRunState::Ended { result } => {
                format!("ended: best {} (held-out {})", result.best.score, result.best.held_out)
            }
            BackgroundRunState::Stopped => "stopped; what was committed stays".to_owned(),
            BackgroundRunState::Failed { error } => format!("failed: {error}"),
        };
        let mut view = value_of(&state)?;
        view["run"] = json!(id);
        let failure = matches!(state, BackgroundRunState::Failed { .. }).then_some(ErrorClass::Internal);
        return result(format!("run {id}: {text}"), &view, failure);
    }
    let view = engine.curve(run.as_deref())?;
    let text = view.points.last().map_or_else(
        || format!("run {} has no generation yet", view.run),
        |last| {
            let best = format!("best {} (held-out {})", last.score, last.held_out);
            format!("run {} does not go on here: generation {}, {best}", view.run, last.generation)
        },
    );
    result(text, &view, None)
}

fn stop_run(runs: &BackgroundRuns, arguments: JsonObject) -> Result<CallToolResult, Refused> {
    let StopRunRequest { run } = parsed(arguments)?;
    match runs.started_here(Some(&run)) {
        Some(id) if runs.stop(&id) => result(format!("run {id} is stopped"), &json!({ "run": id }), None),
        _ => Err(Refused(format!("run: {run:?} does not go on here"))),
    }
}

fn best_code(
    engine: &Engine,
    runs: &BackgroundRuns,
    arguments: JsonObject,
) -> Result<CallToolResult, Refused> {
    let RunStatusRequest { run } = parsed(arguments)?;
    let hash = run.or_else(|| runs.started_here(None).map(|id| id.to_string()));
    let view = engine.best(hash.as_deref())?;
    let score = |score: Option<f64>| score.map_or_else(|| "none".to_owned(), |score| score.to_string());
    let (now, seed) = (score(view.candidate.score), score(view.seed_score));
    result(format!("score {now}, the seed's {seed}\n\n{}", view.code), &view, None)
}

fn diff(engine: &Engine, arguments: JsonObject) -> Result<CallToolResult, Refused> {
    let CompareFilesRequest { before, after } = parsed(arguments)?;
    let view = engine.diff(&before, &after)?;
    let text: String = view.files.iter().map(|file| file.diff.as_str()).collect();
    result(if text.is_empty() { "no difference".to_owned() } else { end_of(&text) }, &view, None)
}

async fn replay(engine: &Engine, arguments: JsonObject) -> Result<CallToolResult, Refused> {
    let ReplayHashRequest { hash } = parsed(arguments)?;
    let view = engine.replay(ReplayRequest::new().hash(hash)).finish().await?;
    let text = match (&view, view.failure()) {
        (_, Some(_)) => "it differs from the record".to_owned(),
        (ReplayView::Executed(view), None) => {
            format!("{} generations executed again: no differences", view.generations.len())
        }
        (_, None) => "no differences".to_owned(),
    };
    result(text, &view, view.failure())
}
