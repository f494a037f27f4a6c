//! `tasks`.

use hyperspace_service::{TaskRow, TasksView};

use super::Code;
use crate::exit::OK;
use crate::output;
use crate::session::CliSession;

/// Lists the bundled tasks.
pub(crate) fn run(session: &CliSession) -> Code {
    let view = session.engine.tasks()?;
    if session.json {
        output::json(&view)?;
    } else {
        output::text(&text(&view))?;
    }
    Ok(OK)
}

fn text(view: &TasksView) -> String {
    let head = [
        "task",
        "title",
        "better",
        "best known",
        "best found",
        "held out",
        "in run",
        "source of the best known",
    ];
    let mut rows = vec![output::head(head)];
    rows.extend(view.tasks.iter().map(cells));
    output::table(&rows)
}

fn cells(row: &TaskRow) -> Vec<String> {
    let dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    vec![
        row.name.clone(),
        row.title.clone().unwrap_or_else(|| "needs data of its own: data check".to_owned()),
        dash(row.direction.map(|direction| {
            if direction.to_string() == "minimize" { "lower" } else { "higher" }.to_owned()
        })),
        row.best_known.map_or_else(|| "-".to_owned(), |score| score.to_string()),
        output::score(row.best_found.map(|found| found.score)),
        output::score(row.best_found.filter(|_| row.held_out).map(|found| found.held_out)),
        dash(row.best_found.map(|found| output::short(&found.run))),
        dash(row.best_known_source.clone()),
    ]
}
