//! `needs`: what waits for a human, and answers to it.

use std::process;
use std::sync::Arc;

use anyhow::Result;
use hyperspace_core::{MarkKind, ScopeName};
use hyperspace_markspace::{Authority, Body, Listing, LogicalClock, NeedCluster, Seq, SpaceRules};
use hyperspace_store::{SpaceReader, Store};
use serde_json::{Value, json};

use super::{Session, marks};
use crate::args;
use crate::exit::{OK, usage_error};
use crate::output;

/// Lists open needs, or answers one.
pub(crate) fn run(session: &Session, args: args::Needs) -> Result<u8> {
    let name = marks::space(&session.reader()?, &args.space)?;
    let reader = SpaceReader::open(session.reader()?, &name)?;
    if let Some(number) = args.resolve {
        let Some(answer) = &args.answer else {
            return Err(usage_error("--resolve needs an answer: --answer TEXT"));
        };
        return resolve(session, &name, &reader, Seq(number), answer);
    }
    let scope = marks::scope(args.scope.as_deref())?;
    if let Some(scope) = &scope {
        // The scope must be one of the space; the list of needs would just be empty.
        let listing = Listing { scope: Some(scope.clone()), ..Listing::default() };
        reader.list(&listing, 0).map_err(marks::told)?;
    }
    let mut clusters = reader.needs();
    clusters.retain(|cluster| scope.as_ref().is_none_or(|scope| scope.contains(&cluster.scope)));
    if session.common.json {
        let documents: Vec<Value> = clusters.iter().map(document).collect();
        output::json(&json!({"space": name, "needs": documents}))?;
        return Ok(OK);
    }
    output::text(&text(&clusters))?;
    Ok(OK)
}

fn document(cluster: &NeedCluster) -> Value {
    let needs = cluster.needs.iter().map(|need| {
        json!({
            "number": need.seq(),
            "agent": need.author(),
            "time": need.created(),
            "body": need.body(),
        })
    });
    json!({
        "scope": cluster.scope,
        "priority": cluster.priority as f64 / 1e6,
        "blocking": cluster.blocking,
        "needs": needs.collect::<Vec<_>>(),
    })
}

fn text(clusters: &[NeedCluster]) -> String {
    if clusters.is_empty() {
        return "nothing waits for you\n".to_owned();
    }
    let mut text = String::new();
    for cluster in clusters {
        let (priority, count) = (cluster.priority as f64 / 1e6, cluster.needs.len());
        text.push_str(&format!(
            "{}: priority {priority:.2}, {count} open, {} blocking\n",
            cluster.scope, cluster.blocking
        ));
        for need in &cluster.needs {
            let Body::Need { question, context, blocking, .. } = need.body() else { continue };
            let blocking = if *blocking { " BLOCKING" } else { "" };
            text.push_str(&format!("  {}  {}{blocking}: {question}\n", need.seq(), need.author()));
            if let Some(context) = context {
                text.push_str(&format!("        {}\n", context.replace('\n', "\n        ")));
            }
        }
    }
    text
}

/// Answers a need as the principal, who whoever may write the store's files is.
fn resolve(session: &Session, name: &ScopeName, reader: &SpaceReader, need: Seq, answer: &str) -> Result<u8> {
    let held = reader.held(need);
    if held.as_ref().is_none_or(|view| view.mark.body().kind() != MarkKind::Need) {
        let what = if held.is_some() { "is no need" } else { "does not exist" };
        return Err(usage_error(format!("--resolve: mark {need} {what}; `needs` lists what is open")));
    }
    let holder = format!("hyperspace needs, process {}", process::id());
    let store = Store::open_writer(&session.store_dir(), &holder)?;
    // The time stands where the space's own writer left it.
    let (authority, clock) = (Authority::new(), Arc::new(LogicalClock::at(reader.now())));
    let space = store.open_space(name, &authority, clock, SpaceRules::default())?;
    space.answer_need_in_words(&authority, need, answer).map_err(marks::told)?;
    if session.common.json {
        output::json(&json!({"space": name, "resolved": need, "answer": answer}))?;
    } else {
        output::text(&format!("need {need} is answered\n"))?;
    }
    Ok(OK)
}
