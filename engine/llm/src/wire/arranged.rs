//! The messages of a request as the provider accepts them: roles, order, notes, identifiers of calls, and the recalled parts of
//! answers.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::{OutgoingRequest, texttools};
use crate::attachment::Attachment;
use crate::config::{CallIdForm, SystemRole};
use crate::digest;
use crate::recall::RecalledAnswer;
use crate::registry::Model;
use crate::types::Message;

/// Text of messages that have none, which many providers refuse.
pub(super) const NO_TEXT: &str = "(no text)";
/// Maximum length of an identifier of a call that providers accept from others.
const ID_CHARS_MAX: usize = 40;

/// A message to be sent, with the answer that it repeats.
pub(super) struct Turn<'a> {
    pub(super) message: Cow<'a, Message>,
    /// The attachment of the answer, if it comes from this provider.
    pub(super) attachment: Option<&'a Attachment>,
    /// True if the answer had no text.
    pub(super) without_text: bool,
}

/// Arranges the messages of a request.
pub(super) fn turns(outgoing: OutgoingRequest<'_>) -> Vec<Turn<'_>> {
    let OutgoingRequest { model, request, recall, .. } = outgoing;
    let quirks = &model.quirks;
    let recalled = recall.of(&request.messages);
    let mut ids = CallIds { model, sent: BTreeMap::new(), cut: BTreeSet::new() };
    let mut turns: Vec<Turn<'_>> = Vec::with_capacity(request.messages.len());
    for (message, answer) in request.messages.iter().zip(recalled) {
        let message = ids.renamed(message, answer);
        let message = match &*message {
            Message::System { content } if quirks.system_role == SystemRole::User => {
                Cow::Owned(Message::User { content: content.clone() })
            }
            _ => message,
        };
        let origin = |attachment: &&Attachment| attachment.origin == model.origin;
        let attachment = answer.and_then(|answer| answer.answer.attachment.as_ref()).filter(origin);
        let without_text = answer
            .is_some_and(|answer| matches!(&answer.answer.message, Message::Assistant { content: None, .. }));
        if attachment.is_none() && says_nothing(&message) {
            continue;
        }
        turns.push(Turn { message, attachment, without_text });
    }
    if quirks.system_first {
        turns.sort_by_key(|turn| !matches!(&*turn.message, Message::System { .. }));
    }
    if !quirks.calls_together && !quirks.tools_in_text {
        turns = calls_apart(turns);
    }
    if quirks.tools_in_text && (!request.tools.is_empty() || turns.iter().any(|turn| calls(&turn.message))) {
        turns = texttools::written(turns, &request.tools, quirks.system_role);
    }
    let mut turns = joined(
        turns,
        quirks.system_first,
        !quirks.repeated_roles || quirks.system_role == SystemRole::User || quirks.tools_in_text,
    );
    for turn in &mut turns {
        let content = match &*turn.message {
            Message::User { content } | Message::Tool { content, .. } => content,
            Message::System { .. } | Message::Assistant { .. } => continue,
        };
        if content.trim().is_empty() {
            fill(turn.message.to_mut());
        }
    }
    if turns.iter().all(|turn| matches!(&*turn.message, Message::System { .. })) {
        let message = Cow::Owned(Message::user(NO_TEXT));
        turns.push(Turn { message, attachment: None, without_text: false });
    }
    turns
}

/// Arranges the calls of an answer one after the other, each followed by its result. The attachment of the answer stays with the
/// first call.
fn calls_apart<'a>(turns: Vec<Turn<'a>>) -> Vec<Turn<'a>> {
    let mut apart: Vec<Turn<'a>> = Vec::with_capacity(turns.len());
    let mut turns = turns.into_iter().peekable();
    while let Some(mut turn) = turns.next() {
        let calls = match &*turn.message {
            Message::Assistant { tool_calls, .. } if tool_calls.len() > 1 => tool_calls.clone(),
            _ => Vec::new(),
        };
        let Some((first, others)) = calls.split_first() else {
            apart.push(turn);
            continue;
        };
        let mut results = Vec::new();
        while let Some(result) = turns.next_if(|next| matches!(&*next.message, Message::Tool { .. })) {
            results.push(result);
        }
        let mut take = |id: &str, apart: &mut Vec<Turn<'a>>| {
            let answers = |result: &Turn<'_>| matches!(&*result.message, Message::Tool { tool_call_id, .. } if tool_call_id == id);
            if let Some(at) = results.iter().position(answers) {
                apart.push(results.remove(at));
            }
        };
        if let Message::Assistant { tool_calls, .. } = turn.message.to_mut() {
            *tool_calls = vec![first.clone()];
        }
        apart.push(turn);
        take(&first.id, &mut apart);
        for call in others {
            let message = Cow::Owned(Message::Assistant { content: None, tool_calls: vec![call.clone()] });
            apart.push(Turn { message, attachment: None, without_text: true });
            take(&call.id, &mut apart);
        }
    }
    apart
}

/// Gives a message without text a text.
fn fill(message: &mut Message) {
    if let Message::User { content } | Message::Tool { content, .. } = message {
        NO_TEXT.clone_into(content);
    }
}

