//! Trimming of conversations that are too long for a model.
//!
//! The leading system messages, the first user message and the newest unit are kept. A unit is a message of the model together
//! with the results of its tool calls, or any other single message; it is kept or removed as a whole, oldest first. A message
//! in place of the removed ones states their number. If only the newest unit is left, the middles of its long tool results are cut out.

use crate::clip;
use crate::types::{ChatRequest, Message, estimated_tokens};

/// Number of bytes that are kept of a long tool result when nothing else can be removed.
const RESULT_BYTES_MAX: usize = 4_000;

/// A conversation that can be shortened.
#[derive(Debug, Clone)]
pub(crate) struct Trimmer {
    head: Vec<Message>,
    units: Vec<Vec<Message>>,
    /// Number of messages removed so far.
    dropped: u64,
}

impl Trimmer {
    pub(crate) fn new(request: &ChatRequest) -> Self {
        let mut messages = request.messages.iter().cloned().peekable();
        let mut head = Vec::new();
        while let Some(system) = messages.next_if(|message| matches!(message, Message::System { .. })) {
            head.push(system);
        }
        head.extend(messages.next_if(|message| matches!(message, Message::User { .. })));
        let mut units: Vec<Vec<Message>> = Vec::new();
        for message in messages {
            match (&message, units.last_mut()) {
                (Message::Tool { .. }, Some(unit)) => unit.push(message),
                _ => units.push(vec![message]),
            }
        }
        Self { head, units, dropped: 0 }
    }

    /// Clips the middles of long tool results that were not clipped yet. Returns whether there were any.
    fn clip(&mut self) -> bool {
        let mut clipped = false;
        for message in self.units.iter_mut().flatten() {
            if let Message::Tool { content, .. } = message
                && let Some(shorter) = clip::middle(content, RESULT_BYTES_MAX)
            {
                *content = shorter;
                clipped = true;
            }
        }
        clipped
    }

    /// Removes units until the estimate is at most `tokens_max`, or, without that, half of the removable ones by size; always at
    /// least one. Returns the number of messages removed, or `None` if nothing more can be removed.
    pub(crate) fn shorten(&mut self, tokens_max: Option<u64>) -> Option<u64> {
        // The remaining unit is the last resort.
        let Some(droppable) = self.units.len().checked_sub(1).filter(|count| *count > 0) else {
            return self.clip().then_some(0);
        };
        let sizes: Vec<u64> = self.units.iter().map(|unit| size(unit)).collect();
        let head = size(&self.head);
        let total: u64 = sizes.iter().sum();
        let optional = total - sizes[droppable];
        let mut gone = 0;
        let mut count = 0;
        let enough = |gone: u64| match tokens_max {
            Some(most) => head + total - gone <= most,
            None => 2 * gone >= optional,
        };
        while count < droppable && (count == 0 || !enough(gone)) {
            gone += sizes[count];
            count += 1;
        }
        let messages: u64 = self.units.drain(..count).map(|unit| unit.len() as u64).sum();
        self.dropped += messages;
        Some(messages)
    }

    /// Returns the number of messages removed so far.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Returns the remaining conversation.
    pub(crate) fn messages(&self) -> Vec<Message> {
        let note = match self.dropped {
            0 => None,
            1 => Some("1 earlier message was".to_owned()),
            dropped => Some(format!("{dropped} earlier messages were")),
        };
        let note = note.map(|count| {
            Message::user(format!("[{count} left out here, because the conversation became too long.]"))
        });
        self.head.iter().cloned().chain(note).chain(self.units.iter().flatten().cloned()).collect()
    }
}

/// Estimates the tokens of messages.
fn size(messages: &[Message]) -> u64 {
    messages
        .iter()
        .map(|message| estimated_tokens(serde_json::to_string(message).map_or(0, |text| text.len())))
        .sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(turns: usize) -> ChatRequest {
        let mut messages =
            vec![json!({"role": "system", "content": "s"}), json!({"role": "user", "content": "first"})];
        for turn in 0..turns {
            let ids = [format!("{turn}a"), format!("{turn}b")];
            let calls: Vec<_> =
                ids.iter().map(|id| json!({"id": id, "name": "t", "arguments": {}})).collect();
            messages.push(json!({"role": "assistant", "content": null, "tool_calls": calls}));
            messages.extend(
                ids.iter().map(|id| json!({"role": "tool", "content": "x".repeat(400), "tool_call_id": id})),
            );
        }
        let value =
            json!({"model": "m", "messages": messages, "tools": [], "temperature": null, "max_tokens": null});
        serde_json::from_value(value).unwrap()
    }

    /// Checks that the remaining conversation is valid, and begins and ends like the original.
    fn check(original: &ChatRequest, trimmer: &Trimmer) {
        let messages = trimmer.messages();
        assert_eq!(messages[..2], original.messages[..2]);
        assert_eq!(messages.last(), original.messages.last());
        let noted =
            messages[2].text().is_some_and(|text| text.contains(&format!("{} earlier", trimmer.dropped())));
        assert_eq!(noted, trimmer.dropped() > 0, "{:?}", messages[2]);
        let kept = messages.len() as u64 - u64::from(noted);
        assert_eq!(kept + trimmer.dropped(), original.messages.len() as u64);
        crate::check::check(&ChatRequest { messages, ..original.clone() }).unwrap();
    }

    #[test]
    fn the_oldest_units_go_first_and_stay_whole() {
        let original = request(9);
        let mut trimmer = Trimmer::new(&original);
        assert_eq!(trimmer.messages(), original.messages);
        let mut dropped = vec![];
        while let Some(count) = trimmer.shorten(None) {
            dropped.push(count);
            check(&original, &trimmer);
        }
        assert_eq!(dropped, [12, 6, 3, 3]);
    }

    #[test]
    fn a_known_window_is_aimed_at() {
        let original = request(9);
        let mut trimmer = Trimmer::new(&original);
        assert_eq!(trimmer.shorten(Some(600)), Some(21));
        check(&original, &trimmer);
        let left: u64 = size(&trimmer.messages());
        assert!(left < 650, "{left}");
        assert_eq!(
            trimmer.shorten(Some(600)),
            Some(3),
            "the provider refused again, so at least one unit goes"
        );
        assert_eq!(trimmer.shorten(Some(600)), None);
        assert_eq!(Trimmer::new(&request(0)).shorten(None), None);
    }
}
