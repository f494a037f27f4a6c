//! `export`.

use hyperspace_service::{ServiceError, SharedFiles, TableFormat};

use super::Code;
use crate::args::{self, ExportLayout};
use crate::exit::OK;
use crate::output;
use crate::session::CliSession;

/// Writes the files of a candidate, or the outcome or the tables of a run, into a new folder.
pub(crate) fn run(session: &CliSession, args: &args::Export) -> Code {
    if args.copy && args.layout != ExportLayout::Original {
        let message = "--copy is for --layout original, whose files are shared".to_owned();
        return Err(ServiceError::Request { message, hint: Some("leave --copy out".to_owned()) }.into());
    }
    session.tell_run(Some(&args.hash))?;
    match args.layout {
        ExportLayout::Files => files(session, args),
        ExportLayout::Original => original(session, args),
        ExportLayout::Csv => tables(session, args, TableFormat::Csv),
        ExportLayout::Jsonl => tables(session, args, TableFormat::Jsonl),
        ExportLayout::Parquet => tables(session, args, TableFormat::Parquet),
    }
}

fn files(session: &CliSession, args: &args::Export) -> Code {
    let view = session.engine.export(&args.hash, &args.to)?;
    if session.json {
        output::json(&view)?;
    } else {
        let files = output::plural(view.files as u64, "file");
        output::text(&format!("{}: {files} of {}", view.to.display(), view.candidate))?;
    }
    Ok(OK)
}

fn tables(session: &CliSession, args: &args::Export, format: TableFormat) -> Code {
    let view = session.engine.export_tables(&args.hash, &args.to, format)?;
    if session.json {
        output::json(&view)?;
        return Ok(OK);
    }
    let mut rows = vec![output::head(["file", "rows"])];
    for (name, count) in &view.files {
        rows.push(vec![view.to.join(name).display().to_string(), count.to_string()]);
    }
    output::text(&output::table(&rows))?;
    Ok(OK)
}

fn original(session: &CliSession, args: &args::Export) -> Code {
    let shared = if args.copy { SharedFiles::Copied } else { SharedFiles::Linked };
    let view = session.engine.export_outcome(&args.hash, &args.to, shared)?;
    if session.json {
        output::json(&view)?;
        return Ok(OK);
    }
    let linked = match view.linked {
        0 => String::new(),
        linked => format!(" ({linked} of them hard links)"),
    };
    let answers = match view.predictions {
        0 => "",
        _ => "; predictions.csv has the right answers of every split",
    };
    output::text(&format!(
        "{}: {} of {} in {}{linked}{answers}",
        view.to.display(),
        output::plural(view.generations as u64, "generation"),
        output::plural(view.agents as u64, "agent"),
        output::plural(view.files, "file"),
    ))?;
    Ok(OK)
}