fn calls(message: &Message) -> bool {
    matches!(message, Message::Tool { .. })
        || matches!(message, Message::Assistant { tool_calls, .. } if !tool_calls.is_empty())
}

/// Returns whether a message has neither text nor calls, which providers refuse. A message of the user is always sent, with a
/// placeholder if it has no text.
fn says_nothing(message: &Message) -> bool {
    let white = |text: &str| text.trim().is_empty();
    match message {
        Message::System { content } => white(content),
        Message::Assistant { content, tool_calls } => {
            tool_calls.is_empty() && white(content.as_deref().unwrap_or_default())
        }
        Message::User { .. } | Message::Tool { .. } => false,
    }
}

/// Joins consecutive messages of the system, or of any other role, into one.
fn joined(turns: Vec<Turn<'_>>, system: bool, others: bool) -> Vec<Turn<'_>> {
    if !system && !others {
        return turns;
    }
    let mut joined: Vec<Turn<'_>> = Vec::with_capacity(turns.len());
    for turn in turns {
        let Some(last) = joined.last_mut() else {
            joined.push(turn);
            continue;
        };
        let plain = last.attachment.is_none() && turn.attachment.is_none();
        let joins = match (&*last.message, &*turn.message) {
            (Message::System { .. }, Message::System { .. }) => system,
            (Message::User { .. }, Message::User { .. }) => others,
            (
                Message::Assistant { content: Some(_), tool_calls },
                Message::Assistant { content: Some(_), .. },
            ) => others && plain && tool_calls.is_empty(),
            _ => false,
        };
        if joins { join(last.message.to_mut(), turn.message.into_owned()) } else { joined.push(turn) }
    }
    joined
}

/// Appends a message to one of the same role. Nothing of the first is copied, so many messages take time proportional to their
/// text.
fn join(one: &mut Message, other: Message) {
    let texts = match (one, other) {
        (Message::System { content }, Message::System { content: more })
        | (Message::User { content }, Message::User { content: more }) => Some((content, more)),
        (
            Message::Assistant { content: Some(content), tool_calls },
            Message::Assistant { content: Some(more), tool_calls: calls },
        ) => {
            *tool_calls = calls;
            Some((content, more))
        }
        _ => None,
    };
    if let Some((content, more)) = texts {
        content.push_str("\n\n");
        content.push_str(&more);
    }
}

/// The identifiers of calls as sent.
struct CallIds<'a> {
    model: &'a Model,
    /// Identifiers that are sent in another form.
    sent: BTreeMap<String, String>,
    /// Calls that were cut off by the limit of tokens.
    cut: BTreeSet<String>,
}

impl CallIds<'_> {
    /// Returns a message with the identifiers of its calls as sent, and with a note on the result of a call that was cut off.
    fn renamed<'m>(&mut self, message: &'m Message, answer: Option<&RecalledAnswer>) -> Cow<'m, Message> {
        match message {
            Message::Assistant { content, tool_calls } => {
                // A provider gets its own identifiers back unchanged.
                let own = answer.is_some_and(|answer| answer.model == self.model.name);
                self.cut.extend(answer.and_then(RecalledAnswer::cut_call).map(str::to_owned));
                let mut changed = false;
                for call in tool_calls.iter().filter(|_| !own) {
                    let sent = sendable(&call.id, self.model.quirks.call_ids);
                    changed |= sent != call.id;
                    self.sent.insert(call.id.clone(), sent);
                }
                if !changed {
                    return Cow::Borrowed(message);
                }
                let mut tool_calls = tool_calls.clone();
                for call in &mut tool_calls {
                    call.id = self.sent.get(&call.id).cloned().unwrap_or_else(|| call.id.clone());
                }
                Cow::Owned(Message::Assistant { content: content.clone(), tool_calls })
            }
            Message::Tool { content, tool_call_id } => {
                let sent = self.sent.get(tool_call_id).filter(|sent| *sent != tool_call_id);
                let cut = self.cut.contains(tool_call_id);
                if sent.is_none() && !cut {
                    return Cow::Borrowed(message);
                }
                let note = "[The call was cut off: the answer reached the limit of its length. Make smaller calls.]\n";
                let content = if cut { format!("{note}{content}") } else { content.clone() };
                Cow::Owned(Message::Tool { content, tool_call_id: sent.unwrap_or(tool_call_id).clone() })
            }
            _ => Cow::Borrowed(message),
        }
    }
}

/// Returns the form in which an identifier of another origin is sent.
fn sendable(id: &str, form: CallIdForm) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let fits = match form {
        CallIdForm::Plain => id.len() <= ID_CHARS_MAX && id.chars().all(plain),
        CallIdForm::Nine => id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()),
    };
    if fits {
        return id.to_owned();
    }
    let mut number = digest::draw("hyperspace v1 model call id", id.as_bytes());
    let mut digits = String::new();
    for _ in 0..9 {
        digits.push(char::from(DIGITS[(number % 62) as usize]));
        number /= 62;
    }
    match form {
        CallIdForm::Plain => format!("call_{digits}"),
        CallIdForm::Nine => digits,
    }
}
