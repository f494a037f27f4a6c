//! How `log`, `show` and `replay` tell of imported runs.

use anyhow::Result;
use hyperspace_core::RecordId;
use hyperspace_interop::original::{
    ImportedAgent, RescoredEvaluation, ScoreDifference, imported_runs, load_imported_generation,
    load_imported_run, rescore,
};
use hyperspace_store::Store;
use serde_json::{Value, json};

use super::Session;
use super::log::short;
use crate::exit::{DIVERGED, OK, usage_error};
use crate::output;

/// Rows and documents of the list of runs.
pub(crate) fn runs(store: &Store) -> Result<(Vec<Vec<String>>, Vec<Value>)> {
    let (mut rows, mut documents) = (Vec::new(), Vec::new());
    for id in imported_runs(store)? {
        for agent in load_imported_run(store, &id)?.agents {
            let best = best(&agent);
            rows.push(vec![
                short(&id),
                "(imported)".to_owned(),
                agent.name.clone().unwrap_or_else(|| "-".to_owned()),
                seed(&agent).map_or_else(|| "-".to_owned(), |seed| seed.to_string()),
                agent.generations.len().to_string(),
                "-".to_owned(),
                best.map_or_else(|| "-".to_owned(), |best| format!("{best:.4}")),
            ]);
            documents.push(json!({
                "run": id,
                "agent": agent.name,
                "folder": agent.folder,
                "seed": seed(&agent),
                "generations": agent.generations.len(),
                "best_val_score": best,
            }));
        }
    }
    Ok((rows, documents))
}

fn seed(agent: &ImportedAgent) -> Option<u64> {
    let stated = [&agent.summary, &agent.config].into_iter().flatten();
    stated.filter_map(|value| value["seed"].as_u64()).next()
}

/// The best score that the run's summary states.
fn best(agent: &ImportedAgent) -> Option<f64> {
    let summary = agent.summary.as_ref()?;
    summary["best_val_score"].as_f64().or_else(|| summary["best_val"].as_f64())
}

/// Lists the generations of an imported run.
pub(crate) fn generations(session: &Session, store: &Store, run: &RecordId) -> Result<u8> {
    let head = ["agent", "generation", "hash", "parent", "valid", "training", "validation", "error"];
    let (mut rows, mut documents) = (vec![head.map(str::to_owned).to_vec()], Vec::new());
    for agent in load_imported_run(store, run)?.agents {
        for id in &agent.generations {
            let generation = load_imported_generation(store, id)?;
            let metadata = generation.metadata.clone().unwrap_or_default();
            let cell = |key: &str| match &metadata[key] {
                Value::Null => "-".to_owned(),
                Value::String(text) => text.chars().take(60).collect(),
                other => other.to_string(),
            };
            let name = agent.name.clone().unwrap_or_else(|| "-".to_owned());
            let mut row = vec![name, generation.number.to_string(), short(id)];
            row.extend(["parent", "valid", "train_score", "val_score", "error"].map(cell));
            rows.push(row);
            documents.push(json!({
                "agent": agent.name,
                "generation": generation.number,
                "hash": id,
                "metadata": generation.metadata,
                "repo": generation.repo,
                "evaluations": generation.evaluations.len(),
            }));
        }
    }
    match session.common.json {
        true => output::json(&json!({"run": run, "generations": documents}))?,
        false => output::text(&output::table(&rows))?,
    }
    Ok(OK)
}

/// The imported run that a generation belongs to.
pub(crate) fn run_of(store: &Store, generation: &RecordId) -> Result<RecordId> {
    for id in imported_runs(store)? {
        let agents = load_imported_run(store, &id)?.agents;
        if agents.iter().any(|agent| agent.generations.contains(generation)) {
            return Ok(id);
        }
    }
    Err(usage_error(format!("{generation} is in no imported run; import its folder again")))
}

/// Scores recorded predictions again and compares.
pub(crate) fn replay(
    session: &Session,
    store: &Store,
    run: &RecordId,
    only: Option<&RecordId>,
) -> Result<u8> {
    let found = rescore(store, run, only)?;
    let code = if found.differences() == 0 { OK } else { DIVERGED };
    if session.common.json {
        let difference = |one: &RescoredEvaluation| {
            let ScoreDifference { place, recorded, replayed } = one.difference.clone()?;
            Some(json!({
                "agent": one.agent,
                "generation": one.generation,
                "place": format!("{}{place}", one.folder),
                "recorded": recorded,
                "replayed": replayed,
            }))
        };
        output::json(&json!({
            "run": found.run,
            "evaluations": found.evaluations,
            "differences": found.evaluations.iter().filter_map(difference).collect::<Vec<_>>(),
            "unscored": found.unscored,
        }))?;
        return Ok(code);
    }
    let mut text = String::new();
    for one in &found.evaluations {
        if let Some(ScoreDifference { place, recorded, replayed }) = &one.difference {
            text.push_str(&format!(
                "{}: {place}\n  recorded {recorded}\n  replayed {replayed}\n",
                one.folder
            ));
        }
    }
    for problem in &found.unscored {
        text.push_str(&format!("not scored: {problem}\n"));
    }
    let rows: u64 = found.evaluations.iter().map(|one| one.rows).sum();
    text.push_str(&format!(
        "{} evaluations scored again ({} rows): {}\n",
        found.evaluations.len(),
        output::count(rows),
        match found.differences() {
            0 => "no differences".to_owned(),
            count => format!("{count} differ"),
        }
    ));
    output::text(&text)?;
    Ok(code)
}
