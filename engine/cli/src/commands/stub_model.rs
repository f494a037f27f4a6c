//! `stub-model`.

use std::io::{self, Write};

use super::Code;
use crate::error::CliError;
use crate::exit::OK;
use crate::session::CliSession;
use crate::{args, output};

/// Serves a script until the process is ended.
pub(crate) fn run(session: &CliSession, args: &args::StubModel) -> Code {
    session.engine.block_on(async {
        let server =
            session.engine.serve_stub(args.script.as_deref(), args.dialect.as_deref(), args.port).await?;
        let view = server.view();
        if session.json {
            output::json(view)?;
        } else {
            output::text(&format!("{}\n", view.base_url))?;
            writeln!(
                io::stderr(),
                "[{} rules; use this address as `base-url` of a model; end with Ctrl-C]",
                view.rules
            )?;
            if !view.settings.is_empty() {
                writeln!(io::stderr(), "[its section also needs: {}]", view.settings)?;
            }
        }
        io::stdout().flush()?;
        server.wait().await;
        Ok::<_, CliError>(OK)
    })?
}
