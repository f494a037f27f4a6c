//! `strategies`.

use hyperspace_evolve::StrategyDescription;
use hyperspace_service::strategies;

use super::Code;
use crate::exit::OK;
use crate::session::CliSession;
use crate::style::Palette;
use crate::{ambient, args, output};

/// Lists the search strategies, or explains one.
pub(crate) fn run(session: &CliSession, args: &args::ListStrategies) -> Code {
    let view = strategies(args.name.as_deref())?;
    if session.json {
        output::json(&view)?;
        return Ok(OK);
    }
    let (palette, width) = (ambient::stdout_palette(), ambient::text_width());
    let text = match &view.strategies[..] {
        [one] if args.name.is_some() => explained(one, palette, width),
        all => listed(all, palette, width),
    };
    output::painted(&text)?;
    Ok(OK)
}

fn listed(all: &[StrategyDescription], palette: Palette, width: usize) -> String {
    let mut rows = vec![output::head(["strategy", "what it does"])];
    rows.extend(all.iter().map(|one| vec![one.name.to_owned(), one.summary.clone()]));
    let table = output::painted_table(&rows, width, |row, _, cell| match row {
        0 => palette.strong(cell),
        _ => cell.to_owned(),
    });
    let more = "`hyperspace strategies NAME` explains one, and `hyperspace evolve --strategy NAME:KEY=VALUE,…` uses it.";
    format!("{table}\n{}\n", output::wrapped(more, width, 0))
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
