//! `data`.

use anyhow::Result;
use hyperspace_eval::{DataFile, Task};
use serde_json::json;

use super::{Session, task_files};
use crate::args;
use crate::exit::{OK, USAGE};
use crate::{folder, output};

/// Checks data of the user.
pub(crate) fn run(session: &Session, args: &args::Data) -> Result<u8> {
    let args::DataCommand::Check(args) = &args.command;
    let data = folder::read_set(&args.dir)?;
    let files =
        Task::check_data(&task_files(&args.task)?, &args.task, &data, &args.dir.display().to_string())?;
    let published = files.iter().all(|file| file.differences.is_empty());
    if session.common.json {
        let file = |file: &DataFile| {
            json!({
                "split": file.split,
                "file": file.file,
                "sha256": file.sha256,
                "rows": file.rows,
                "labels": file.labels,
                "differences": file.differences,
            })
        };
        output::json(&json!({
            "task": args.task,
            "published": published,
            "files": files.iter().map(file).collect::<Vec<_>>(),
        }))?;
    } else {
        output::text(&text(args, &files, published))?;
    }
    Ok(if published { OK } else { USAGE })
}

fn text(args: &args::DataCheck, files: &[DataFile], published: bool) -> String {
    let mut text = String::new();
    for file in files {
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
    text.push_str(&if published {
        format!("these are the published data of {}\n", args.task)
    } else {
        format!(
            "these are not the published data of {}: they can be used, but scores cannot be compared with published ones\n",
            args.task
        )
    });
    text
}
