//! `stub-model`.

use std::io::{self, Write};
use std::sync::Arc;

use anyhow::{Context, Result};
use hyperspace_llm::stub::{Script, StubServer};
use serde_json::json;

use super::Session;
use crate::ambient::SystemClock;
use crate::exit::{OK, usage_error};
use crate::{args, folder, output};

/// Serves a script until the process is ended.
pub(crate) fn run(session: &Session, args: &args::StubModel) -> Result<u8> {
    let file = args.script.display().to_string();
    let text = String::from_utf8(folder::read_file(&args.script)?)
        .map_err(|_| usage_error(format!("{file}: it is not UTF-8")))?;
    let script = Script::parse(&file, &text).map_err(|error| usage_error(error.to_string()))?;
    let rules = script.rules();
    session.runtime()?.block_on(async {
        let stub = StubServer::start(script, args.port, Arc::new(SystemClock::start())).await;
        let stub = stub.with_context(|| format!("port {} of 127.0.0.1", args.port))?;
        let url = stub.base_url();
        if session.common.json {
            output::json(&json!({ "address": stub.address(), "base_url": url, "rules": rules }))?;
        } else {
            output::text(&format!("{url}\n"))?;
            writeln!(
                io::stderr(),
                "[{rules} rules; use this address as `base-url` of a model; end with Ctrl-C]"
            )?;
        }
        io::stdout().flush()?;
        stub.wait().await;
        Ok(OK)
    })
}
