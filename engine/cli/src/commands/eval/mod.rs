//! `eval`.

mod shown;

use anyhow::{Context, Result};
use hyperspace_eval::{EvalError, Evaluation};
use hyperspace_llm::SessionError;
use hyperspace_sandbox::Limits;

use self::shown::{Shown, Taken};
use super::{Session, agent, seed_files};
use crate::args;
use crate::exit::{GUEST, OK, usage_error};
use crate::models::RowModels;
use crate::output;

/// Evaluates an agent.
pub(crate) fn run(session: &Session, args: args::Eval) -> Result<u8> {
    let task = session.task(&args.task)?;
    let files = match &args.agent {
        Some(name) => agent(name, &task)?.files,
        None => seed_files(&task)?,
    };
    let models = RowModels::new(&session.settings, &args.models)?;
    let mut evaluator = session.evaluator_of(models.as_ref().map_or(0, |models| models.concurrency))?;
    if let Some(fuel) = args.fuel {
        let limits = Limits::default().with_fuel(fuel);
        limits.validate().map_err(|error| usage_error(format!("--fuel: {error}")))?;
        evaluator = evaluator.limits(limits);
    }
    if let Some(models) = &models {
        evaluator = models.lend(evaluator);
    }
    let evaluated = evaluator.evaluate_blocking(&task, &files, args.split);
    let taken = match &models {
        None => None,
        Some(models) => {
            models.sync()?;
            evaluated.as_ref().ok().map(|evaluation| taken(models, evaluation, &args)).transpose()?
        }
    };
    let evaluation = match (evaluated, &models) {
        (Err(error), Some(models)) => return Err(given_up(error, models)),
        (evaluated, _) => evaluated?,
    };
    let shown = Shown { task: &task, evaluation: &evaluation, taken: taken.as_ref() };
    if session.common.json {
        output::json(&shown.document())?;
    } else {
        output::text(&shown.text(args.rows))?;
    }
    Ok(if evaluation.score.is_some() { OK } else { GUEST })
}

fn taken(models: &RowModels, evaluation: &Evaluation, args: &args::Eval) -> Result<Taken> {
    let rows = models.spent_by_row(evaluation)?;
    Ok(Taken {
        sum: models.spent(&rows),
        rows,
        stats: models.called().map(hyperspace_llm::Models::stats),
        model: args.models.model.clone(),
        reuse_identical: args.models.calls.reuse_identical,
    })
}

/// The error of an evaluation that calls models, with what the file of its calls is still good for.
fn given_up(error: EvalError, models: &RowModels) -> anyhow::Error {
    let Some(file) = models.cassette() else { return error.into() };
    let (file, EvalError::Model { source, .. }) = (file.display(), &error) else { return error.into() };
    let told = match source {
        SessionError::Mismatch { .. } => {
            format!("{file} was recorded with another agent, task or model, or by another version")
        }
        SessionError::Missing { .. } => format!("{file} does not hold the whole evaluation"),
        SessionError::Outage(_) => {
            format!("given up; {file} has what was answered, and the same command goes on from there")
        }
        SessionError::Budget(_) => {
            format!("given up; {file} has what was answered, and a larger budget goes on from there")
        }
        _ => return error.into(),
    };
    Err::<(), _>(error).context(told).expect_err("it is an error")
}
