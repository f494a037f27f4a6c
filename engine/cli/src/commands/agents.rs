//! `agents`.

use hyperspace_service::{AgentsView, agents};

use super::Code;
use crate::exit::OK;
use crate::session::CliSession;
use crate::{ambient, output};

/// Lists the bundled agents.
pub(crate) fn run(session: &CliSession) -> Code {
    let view = agents();
    if session.json {
        output::json(&view)?;
    } else {
        output::text(&text(&view))?;
    }
    Ok(OK)
}

fn text(view: &AgentsView) -> String {
    let width = view.agents.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let line = |row: &hyperspace_service::AgentRow| {
        let text = format!("{:width$}  {} {}\n", row.name, row.title, row.use_when);
        output::wrapped(&text, ambient::text_width(), width + 2)
    };
    view.agents.iter().map(line).collect()
}
