//! The weight of an answer that is being put together.

use hyperspace_core::json_weight;
use serde_json::{Map, Value};

use super::super::weights::ANSWER_WEIGHT_MAX;

/// Bytes of events after which the answer so far is weighed.
const WEIGHED_BYTES: usize = 256 << 10;

/// Tells when the answer so far is to be weighed, so that weighing takes a small part of the time of reading.
#[derive(Default)]
pub(super) struct WeighingClock(usize);

impl WeighingClock {
    /// Counts an event. Returns whether it is time, or the weight that `weight` returns is within the maximum.
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
