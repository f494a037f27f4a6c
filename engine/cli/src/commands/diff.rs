//! `diff`.

use anyhow::Result;
use hyperspace_core::diff;
use serde_json::json;
use similar::TextDiff;

use super::{Session, target};
use crate::args;
use crate::exit::OK;
use crate::output;

/// Shows how the files of two candidates differ, as unified diffs.
pub(crate) fn run(session: &Session, args: args::Diff) -> Result<u8> {
    let store = session.reader()?;
    let before = target::candidate(&store, &args.before)?;
    let after = target::candidate(&store, &args.after)?;
    let (old, new) = (store.get_files(&before.tree)?, store.get_files(&after.tree)?);
    let mut text = String::new();
    let mut documents = Vec::new();
    for change in diff(&old.tree(), &new.tree()) {
        let side = |files: &hyperspace_core::FileSet| {
            files.get(&change.path).map(|content| String::from_utf8_lossy(content).into_owned())
        };
        let (one, two) = (side(&old).unwrap_or_default(), side(&new).unwrap_or_default());
        let unified = TextDiff::from_lines(&one, &two)
            .unified_diff()
            .header(&format!("{}/{}", before.place, change.path), &format!("{}/{}", after.place, change.path))
            .to_string();
        documents.push(
            json!({"path": change.path, "before": change.before, "after": change.after, "diff": unified}),
        );
        text.push_str(&unified);
    }
    if session.common.json {
        output::json(&json!({"before": before.place, "after": after.place, "files": documents}))?;
    } else if text.is_empty() {
        output::text("no difference")?;
    } else {
        output::guest(std::io::stdout().lock(), text.as_bytes(), crate::ambient::stdout_is_terminal())?;
    }
    Ok(OK)
}
