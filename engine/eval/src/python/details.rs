//! Details that an evaluator in Python reports in addition to the score.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyperspace_core::{BlobId, text_end};
use serde::{Deserialize, Serialize};

use crate::score::Score;

/// Maximum number of characters that are kept of a guest's output.
const PRINTED_CHARS_MAX: usize = 2_000;

/// Details that the evaluator of a case reported in addition to the score, all of them bounded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseDetails {
    /// Numbers of the result, exact.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, Score>,
    /// Texts and bytes of the result. They may contain labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub artifacts: BTreeMap<String, Artifact>,
    /// Sentences on how the score came about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The end of what the evaluator printed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub evaluator_printed: String,
    /// The end of what the program printed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub program_printed: String,
    /// Number of calls of the program.
    pub calls: u64,
    /// Fuel of the program alone.
    pub program_fuel: u64,
    /// True if the program ran among the evaluator's objects (`separation = "shared"`), so that it could change the result.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
}

/// An artifact of an evaluator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Artifact {
    /// A text.
    Text(String),
    /// Bytes, in base64.
    Bytes(String),
    /// Content stored as an object of its own, which is the form in records.
    Object(ArtifactObject),
}

/// The reference to an artifact in a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ArtifactObject {
    /// The content.
    pub blob: BlobId,
    /// Its size in bytes.
    pub bytes: u64,
    /// True if the content is UTF-8 text.
    pub is_text: bool,
}

impl Artifact {
    /// Returns the reference to the content together with the content; `None` if this already is a reference.
    fn detached(&self) -> Option<(ArtifactObject, Vec<u8>)> {
        let (content, is_text) = match self {
            Self::Text(text) => (text.clone().into_bytes(), true),
            Self::Bytes(text) => (STANDARD.decode(text).ok()?, false),
            Self::Object(_) => return None,
        };
        Some((ArtifactObject { blob: BlobId::of(&content), bytes: content.len() as u64, is_text }, content))
    }

    /// Returns the content of a reference in its original form.
    fn attached(object: &ArtifactObject, content: &[u8]) -> Self {
        match object.is_text {
            true => Self::Text(String::from_utf8_lossy(content).into_owned()),
            false => Self::Bytes(STANDARD.encode(content)),
        }
    }
}

impl CaseDetails {
    /// Replaces artifacts by references, and returns their contents.
    pub(crate) fn detach(&mut self) -> Vec<Vec<u8>> {
        let mut contents = Vec::new();
        for artifact in self.artifacts.values_mut() {
            if let Some((object, content)) = artifact.detached() {
                *artifact = Artifact::Object(object);
                contents.push(content);
            }
        }
        contents
    }

    /// Replaces references by the contents that `get` returns for them.
    pub(crate) fn attach<E>(&mut self, get: &impl Fn(&BlobId) -> Result<Vec<u8>, E>) -> Result<(), E> {
        for artifact in self.artifacts.values_mut() {
            if let Artifact::Object(object) = artifact {
                *artifact = Artifact::attached(object, &get(&object.blob)?);
            }
        }
        Ok(())
    }
}

/// Returns the end of a guest's output.
pub(super) fn printed_end(bytes: &[u8]) -> String {
    text_end(&String::from_utf8_lossy(bytes), PRINTED_CHARS_MAX).to_owned()
}
