//! The tools: their descriptions, and what each calls.

use hyperspace_service::{ErrorClass, EvaluationView, ExecutionView};
use rmcp::ErrorData;
use rmcp::handler::server::common::schema_for_type;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, Tool, ToolAnnotations};
use serde_json::{Value, json};

use super::run_tools;
use super::tool_result::{ToolAsker, end_of, parsed, result};
use crate::gateway::written;
use crate::refusal::RequestRefusal;
use crate::requests::{
    CompareFilesRequest, EvaluateRequest, ReplayHashRequest, RunPythonRequest, RunStatusRequest,
    StartRunRequest, StopRunRequest,
};

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

/// Calls a tool. Faults of a guest or of a request are described in the result.
///
/// # Errors
///
/// An error of the protocol when there is no such tool.
pub(super) async fn call(
    asker: &ToolAsker<'_>,
    name: &str,
    arguments: JsonObject,
) -> Result<CallToolResult, ErrorData> {
    let answered = match name {
        "run_python" => run_python(asker, arguments).await,
        "evaluate" => evaluate(asker, arguments).await,
        "start_run" => run_tools::start_run(asker, arguments).await,
        "run_status" => run_tools::run_status(asker, arguments).await,
        "stop_run" => run_tools::stop_run(asker, arguments).await,
        "best_code" => run_tools::best_code(asker, arguments).await,
        "diff" => run_tools::diff(asker, arguments).await,
        "replay" => run_tools::replay(asker, arguments).await,
        _ => {
            let names: Vec<_> = list().into_iter().map(|tool| tool.name).collect();
            let message = format!("there is no tool {name:?}; there are {}", names.join(", "));
            return Err(ErrorData::invalid_params(message, None));
        }
    };
    Ok(answered
        .unwrap_or_else(|refusal| CallToolResult::error(vec![ContentBlock::text(asker.words(&refusal))])))
}

async fn run_python(asker: &ToolAsker<'_>, arguments: JsonObject) -> Result<CallToolResult, RequestRefusal> {
    let view = asker.gateway.execute(&asker.client, parsed::<RunPythonRequest>(arguments)?).await?;
    let mut structured = written(&view)?;
    // The view of a program names files by digest; here, the result also contains their content.
    for (file, shown) in view.files.iter().zip(structured["files"].as_array_mut().into_iter().flatten()) {
        shown["text"] = std::str::from_utf8(&file.content).map_or(Value::Null, |text| json!(text));
    }
    result(executed(&view), &structured, view.failure())
}

/// Returns the output of a program and how it ended.
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

async fn evaluate(asker: &ToolAsker<'_>, arguments: JsonObject) -> Result<CallToolResult, RequestRefusal> {
    let view = asker.gateway.evaluate(&asker.client, parsed::<EvaluateRequest>(arguments)?).await?;
    let failure = view.score.is_none().then_some(ErrorClass::Guest);
    result(evaluated(&view), &view, failure)
}

fn evaluated(view: &EvaluationView) -> String {
    let score = view.score.as_ref().map_or_else(|| "no score".to_owned(), |score| format!("score {score}"));
    format!("{score}: {}", view.detail)
}
