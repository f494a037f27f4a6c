//! `show`.

use anyhow::Result;
use hyperspace_core::RelPath;
use hyperspace_evolve::load_record;
use hyperspace_store::Store;
use serde_json::json;

use super::Session;
use super::target::{self, Candidate, Target};
use crate::ambient;
use crate::args;
use crate::exit::{OK, usage_error};
use crate::output;

/// Shows a record, a candidate, or a file.
pub(crate) fn run(session: &Session, args: args::Show) -> Result<u8> {
    let store = session.reader()?;
    let (hash, number) = target::split(&args.hash)?;
    if let Some(path) = &args.file {
        let candidate = target::candidate(&store, &args.hash)?;
        return file(session, &store, &candidate, path);
    }
    if number.is_some() {
        let candidate = target::candidate(&store, &args.hash)?;
        return self::candidate(session, &store, &candidate);
    }
    let id = match target::any(&store, hash)? {
        Target::Run(id) | Target::Generation(id) | Target::Other(id) => id,
        Target::Imported(id) | Target::ImportedGeneration(id) => id,
    };
    let record = store.get_record(&id)?;
    // For people and for machines alike: a record is JSON.
    output::json(&json!({"hash": id, "kind": record.kind, "body": record.body}))?;
    Ok(OK)
}

fn candidate(session: &Session, store: &Store, candidate: &Candidate) -> Result<u8> {
    let record = load_record(store, &candidate.generation)?;
    let index = usize::try_from(candidate.place.candidate)?;
    let files = store.get_files(&candidate.tree)?;
    let one = &record.candidates[index];
    if session.common.json {
        let names: Vec<_> =
            files.iter().map(|(path, content)| json!({"path": path, "bytes": content.len()})).collect();
        output::json(&json!({"generation": candidate.generation, "candidate": one, "files": names}))?;
        return Ok(OK);
    }
    let score = |evaluation: &Option<hyperspace_evolve::EvaluationRef>| match evaluation {
        None => "not measured".to_owned(),
        Some(evaluation) => match &evaluation.score {
            Some(score) => format!("{:.4}  (evaluation {})", score.to_f64(), evaluation.record),
            None => format!("none: {}  (evaluation {})", evaluation.outcome, evaluation.record),
        },
    };
    let parent = match &one.parent {
        Some(parent) => parent.place.to_string(),
        None => "none".to_owned(),
    };
    let mut text = format!(
        "generation {}, candidate {}: {}\nparent    {parent}\ntraining  {}\nheld-out  {}\ntree      {}\n",
        candidate.place.generation,
        candidate.place.candidate,
        one.fate.name(),
        score(&one.train),
        score(&one.held_out),
        one.tree,
    );
    for meta in &one.meta {
        text.push_str(&format!("meta      {} with {} fuel\n", meta.outcome, output::count(meta.fuel)));
    }
    for (path, content) in files.iter() {
        text.push_str(&format!("{:>8}  {path}\n", content.len()));
    }
    output::text(&text)?;
    Ok(OK)
}

fn file(session: &Session, store: &Store, candidate: &Candidate, path: &str) -> Result<u8> {
    let files = store.get_files(&candidate.tree)?;
    let place = RelPath::new(path).map_err(|error| usage_error(error.to_string()))?;
    let Some(content) = files.get(&place) else {
        let names: Vec<String> = files.iter().map(|(path, _)| path.to_string()).collect();
        return Err(usage_error(format!(
            "{} has no file {path}; it has {}",
            candidate.place,
            names.join(", ")
        )));
    };
    if session.common.json {
        let text = String::from_utf8_lossy(content);
        output::json(&json!({"candidate": candidate.place, "path": path, "content": text}))?;
    } else {
        output::guest(std::io::stdout().lock(), content, ambient::stdout_is_terminal())?;
    }
    Ok(OK)
}
