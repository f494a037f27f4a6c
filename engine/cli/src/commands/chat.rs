//! `chat`.

use std::io::{self, Write};

use hyperspace_llm::Reply;
use hyperspace_service::ChatOnce;

use super::{Code, cost};
use crate::session::CliSession;
use crate::{ambient, args, exit, output};

/// Calls a model once.
pub(crate) fn run(session: &CliSession, args: args::Chat) -> Code {
    let model = args.model.clone();
    let request = ChatOnce::new(args.model, args.message).max_tokens(args.max_tokens).attempts(args.attempts);
    let view = session.engine.chat_blocking(request)?;
    let code = exit::of(view.failure());
    if session.json {
        output::json(&view)?;
        return Ok(code);
    }
    match &view.reply {
        Reply::Answer(answer) => {
            output::text(answer.message.text().unwrap_or_default())?;
            if let Some(reason) = answer.why_empty() {
                writeln!(io::stderr(), "the answer is empty: {}", output::line(reason))?;
            }
            if answer.is_cut() {
                writeln!(io::stderr(), "the answer is cut off: it reached the limit of its length")?;
            }
        }
        Reply::Failure(failure) => {
            // The message may quote a provider.
            writeln!(io::stderr(), "error: {}", output::harmless(&failure.message))?;
            if let Some(place) = session.place_of_model(&failure.message) {
                let hint = format!("hint: {}", output::line(&place));
                writeln!(io::stderr(), "{}", output::wrapped(&hint, ambient::message_width(), 2))?;
            }
        }
    }
    if ambient::stderr_is_terminal() {
        let spent = view.stats.spent;
        let paid = session.engine.paid(&spent, [model.as_str()]);
        writeln!(io::stderr(), "[{}]", cost::tokens(&spent, &paid))?;
    }
    Ok(code)
}
