//! Assembly of a streamed answer into the form that it has outside of a stream.
//!
//! Attacks that end here: T-PROV-07, T-PROV-08.

mod blocks;
mod chunks;
mod event;
mod items;
mod merge;
mod open_items;
#[cfg(test)]
mod tests;
mod weighing;

use hyperspace_core::json_weight;
use serde_json::Value;

pub(super) use self::event::{StreamEvent, is_end};
use super::weights::ANSWER_WEIGHT_MAX;
use crate::config::Api;

/// Assembles the events of a stream. Returns the answer, and whether it is complete; `None` if the events contain no answer, or
/// one with too many values.
pub(super) fn assembled(api: Api, events: &mut dyn Iterator<Item = StreamEvent>) -> Option<(Value, bool)> {
    let mut events = events.peekable();
    events.peek()?;
    let assembled = match api {
        Api::Openai => chunks::chunks(&mut events),
        Api::Anthropic => blocks::blocks(&mut events),
        Api::Responses => items::items(&mut events),
    };
    assembled.filter(|(answer, _)| json_weight::of(answer) <= ANSWER_WEIGHT_MAX)
}
