//! Tools for runs: starting and stopping them, and inspecting the results.

use hyperspace_service::{ErrorClass, ReplayView};
use rmcp::model::{CallToolResult, JsonObject};
use serde_json::json;

use super::tool_result::{ToolAsker, end_of, parsed, result};
use crate::client::TokenScope;
use crate::gateway::{start_document, written};
use crate::refusal::RequestRefusal;
use crate::requests::{
    CompareFilesRequest, ReplayHashRequest, RunStatusRequest, StartRunRequest, StopRunRequest,
};
use crate::runs::BackgroundRunState;

pub(super) async fn start_run(
    asker: &ToolAsker<'_>,
    arguments: JsonObject,
) -> Result<CallToolResult, RequestRefusal> {
    let view = asker.gateway.start_run(&asker.client, parsed::<StartRunRequest>(arguments)?).await?;
    let text =
        format!("run {} of {} is recorded and goes on; ask run_status for its progress", view.run, view.task);
    result(text, &start_document(&view)?, None)
}

/// Returns the state of a run that was started here, in words.
fn state_text(state: &BackgroundRunState) -> String {
    match state {
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
    }
}

pub(super) async fn run_status(
    asker: &ToolAsker<'_>,
    arguments: JsonObject,
) -> Result<CallToolResult, RequestRefusal> {
    let RunStatusRequest { run } = parsed(arguments)?;
    asker.client.permits(TokenScope::Read)?;
    let runs = asker.gateway.runs();
    let here = runs.started_here(run.as_deref());
    if let Some((id, state)) = here.and_then(|id| Some((id, runs.state(&id)?))) {
        let mut view = written(&state)?;
        view["run"] = json!(id);
        let failure = matches!(state, BackgroundRunState::Failed { .. }).then_some(ErrorClass::Internal);
        return result(format!("run {id}: {}", state_text(&state)), &view, failure);
    }
    let view = asker.gateway.read(&asker.client, move |engine| engine.curve(run.as_deref())).await?;
    let text = view.points.last().map_or_else(
        || format!("run {} has no generation yet", view.run),
        |last| {
            let best = format!("best {} (held-out {})", last.score, last.held_out);
            format!("run {} does not go on here: generation {}, {best}", view.run, last.generation)
        },
    );
    result(text, &view, None)
}

pub(super) async fn stop_run(
    asker: &ToolAsker<'_>,
    arguments: JsonObject,
) -> Result<CallToolResult, RequestRefusal> {
    let StopRunRequest { run } = parsed(arguments)?;
    let id = asker.gateway.cancel_run(&asker.client, &run).await?;
    result(format!("run {id} is stopped"), &json!({ "run": id }), None)
}

pub(super) async fn best_code(
    asker: &ToolAsker<'_>,
    arguments: JsonObject,
) -> Result<CallToolResult, RequestRefusal> {
    let RunStatusRequest { run } = parsed(arguments)?;
    let started = || asker.gateway.runs().started_here(None).map(|id| id.to_string());
    let hash = run.or_else(started);
    let view = asker.gateway.read(&asker.client, move |engine| engine.best(hash.as_deref())).await?;
    let score = |score: Option<f64>| score.map_or_else(|| "none".to_owned(), |score| score.to_string());
    let (now, seed) = (score(view.candidate.score), score(view.seed_score));
    result(format!("score {now}, the seed's {seed}\n\n{}", view.code), &view, None)
}

pub(super) async fn diff(
    asker: &ToolAsker<'_>,
    arguments: JsonObject,
) -> Result<CallToolResult, RequestRefusal> {
    let CompareFilesRequest { before, after } = parsed(arguments)?;
    let view = asker.gateway.read(&asker.client, move |engine| engine.diff(&before, &after)).await?;
    let text: String = view.files.iter().map(|file| file.diff.as_str()).collect();
    result(if text.is_empty() { "no difference".to_owned() } else { end_of(&text) }, &view, None)
}

pub(super) async fn replay(
    asker: &ToolAsker<'_>,
    arguments: JsonObject,
) -> Result<CallToolResult, RequestRefusal> {
    let ReplayHashRequest { hash } = parsed(arguments)?;
    let view = asker.gateway.replay(&asker.client, &hash).await?;
    let text = match (&view, view.failure()) {
        (_, Some(_)) => "it differs from the record".to_owned(),
        (ReplayView::Executed(view), None) => {
            format!("{} generations executed again: no differences", view.generations.len())
        }
        (_, None) => "no differences".to_owned(),
    };
    result(text, &view, view.failure())
}
