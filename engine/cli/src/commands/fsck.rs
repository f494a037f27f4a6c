//! `fsck`.

use anyhow::Result;
use serde_json::json;

use super::Session;
use crate::exit::{DAMAGED, OK};
use crate::output;

/// Checks the whole store.
pub(crate) fn run(session: &Session) -> Result<u8> {
    let report = session.reader()?.fsck()?;
    if session.common.json {
        output::json(&json!(report))?;
    } else {
        let mut text = String::new();
        for damage in &report.damaged {
            text.push_str(&format!("{}: {}\n", damage.object, damage.why));
        }
        let verdict = match report.damaged.len() {
            0 => "nothing damaged".to_owned(),
            count => format!("{count} damaged"),
        };
        text.push_str(&format!("{} objects, {} events: {verdict}\n", report.objects, report.events));
        output::text(&text)?;
    }
    Ok(if report.damaged.is_empty() { OK } else { DAMAGED })
}
