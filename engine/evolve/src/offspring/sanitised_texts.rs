//! Texts after the policies of [`sharing`](crate::sharing), kept within a run: the same text with the same facts is read once,
//! however many candidates see it.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_core::Mutex;

use crate::record::sharing_config::SharingRules;
use crate::sharing::{SharedFacts, SharedText};

/// Number of bytes of texts that are kept; beyond it, all are dropped.
const KEPT_BYTES_MAX: usize = 32 << 20;

/// The texts that were sanitised last.
#[derive(Default)]
pub(crate) struct SanitisedTexts {
    /// The version of the policies.
    rules: SharingRules,
    kept: Mutex<KeptTexts>,
}

#[derive(Default)]
struct KeptTexts {
    texts: BTreeMap<[u8; 32], Arc<SharedText>>,
    /// The size of the texts in bytes.
    bytes: usize,
}

impl SanitisedTexts {
    /// Creates texts after the policies of a version.
    pub(crate) fn new(rules: SharingRules) -> Self {
        Self { rules, kept: Mutex::default() }
    }

    /// Returns the version of the policies.
    pub(crate) fn rules(&self) -> SharingRules {
        self.rules
    }

    /// Returns a text after the policies, applying them if it is not kept. `kind` names the policies.
    pub(crate) fn of(
        &self,
        kind: &str,
        text: &str,
        facts: &SharedFacts,
        sanitise: impl FnOnce() -> SharedText,
    ) -> Arc<SharedText> {
        let key = key(kind, text, facts);
        if let Some(known) = self.kept.lock().texts.get(&key) {
            return Arc::clone(known);
        }
        let shared = Arc::new(sanitise());
        let mut kept = self.kept.lock();
        if kept.bytes > KEPT_BYTES_MAX {
            *kept = KeptTexts::default();
        }
        kept.bytes += shared.text.len() + size_of_val(&shared.findings[..]);
        kept.texts.insert(key, Arc::clone(&shared));
        shared
    }

    /// Returns the number of texts that are kept.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.kept.lock().texts.len()
    }
}

/// Returns a digest of everything that a sanitised text depends on.
fn key(kind: &str, text: &str, facts: &SharedFacts) -> [u8; 32] {
    let SharedFacts { population, candidate, scores, known } = facts;
    let mut hasher = blake3::Hasher::new();
    for part in [kind, population, text] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    for number in [candidate.generation, candidate.candidate, scores.len() as u64] {
        hasher.update(&number.to_le_bytes());
    }
    for score in scores.iter().chain(known) {
        hasher.update(&score.to_bits().to_le_bytes());
    }
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::candidate_id::CandidateId;

    #[test]
    fn a_text_is_sanitised_once_for_the_same_facts() {
        let texts = SanitisedTexts::default();
        let mut count = 0;
        let mut ask = |kind: &str, text: &str, scores: &[f64]| {
            let facts = SharedFacts::new("p", CandidateId { generation: 1, candidate: 2 }, scores.to_vec());
            let shared = texts.of(kind, text, &facts, || {
                count += 1;
                SharedText { text: format!("{count}"), findings: Vec::new() }
            });
            shared.text.clone()
        };
        assert_eq!(ask("program", "x", &[0.5]), "1");
        assert_eq!(ask("program", "x", &[0.5]), "1");
        assert_eq!(ask("notes", "x", &[0.5]), "2");
        assert_eq!(ask("program", "y", &[0.5]), "3");
        assert_eq!(ask("program", "x", &[0.25]), "4");
        assert_eq!(ask("program", "x", &[0.5]), "1");
    }

    #[test]
    fn what_is_kept_is_limited() {
        let texts = SanitisedTexts::default();
        let facts = SharedFacts::new("p", CandidateId { generation: 0, candidate: 0 }, Vec::new());
        for number in 0..40 {
            let text = SharedText { text: "x".repeat(1 << 20), findings: Vec::new() };
            texts.of("program", &number.to_string(), &facts, || text);
            assert!(texts.kept.lock().bytes <= KEPT_BYTES_MAX + (1 << 20));
        }
        assert!(texts.kept.lock().texts.len() < 40);
    }
}
