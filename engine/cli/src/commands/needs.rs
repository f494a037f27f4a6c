//! `needs`.

use hyperspace_markspace::Body;
use hyperspace_service::NeedsView;

use super::Code;
use crate::exit::OK;
use crate::session::CliSession;
use crate::{args, output};

/// Lists open needs, or answers one.
pub(crate) fn run(session: &CliSession, args: args::Needs) -> Code {
    let space = args.space.reference();
    if space.space.is_none() && args.resolve.is_none() {
        session.tell_run(space.run.as_deref())?;
    }
    if let (Some(number), Some(answer)) = (args.resolve, &args.answer) {
        let view = session.engine.answer_need(&space, number, answer)?;
        if session.json {
            output::json(&view)?;
        } else {
            output::text(&format!("need {} is answered\n", view.resolved))?;
        }
        return Ok(OK);
    }
    let view = session.engine.needs(&space, args.scope.as_deref())?;
    if session.json {
        output::json(&view)?;
    } else {
        output::text(&text(&view))?;
    }
    Ok(OK)
}

fn text(view: &NeedsView) -> String {
    if view.needs.is_empty() {
        return "no open needs\n".to_owned();
    }
    let mut text = String::new();
    for cluster in &view.needs {
        let (priority, count) = (cluster.priority, cluster.needs.len());
        text.push_str(&format!(
            "{}: priority {priority:.2}, {count} open, {} blocking\n",
            cluster.scope, cluster.blocking
        ));
        for need in &cluster.needs {
            let Body::Need { question, context, blocking, .. } = &need.body else { continue };
            let blocking = if *blocking { " BLOCKING" } else { "" };
            text.push_str(&format!("  {}  {}{blocking}: {question}\n", need.number, need.agent));
            if let Some(context) = context {
                text.push_str(&format!("        {}\n", context.replace('\n', "\n        ")));
            }
        }
    }
    text
}
