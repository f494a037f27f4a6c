//! `data`.

use hyperspace_service::DataView;

use super::Code;
use crate::session::CliSession;
use crate::{args, exit, output};

/// Checks external data.
pub(crate) fn run(session: &CliSession, args: &args::Data) -> Code {
    let args::DataCommand::Check(args) = &args.command;
    let view = session.engine.check_data(&args.task, &args.dir)?;
    if session.json {
        output::json(&view)?;
    } else {
        output::text(&text(&view))?;
    }
    Ok(exit::of(view.failure()))
}

fn text(view: &DataView) -> String {
    let mut text = String::new();
    for file in &view.files {
        let labels: Vec<String> =
            file.labels.iter().map(|(label, count)| format!("{label} {count}")).collect();
        text.push_str(&format!(
            "{:<9} {}: {} rows ({}), SHA-256 {}\n",
            file.split,
            file.file,
            file.rows,
            labels.join(", "),
            file.sha256
        ));
        for difference in &file.differences {
            text.push_str(&format!("          differs: {difference}\n"));
        }
    }
    text.push_str(&if view.published {
        format!("these are the published data of {}\n", view.task)
    } else {
        format!(
            "these are not the published data of {}: they can be used, but scores cannot be compared with published ones\n",
            view.task
        )
    });
    text
}
