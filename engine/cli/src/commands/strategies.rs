//! `strategies`.

use hyperspace_evolve::StrategyDescription;
use hyperspace_service::{StrategiesView, strategies};

use super::Code;
use crate::exit::OK;
use crate::session::CliSession;
use crate::style::Palette;
use crate::{ambient, args, output};

/// Lists the search strategies and bandits, or explains one.
pub(crate) fn run(session: &CliSession, args: &args::ListStrategies) -> Code {
    let view = strategies(args.name.as_deref())?;
    if session.json {
        output::json(&view)?;
        return Ok(OK);
    }
    let (palette, width) = (ambient::stdout_palette(), ambient::text_width());
    let text = match args.name {
        Some(_) => {
            view.strategies.iter().chain(&view.bandits).map(|one| explained(one, palette, width)).collect()
        }
        None => listed(&view, palette, width),
    };
    output::painted(&text)?;
    Ok(OK)
}

fn listed(view: &StrategiesView, palette: Palette, width: usize) -> String {
    let table = |what, all: &[StrategyDescription]| {
        let mut rows = vec![output::head([what, "what it does"])];
        rows.extend(all.iter().map(|one| vec![one.name.to_owned(), one.summary.clone()]));
        output::painted_table(&rows, width, |row, _, cell| match row {
            0 => palette.strong(cell),
            _ => cell.to_owned(),
        })
    };
    let (strategies, bandits) = (table("strategy", &view.strategies), table("bandit", &view.bandits));
    let more = "`hyperspace strategies NAME` explains one. `hyperspace evolve --strategy NAME:KEY=VALUE,…` uses a strategy, \
        and with it --model-bandit and --prompt-bandit a bandit.";
    format!("{strategies}\n{bandits}\n{}\n", output::wrapped(more, width, 0))
}

fn explained(one: &StrategyDescription, palette: Palette, width: usize) -> String {
    let mut text = format!("{}\n\n", palette.strong(one.name));
    for paragraph in [one.description.clone(), format!("\nSource: {}.", one.source)] {
        text.push_str(&format!("{}\n", output::wrapped(&paragraph, width, 0)));
    }
    if one.parameters.is_empty() {
        return text + "\nIt has no parameters.\n";
    }
    for parameter in &one.parameters {
        let head = format!("{} = {}", parameter.name, parameter.default);
        let body = format!("    {}\n    Value: {}.", parameter.meaning, parameter.form);
        text.push_str(&format!("\n{}\n{}\n", palette.strong(&head), output::wrapped(&body, width, 4)));
    }
    text
}
