//! `chat`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use hyperspace_llm::{
    Account, CallOptions, ChatRequest, Limits, MemoryTranscript, Message, Models, Registry, Reply,
    RetryPolicy, Secret, Session as Conversation, SessionOptions, Surroundings,
};
use serde_json::json;

use super::Session;
use crate::ambient::SystemClock;
use crate::exit::{self, OK, usage_error};
use crate::{ambient, args, folder, output};

/// Asks a model one thing.
pub(crate) fn run(session: &Session, args: args::Chat) -> Result<u8> {
    let models = callable(session, &[&args.model], args.attempts)?;
    let options = SessionOptions {
        stream: "chat".to_owned(),
        models: BTreeSet::from([args.model.clone()]),
        account: Account::new("this call", Limits::default()),
        call_limits: Limits::default(),
        outages_stop: false,
    };
    let request = ChatRequest {
        model: args.model,
        messages: vec![Message::user(args.message)],
        tools: vec![],
        temperature: None,
        max_tokens: Some(args.max_tokens),
    };
    let mut conversation = Conversation::live(&models, options, Arc::new(MemoryTranscript::default()))?;
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

/// Models of these names, with their keys from environment and files.
fn callable(session: &Session, names: &[&str], attempts: u32) -> Result<Models> {
    if attempts == 0 {
        return Err(usage_error("--attempts is 0; expected at least 1"));
    }
    let registry = Registry::new(session.settings.models.clone());
    let variables = ambient::keys(registry.variables());
    let mut files = BTreeMap::new();
    for file in registry.key_files() {
        let used = names.iter().any(|name| {
            session.settings.models.get(*name).and_then(|model| model.api_key_file.as_deref()) == Some(file)
        });
        if used {
            let text = String::from_utf8(folder::read_file(Path::new(file))?)
                .map_err(|_| usage_error(format!("{file}: it is not UTF-8")))?;
            files.insert(file.to_owned(), Secret::new(&text));
        }
    }
    let around = Surroundings { variables, files };
    let models = names.iter().map(|name| registry.model(name, &around)).collect::<Result<_, _>>()?;
    let retry = RetryPolicy { attempts_max: attempts, ..RetryPolicy::default() };
    let options = CallOptions { retry, ..CallOptions::default() };
    Ok(Models::new(models, options, Arc::new(SystemClock::start()))?)
}
