//! The weight of an answer that is being assembled.

use hyperspace_core::json_weight;
use serde_json::{Map, Value};

use super::super::weights::ANSWER_WEIGHT_MAX;

/// Number of event bytes after which the answer so far is weighed.
const WEIGHED_BYTES: usize = 256 << 10;

/// Tells when the answer so far has to be weighed, so that weighing takes only a small part of the reading time.
#[derive(Default)]
pub(super) struct WeighingClock(usize);

impl WeighingClock {
    /// Counts an event. Returns true if weighing is not due yet, or the weight that `weight` returns is within the maximum.
    pub(super) fn goes_on(&mut self, bytes: usize, weight: impl FnOnce() -> u64) -> bool {
        self.0 += bytes;
        if self.0 < WEIGHED_BYTES {
            return true;
        }
        self.0 = 0;
        weight() <= ANSWER_WEIGHT_MAX
    }
}

/// Returns the weight of fields.
pub(super) fn weight_of(fields: &Map<String, Value>) -> u64 {
    fields.values().map(|value| json_weight::TEXT + json_weight::of(value)).sum()
}

/// Returns the weight of values.
pub(super) fn weight_of_all(values: &[Value]) -> u64 {
    values.iter().map(json_weight::of).sum()
}
