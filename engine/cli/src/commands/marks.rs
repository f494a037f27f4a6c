//! `marks`: what stands in a mark space, what was refused and why, and what would be.

use std::thread;
use std::time::Duration;

use anyhow::Result;
use hyperspace_core::{MarkKind, ScopeName};
use hyperspace_evolve::space_name;
use hyperspace_markspace::{Body, Draft, Explanation, GuardCheck, Listing, MarkView, Refusal, Seq};
use hyperspace_store::{SpaceReader, Store};
use serde_json::{Value, json};

use super::{Session, target};
use crate::args;
use crate::exit::{OK, usage_error};
use crate::output;

/// How long a follower waits before it looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// Characters of content in a table.
const CONTENT_CHARS: usize = 60;

/// Lists, follows or explains.
pub(crate) fn run(session: &Session, args: args::Marks) -> Result<u8> {
    let name = space(&session.reader()?, &args.space)?;
    let listing = listing(&args)?;
    if let Some(draft) = &args.attempt {
        return attempt(session, &name, &args, draft);
    }
    if let Some(what) = &args.explain {
        return explain(session, &name, what);
    }
    if args.refused {
        return refused(session, &name, &listing, args.limit);
    }
    let reader = SpaceReader::open(session.reader()?, &name)?;
    if args.follow {
        return follow(session, &reader, &listing, args.limit);
    }
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let views = reader.list(&listing, limit).map_err(told)?;
    if session.common.json {
        let marks: Vec<Value> = views.iter().map(document).collect();
        output::json(&json!({"space": name, "now": reader.now(), "marks": marks}))?;
        return Ok(OK);
    }
    let head = ["mark", "time", "kind", "agent", "scope", "about", "strength", "content"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(views.iter().map(row));
    output::text(&output::table(&rows))?;
    Ok(OK)
}

/// The space that was asked for: one by name, or that of a run; without both the only one there is.
pub(crate) fn space(store: &Store, args: &args::SpaceArgs) -> Result<ScopeName> {
    let known = store.spaces()?;
    if let Some(text) = &args.space {
        let name = ScopeName::new(text).map_err(|error| usage_error(format!("--space: {error}")))?;
        if known.contains(&name) {
            return Ok(name);
        }
        let names: Vec<String> = known.iter().map(ToString::to_string).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        return Err(usage_error(format!("the store has no mark space {name}; it has {names}")));
    }
    if let (None, [only]) = (&args.run, &known[..]) {
        return Ok(only.clone());
    }
    if args.run.is_none() && store.runs()?.is_empty() {
        let names: Vec<String> = known.iter().map(ToString::to_string).collect();
        return Err(usage_error(match names[..] {
            [] => "the store has no mark space; `evolve` makes one".to_owned(),
            _ => format!("name a mark space with --space: {}", names.join(", ")),
        }));
    }
    let name = space_name(&target::run(store, args.run.as_deref())?);
    if known.contains(&name) { Ok(name) } else { Err(usage_error(format!("{name} has no mark space"))) }
}

/// A refusal of what the user asked for, in words.
pub(crate) fn told(refusal: Refusal) -> anyhow::Error {
    usage_error(refusal.to_string())
}

/// A scope of the command line.
pub(crate) fn scope(text: Option<&str>) -> Result<Option<ScopeName>> {
    let scope = text.map(ScopeName::new).transpose();
    scope.map_err(|error| usage_error(format!("--scope: {error}")))
}

fn listing(args: &args::Marks) -> Result<Listing> {
    let mut kinds = MarkKind::ALL.to_vec();
    if let Some(text) = &args.kind {
        kinds.retain(|kind| json!(kind) == json!(text));
        if kinds.is_empty() {
            let expected = "expected intent, action, observation, warning or need";
            return Err(usage_error(format!("--kind is {text:?}; {expected}")));
        }
    }
    if args.topic.is_some() {
        kinds.retain(|kind| matches!(kind, MarkKind::Observation | MarkKind::Warning));
    } else if args.resource.is_some() {
        kinds.retain(|kind| matches!(kind, MarkKind::Intent | MarkKind::Action));
    }
    if kinds.is_empty() {
        return Err(usage_error(
            "observations and warnings have a topic, intents and actions a resource, needs neither",
        ));
    }
    Ok(Listing {
        scope: scope(args.scope.as_deref())?,
        kinds,
        subject: args.topic.clone().or_else(|| args.resource.clone()),
        agent: args.agent.clone(),
        faded: args.all,
    })
}

/// The content of a mark, in words.
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

fn row(view: &MarkView) -> Vec<String> {
    let (mark, body) = (&view.mark, view.mark.body());
    let mut text: String = content(body).chars().map(|c| if c == '\n' { ' ' } else { c }).collect();
    if text.chars().count() > CONTENT_CHARS {
        text = text.chars().take(CONTENT_CHARS - 1).chain(['…']).collect();
    }
    vec![
        mark.seq().to_string(),
        mark.created().0.to_string(),
        json!(body.kind()).as_str().unwrap_or_default().to_owned(),
        mark.author().to_owned(),
        mark.scope().to_string(),
        body.subject().to_owned(),
        format!("{:.3}", view.strength.as_f64()),
        text,
    ]
}

pub(crate) fn document(view: &MarkView) -> Value {
    let mark = &view.mark;
    json!({
        "number": mark.seq(),
        "id": mark.id(),
        "agent": mark.author(),
        "scope": mark.scope(),
        "time": mark.created(),
        "strength": view.strength.as_f64(),
        "initial_strength": mark.initial_strength().as_f64(),
        "supersedes": mark.supersedes(),
        "body": mark.body(),
    })
}

/// Prints marks as they become durable, the oldest first; `limit` ends it.
fn follow(session: &Session, reader: &SpaceReader, listing: &Listing, limit: u64) -> Result<u8> {
    let (mut next, mut printed) = (Seq(0), 0);
    loop {
        let end = Seq(reader.len());
        for view in reader.since(listing, next).map_err(told)? {
            if session.common.json {
                output::text(&document(&view).to_string())?;
            } else {
                output::text(&row(&view).join("  "))?;
            }
            printed += 1;
            if printed >= limit {
                return Ok(OK);
            }
        }
        next = end;
        if reader.refresh()? == end {
            thread::sleep(LOOK_AGAIN);
        }
    }
}

fn takes(listing: &Listing, decision: &Explanation) -> bool {
    let inside =
        |scope: &ScopeName| ScopeName::new(&decision.scope).is_ok_and(|place| scope.contains(&place));
    listing.scope.as_ref().is_none_or(inside)
        && listing.agent.as_ref().is_none_or(|agent| *agent == decision.agent)
        && listing.subject.as_ref().is_none_or(|subject| *subject == decision.subject)
}

/// Decisions that went against who asked, the newest first.
fn refused(session: &Session, name: &ScopeName, listing: &Listing, limit: u64) -> Result<u8> {
    let mut found = Vec::new();
    let reader = SpaceReader::open(session.reader()?, name)?;
    reader.explain(name, |decision| {
        if decision.is_refusal() && takes(listing, &decision) {
            found.push(decision);
        }
    })?;
    found.reverse();
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    if session.common.json {
        output::json(&json!({"space": name, "refused": found}))?;
        return Ok(OK);
    }
    let head = ["entry", "time", "asked", "agent", "scope", "about", "check", "reason"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for decision in &found {
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
    output::text(&output::table(&rows))?;
    Ok(OK)
}

fn check_name(check: GuardCheck) -> String {
    json!(check).as_str().unwrap_or_default().to_owned()
}

/// The chain of checks of one decision: of an entry, or of the one that made a mark.
fn explain(session: &Session, name: &ScopeName, what: &str) -> Result<u8> {
    let (of_mark, digits) = match what.strip_prefix('#') {
        Some(digits) => (true, digits),
        None => (false, what),
    };
    let number: u64 = digits.parse().map_err(|_| {
        usage_error(format!(
            "--explain is {what:?}; expected the number of an entry, or # and the number of a mark"
        ))
    })?;
    let reader = SpaceReader::open(session.reader()?, name)?;
    let (mut found, mut entries) = (None, 0);
    reader.explain(name, |decision| {
        entries += 1;
        let hit = if of_mark { decision.mark == Some(Seq(number)) } else { decision.entry == number };
        if hit && found.is_none() {
            found = Some(decision);
        }
    })?;
    match found {
        Some(decision) => tell(session, name, &decision),
        None if of_mark && number < reader.len() => Err(usage_error(format!(
            "mark #{number} was left by the engine itself while it decided on something else"
        ))),
        None if of_mark => {
            let marks = reader.len();
            Err(usage_error(format!("there is no mark #{number}; {name} has {marks} marks, from #0")))
        }
        None => Err(usage_error(format!("there is no entry {number}; {name} has {entries} entries, from 0"))),
    }
}

fn tell(session: &Session, name: &ScopeName, decision: &Explanation) -> Result<u8> {
    if session.common.json {
        output::json(&json!({"space": name, "decision": decision}))?;
        return Ok(OK);
    }
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
    output::text(&text)?;
    Ok(OK)
}

/// What would become of a draft; nothing is written.
fn attempt(session: &Session, name: &ScopeName, args: &args::Marks, draft: &str) -> Result<u8> {
    let draft = Draft::parse(draft).map_err(|refusal| usage_error(format!("--try: {refusal}")))?;
    let Some(agent) = &args.agent else {
        return Err(usage_error("--try needs the agent that would leave it: --agent NAME"));
    };
    let Some(scope) = scope(args.scope.as_deref())? else {
        return Err(usage_error("--try needs the scope that it would stand in: --scope SCOPE"));
    };
    let reader = SpaceReader::open(session.reader()?, name)?;
    let decision = reader.attempt(agent, &scope, draft).map_err(told)?;
    tell(session, name, &decision)
}
