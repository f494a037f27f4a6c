//! `best`, `lineage` and `tree`.

use std::collections::BTreeMap;

use hyperspace_evolve::CandidateId;
use hyperspace_service::{
    BestCodeView, CandidateRow, FileDiffView, LineageView, SimplifiedView, SimplifyEvent, SimplifyRequest,
    TreeView,
};

use super::Code;
use crate::exit::OK;
use crate::progress::spinner;
use crate::session::CliSession;
use crate::style::Palette;
use crate::table::plain_width;
use crate::{ambient, args, interrupt, output};

/// Shows the code of the best candidate, or how it differs from the seed.
pub(crate) fn best(session: &CliSession, args: &args::Best) -> Code {
    session.tell_run(args.hash.as_deref())?;
    if args.simplify {
        return simplified(session, args);
    }
    let view = session.engine.best(args.hash.as_deref())?;
    if session.json {
        output::json(&view)?;
    } else {
        output::painted(&best_text(&view, args.diff, ambient::stdout_palette()))?;
    }
    Ok(OK)
}

/// Shows a smaller program that does the same.
fn simplified(session: &CliSession, args: &args::Best) -> Code {
    let mut request = SimplifyRequest::new().tries_max(args.tries);
    request.hash.clone_from(&args.hash);
    let mut handle = session.engine.simplify(request);
    // The preparation draws a line of its own, and two lines at once would disturb each other.
    session.engine.evaluator()?;
    interrupt::says("stopped before the end; nothing is recorded\n".to_owned());
    let line = spinner("simplifying");
    while let Some(event) = handle.next_blocking()? {
        if let SimplifyEvent::Tried { tries, lines } = event {
            let lines = output::plural(lines as u64, "line");
            line.set_message(format!(
                "simplifying: {tries} of at most {}, {lines}",
                output::plural(args.tries, "attempt")
            ));
        }
    }
    line.finish_and_clear();
    interrupt::says(String::new());
    let view = handle.finish_blocking()?;
    if session.json {
        output::json(&view)?;
    } else {
        output::painted(&simplified_text(&view, args.diff, ambient::stdout_palette()))?;
    }
    Ok(OK)
}

fn simplified_text(view: &SimplifiedView, diff: bool, palette: Palette) -> String {
    let one = &view.candidate;
    let end = if view.complete { "" } else { "; more could go with more --tries" };
    let lines = output::plural(view.lines as u64, "line");
    let less = match view.lines == view.lines_before {
        true if view.diff.is_empty() => format!("nothing could go: {lines}"),
        true => format!("{lines} as before, shorter ones"),
        false => format!("{lines} instead of {}", view.lines_before),
    };
    let head = format!(
        "{}\ngeneration {}, candidate {} of {}\ntraining  {}\nheld-out  {}\n{less}, {} evaluated{end}\n\n",
        palette.strong(&view.task.title),
        one.generation,
        one.candidate,
        output::short(&view.run),
        output::score(one.score),
        output::score(one.held_out),
        output::plural(view.tries, "attempt"),
    );
    head + &match diff {
        true if view.diff.is_empty() => "no difference\n".to_owned(),
        true => palette.diff(&output::harmless(&view.diff)),
        false => output::harmless(&view.code),
    }
}

/// Shows the way to a candidate.
pub(crate) fn lineage(session: &CliSession, args: &args::Lineage) -> Code {
    let view = session.engine.lineage(&session.named_or_last(args.hash.as_deref())?)?;
    if session.json {
        output::json(&view)?;
    } else {
        output::painted(&lineage_text(&view, args.diff, ambient::stdout_palette()))?;
    }
    Ok(OK)
}

/// Shows the tree of a run's candidates.
pub(crate) fn tree(session: &CliSession, args: &args::CandidateTree) -> Code {
    session.tell_run(args.run.as_deref())?;
    let view = session.engine.tree(args.run.as_deref())?;
    if session.json {
        output::json(&view)?;
    } else {
        output::painted(&tree_text(&view, args.all, ambient::stdout_palette()))?;
    }
    Ok(OK)
}

fn best_text(view: &BestCodeView, diff: bool, palette: Palette) -> String {
    let one = &view.candidate;
    let scores = |now: Option<f64>, seed: Option<f64>| {
        format!("{} (seed {})", output::score(now), output::score(seed))
    };
    let mut text = format!(
        "{}\ngeneration {}, candidate {} of {}\ntraining  {}\nheld-out  {}\n\n",
        palette.strong(&view.task.title),
        one.generation,
        one.candidate,
        output::short(&view.run),
        scores(one.score, view.seed_score),
        scores(one.held_out, view.seed_held_out),
    );
    if diff {
        let entry = view.files.iter().filter(|file| file.path.as_str() == view.path);
        let own: String = entry.map(|file| palette.diff(&output::harmless(&file.diff))).collect();
        text.push_str(if own.is_empty() { "no difference from the seed\n" } else { &own });
    } else {
        text.push_str(&output::harmless(&view.code));
    }
    let others: Vec<&str> =
        view.files.iter().map(|file| file.path.as_str()).filter(|path| *path != view.path).collect();
    if !others.is_empty() {
        text.push_str(&format!("\nalso changed: {}\n", others.join(", ")));
    }
    text
}

