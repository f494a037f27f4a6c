//! `show`.

use hyperspace_evolve::EvaluationRef;
use hyperspace_service::{CandidateView, ShowView};

use super::Code;
use crate::exit::OK;
use crate::session::CliSession;
use crate::{ambient, args, output};

/// Shows a record, a candidate, or a file.
pub(crate) fn run(session: &CliSession, args: &args::Show) -> Code {
    if let Some(path) = &args.file {
        let view = session.engine.show_file(&args.hash, path)?;
        if session.json {
            output::json(&view)?;
        } else {
            output::guest(std::io::stdout().lock(), &view.content, ambient::stdout_is_terminal())?;
        }
        return Ok(OK);
    }
    match session.engine.show(&args.hash)? {
        ShowView::Candidate(view) if !session.json => output::text(&candidate(&view))?,
        // For people and for machines alike: a record is JSON.
        view => output::json(&view)?,
    }
    Ok(OK)
}

fn candidate(view: &CandidateView) -> String {
    let score = |evaluation: &Option<EvaluationRef>| match evaluation {
        None => "not measured".to_owned(),
        Some(evaluation) => match &evaluation.score {
            Some(score) => format!("{:.4}  (evaluation {})", score.to_f64(), evaluation.record),
            None => format!("none: {}  (evaluation {})", evaluation.outcome, evaluation.record),
        },
    };
    let one = &view.candidate;
    let parent = one.parent.as_ref().map_or_else(|| "none".to_owned(), |parent| parent.id.to_string());
    let mut text = format!(
        "generation {}, candidate {}: {}\nparent    {parent}\ntraining  {}\nheld-out  {}\ntree      {}\n",
        view.place.generation,
        view.place.candidate,
        one.fate.name(),
        score(&one.train),
        score(&one.held_out),
        one.tree,
    );
    for meta in &one.meta {
        text.push_str(&format!("meta      {} with {} fuel\n", meta.outcome, output::count(meta.fuel)));
    }
    for file in &view.files {
        text.push_str(&format!("{:>8}  {}\n", file.bytes, output::line(file.path.as_str())));
    }
    text
}
