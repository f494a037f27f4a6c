//! `project`.

use hyperspace_service::ProjectView;

use super::Code;
use crate::session::CliSession;
use crate::{args, output};

/// Imports a project.
pub(crate) fn run(session: &CliSession, args: &args::Project) -> Code {
    let args::ProjectCommand::Import(args) = &args.command;
    let view = session.engine.import_project(&args.dir, &args.out)?;
    if session.json {
        output::json(&view)?;
    } else {
        output::text(&text(&view))?;
    }
    Ok(0)
}

fn text(view: &ProjectView) -> String {
    let folder = output::shell_word(&format!("{}/", view.folder));
    format!("{}\nhyperspace eval --task {}\n", parts(view), output::harmless(&folder))
}

/// Returns a project and its parts, one per line.
pub(super) fn parts(view: &ProjectView) -> String {
    let ProjectView { engine, folder, understood, ignored, .. } = view;
    let mut text = format!("{folder}: a task of a project of {engine}\n");
    for line in understood {
        text.push_str(&format!("  understood  {line}\n"));
    }
    for line in ignored {
        text.push_str(&format!("  no effect   {line}\n"));
    }
    output::harmless(&text)
}
