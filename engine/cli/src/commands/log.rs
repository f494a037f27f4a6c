//! `log`.

use anyhow::Result;
use hyperspace_core::RecordId;
use hyperspace_evolve::{GenerationRecord, JournalEvent, RunConfig, journal, records};
use hyperspace_store::Store;
use serde_json::{Value, json};

use super::target::Target;
use super::{Session, imported, target};
use crate::args;
use crate::exit::OK;
use crate::output;

/// Lists runs, the generations of a run, or its events.
pub(crate) fn run(session: &Session, args: args::Log) -> Result<u8> {
    let store = session.reader()?;
    if args.events {
        let run = target::any_run(&store, args.run.as_deref())?;
        return events(session, &store, &run);
    }
    match &args.run {
        None => runs(session, &store),
        Some(hash) => match target::any(&store, hash)? {
            Target::Imported(id) => return imported::generations(session, &store, &id),
            _ => generations(session, &store, &target::run(&store, Some(hash))?),
        },
    }?;
    Ok(OK)
}

/// The beginning of a hash.
pub(crate) fn short(id: &RecordId) -> String {
    id.to_string().chars().take(12).collect()
}

fn runs(session: &Session, store: &Store) -> Result<()> {
    let mut documents = Vec::new();
    let mut rows =
        vec![["run", "task", "agent", "seed", "generations", "best", "held-out"].map(str::to_owned).to_vec()];
    for id in store.runs()? {
        let config = RunConfig::from_value(&store.get_record(&id)?.body)?;
        let last = records(store, &id)?.pop();
        let Some((_, record)) = last else { continue };
        let champion = record.champion();
        rows.push(vec![
            short(&id),
            config.task.clone(),
            names(&config),
            config.seed.clone(),
            record.generation.to_string(),
            format!("{:.4}", champion.score.to_f64()),
            format!("{:.4}", champion.held_out.to_f64()),
        ]);
        documents.push(json!({
            "run": id,
            "task": config.task,
            "agent": config.agent,
            "agents": config.agents,
            "seed": config.seed,
            "generations": record.generation,
            "best": {"score": champion.score.to_f64(), "held_out": champion.held_out.to_f64()},
        }));
    }
    let (more, imported) = imported::runs(store)?;
    rows.extend(more);
    match session.common.json {
        true => output::json(&json!({ "runs": documents, "imported": imported })),
        false => output::text(&output::table(&rows)),
    }
}

/// The seed agent, or the agents where they have models.
fn names(config: &RunConfig) -> String {
    match config.models {
        None => config.agent.clone(),
        Some(_) => config.agents.iter().map(|agent| agent.name.as_str()).collect::<Vec<_>>().join(", "),
    }
}

/// How often each fate occurred, as words.
fn fates(record: &GenerationRecord) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for candidate in &record.candidates {
        let name = candidate.fate.name();
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    counts.iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
}

fn generations(session: &Session, store: &Store, run: &RecordId) -> Result<()> {
    let records = records(store, run)?;
    if session.common.json {
        let documents: Vec<Value> = records
            .iter()
            .map(|(id, record)| {
                json!({
                    "generation": record.generation,
                    "hash": id,
                    "best": {
                        "generation": record.champion().place.generation,
                        "candidate": record.champion().place.candidate,
                        "score": record.champion().score.to_f64(),
                        "held_out": record.champion().held_out.to_f64(),
                    },
                    "champions": record.champions,
                    "candidates": record.candidates,
                    "fuel": record.fuel,
                })
            })
            .collect();
        return output::json(&json!({"run": run, "generations": documents}));
    }
    let mut rows =
        vec![["generation", "hash", "best", "held-out", "fuel", "candidates"].map(str::to_owned).to_vec()];
    let best: Vec<f64> = records.iter().map(|(_, record)| record.champion().score.to_f64()).collect();
    for (id, record) in &records {
        rows.push(vec![
            record.generation.to_string(),
            short(id),
            format!("{:.4}", record.champion().score.to_f64()),
            format!("{:.4}", record.champion().held_out.to_f64()),
            output::count(record.fuel),
            fates(record),
        ]);
    }
    let mut text = format!("{}\nbest by generation  {}\n", output::table(&rows), output::sparkline(&best));
    let config = RunConfig::from_value(&store.get_record(run)?.body)?;
    for (index, agent) in config.agents.iter().enumerate().filter(|_| config.agents.len() > 1) {
        let of = |record: &GenerationRecord| Some(record.champions.get(index)?.score.to_f64());
        let best: Vec<f64> = records.iter().filter_map(|(_, record)| of(record)).collect();
        text.push_str(&format!("{:<20}{}  {}\n", agent.name, output::sparkline(&best), last(&best)));
    }
    output::text(&text)
}

fn last(best: &[f64]) -> String {
    best.last().map(|score| format!("{score:.4}")).unwrap_or_default()
}

fn events(session: &Session, store: &Store, run: &RecordId) -> Result<u8> {
    let events = journal(store, run)?;
    if session.common.json {
        output::json(&json!({"run": run, "events": events}))?;
        return Ok(OK);
    }
    let mut text = String::new();
    for JournalEvent { seq, event, .. } in &events {
        text.push_str(&format!("{seq:>6}  {:<20}  {}\n", event.kind(), event.body()));
    }
    output::text(&text)?;
    Ok(OK)
}
