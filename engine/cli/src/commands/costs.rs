//! `costs`.

use hyperspace_service::{CostRow, CostsView};

use super::Code;
use crate::exit::OK;
use crate::session::CliSession;
use crate::{args, output};

/// Shows the costs of a run.
pub(crate) fn run(session: &CliSession, args: &args::Costs) -> Code {
    session.tell_run(args.run.as_deref())?;
    let view = session.engine.costs(args.run.as_deref())?;
    if session.json {
        output::json(&view)?;
    } else {
        output::text(&text(session, &view, args.all))?;
    }
    Ok(OK)
}

/// Returns one table for all groups, so that their columns are aligned.
fn text(session: &CliSession, view: &CostsView, all: bool) -> String {
    let names: Vec<&str> = view.models.iter().map(|model| model.name.as_str()).collect();
    let row = |name: &str, one: &CostRow| row(session, name, one, &names);
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
    let called = !view.models.is_empty();
    if !called {
        // A sentence says more than columns of zeros.
        rows.iter_mut().for_each(|row| row.truncate(2));
    }
    let mut text = output::table(&rows);
    if !called {
        text.push_str("\nthis run called no model\n");
    }
    for problem in &view.unread {
        text.push_str(&format!("not counted: {}\n", output::line(problem)));
    }
    text
}

fn row(session: &CliSession, name: &str, one: &CostRow, models: &[&str]) -> Vec<String> {
    let own = models.iter().position(|model| name == format!("model {model}"));
    let called = own.map_or(models, |own| &models[own..=own]);
    vec![
        output::harmless(name),
        one.fuel.map_or_else(|| "-".to_owned(), output::count),
        one.spent.calls.to_string(),
        one.spent.input_tokens.to_string(),
        one.spent.output_tokens.to_string(),
        session.engine.paid(&one.spent, called.iter().copied()),
        one.faults.map_or_else(|| "-".to_owned(), |faults| faults.to_string()),
    ]
}
