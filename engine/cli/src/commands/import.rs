//! `import`.

use std::collections::BTreeMap;
use std::path::Path;

use hyperspace_service::{
    ErrorClass, ImportEvent, ImportOutcome, ImportTreeView, ImportView, ImportedPlaceView,
};

use super::Code;
use crate::progress::bar;
use crate::session::CliSession;
use crate::{ambient, args, exit, interrupt, output};

/// Imports a folder of outcome files, or of runs, and reports its defects.
pub(crate) fn run(session: &CliSession, args: &args::Import) -> Code {
    let mut import = session.engine.import(&args.dir);
    interrupt::says("the import was stopped; the same command goes on with what is missing\n".to_owned());
    let bar = bar(1, "runs");
    while let Some(event) = import.next_blocking()? {
        if let ImportEvent::RunBegun { index, total, folder } = event {
            bar.set_length(total as u64);
            bar.set_position(index as u64);
            bar.set_message(output::line(&folder));
        }
    }
    bar.finish_and_clear();
    interrupt::says(String::new());
    let view = import.finish_blocking()?;
    if session.json {
        output::json(&view)?;
    } else {
        output::text(&match &view {
            ImportOutcome::Run(view) => text(&args.dir, view),
            ImportOutcome::Tree(view) => tree(view),
            _ => String::new(),
        })?;
    }
    Ok(exit::of(failure(&view)))
}

fn failure(view: &ImportOutcome) -> Option<ErrorClass> {
    match view {
        ImportOutcome::Tree(view) => view.failure(),
        _ => None,
    }
}

fn text(path: &Path, view: &ImportView) -> String {
    let verb = if view.known { "was imported before" } else { "is imported" };
    let mut text = format!("{} {verb}, with all {} files\nrun  {}\n", path.display(), view.files, view.run);
    for agent in &view.agents {
        text.push_str(&format!(
            "{}  {} generations: {} valid, {} invalid, {} not known; {} evaluations, {} calls of models\n",
            output::line(agent.name.as_deref().unwrap_or("agent")),
            agent.generations,
            agent.valid,
            agent.invalid,
            agent.unknown,
            agent.evaluations,
            agent.calls,
        ));
    }
    match view.problems.len() {
        0 => text.push_str("no problems\n"),
        count => text.push_str(&format!("{count} problems:\n")),
    }
    for problem in &view.problems {
        text.push_str(&format!("  {}\n", output::line(&problem.to_string())));
    }
    text
}

/// Returns the table of the runs in a folder, and its problems by kind.
fn tree(view: &ImportTreeView) -> String {
    let head = [
        "run",
        "arm",
        "models",
        "seed",
        "agents",
        "generations",
        "valid",
        "evaluations",
        "problems",
        "folder",
    ];
    let mut rows = vec![output::head(head)];
    rows.extend(view.runs.iter().map(row));
    let mut text = output::painted_table(&rows, ambient::text_width(), |_, _, cell| cell.to_owned());
    let known = view.runs.iter().filter(|run| run.import.known).count();
    let generations =
        view.runs.iter().flat_map(|run| &run.import.agents).map(|agent| agent.generations as u64);
    let files: u64 = view.runs.iter().map(|run| run.import.files as u64).sum();
    text.push_str(&format!(
        "\n{} with {} and {} imported",
        output::plural(view.runs.len() as u64, "run"),
        output::plural(generations.sum(), "generation"),
        output::plural(files, "file"),
    ));
    text.push_str(&if known > 0 {
        format!("; {known} of them were there before\n")
    } else {
        "\n".to_owned()
    });
    text.push_str(&problems(view));
    for failed in &view.failed {
        text.push_str(&format!("not imported: {}\n", output::line(&failed.error)));
    }
    text
}

fn row(run: &ImportedPlaceView) -> Vec<String> {
    let dash = || "-".to_owned();
    let facts = &run.facts;
    let sum = |count: fn(&hyperspace_service::ImportedAgentView) -> usize| {
        run.import.agents.iter().map(count).sum::<usize>().to_string()
    };
    vec![
        output::short(&run.import.run),
        facts.arm.clone().unwrap_or_else(dash),
        facts.models.join(", "),
        facts.seed.map_or_else(dash, |seed| seed.to_string()),
        run.import.agents.len().to_string(),
        sum(|agent| agent.generations),
        sum(|agent| agent.valid),
        sum(|agent| agent.evaluations),
        run.import.problems.len().to_string(),
        facts.folder.clone().unwrap_or_else(dash),
    ]
}

/// Returns the number of problems of each kind, with an example. Problems that differ only in numbers are of the same kind.
fn problems(view: &ImportTreeView) -> String {
    let mut kinds: BTreeMap<String, (u64, String)> = BTreeMap::new();
    for run in &view.runs {
        for problem in &run.import.problems {
            let kind: String = problem.what.chars().filter(|c| !c.is_ascii_digit()).collect();
            let example = || {
                let folder = run.facts.folder.as_deref().unwrap_or_default();
                format!("{folder}/{problem}")
            };
            kinds.entry(kind).or_insert_with(|| (0, example())).0 += 1;
        }
    }
    if kinds.is_empty() {
        return "no problems\n".to_owned();
    }
    let count: u64 = kinds.values().map(|(count, _)| count).sum();
    let mut sorted: Vec<_> = kinds.into_values().collect();
    sorted.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    let mut text = format!("{count} problems, by kind, with the first of each (--json has all):\n");
    for (count, example) in sorted {
        text.push_str(&format!("{count:>6}  {}\n", output::line(&example)));
    }
    text
}
