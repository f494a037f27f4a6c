//! `chat`.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

use anyhow::Result;
use hyperspace_llm::{
    Account, BudgetLimits, ChatRequest, MemoryCassette, Message, Reply, Session as Conversation,
    SessionOptions,
};
use serde_json::json;

use super::Session;
use crate::exit::{self, OK};
use crate::{ambient, args, models, output};

/// Asks a model one thing.
pub(crate) fn run(session: &Session, args: args::Chat) -> Result<u8> {
    let names = BTreeSet::from([args.model.clone()]);
    let models = models::callable(&session.settings, &names, models::options(args.attempts)?)?;
    let options = SessionOptions::new("chat", names, Account::new("this call", BudgetLimits::default()));
    let request = ChatRequest::new(args.model, vec![Message::user(args.message)]).max_tokens(args.max_tokens);
    let mut conversation = Conversation::live(&models, options, Arc::new(MemoryCassette::default()))?;
    let reply = session.runtime()?.block_on(conversation.chat(request))?;
    let code = match &reply {
        Reply::Answer(_) => OK,
        Reply::Failure(failure) => exit::call(failure),
    };
    if session.common.json {
        output::json(&json!({ "reply": reply, "stats": models.stats() }))?;
        return Ok(code);
    }
    match &reply {
        Reply::Answer(answer) => output::text(answer.message.text().unwrap_or_default())?,
        Reply::Failure(failure) => {
            // The message may quote a provider.
            writeln!(io::stderr(), "error: {}", output::harmless(&failure.message))?;
        }
    }
    if ambient::stderr_is_terminal() {
        let spent = models.stats().spent;
        let (input, answered) = (spent.input_tokens, spent.output_tokens);
        writeln!(io::stderr(), "[{input} tokens in, {answered} out, {}]", spent.cost)?;
    }
    Ok(code)
}
