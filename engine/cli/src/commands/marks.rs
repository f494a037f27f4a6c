//! `marks`.

use std::thread;
use std::time::Duration;

use hyperspace_markspace::{Body, Explanation, GuardCheck};
use hyperspace_service::{DecisionView, MarkAttempt, MarkQuery, MarkRow, MarksView, RefusedView, SpaceRef};

use super::Code;
use crate::args::{self, kind_name};
use crate::exit::OK;
use crate::output;
use crate::session::CliSession;

/// Time between two looks for new marks when following.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// Maximum number of characters of content in a table.
const CONTENT_CHARS: usize = 60;

/// Lists, follows or explains marks.
pub(crate) fn run(session: &CliSession, args: args::Marks) -> Code {
    let (engine, query) = (&session.engine, args.query());
    let space = args.space.reference();
    if space.space.is_none() {
        session.tell_run(space.run.as_deref())?;
    }
    if let Some(draft) = &args.attempt {
        let (agent, scope) = (args.agent.as_deref(), args.scope.as_deref());
        return decision(session, &engine.attempt_mark(&space, &MarkAttempt { agent, scope, draft })?);
    }
    if let Some(what) = &args.explain {
        return decision(session, &engine.explain_decision(&space, what)?);
    }
    if args.refused {
        let view = engine.refused_marks(&space, &query)?;
        return if session.json { document(&view) } else { shown(&refused(&view)) };
    }
    if args.follow {
        return follow(session, &space, &query);
    }
    let view = engine.marks(&space, &query)?;
    if session.json { document(&view) } else { shown(&list(&view)) }
}

fn document(view: &impl serde::Serialize) -> Code {
    output::json(view)?;
    Ok(OK)
}

fn shown(text: &str) -> Code {
    output::text(text)?;
    Ok(OK)
}

fn list(view: &MarksView) -> String {
    if view.marks.is_empty() {
        return "no marks\n".to_owned();
    }
    let head = ["mark", "time", "kind", "agent", "scope", "about", "strength", "content"];
    let mut rows = vec![output::head(head)];
    rows.extend(view.marks.iter().map(row));
    output::table(&rows)
}

/// Returns the content of a mark, in words.
fn content(body: &Body) -> String {
    match body {
        Body::Intent { action, confidence, .. } => {
            format!("{action}, confidence {}", f64::from(confidence.as_millionths()) / 1e6)
        }
        Body::Action { action, result, failed, .. } => {
            let failed = if *failed { " FAILED" } else { "" };
            format!("{action}{failed} {}", result.as_deref().unwrap_or_default())
        }
        Body::Observation { content, .. } => content.clone().unwrap_or_default(),
        Body::Warning { reason, invalidates, .. } => match invalidates {
            Some(mark) => format!("against {mark}: {reason}"),
            None => reason.clone(),
        },
        Body::Need { question, blocking, .. } => {
            format!("{}{question}", if *blocking { "BLOCKING " } else { "" })
        }
    }
}

fn row(mark: &MarkRow) -> Vec<String> {
    let mut text: String = content(&mark.body).chars().map(|c| if c == '\n' { ' ' } else { c }).collect();
    if text.chars().count() > CONTENT_CHARS {
        text = text.chars().take(CONTENT_CHARS - 1).chain(['…']).collect();
    }
    vec![
        mark.number.to_string(),
        mark.time.0.to_string(),
        kind_name(mark.body.kind()).to_owned(),
        mark.agent.clone(),
        mark.scope.to_string(),
        mark.body.subject().to_owned(),
        format!("{:.3}", mark.strength),
        text,
    ]
}

/// Prints marks as they become durable, oldest first; the limit of the query ends it.
fn follow(session: &CliSession, space: &SpaceRef, query: &MarkQuery) -> Code {
    let mut follower = session.engine.follow_marks(space, query)?;
    let (limit, mut printed) = (query.limit.unwrap_or(usize::MAX), 0);
    loop {
        let marks = follower.poll()?;
        for mark in &marks {
            if session.json {
                output::json_line(mark)?;
            } else {
                output::text(&output::line(&row(mark).join("  ")))?;
            }
            printed += 1;
            if printed >= limit {
                return Ok(OK);
            }
        }
        if marks.is_empty() {
            thread::sleep(LOOK_AGAIN);
        }
    }
}

/// Returns the serialised name of a check.
fn check_name(check: GuardCheck) -> String {
    serde_json::to_value(check).ok().and_then(|name| Some(name.as_str()?.to_owned())).unwrap_or_default()
}

/// Returns refusals as a table.
fn refused(view: &RefusedView) -> String {
    if view.refused.is_empty() {
        return "no refusals\n".to_owned();
    }
    let head = ["entry", "time", "asked", "agent", "scope", "about", "check", "reason"];
    let mut rows = vec![output::head(head)];
    for decision in &view.refused {
        rows.push(vec![
            decision.entry.to_string(),
            decision.at.0.to_string(),
            decision.operation.to_owned(),
            decision.agent.clone(),
            decision.scope.clone(),
            decision.subject.clone(),
            decision.failed.map_or_else(String::new, check_name),
            decision.reason.replace('\n', " "),
        ]);
    }
    output::table(&rows)
}

fn decision(session: &CliSession, view: &DecisionView) -> Code {
    if session.json { document(view) } else { shown(&explanation(&view.decision)) }
}

/// Returns the chain of checks of a decision.
fn explanation(decision: &Explanation) -> String {
    let who = if decision.agent.is_empty() { "the principal" } else { &decision.agent };
    let mut text = format!("entry {}: {} by {who}", decision.entry, decision.operation);
    for (word, value) in [("in", &decision.scope), ("about", &decision.subject)] {
        if !value.is_empty() {
            text.push_str(&format!(" {word} {value}"));
        }
    }
    text.push_str(&format!(", at {}: {}\n", decision.at.0, decision.verdict));
    for check in &decision.passed {
        text.push_str(&format!("  passed  {}\n", check_name(*check)));
    }
    if let Some(failed) = decision.failed {
        text.push_str(&format!("  FAILED  {}: {}\n", check_name(failed), decision.reason));
    }
    if let Some(mark) = decision.mark {
        text.push_str(&format!("  mark    {mark}\n"));
    }
    text
}
