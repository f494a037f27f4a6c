//! `import`.

use std::path::Path;

use hyperspace_service::ImportView;

use super::Code;
use crate::exit::OK;
use crate::session::CliSession;
use crate::{args, output};

/// Imports a folder of outcome files, and reports its defects.
pub(crate) fn run(session: &CliSession, args: &args::Import) -> Code {
    let view = session.engine.import(&args.dir)?;
    if session.json {
        output::json(&view)?;
    } else {
        output::text(&text(&args.dir, &view))?;
    }
    Ok(OK)
}

fn text(path: &Path, view: &ImportView) -> String {
    let verb = if view.known { "was imported before" } else { "is imported" };
    let mut text = format!("{} {verb}, with all {} files\nrun  {}\n", path.display(), view.files, view.run);
    for agent in &view.agents {
        text.push_str(&format!(
            "{}  {} generations: {} valid, {} invalid, {} not known; {} evaluations, {} calls of models\n",
            output::line(agent.name.as_deref().unwrap_or("agent")),
            agent.generations,
            agent.valid,
            agent.invalid,
            agent.unknown,
            agent.evaluations,
            agent.calls,
        ));
    }
    match view.problems.len() {
        0 => text.push_str("no problems\n"),
        count => text.push_str(&format!("{count} problems:\n")),
    }
    for problem in &view.problems {
        text.push_str(&format!("  {}\n", output::line(&problem.to_string())));
    }
    text
}
