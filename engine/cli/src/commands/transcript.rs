//! `transcript`.

use hyperspace_llm::{Arguments, ExchangeOutcome, Message};
use hyperspace_service::{CallView, TranscriptView};

use super::fold::block;
use super::{Code, cost};
use crate::exit::OK;
use crate::session::CliSession;
use crate::style::Palette;
use crate::{ambient, args, output};

/// Shows the conversations of a candidate with models.
pub(crate) fn run(session: &CliSession, args: &args::Transcript) -> Code {
    let view = session.engine.transcript(&session.named_or_last(args.hash.as_deref())?)?;
    if session.json {
        output::json(&view)?;
    } else {
        let text = text(session, &view, args.full, ambient::stdout_palette());
        output::painted(&output::wrapped(&text, ambient::text_width(), 0))?;
    }
    Ok(OK)
}

fn text(session: &CliSession, view: &TranscriptView, full: bool, palette: Palette) -> String {
    let mut text = String::new();
    for conversation in &view.conversations {
        text.push_str(&format!("{}\n", palette.strong(&output::harmless(&conversation.stream))));
        for (number, call) in (1_u64..).zip(&conversation.calls) {
            text.push_str(&call_text(session, number, call, full, palette));
        }
        text.push('\n');
    }
    if view.conversations.is_empty() {
        return format!("candidate {} asked no model\n", view.candidate);
    }
    let calls = || view.conversations.iter().flat_map(|one| &one.calls);
    let estimated = if calls().any(is_estimated) { ", partly estimated" } else { "" };
    let paid = session.engine.paid(&view.spent, calls().map(|call| call.model.as_str()));
    text.push_str(&format!(
        "candidate {}: {}, {}, {}{estimated}\n",
        view.candidate,
        output::plural(view.conversations.len() as u64, "conversation"),
        output::plural(calls().count() as u64, "call"),
        cost::tokens(&view.spent, &paid),
    ));
    text
}

/// Returns whether the provider did not count the tokens of a call.
fn is_estimated(call: &CallView) -> bool {
    matches!(&call.outcome, ExchangeOutcome::Answer(answer) if answer.usage.estimated)
}

pub(super) fn call_text(
    session: &CliSession,
    number: u64,
    call: &CallView,
    full: bool,
    palette: Palette,
) -> String {
    let spent = call.effort.spent;
    let faults = match call.effort.faults.len() as u64 {
        0 => String::new(),
        faults => format!(", {}", output::plural(faults, "fault")),
    };
    let reused = if call.effort.reused { ", an earlier answer" } else { "" };
    let estimated = if is_estimated(call) { ", tokens estimated" } else { "" };
    let head = format!(
        "call {number}, {}: {}, {}{estimated}{faults}{reused}",
        output::harmless(&call.model),
        output::plural(call.messages as u64, "message"),
        cost::tokens(&spent, &session.engine.paid(&spent, [call.model.as_str()])),
    );
    let mut text = format!("{}\n", palette.dim(&head));
    for message in &call.said {
        text.push_str(&message_text(message, full, palette));
    }
    if let Some(thinking) = &call.thinking {
        text.push_str(&block("thinking", thinking, full, palette));
    }
    match &call.outcome {
        ExchangeOutcome::Answer(answer) => text.push_str(&message_text(&answer.message, full, palette)),
        ExchangeOutcome::Error(failure) => {
            let message = output::harmless(&failure.message);
            text.push_str(&format!("  {}\n", palette.bad(&format!("no answer: {message}"))));
        }
    }
    text
}

fn message_text(message: &Message, full: bool, palette: Palette) -> String {
    let mut text = String::new();
    let role = match message {
        Message::System { .. } => "system",
        Message::User { .. } => "user",
        Message::Assistant { .. } => "model",
        Message::Tool { .. } => "tool",
        _ => "other",
    };
    if let Some(content) = message.text() {
        text.push_str(&block(role, content, full, palette));
    }
    if let Message::Assistant { tool_calls, .. } = message {
        for call in tool_calls {
            text.push_str(&block(
                &format!("calls {}", call.name),
                &arguments(&call.arguments),
                full,
                palette,
            ));
        }
    }
    text
}

/// Returns the arguments of a tool call, one per line, with strings as they are.
fn arguments(arguments: &Arguments) -> String {
    match arguments {
        Arguments::Malformed(text) => text.clone(),
        Arguments::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                format!("{name}: {}\n", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            })
            .collect(),
    }
}
