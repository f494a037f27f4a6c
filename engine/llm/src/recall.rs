//! Answers of a stream that later requests of the same stream repeat.
//!
//! A guest keeps the text and the calls of an answer. Anything else that the provider needs back is found here, by the message
//! that the guest repeats.

use std::collections::VecDeque;

use crate::types::{Arguments, ChatAnswer, FinishReason, Message};

/// Maximum size of the kept answers as JSON, in bytes.
const KEPT_BYTES_MAX: usize = 16 << 20;
/// Maximum number of kept answers, each of which is compared with every message of a request.
const KEPT_MAX: usize = 2_048;

/// Answers of a stream, oldest first. Only the newest are kept, up to a total size.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recall {
    answers: VecDeque<RecalledAnswer>,
    bytes: usize,
}

/// An answer, and the name of the model that gave it.
#[derive(Debug, Clone)]
pub(crate) struct RecalledAnswer {
    pub(crate) model: String,
    pub(crate) answer: ChatAnswer,
    bytes: usize,
}

impl RecalledAnswer {
    /// Returns the identifier of the call that was cut off by the limit of tokens.
    pub(crate) fn cut_call(&self) -> Option<&str> {
        let Message::Assistant { tool_calls, .. } = &self.answer.message else { return None };
        let last = tool_calls.last().filter(|_| self.answer.finish_reason == FinishReason::Length)?;
        matches!(last.arguments, Arguments::Malformed(_)).then_some(last.id.as_str())
    }
}

impl Recall {
    /// Adds the answer to a request for `model`, if it has more than a guest sends back.
    pub(crate) fn add(&mut self, model: &str, answer: &ChatAnswer) {
        let calls =
            matches!(&answer.message, Message::Assistant { tool_calls, .. } if !tool_calls.is_empty());
        if calls || answer.attachment.is_some() {
            let model = answer.model(model).to_owned();
            let bytes = serde_json::to_string(answer).map_or(0, |text| text.len());
            self.answers.push_back(RecalledAnswer { model, answer: answer.clone(), bytes });
            self.bytes += bytes;
            while (self.bytes > KEPT_BYTES_MAX || self.answers.len() > KEPT_MAX)
                && let Some(oldest) = self.answers.pop_front()
            {
                self.bytes -= oldest.bytes;
            }
        }
    }

    /// Returns the answer that each message repeats. Among equal answers, the latest one is taken first.
    pub(crate) fn of(&self, messages: &[Message]) -> Vec<Option<&RecalledAnswer>> {
        let mut found = vec![None; messages.len()];
        if self.answers.is_empty() {
            return found;
        }
        let mut before = self.answers.len();
        for (place, message) in found.iter_mut().zip(messages).rev() {
            if !matches!(message, Message::Assistant { .. }) {
                continue;
            }
            let latest = |same: fn(&Message, &Message) -> bool, range: std::ops::Range<usize>| {
                range.rev().find(|at| same(&self.answers[*at].answer.message, message))
            };
            let all = 0..self.answers.len();
            let in_order = latest(equal, 0..before);
            before = in_order.unwrap_or(before);
            let at = in_order.or_else(|| latest(equal, all.clone())).or_else(|| latest(same_calls, all));
            *place = at.map(|at| &self.answers[at]);
        }
        found
    }
}

fn text(message: &Message) -> &str {
    message.text().unwrap_or_default()
}

/// Returns whether two messages of a model are equal. A missing text equals an empty one.
fn equal(one: &Message, other: &Message) -> bool {
    let (Message::Assistant { tool_calls: a, .. }, Message::Assistant { tool_calls: b, .. }) = (one, other)
    else {
        return false;
    };
    text(one) == text(other) && a == b
}

/// Returns whether two messages make the same calls, judged by identifiers and names.
fn same_calls(one: &Message, other: &Message) -> bool {
    let (Message::Assistant { tool_calls: a, .. }, Message::Assistant { tool_calls: b, .. }) = (one, other)
    else {
        return false;
    };
    let same = a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.id == b.id && a.name == b.name);
    !a.is_empty() && same && text(one) == text(other)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::attachment::Attachment;
    use crate::types::Usage;

    fn answer(message: &serde_json::Value, mark: &str) -> ChatAnswer {
        let message = serde_json::from_value(message.clone()).unwrap();
        let mut answer = ChatAnswer::new(message, FinishReason::Stop, Usage::default());
        answer.attachment =
            Attachment::new("o".to_owned(), [("message".to_owned(), json!(mark))].into_iter().collect());
        answer
    }

    #[test]
    fn a_message_recalls_its_answer() {
        let called = |argument: u64| {
            json!({"role": "assistant", "content": null,
            "tool_calls": [{"id": "c", "name": "t", "arguments": {"a": argument}}]})
        };
        let said = json!({"role": "assistant", "content": "yes"});
        let mut recall = Recall::default();
        for (message, mark) in [(&called(1), "1"), (&said, "2"), (&called(2), "3"), (&said, "4")] {
            recall.add("m", &answer(message, mark));
        }
        let mut repeated = called(2);
        repeated["content"] = json!("");
        let changed = called(9);
        let messages: Vec<Message> =
            [json!({"role": "user", "content": "yes"}), said.clone(), repeated, said, changed]
                .into_iter()
                .map(|message| serde_json::from_value(message).unwrap())
                .collect();
        let mark = |found: &Option<&RecalledAnswer>| {
            let attachment = found.as_ref()?.answer.attachment.as_ref()?;
            attachment.fields["message"].as_str().map(str::to_owned)
        };
        let marks: Vec<Option<String>> = recall.of(&messages).iter().map(mark).collect();
        let expected = [None, Some("2"), Some("3"), Some("4"), Some("3")];
        assert_eq!(marks, expected.map(|mark| mark.map(str::to_owned)));
    }

    #[test]
    fn the_newest_answers_are_kept() {
        let said = |number: usize| {
            let text = number.to_string().repeat(KEPT_BYTES_MAX / 4);
            answer(&json!({"role": "assistant", "content": text}), "m")
        };
        let mut recall = Recall::default();
        (0..9).for_each(|number| recall.add("m", &said(number)));
        let messages: Vec<Message> = (0..9).map(|number| said(number).message).collect();
        let kept: Vec<bool> = recall.of(&messages).iter().map(Option::is_some).collect();
        assert_eq!(kept, [false, false, false, false, false, false, true, true, true]);
    }
}
