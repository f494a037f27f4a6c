//! `show`.

use hyperspace_evolve::{CandidateRecord, EvaluationRef};
use hyperspace_service::{
    CandidateDescription, CandidateRow, DescriptionView, EvaluationDescription, FileDiffView,
    GenerationDescription, MetaDescription, RunDescription,
};

use super::fold::block;
use super::transcript::call_text;
use super::{Code, calls, slimming};
use crate::exit::OK;
use crate::session::CliSession;
use crate::style::Palette;
use crate::{ambient, args, output};

/// Number of columns for the names of facts.
const NAME: usize = 12;

/// Shows a record, a candidate, or a file.
pub(crate) fn run(session: &CliSession, args: &args::Show) -> Code {
    let hash = &session.named_or_last(args.hash.as_deref())?;
    if let Some(path) = &args.file {
        let view = session.engine.show_file(hash, path)?;
        if session.json {
            output::json(&view)?;
        } else {
            output::guest(std::io::stdout().lock(), &view.content, ambient::stdout_is_terminal())?;
        }
        return Ok(OK);
    }
    if session.json {
        output::json(&session.engine.show(hash)?)?;
        return Ok(OK);
    }
    let palette = ambient::stdout_palette();
    let text = match session.engine.describe(hash)? {
        DescriptionView::Run(view) => describe_run(&view, args.full, palette),
        DescriptionView::Generation(view) => generation(&view, palette),
        DescriptionView::Candidate(view) => candidate(session, &view, args.full, palette),
        DescriptionView::Evaluation(view) => evaluation(&view, args.full, palette),
        DescriptionView::Call(view) => call_text(session, 1, &view, args.full, palette),
        // Records of imported and continuous runs have no text of ours: this is their document, as with --json.
        _ => {
            output::json(&session.engine.show(hash)?)?;
            return Ok(OK);
        }
    };
    output::painted(&output::wrapped(&text, ambient::text_width(), 2))?;
    Ok(OK)
}

/// Returns facts, one per line.
fn facts(rows: &[(&str, String)]) -> String {
    let rows = rows.iter().filter(|(_, value)| !value.is_empty());
    let line = |(name, value): &(&str, String)| {
        let line = format!("{name:<NAME$}{}\n", output::line(value));
        output::wrapped(&line, ambient::text_width(), NAME)
    };
    rows.map(line).collect()
}

/// Returns a hash: complete if everything is wanted, otherwise shortened.
fn hash(id: &impl ToString, full: bool) -> String {
    if full { id.to_string() } else { output::short(id) }
}

fn scores(score: Option<f64>, held_out: Option<f64>) -> String {
    format!("{} (held-out {})", output::score(score), output::score(held_out))
}

fn describe_run(view: &RunDescription, full: bool, palette: Palette) -> String {
    let config = &view.config;
    let population = |one: &hyperspace_evolve::PopulationConfig| match &one.model {
        Some(model) => format!("{} with {model}", one.name),
        None => one.name.clone(),
    };
    let populations: Vec<String> = config.populations.iter().map(population).collect();
    let fates: Vec<String> =
        view.fates.iter().map(|(name, count)| output::fate_count(*count, name)).collect();
    let row = view.row.as_ref();
    let best = view.best.as_ref().map(|best| {
        let place = format!("generation {}, candidate {}", best.generation, best.candidate);
        format!("{}: {place}, {}", scores(best.score, best.held_out), output::short(&best.hash))
    });
    let search = format!(
        "seed {}, {} per generation, {} {}, arm {}",
        config.seed,
        output::plural(config.candidates, "candidate"),
        if config.search.is_some() { "strategy" } else { "selection" },
        config.search_text(),
        config.arm
    );
    let limits = config.code_limits.named();
    let limits: Vec<String> =
        limits.into_iter().filter_map(|(name, limit)| Some(format!("{name} {}", limit?))).collect();
    let date = |date: Option<&String>| date.cloned().unwrap_or_default();
    let head = format!("run of {}", config.task);
    format!("{}\n", palette.strong(&output::line(&head)))
        + &facts(&[
            ("agent", config.agent.clone()),
            ("populations", populations.join(", ")),
            ("search", search),
            ("may edit", config.edit_scope.join(" ")),
            ("code limits", limits.join(", ")),
            ("generations", row.map(|row| row.generations.to_string()).unwrap_or_default()),
            ("best", best.unwrap_or_default()),
            ("candidates", fates.join(", ")),
            ("fuel", output::count(view.fuel)),
            ("begun", date(row.and_then(|row| row.started.as_ref()))),
            ("last worked", date(row.and_then(|row| row.worked.as_ref()))),
            ("runtime", hash(&config.runtime, full)),
        ])
}

fn generation(view: &GenerationDescription, palette: Palette) -> String {
    let head = format!("generation {} of run {}", view.generation, output::short(&view.run));
    let best = format!(
        "{}: {}",
        scores(Some(view.best.score.to_f64()), Some(view.best.held_out.to_f64())),
        view.best.id
    );
    let mut rows = vec![output::head(["candidate", "agent", "parent", "fate", "score", "held-out", "fuel"])];
    rows.extend(view.candidates.iter().map(candidate_row));
    format!("{}\n", palette.strong(&head))
        + &facts(&[
            ("best so far", best),
            ("fuel", output::count(view.fuel)),
            ("events", view.events.to_string()),
        ])
        + &format!("\n{}", output::table(&rows))
}

