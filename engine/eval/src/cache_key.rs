//! The key of an evaluation: a digest of everything that determines it.
//!
//! The digest is taken over canonical bytes (`hyperspace_core::canon`). Version 1 of the context hashed the `Debug` form of
//! the limits, which changed with every rename. Entries stored under it are not found any more, and such evaluations are made
//! again. Keys are part of no result and no root.

use hyperspace_core::{TreeId, canon};
use hyperspace_sandbox::Limits;
use serde_json::{Value, json};

use crate::cache::CacheKey;
use crate::evidence::EvidenceRules;
use crate::split::Split;

const CONTEXT: &str = "hyperspace v2 evaluation key";
/// The limit that is not part of a key, because the backstop never decides a score.
const NO_PART: &str = "wall_clock_ms";

/// The parts of a key.
pub(crate) struct KeyParts<'a> {
    pub(crate) runtime: &'a str,
    pub(crate) sdk: TreeId,
    pub(crate) task: &'a str,
    pub(crate) agent: TreeId,
    pub(crate) split: Split,
    pub(crate) model: Option<&'a str>,
    /// The Python between two guests, for a task whose evaluator is Python.
    pub(crate) bridge: Option<TreeId>,
    pub(crate) limits: &'a Limits,
    pub(crate) evidence: EvidenceRules,
    /// The layer between the SDK and an agent with modules of its own, if it has one.
    pub(crate) agent_layer: Option<TreeId>,
}

impl KeyParts<'_> {
    pub(crate) fn key(&self) -> CacheKey {
        CacheKey(blake3::derive_key(CONTEXT, &self.bytes()))
    }

    /// Returns the canonical bytes of the parts.
    fn bytes(&self) -> Vec<u8> {
        let mut limits = canon::to_value(self.limits).unwrap_or_default();
        if let Value::Object(fields) = &mut limits {
            fields.remove(NO_PART);
        }
        let mut parts = json!({
            "runtime": self.runtime,
            "sdk": self.sdk,
            "task": self.task,
            "agent": self.agent,
            "split": self.split,
            "model": self.model,
            "limits": limits,
        });
        if let Some(bridge) = self.bridge {
            parts["bridge"] = json!(bridge);
        }
        if !self.evidence.is_first() {
            parts["evidence"] = json!(self.evidence);
        }
        if let Some(layer) = self.agent_layer {
            parts["agent_layer"] = json!(layer);
        }
        canon::encode(&parts)
            .unwrap_or_else(|error| unreachable!("texts and numbers have canonical bytes: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(limits: &Limits) -> KeyParts<'_> {
        KeyParts {
            runtime: "a runtime",
            sdk: TreeId::from_bytes([1; 32]),
            task: "a task",
            agent: TreeId::from_bytes([2; 32]),
            split: Split::HeldOut,
            model: None,
            bridge: None,
            limits,
            evidence: EvidenceRules::First,
            agent_layer: None,
        }
    }

    /// The limits are written out: a field that is added or renamed changes keys, which has to be noticed.
    #[test]
    fn the_bytes_of_a_key_are_pinned() {
        let expected = json!({
            "runtime": "a runtime",
            "sdk": "01".repeat(32),
            "task": "a task",
            "agent": "02".repeat(32),
            "split": "held-out",
            "model": null,
            "limits": {
                "fuel": 20_000_000_000_u64,
                "memory_bytes": 268_435_456,
                "output_bytes": 1_048_576,
                "result_bytes": 1_048_576,
                "file_bytes": 16_777_216,
                "files": 1_024,
                "descriptors": 64,
                "host_calls": 100_000,
            },
        });
        let limits = Limits::default();
        assert_eq!(canon::decode(&parts(&limits).bytes()).unwrap(), expected);
        assert_eq!(
            parts(&limits).key().to_string(),
            "f79630af834723a4452a51995dc077310931730fe55b46063fb4e309bd4e9139"
        );
    }

    #[test]
    fn the_wall_clock_is_no_part_and_every_other_limit_is() {
        let limits = Limits::default();
        let key = |limits: &Limits| parts(limits).key();
        assert_eq!(key(&limits), key(&limits.clone().with_wall_clock_ms(1)));
        let Value::Object(fields) = serde_json::to_value(&limits).unwrap() else { panic!() };
        for name in fields.keys().filter(|name| *name != NO_PART) {
            let mut other = fields.clone();
            other.insert(name.clone(), json!(7));
            let other: Limits = serde_json::from_value(Value::Object(other)).unwrap();
            assert_ne!(key(&limits), key(&other), "{name}");
        }
        let with_model = KeyParts { model: Some("m"), ..parts(&limits) };
        assert_ne!(with_model.key(), key(&limits));
        let layered = KeyParts { agent_layer: Some(TreeId::from_bytes([3; 32])), ..parts(&limits) };
        assert_ne!(layered.key(), key(&limits));
    }
}
