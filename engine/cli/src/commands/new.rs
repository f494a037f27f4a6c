//! `new`.

use hyperspace_service::NewTaskView;

use super::Code;
use crate::session::CliSession;
use crate::{ambient, args, output};

/// Creates a task.
pub(crate) fn run(session: &CliSession, args: &args::New) -> Code {
    let args::NewCommand::Task(args) = &args.command;
    let view = session.engine.new_task(&args.dir, &args.kind)?;
    if session.json {
        output::json(&view)?;
    } else {
        output::text(&text(&view, ambient::text_width()))?;
    }
    Ok(0)
}

fn text(view: &NewTaskView, columns: usize) -> String {
    let NewTaskView { folder, files, .. } = view;
    let path = if folder.contains('/') { folder.clone() } else { format!("./{folder}") };
    let path = output::shell_word(&path);
    let hints = [
        (format!("hyperspace eval --task {path}"), "evaluate the program in seed/"),
        (format!("hyperspace evolve --task {path}"), "evolve it"),
    ];
    let made = output::wrapped(&format!("made {folder} with {}\n", files.join(", ")), columns, 2);
    // Commands are not wrapped, so that they can be copied.
    format!("{made}\n{}", output::hints(&hints, columns))
}