fn candidate_row(row: &CandidateRow) -> Vec<String> {
    vec![
        row.candidate.to_string(),
        row.agent.clone(),
        row.parent.map_or_else(|| "-".to_owned(), |parent| parent.to_string()),
        row.fate.name().to_owned(),
        output::score(row.score),
        output::score(row.held_out),
        output::count(row.meta_fuel.saturating_add(row.evaluation_fuel)),
    ]
}

fn candidate(session: &CliSession, view: &CandidateDescription, full: bool, palette: Palette) -> String {
    let (place, one) = (view.view.place, &view.view.candidate);
    let head = format!("generation {}, candidate {}: ", place.generation, place.candidate);
    let parent = one.parent.as_ref().map(|parent| match view.parent_score {
        Some(score) => format!("{} with {score:.4}", parent.id),
        None => parent.id.to_string(),
    });
    let mut text = format!("{}{}\n", palette.strong(&head), palette.fate(one.fate.name(), one.fate.name()));
    text.push_str(&facts(&[
        ("population", view.agent.clone()),
        ("parent", parent.unwrap_or_else(|| "none".to_owned())),
        ("training", measured(one, &one.train, full)),
        ("held-out", measured(one, &one.held_out, full)),
        ("tree", hash(&one.tree, full)),
        ("slimming", view.slimming.as_ref().map(slimming::attempt).unwrap_or_default()),
    ]));
    for (index, meta) in view.meta.iter().enumerate() {
        text.push_str(&meta_text(index, meta, full, palette));
    }
    if let Some(failure) = &view.failure {
        text.push_str(&block("why there is no score", failure, full, palette));
    }
    if !view.refusals.is_empty() {
        text.push_str(&block("refused", &view.refusals.join("\n"), full, palette));
    }
    for file in &view.changes {
        text.push_str(&format!("{:NAME$}{}\n", "changed", change(file)));
    }
    text.push_str(&calls::recorded(session, view.view.calls.as_ref()));
    for file in &view.view.files {
        text.push_str(&format!("{:>8}  {}\n", file.bytes, output::line(file.path.as_str())));
    }
    text
}

/// Returns the result of an evaluation with its hash.
fn measured(one: &CandidateRecord, evaluation: &Option<EvaluationRef>, full: bool) -> String {
    match evaluation {
        None if one.parent.is_none() => "none".to_owned(),
        None => "not measured".to_owned(),
        Some(evaluation) => match &evaluation.score {
            Some(score) if full => {
                format!("{:.4} = {}  (evaluation {})", score.to_f64(), score.canonical(), evaluation.record)
            }
            Some(score) => {
                format!("{:.4}  (evaluation {})", score.to_f64(), output::short(&evaluation.record))
            }
            None => {
                format!("none: {}  (evaluation {})", evaluation.outcome, output::short(&evaluation.record))
            }
        },
    }
}

fn change(file: &FileDiffView) -> String {
    let (more, less) = super::ancestry::changed_lines(file);
    format!("{}  +{more} -{less}", output::line(file.path.as_str()))
}

fn meta_text(index: usize, meta: &MetaDescription, full: bool, palette: Palette) -> String {
    let name = if index == 0 { "meta agent".to_owned() } else { format!("fallback {index}") };
    let mut text = format!("{name:NAME$}{} with {} fuel\n", meta.outcome, output::count(meta.fuel));
    let told = [
        ("end of its traceback", meta.evidence.as_deref().unwrap_or_default()),
        ("its output", meta.stdout.as_str()),
        ("its standard error", meta.stderr.as_str()),
        ("its log", meta.log.as_str()),
    ];
    for (title, words) in told.into_iter().filter(|(_, words)| !words.trim().is_empty()) {
        text.push_str(&block(title, words, full, palette));
    }
    text
}

fn evaluation(view: &EvaluationDescription, full: bool, palette: Palette) -> String {
    let head = format!("evaluation on {} data of {}", view.split, view.task);
    let exact = view.score_exact.as_ref().filter(|_| full).map(|score| format!(" = {}", score.canonical()));
    let score = view.score.map(|score| format!("{score:.4}{}", exact.unwrap_or_default()));
    let mut text = format!("{}\n", palette.strong(&output::line(&head)));
    text.push_str(&facts(&[
        ("score", score.unwrap_or_else(|| format!("none: {}", view.outcome))),
        ("cases", format!("{} measured of {} asked", view.measured, view.cases.len())),
        ("fuel", output::count(view.fuel)),
        ("tree", hash(&view.agent, full)),
    ]));
    let mut rows = vec![output::head(["case", "outcome", "score", "fuel"])];
    for case in &view.cases {
        rows.push(vec![
            case.case.clone(),
            output::cut(&output::line(&case.outcome.describe()), 60),
            output::score(case.score),
            output::count(case.fuel),
        ]);
    }
    text.push_str(&format!("\n{}", output::table(&rows)));
    for case in view.cases.iter() {
        if let Some(details) = &case.details {
            text.push_str(&block(
                &format!("case {}", case.case),
                &super::eval::case_details(details),
                full,
                palette,
            ));
        }
        if let Some(evidence) = case.evidence.as_deref().filter(|text| !text.trim().is_empty()) {
            text.push_str(&block(&format!("case {}", case.case), evidence, full, palette));
        }
    }
    text
}
