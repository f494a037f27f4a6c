//! The evaluation server of GEPA, as GEPA's engines call it, for the task with which the server was started.
//!
//! Higher scores are better: those of a minimised task are negated. Only training cases are known here.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyperspace_eval::{Direction, Split, Task};
use hyperspace_service::EvaluationView;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::body::AnyJsonBody;
use super::documents::{AnyDocument, Asker};
use crate::client::{Client, TokenScope};
use crate::gateway::{Gateway, written};
use crate::refusal::{RefusalKind, RequestRefusal};

/// A candidate, and perhaps one case.
#[derive(Deserialize, ToSchema)]
pub(super) struct GepaEvaluate {
    /// The text of the module that the task calls.
    candidate: String,
    /// The name of a training case. Default: all of them.
    #[serde(default)]
    example_id: Option<String>,
}

/// A candidate, and perhaps some cases.
#[derive(Deserialize, ToSchema)]
pub(super) struct GepaEvaluateExamples {
    /// The text of the module that the task calls.
    candidate: String,
    /// Names of training cases. Default: all of them.
    #[serde(default)]
    example_ids: Option<Vec<String>>,
}

/// A refusal in the form of that server.
pub(super) struct GepaRefusal {
    refusal: RequestRefusal,
    budget: Value,
}

impl IntoResponse for GepaRefusal {
    fn into_response(self) -> Response {
        let (status, ..) = self.refusal.kind.facts();
        let error = match self.refusal.kind {
            RefusalKind::Failed => "the log of the server has more".to_owned(),
            RefusalKind::Spent => "Budget exhausted".to_owned(),
            _ => self.refusal.to_string(),
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry = self.refusal.retry_after.map(|seconds| [(header::RETRY_AFTER, seconds.to_string())]);
        let body = Json(json!({ "error": error, "budget": self.budget }));
        match retry {
            Some(retry) => (status, retry, Extension(self.refusal), body).into_response(),
            None => (status, Extension(self.refusal), body).into_response(),
        }
    }
}

type Answer = Result<Json<Value>, GepaRefusal>;

fn budget(client: &Client) -> Value {
    let (used, most) = client.account.evaluations();
    let mut budget = json!({ "exhausted": most.is_some_and(|most| used >= most), "used": used });
    if let Some(most) = most {
        budget["max_evals"] = json!(most);
        budget["remaining_evals"] = json!(most.saturating_sub(used));
    }
    budget
}

fn own_task(gateway: &Gateway) -> Result<&Task, RequestRefusal> {
    gateway.own_task().ok_or_else(|| {
        RequestRefusal::absent("task of this server").hint("start it with --task, or use /v1/evaluate")
    })
}

/// Returns a score in the form in which higher is better.
fn upward(task: &Task, score: f64) -> f64 {
    match task.direction() {
        Direction::Minimize => -score,
        _ => score,
    }
}

/// Refuses a client that may not evaluate, or has no evaluation left, before there is work with its names.
fn check_client(client: &Client) -> Result<(), RequestRefusal> {
    client.permits(TokenScope::Evaluate)?;
    client.account.check_evaluations()
}

/// Refuses names that are not those of training cases, and more names than there are cases.
fn check_cases(task: &Task, names: &[String]) -> Result<(), RequestRefusal> {
    check_names(&task.cases(Split::Train).iter().map(|case| case.name.as_str()).collect(), names)
}

fn check_names(known: &BTreeSet<&str>, names: &[String]) -> Result<(), RequestRefusal> {
    if names.len() > known.len() {
        let detail = format!("example_ids: expected at most {} names, found {}", known.len(), names.len());
        return Err(RequestRefusal::new(RefusalKind::Unreadable, detail));
    }
    let unknown: Vec<&String> = names.iter().filter(|name| !known.contains(name.as_str())).take(5).collect();
    match unknown.is_empty() {
        true => Ok(()),
        false => Err(RequestRefusal::new(
            RefusalKind::Unreadable,
            format!("Unknown or sealed example_id: {unknown:?}"),
        )),
    }
}

/// Scores a candidate.
#[utoipa::path(post, path = "/evaluate", tag = "GEPA", request_body = GepaEvaluate,
    responses((status = 200, description = "`score`, `info` and `budget`", body = AnyDocument)))]
pub(super) async fn evaluate(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    AnyJsonBody(request): AnyJsonBody<GepaEvaluate>,
) -> Answer {
    let refused = |refusal| GepaRefusal { refusal, budget: budget(&client) };
    let work = async {
        let (request, task) = (request?, own_task(&gateway)?);
        check_client(&client)?;
        check_cases(task, request.example_id.as_slice())?;
        let view = gateway.evaluate_program(&client, task, &request.candidate).await?;
        let (score, info) = match &request.example_id {
            None => (view.score, written(&view)?),
            Some(name) => case(&view, name)?,
        };
        let score =
            score.ok_or_else(|| RequestRefusal::new(RefusalKind::GuestFailed, view.detail.clone()))?;
        Ok(json!({ "score": upward(task, score), "info": info, "budget": budget(&client) }))
    };
    work.await.map(Json).map_err(refused)
}