fn lineage_text(view: &LineageView, diff: bool, palette: Palette) -> String {
    let mut text = String::new();
    for step in &view.steps {
        let one = &step.candidate;
        let gain = step.gain.map(|gain| format!("{gain:+.4}")).unwrap_or_default();
        let held_out_gain = step.held_out_gain.map(|gain| format!(" {gain:+.4}")).unwrap_or_default();
        let head = format!(
            "{:<12} {}  {:>12} {:>10}  held-out {:>12}{held_out_gain}  {}",
            place(one),
            output::short(&one.hash),
            output::score(one.score),
            gain,
            output::score(one.held_out),
            palette.fate(one.fate.name(), one.fate.name()),
        );
        let columns = ambient::text_width();
        if plain_width(head.trim_end()) <= columns {
            text.push_str(&format!("{}\n", head.trim_end()));
        } else {
            text.push_str(&narrow_step(one, &gain, &held_out_gain, palette, columns));
        }
        if let Some(reason) = &step.reason {
            let words = output::line(&reason.words);
            let said = format!("{:12} {} said: {words}\n", "", who(reason.source));
            text.push_str(&output::wrapped(&said, ambient::text_width(), 13));
        }
        for file in &step.files {
            let (more, less) = changed_lines(file);
            text.push_str(&format!("{:12} {}  +{more} -{less}\n", "", output::harmless(file.path.as_str())));
            if diff {
                text.push_str(&palette.diff(&output::harmless(&file.diff)));
            }
        }
    }
    let steps = view.steps.len().saturating_sub(1) as u64;
    text.push_str(&format!("\n{} from the seed\n", output::plural(steps, "step")));
    text
}

/// Returns a step for a terminal on which it does not fit into one line: each score has its own line.
fn narrow_step(
    one: &CandidateRow,
    gain: &str,
    held_out_gain: &str,
    palette: Palette,
    columns: usize,
) -> String {
    let fate = palette.fate(one.fate.name(), one.fate.name());
    let lines = [
        format!("{:<12} {}  {fate}", place(one), output::short(&one.hash)),
        format!("{:12} training {:>12} {gain}", "", output::score(one.score)),
        format!("{:12} held-out {:>12}{held_out_gain}", "", output::score(one.held_out)),
    ];
    lines.iter().map(|line| output::wrapped(&format!("{}\n", line.trim_end()), columns, 2)).collect()
}

/// Returns a name for the source of a step's reason.
fn who(source: &str) -> &str {
    match source {
        "model" => "the model",
        "log" => "its meta agent's log",
        _ => "its meta agent",
    }
}

/// Returns the number of lines that a diff adds and removes.
pub(super) fn changed_lines(file: &FileDiffView) -> (usize, usize) {
    let count = |mark: char, head: &str| {
        file.diff.lines().filter(|line| line.starts_with(mark) && !line.starts_with(head)).count()
    };
    (count('+', "+++"), count('-', "---"))
}

fn place(one: &CandidateRow) -> String {
    CandidateId { generation: one.generation, candidate: one.candidate }.to_string()
}

/// Returns the admitted candidates as a tree, and with `all` the others, too.
fn tree_text(view: &TreeView, all: bool, palette: Palette) -> String {
    let mut children: BTreeMap<Option<CandidateId>, Vec<&CandidateRow>> = BTreeMap::new();
    for one in &view.candidates {
        children.entry(one.parent).or_default().push(one);
    }
    let mut text = String::new();
    // The last one is drawn next. For each level, the flag says whether it is the last child of its parent.
    let mut open: Vec<(&CandidateRow, Vec<bool>)> = Vec::new();
    push(&mut open, &children, None, &[], all);
    while let Some((one, lasts)) = open.pop() {
        let id = CandidateId { generation: one.generation, candidate: one.candidate };
        let indent: String = match lasts.split_last() {
            Some((last, above)) if !above.is_empty() => {
                let bars: String = above[1..].iter().map(|last| if *last { "  " } else { "│ " }).collect();
                format!("{bars}{}", if *last { "└ " } else { "├ " })
            }
            _ => String::new(),
        };
        let below = children.get(&Some(id)).map(Vec::as_slice).unwrap_or_default();
        let hidden = below.iter().filter(|child| !all && !child.fate.is_admitted()).count() as u64;
        let more = if hidden > 0 {
            format!(", {} rejected {}", hidden, if hidden == 1 { "child" } else { "children" })
        } else {
            String::new()
        };
        let mark = if id == view.best { palette.strong("  best") } else { String::new() };
        let line = format!(
            "{indent}{}  {}{mark}{}\n",
            palette.fate(one.fate.name(), &place(one)),
            one.score.map_or_else(|| one.fate.name().to_owned(), |score| format!("{score:.4}")),
            palette.dim(&more),
        );
        text.push_str(&output::wrapped(&line, ambient::text_width(), indent.chars().count() + 4));
        push(&mut open, &children, Some(id), &lasts, all);
    }
    text
}

/// Pushes the children of a candidate onto the stack to be drawn, the first one last.
fn push<'a>(
    open: &mut Vec<(&'a CandidateRow, Vec<bool>)>,
    children: &BTreeMap<Option<CandidateId>, Vec<&'a CandidateRow>>,
    parent: Option<CandidateId>,
    above: &[bool],
    all: bool,
) {
    let below = children.get(&parent).map(Vec::as_slice).unwrap_or_default();
    let shown: Vec<&CandidateRow> =
        below.iter().copied().filter(|one| all || one.fate.is_admitted()).collect();
    let count = shown.len();
    for (index, one) in shown.into_iter().enumerate().rev() {
        let lasts = above.iter().copied().chain([index + 1 == count]).collect();
        open.push((one, lasts));
    }
}
