//! Inspirations of a candidate as its meta agent sees them: members chosen by the strategy, at `/repo/strategies` and in `job`.

use std::sync::Arc;

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::Score;
use hyperspace_store::Store;
use serde_json::{Value, json};

use crate::error::EvolveError;
use crate::offspring::shared_files::Showing;
use crate::record::search_record::InspirationRole;
use crate::search::archive::Archive;

/// Members as a meta agent sees them.
pub(crate) struct ShownMembers {
    /// The files at `/repo/strategies`.
    pub(crate) files: FileSet,
    /// The key `inspirations` of `job`.
    pub(crate) list: Value,
}

/// Returns the given members of a population's archive, in addition to `files`.
pub(crate) fn show(
    store: &Store,
    archive: &Archive,
    members: &[(InspirationRole, usize)],
    population: &str,
    showing: Showing<'_>,
    mut files: FileSet,
) -> Result<ShownMembers, EvolveError> {
    let (mut list, scores) = (Vec::new(), showing.scores);
    for (number, (role, index)) in members.iter().enumerate() {
        let member = &archive.members()[*index];
        let folder = format!("inspiration_{number}_gen{}_{}", member.id.generation, member.id.candidate);
        let mut put = |name: &str, content: Arc<[u8]>| -> Result<(), EvolveError> {
            let conflict = |error| EvolveError::internal("the inspirations", error);
            files.insert(RelPath::new(&format!("{folder}/{name}"))?, content).map_err(conflict)?;
            Ok(())
        };
        let (shown, _) = showing.files(population, archive, member, &store.get_files(&member.tree)?)?;
        for (name, content) in shown {
            put(&name, content)?;
        }
        let mut about = json!({
            "generation": member.id.generation,
            "candidate": member.id.candidate,
            "score": scores.train.then(|| member.score.to_f64()),
            "role": role.name(),
        });
        if let Some(held_out) = member.held_out.as_ref().filter(|_| scores.held_out) {
            about["val_score"] = json!(Score::to_f64(held_out));
        }
        put("metadata.json", about.to_string().into_bytes().into())?;
        about["folder"] = json!(format!("/repo/strategies/{folder}"));
        list.push(about);
    }
    Ok(ShownMembers { files, list: Value::Array(list) })
}
