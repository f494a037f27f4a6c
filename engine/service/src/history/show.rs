//! A record, a candidate, or a file of one.

use std::collections::BTreeMap;

use hyperspace_core::{BlobId, FileSet, RecordId, RelPath, TreeId};
use hyperspace_evolve::{CandidateId, CandidateRecord, load_record};
use hyperspace_llm::CallStats;
use hyperspace_store::StoreError;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::call_totals::{calls_of, total};
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::target::{self, CandidateTarget, Target};

/// A record or a candidate: the documents of `show --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum ShowView {
    /// A record as stored.
    Record(RecordView),
    /// A candidate of a generation.
    Candidate(Box<CandidateView>),
}

/// A record as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RecordView {
    /// Its hash.
    pub hash: RecordId,
    /// Its kind.
    pub kind: String,
    /// Its body.
    pub body: Value,
}

/// A candidate.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CandidateView {
    /// The hash of its generation.
    pub generation: RecordId,
    /// The number of its generation and its own number.
    pub place: CandidateId,
    /// Its record.
    pub candidate: CandidateRecord,
    /// Its files.
    pub files: Vec<FileSizeView>,
    /// Model calls by its meta agents and in its rows; absent if there were none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<CallStats>,
}

/// A file in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FileSizeView {
    /// Its path.
    pub path: RelPath,
    /// Its size.
    pub bytes: usize,
}

/// A file of a candidate: the document of `show --file --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FileView {
    /// The candidate.
    pub candidate: CandidateId,
    /// The file's path.
    pub path: RelPath,
    /// Its content, serialised as text in which anything that is not UTF-8 is replaced.
    #[serde(serialize_with = "lossy")]
    pub content: Vec<u8>,
}

/// An object of the store.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum ObjectView {
    /// The content of a file.
    File(Vec<u8>),
    /// A tree: the hash of each file by its path.
    Tree(BTreeMap<RelPath, BlobId>),
    /// A record.
    Record(RecordView),
}

/// Serialises bytes as text.
pub(crate) fn lossy<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(bytes))
}

/// Returns the error for an object that the request names by its hash.
fn named(hash: &BlobId, error: StoreError) -> ServiceError {
    match error {
        StoreError::Missing { .. } => ServiceError::Unknown {
            message: format!("no object of the store has the hash {hash}"),
            hint: None,
        },
        error => error.into(),
    }
}

impl Engine {
    /// Reads the content that a hash in a view names, such as [`GuestFileView::blob`](crate::GuestFileView::blob) of a recorded
    /// file.
    ///
    /// # Errors
    ///
    /// Class `Usage` when the store does not have it, `Damage` when it is damaged.
    pub fn blob(&self, id: &BlobId) -> Result<Vec<u8>, ServiceError> {
        self.reader()?.get_blob(id).map_err(|error| named(id, error))
    }

    /// Reads the object with this hash, whatever its kind.
    ///
    /// # Errors
    ///
    /// Class `Usage` when `hash` is not a complete hash, or the store does not have it; `Damage` when it is damaged.
    pub fn object(&self, hash: &str) -> Result<ObjectView, ServiceError> {
        let none = |_| ServiceError::request("expected the 64 hexadecimal digits of a hash");
        let (blob, tree, record) = (
            hash.parse::<BlobId>().map_err(none)?,
            hash.parse::<TreeId>().map_err(none)?,
            hash.parse::<RecordId>().map_err(none)?,
        );
        let store = self.reader()?;
        let no_file = match store.get_blob(&blob) {
            Ok(content) => return Ok(ObjectView::File(content)),
            Err(error) => error,
        };
        if let Ok(tree) = store.get_tree(&tree) {
            return Ok(ObjectView::Tree(tree.iter().map(|(path, id)| (path.clone(), *id)).collect()));
        }
        // If it is neither kind, the first lookup tells whether it is absent or damaged.
        let found = store.get_record(&record).map_err(|_| named(&blob, no_file))?;
        Ok(ObjectView::Record(RecordView { hash: record, kind: found.kind, body: found.body }))
    }

    /// Reads the record whose hash begins with `hash`, or, for `HASH:K`, candidate K of a generation.
    ///
    /// # Errors
    ///
    /// Class `Usage` when there is none, `Damage` when the store is damaged.
    pub fn show(&self, hash: &str) -> Result<ShowView, ServiceError> {
        let store = self.reader()?;
        if target::split(hash)?.candidate.is_none() {
            let id = Target::resolve(&store, hash)?.id();
            let record = store.get_record(&id)?;
            return Ok(ShowView::Record(RecordView { hash: id, kind: record.kind, body: record.body }));
        }
        let target = CandidateTarget::resolve(&store, hash)?;
        let mut record = load_record(&store, &target.generation)?;
        let index = usize::try_from(target.place.candidate).unwrap_or(usize::MAX);
        let files = store.get_files(&target.tree)?;
        let sizes =
            files.iter().map(|(path, content)| FileSizeView { path: path.clone(), bytes: content.len() });
        let files = sizes.collect();
        // The target is one of the record's candidates.
        let candidate = record.candidates.swap_remove(index);
        let (generation, place) = (target.generation, target.place);
        let calls = total(&calls_of(&store, &record.run, Some(place))?);
        Ok(ShowView::Candidate(Box::new(CandidateView { generation, place, candidate, files, calls })))
    }

    /// Reads all files of candidate `HASH:K`, or of the best candidate at the end of generation or run `HASH`.
    ///
    /// # Errors
    ///
    /// As [`Engine::show`].
    pub fn candidate_files(&self, hash: &str) -> Result<FileSet, ServiceError> {
        let store = self.reader()?;
        let target = CandidateTarget::resolve(&store, hash)?;
        Ok(store.get_files(&target.tree)?)
    }

    /// Reads a file of candidate `HASH:K`, or of the best candidate at the end of generation or run `HASH`.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// let file = engine.show_file("93a65b65cd0b:3", "task_agent.py")?;
    /// println!("{}", String::from_utf8_lossy(&file.content));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Engine::show`].
    pub fn show_file(&self, hash: &str, path: &str) -> Result<FileView, ServiceError> {
        let store = self.reader()?;
        let target = CandidateTarget::resolve(&store, hash)?;
        let files = store.get_files(&target.tree)?;
        let path = RelPath::new(path)?;
        let Some(content) = files.get(&path) else {
            let names: Vec<String> = files.iter().map(|(path, _)| path.to_string()).collect();
            let message = format!("{} has no file {path}; it has {}", target.place, names.join(", "));
            return Err(ServiceError::request(message));
        };
        Ok(FileView { candidate: target.place, content: content.to_vec(), path })
    }
}