/// Returns the score and the details of one case.
fn case(view: &EvaluationView, name: &str) -> Result<(Option<f64>, Value), RequestRefusal> {
    match view.rows.iter().find(|row| row.case == name) {
        Some(row) => Ok((row.score, written(row)?)),
        None => Ok((None, written(view)?)),
    }
}

/// Scores a candidate on several cases.
#[utoipa::path(post, path = "/evaluate_examples", tag = "GEPA", request_body = GepaEvaluateExamples,
    responses((status = 200, description = "`average_score`, `scores`, `infos`, `num_evaluated`, `errors` and `budget`", body = AnyDocument)))]
pub(super) async fn evaluate_examples(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    AnyJsonBody(request): AnyJsonBody<GepaEvaluateExamples>,
) -> Answer {
    let refused = |refusal| GepaRefusal { refusal, budget: budget(&client) };
    let work = async {
        let (request, task) = (request?, own_task(&gateway)?);
        check_client(&client)?;
        let every = || task.cases(Split::Train).iter().map(|case| case.name.clone()).collect();
        let names: Vec<String> = request.example_ids.unwrap_or_else(every);
        check_cases(task, &names)?;
        let view = gateway.evaluate_program(&client, task, &request.candidate).await?;
        let (mut scores, mut infos, mut errors) = (Map::new(), Map::new(), Map::new());
        let mut sum = 0.0;
        // There may be as many names as rows.
        let rows: BTreeMap<&str, _> = view.rows.iter().map(|row| (row.case.as_str(), row)).collect();
        for name in &names {
            match rows.get(name.as_str()).and_then(|row| Some((row.score?, row))) {
                Some((score, row)) => {
                    sum += upward(task, score);
                    scores.insert(name.clone(), json!(upward(task, score)));
                    infos.insert(name.clone(), written(row)?);
                }
                None => drop(errors.insert(name.clone(), json!(view.detail))),
            }
        }
        // A failure is not a number, so there is an average only if every case has a score.
        let average = (errors.is_empty() && !names.is_empty()).then(|| sum / names.len() as f64);
        Ok(json!({
            "average_score": average, "scores": scores, "infos": infos, "num_evaluated": names.len(),
            "errors": errors, "budget": budget(&client),
        }))
    };
    work.await.map(Json).map_err(refused)
}

/// Tells what was used.
#[utoipa::path(get, path = "/status", tag = "GEPA",
    responses((status = 200, description = "`budget` and `task`", body = AnyDocument)))]
pub(super) async fn status(State(gateway): State<Gateway>, Extension(client): Asker) -> Answer {
    let task = own_task(&gateway);
    let task = task.map_err(|refusal| GepaRefusal { refusal, budget: budget(&client) })?;
    let (used, _) = client.account.evaluations();
    Ok(Json(json!({ "budget": budget(&client), "task": task.name(), "total_evals": used })))
}

/// Describes the task.
#[utoipa::path(get, path = "/task", tag = "GEPA",
    responses((status = 200, description = "`objective`, `background`, `seed_candidate`, `has_dataset` and sizes", body = AnyDocument)))]
pub(super) async fn task(State(gateway): State<Gateway>, Extension(client): Asker) -> Answer {
    let task = own_task(&gateway);
    let task = task.map_err(|refusal| GepaRefusal { refusal, budget: budget(&client) })?;
    let files = task.seed_agent();
    let [module, _] = task.entry().files();
    let seed = files.iter().find(|(path, _)| path.as_str() == module);
    let seed = seed.map(|(_, content)| String::from_utf8_lossy(content).into_owned());
    Ok(Json(json!({
        "objective": task.title(), "background": task.description(), "seed_candidate": seed,
        "has_dataset": !task.is_single_case(), "train_size": task.cases(Split::Train).len(),
        "val_size": 0, "test_size": 0,
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_cases_and_no_more_than_there_are() {
        let check = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            check_names(&BTreeSet::from(["a", "b"]), &names).map_err(|refusal| refusal.detail)
        };
        assert_eq!((check(&[]), check(&["b", "a"]), check(&["a", "a"])), (Ok(()), Ok(()), Ok(())));
        assert_eq!(check(&["a", "x"]).unwrap_err(), "Unknown or sealed example_id: [\"x\"]");
        assert_eq!(check(&["a", "b", "a"]).unwrap_err(), "example_ids: expected at most 2 names, found 3");
    }
}
