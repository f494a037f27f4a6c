//! `why`.

use hyperspace_service::{WhyScore, WhyView};

use super::Code;
use crate::exit::OK;
use crate::session::CliSession;
use crate::style::Palette;
use crate::{ambient, args, output};

/// Maximum number of rows and calls printed of each list.
const SHOWN: usize = 8;
/// Number of columns to which names of cases are padded.
const CASE_COLUMNS: usize = 24;

/// Traces the scores of a candidate to their origin.
pub(crate) fn run(session: &CliSession, args: &args::Why) -> Code {
    let view = session.engine.why(&session.named_or_last(args.hash.as_deref())?)?;
    if session.json {
        output::json(&view)?;
    } else {
        let shown = if args.full { usize::MAX } else { SHOWN };
        let text = text(&view, shown, ambient::stdout_palette());
        output::painted(&output::wrapped(&text, ambient::text_width(), 4))?;
    }
    Ok(OK)
}

fn text(view: &WhyView, shown: usize, palette: Palette) -> String {
    let fate = view.fate.map_or_else(|| "imported".to_owned(), |fate| fate.name().to_owned());
    let mut text = format!(
        "{}  {fate}\nrun         {}\ngeneration  {}\n",
        palette.strong(&view.candidate.to_string()),
        view.run,
        view.generation
    );
    for score in &view.scores {
        text.push_str(&score_text(score, shown, palette));
    }
    let code = &view.code;
    text.push_str(&format!("\n{}  tree {}\n", palette.strong("code"), code.tree));
    for file in &code.files {
        text.push_str(&format!("  {}  {}\n", file.blob, output::line(file.path.as_str())));
    }
    if let Some(parent) = code.parent {
        let tree = code.parent_tree.map(|tree| format!("  tree {tree}")).unwrap_or_default();
        text.push_str(&format!("  from {parent}{tree}\n"));
    }
    if let Some(maker) = code.made_by {
        text.push_str(&format!("  made by the meta agent of tree {maker}\n"));
    }
    text.push_str(&format!("\n{}  {}\n", palette.strong("edits"), count(view.edits.len(), "edit")));
    for edit in &view.edits {
        let side = |blob: Option<hyperspace_core::BlobId>| {
            blob.map_or_else(|| "-".to_owned(), |blob| output::short(&blob))
        };
        text.push_str(&format!(
            "  {} → {}  {}  event {} {}, mark {}\n",
            side(edit.before),
            side(edit.after),
            output::line(edit.path.as_str()),
            edit.seq,
            output::short(&edit.event),
            output::line(&edit.mark),
        ));
    }
    let calls: usize = view.calls.iter().map(|calls| calls.calls.len()).sum();
    text.push_str(&format!("\n{}  {}\n", palette.strong("calls"), count(calls, "call")));
    for calls in view.calls.iter().take(shown) {
        let models = output::line(&calls.models.join(", "));
        text.push_str(&format!("  {}  {models}\n", output::line(&calls.stream)));
        for call in calls.calls.iter().take(shown) {
            text.push_str(&format!("    {call}\n"));
        }
        text.push_str(&more(calls.calls.len(), shown, "    "));
    }
    text.push_str(&more(view.calls.len(), shown, "  "));
    text
}

fn count(count: usize, unit: &str) -> String {
    output::plural(count as u64, unit)
}

fn more(count: usize, shown: usize, indent: &str) -> String {
    if count > shown {
        format!("{indent}… {} more; --full has all\n", count - shown)
    } else {
        String::new()
    }
}

fn score_text(score: &WhyScore, shown: usize, palette: Palette) -> String {
    let exact = score.exact.as_ref().map(|exact| format!(" = {exact}")).unwrap_or_default();
    let evaluation = score.evaluation.map(|id| format!("  evaluation {id}"));
    let table = score.predictions.map(|id| format!("  predictions {id}"));
    let mut text = format!(
        "\n{}  {}{exact}{}\n",
        palette.strong(score.split.name()),
        output::score(score.score),
        evaluation.or(table).unwrap_or_default(),
    );
    let rule = match (score.agrees, score.mean) {
        (Some(true), true) => ", whose mean is the score",
        (Some(true), false) => ", whose total is the score",
        _ => "",
    };
    text.push_str(&format!("  {}{rule}\n", count(score.rows.len(), "row")));
    let widest = score.rows.iter().take(shown).map(|row| output::width(&row.case)).max().unwrap_or(0);
    for row in score.rows.iter().take(shown) {
        let case = output::padded(&row.case, widest.min(CASE_COLUMNS), false);
        let measure = row.measure.map(|measure| format!("  {measure:.4}")).unwrap_or_default();
        let hash =
            row.answer_hash.map(|hash| format!("  answer {}", output::short(&hash))).unwrap_or_default();
        let answer: String = row.answer.as_deref().unwrap_or_default().chars().take(40).collect();
        let outcome = row.outcome.lines().next().unwrap_or_default();
        let line = format!("  {case}  {outcome}{measure}{hash}  {answer}");
        text.push_str(output::line(&line).trim_end());
        text.push('\n');
    }
    text + &more(score.rows.len(), shown, "  ")
}
