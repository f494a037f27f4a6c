//! `evolve --continuous`, `champion`, `promote` and `rollback`.

use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::mpsc;

use hyperspace_service::{
    ActRequest, ActView, ChampionView, ContinuousEvent, ContinuousLogRow, ContinuousLogView,
    ContinuousRequest, ContinuousSettings, RowLines, RunRequest, TrialView,
};

use super::Code;
use crate::exit::OK;
use crate::session::CliSession;
use crate::{ambient, args, interrupt, output};

/// Maximum number of lines of standard input that wait to be taken; beyond it, the writer has to wait.
const LINES_WAITING: usize = 10_000;

/// Continues until it is stopped, reporting every event.
pub(crate) fn evolve(session: &CliSession, run: RunRequest, settings: ContinuousSettings) -> Code {
    let mut request = ContinuousRequest::new(run);
    let of_file = session.engine.continuous_rows();
    if settings.rows.as_deref().or(of_file.as_deref()) == Some(Path::new("-")) {
        request = request.lines(lines());
    }
    let mut operation = session.engine.continuous(request.settings(settings));
    session.end_of_checks();
    while let Some(event) = operation.next_blocking()? {
        match &event {
            ContinuousEvent::Opened { run, .. } => {
                let again = "stopped; everything committed is kept, and the same command goes on";
                interrupt::says(format!("{again} with {}\n", output::short(run)));
            }
            ContinuousEvent::Recorded(_) => {}
            _ => continue,
        }
        if session.json {
            output::json_line(&event)?;
            continue;
        }
        match event {
            ContinuousEvent::Opened { run, task, champion, before } => {
                let taken_up = if before > 1 { "taken up" } else { "begun" };
                let folder = output::line(&champion.display().to_string());
                let text = format!(
                    "continuous run {} of {}, {taken_up}\nchampion  {folder}\n",
                    output::short(&run),
                    output::line(&task)
                );
                write!(std::io::stderr(), "{text}")?;
            }
            ContinuousEvent::Recorded(row) => output::text(&lines_of(&row))?,
            _ => {}
        }
    }
    operation.finish_blocking()?;
    Ok(OK)
}

/// Returns the lines of standard input, which a thread reads as they come.
fn lines() -> RowLines {
    let (sender, receiver) = mpsc::sync_channel(LINES_WAITING);
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        loop {
            let mut line = Vec::new();
            match input.read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => {
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            }
        }
    });
    RowLines(receiver)
}

/// Returns an event as lines of text.
fn lines_of(row: &ContinuousLogRow) -> String {
    let day = row.day.as_deref().unwrap_or("-");
    let first = output::line(&format!("{day:<10}  {:<20}  {}", row.kind, row.text));
    let mut text = output::wrapped(&format!("{first}\n"), ambient::text_width(), 34);
    for problem in &row.refused {
        text.push_str(&output::wrapped(
            &format!("    {}\n", output::line(problem)),
            ambient::text_width(),
            6,
        ));
    }
    text
}

/// Prints the journal of a continuous run.
pub(super) fn log(session: &CliSession, view: &ContinuousLogView) -> Code {
    if session.json {
        output::json(view)?;
        return Ok(OK);
    }
    output::text(&view.rows.iter().map(lines_of).collect::<String>())?;
    Ok(OK)
}

/// Shows the champion that serves.
pub(crate) fn champion(session: &CliSession, args: &args::ChampionArgs) -> Code {
    let view = session.engine.champion(&args.request())?;
    if session.json {
        output::json(&view)?;
    } else {
        output::text(&standing(&view))?;
    }
    Ok(OK)
}

fn standing(view: &ChampionView) -> String {
    let mut rows = vec![
        ("run", output::short(&view.run)),
        ("champion", output::short(&view.champion)),
        ("before it", view.earlier.last().map_or_else(|| "-".to_owned(), output::short)),
        ("seasons", view.seasons.to_string()),
        ("rows", format!("{} taken, {} set aside", view.rows, view.refused_rows)),
    ];
    if view.left_out_rows > 0 {
        rows.push((
            "left out",
            format!("{} of seasons, without a score", output::plural(view.left_out_rows, "row")),
        ));
    }
    rows.extend(view.problems.iter().map(|problem| ("file", problem.clone())));
    let trial = |one: &TrialView| {
        let TrialView { tree, rows, gained, lost, .. } = one;
        format!(
            "{}: better than the champion on {gained} of {rows} new rows, worse on {lost}",
            output::short(tree)
        )
    };
    rows.extend(view.canary.as_ref().map(|one| ("tried", trial(one))));
    rows.extend(view.watch.as_ref().map(|one| ("watched", trial(one))));
    rows.extend(view.season.map(|run| ("season", format!("run {}", output::short(&run)))));
    if let Some(day) = &view.day {
        let spent = view.spent;
        let money = if spent.calls > 0 {
            format!(", {} calls ({})", spent.calls, hyperspace_llm::Cost(spent.cost))
        } else {
            String::new()
        };
        rows.push(("day", format!("{day}: {} fuel{money}", output::count(spent.fuel))));
    }
    rows.extend(view.paused.as_ref().map(|why| ("paused", why.clone())));
    for (name, folder) in [("folder", &view.folder), ("written to", &view.written)] {
        rows.extend(folder.as_ref().map(|folder| (name, folder.display().to_string())));
    }
    rows.iter().map(|(name, value)| format!("{name:<10}  {}\n", output::line(value))).collect()
}

/// Promotes a candidate.
pub(crate) fn promote(session: &CliSession, args: args::Promote) -> Code {
    act(session, &args.request())
}

/// Rolls back to the champion before.
pub(crate) fn rollback(session: &CliSession, args: args::Rollback) -> Code {
    act(session, &args.request())
}

fn act(session: &CliSession, request: &ActRequest) -> Code {
    let view: ActView = session.engine.act_blocking(request)?;
    if session.json {
        output::json(&view)?;
        return Ok(OK);
    }
    let text = format!(
        "{} serves in place of {}: {}\n",
        output::short(&view.champion),
        output::short(&view.before),
        output::line(&view.reason)
    );
    output::text(&text)?;
    Ok(OK)
}
