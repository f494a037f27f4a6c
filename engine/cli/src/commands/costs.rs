//! `costs`.

use hyperspace_service::{CostRow, CostsView};

use super::Code;
use crate::exit::OK;
use crate::session::CliSession;
use crate::{args, output};

/// Shows what a run took.
pub(crate) fn run(session: &CliSession, args: &args::Costs) -> Code {
    let view = session.engine.costs(args.run.as_deref())?;
    if session.json {
        output::json(&view)?;
    } else {
        output::text(&text(&view, args.all))?;
    }
    Ok(OK)
}

/// Returns one table for all groups, so that their columns stand below each other.
fn text(view: &CostsView, all: bool) -> String {
    let mut rows = vec![output::head(["", "fuel", "calls", "tokens in", "tokens out", "cost", "faults"])];
    for (kind, group) in [("agent", &view.agents), ("model", &view.models)] {
        rows.extend(group.iter().map(|one| row(&format!("{kind} {}", one.name), one)));
    }
    for one in &view.generations {
        let numbered = one.name.parse::<u64>().is_ok();
        let name = if numbered { format!("generation {}", one.name) } else { one.name.clone() };
        rows.push(row(&name, one));
    }
    if all {
        rows.extend(view.candidates.iter().map(|one| row(&format!("candidate {}", one.name), one)));
    }
    rows.push(row("all", &view.total));
    let mut text = output::table(&rows);
    for problem in &view.unread {
        text.push_str(&format!("not counted: {}\n", output::line(problem)));
    }
    text
}

fn row(name: &str, one: &CostRow) -> Vec<String> {
    vec![
        output::harmless(name),
        one.fuel.map_or_else(|| "-".to_owned(), output::count),
        one.spent.calls.to_string(),
        one.spent.input_tokens.to_string(),
        one.spent.output_tokens.to_string(),
        one.spent.cost.to_string(),
        one.faults.map_or_else(|| "-".to_owned(), |faults| faults.to_string()),
    ]
}
