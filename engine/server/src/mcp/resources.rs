//! Resources: the runs and the blobs of the store.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyperspace_core::BlobId;
use hyperspace_service::{LogView, RunRow, document};
use rmcp::ErrorData;
use rmcp::model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate};

use super::tool_result::ToolAsker;
use crate::refusal::RequestRefusal;

const RUN: &str = "hyperspace://run/";
const BLOB: &str = "hyperspace://blob/";

/// Lists the runs of the store; none if there is no store.
pub(super) async fn list(asker: &ToolAsker<'_>) -> Result<Vec<Resource>, ErrorData> {
    let view = asker.gateway.recorded_runs(&asker.client).await.map_err(|refusal| failed(asker, &refusal))?;
    let Some(LogView::Runs(runs)) = view else { return Ok(Vec::new()) };
    let resource = |row: &RunRow| {
        let name = format!("{} with {}, seed {}", row.task, row.agent, row.seed);
        let about = format!(
            "{} generations, best {} (held-out {})",
            row.generations, row.best.score, row.best.held_out
        );
        let resource = Resource::new(format!("{RUN}{}", row.run), name);
        resource.with_description(about).with_mime_type("application/json")
    };
    Ok(runs.runs.iter().map(resource).collect())
}

/// Returns the templates of addresses.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    vec![
        ResourceTemplate::new(format!("{RUN}{{hash}}"), "run")
            .with_description("the generations of a run, with scores and fates of candidates")
            .with_mime_type("application/json"),
        ResourceTemplate::new(format!("{BLOB}{{hash}}"), "blob")
            .with_description("the content of a file, by the BLAKE3 hash that views name"),
    ]
}

/// Reads a resource.
pub(super) async fn read(asker: &ToolAsker<'_>, uri: String) -> Result<ReadResourceResult, ErrorData> {
    let refused = |refusal: RequestRefusal| failed(asker, &refusal);
    let contents = if let Some(hash) = uri.strip_prefix(RUN).map(str::to_owned) {
        let read = asker.gateway.read(&asker.client, move |engine| engine.log(Some(&hash))).await;
        ResourceContents::text(document(&read.map_err(refused)?), uri).with_mime_type("application/json")
    } else if let Some(hash) = uri.strip_prefix(BLOB) {
        let id: BlobId = hash.parse().map_err(|error| {
            ErrorData::invalid_params(format!("{uri}: expected the 64 digits of a hash: {error}"), None)
        })?;
        let read = asker.gateway.read(&asker.client, move |engine| engine.blob(&id)).await;
        match String::from_utf8(read.map_err(refused)?) {
            Ok(text) => ResourceContents::text(text, uri),
            Err(error) => ResourceContents::blob(STANDARD.encode(error.as_bytes()), uri),
        }
    } else {
        let message = format!("{uri}: expected {RUN}HASH or {BLOB}HASH");
        return Err(ErrorData::resource_not_found(message, None));
    };
    Ok(ReadResourceResult::new(vec![contents]))
}

fn failed(asker: &ToolAsker<'_>, refusal: &RequestRefusal) -> ErrorData {
    ErrorData::resource_not_found(asker.words(refusal), None)
}
