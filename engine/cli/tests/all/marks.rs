//! Marks and needs: of a run, and of a space that another process writes meanwhile.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use hyperspace_core::{MarkKind, ScopeName};
use hyperspace_evolve::{EditAccepted, EditRefused, StrategyPublished, ToolFinished};
use hyperspace_markspace::{
    Authority, Capability, CapabilitySpec, ClaimOutcome, Draft, Grant, LogicalClock, MarkSpace, Ratio,
    ScopeDef, SpaceRules, Tick, TrustSource,
};
use hyperspace_store::Store;
use serde_json::Value;

use crate::common::{environment, evolve};

fn scope(name: &str) -> ScopeName {
    ScopeName::new(name).unwrap()
}

struct Lab {
    authority: Authority,
    space: MarkSpace,
    ada: Capability,
}

/// A writer of the space `lab`, in this process.
fn lab(folder: &Path) -> Lab {
    let store = Store::open_or_create(folder, "test").unwrap();
    let (authority, clock) = (Authority::new(), Arc::new(LogicalClock::at(Tick(1_000))));
    let space = store.open_space(&scope("lab"), &authority, clock, SpaceRules::default()).unwrap();
    space.define(&authority, ScopeDef::new(scope("a"))).unwrap();
    let grants = vec![Grant { scope: scope("a"), kinds: MarkKind::ALL.to_vec() }];
    let ada = authority.issue("ada", CapabilitySpec::new(grants).trusted(TrustSource::Fleet));
    Lab { authority, space, ada }
}

impl Lab {
    fn leave(&self, draft: Draft) -> u64 {
        self.space.write_mark(&self.ada, &scope("a"), draft).unwrap().0
    }
}

fn array<'a>(value: &'a Value, key: &str) -> &'a Vec<Value> {
    value[key].as_array().unwrap()
}

#[test]
fn a_second_process_lists_and_follows_while_one_writes() {
    let env = environment();
    let lab = lab(&env.path("S"));
    for n in 0..4 {
        lab.leave(Draft::observation(&format!("t{}", n % 2), &format!("content {n}")));
    }
    lab.leave(Draft::warning("t0", "not so", None));
    let list = |more: &[&str]| env.json(&[&["marks", "--store", "S"], more].concat()).0;
    assert_eq!(array(&list(&[]), "marks").len(), 5);
    let newest = list(&["--topic", "t1", "--limit", "1"]);
    let newest = &array(&newest, "marks")[0];
    assert_eq!((newest["number"].as_u64(), newest["body"]["content"].as_str()), (Some(3), Some("content 3")));
    assert_eq!((newest["agent"].as_str(), newest["strength"].as_f64()), (Some("ada"), Some(1.0)));
    assert_eq!(array(&list(&["--kind", "warning"]), "marks").len(), 1);
    assert_eq!(array(&list(&["--agent", "bob"]), "marks").len(), 0);
    assert_eq!(array(&list(&["--scope", "a/b"]), "marks").len(), 0);

    let mut follower = env
        .command(&["marks", "--json", "--follow", "--limit", "8", "--store", "S"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines().map(Result::unwrap);
    let number = |line: Option<String>| {
        serde_json::from_str::<Value>(&line.unwrap()).unwrap()["number"].as_u64().unwrap()
    };
    for expected in 0..5 {
        assert_eq!(number(lines.next()), expected);
    }
    // The follower has seen everything: what it prints from here on was written while it was reading.
    for expected in 5..8 {
        assert_eq!(lab.leave(Draft::observation("t0", "later")), expected);
        assert_eq!(number(lines.next()), expected);
    }
    assert_eq!(lines.next(), None);
    assert_eq!(follower.wait().unwrap().code(), Some(0));
}

#[test]
fn a_refusal_is_explained_check_by_check() {
    let env = environment();
    let lab = lab(&env.path("S"));
    lab.leave(Draft::observation("t", "c"));
    let nowhere = lab.space.write_mark(&lab.ada, &scope("b"), Draft::need("?", Ratio::ONE));
    nowhere.unwrap_err();
    let bob = lab.authority.issue("bob", CapabilitySpec::new(vec![]));
    lab.space.write_mark(&bob, &scope("a"), Draft::need("?", Ratio::ONE)).unwrap_err();
    lab.space.flush().unwrap();
    let (refused, code) = env.json(&["marks", "--refused", "--store", "S"]);
    assert_eq!(code, 0);
    let refused = array(&refused, "refused");
    let checks: Vec<&str> = refused.iter().map(|r| r["failed"].as_str().unwrap()).collect();
    assert_eq!(checks, ["authority", "scope"]);
    assert_eq!(
        array(&env.json(&["marks", "--refused", "--agent", "bob", "--store", "S"]).0, "refused").len(),
        1
    );
    let entry = refused[0]["entry"].to_string();
    let (told, _) = env.json(&["marks", "--explain", &entry, "--store", "S"]);
    let passed: Vec<&str> =
        array(&told["decision"], "passed").iter().map(|check| check.as_str().unwrap()).collect();
    assert_eq!(passed, ["clock", "credential", "door", "scope"]);
    assert!(told["decision"]["reason"].as_str().unwrap().contains("bob may not leave"));
    let text = String::from_utf8(env.run(&["marks", "--explain", &entry, "--store", "S"]).stdout).unwrap();
    assert!(text.contains("passed  scope\n  FAILED  authority: bob may not leave"), "{text}");
    let (made, _) = env.json(&["marks", "--explain", "#0", "--store", "S"]);
    assert_eq!(
        (made["decision"]["verdict"].as_str(), made["decision"]["mark"].as_u64()),
        (Some("accepted"), Some(0))
    );

    let attempt = |agent: &str, draft: &str| {
        env.json(&["marks", "--try", draft, "--agent", agent, "--scope", "a", "--store", "S"]).0["decision"]
            .clone()
    };
    let need = "{\"kind\":\"need\",\"question\":\"which?\"}";
    assert_eq!(attempt("ada", need)["verdict"], "accepted");
    assert_eq!(attempt("bob", need)["failed"], "authority");
    let replaces = "{\"kind\":\"observation\",\"topic\":\"t\",\"supersedes\":9}";
    assert_eq!(attempt("ada", replaces)["failed"], "reference");
    assert_eq!(env.json(&["marks", "--store", "S"]).0["marks"].as_array().unwrap().len(), 1);
}

#[test]
fn a_need_is_answered_by_a_human_and_read_by_its_author() {
    let env = environment();
    {
        let lab = lab(&env.path("S"));
        lab.leave(Draft::need("left or right?", Ratio::ONE));
        lab.leave(Draft::need("when?", Ratio::HALF));
        env.fails(
            &["needs", "--resolve", "0", "--answer", "left", "--store", "S"],
            2,
            &["another process is writing"],
        );
    }
    let (needs, _) = env.json(&["needs", "--store", "S"]);
    let cluster = &array(&needs, "needs")[0];
    assert_eq!((cluster["scope"].as_str(), array(cluster, "needs").len()), (Some("a"), 2));
    let text = String::from_utf8(env.run(&["needs", "--store", "S"]).stdout).unwrap();
    assert!(text.contains("#0  ada: left or right?"), "{text}");
    let (done, code) = env.json(&["needs", "--resolve", "0", "--answer", "left", "--store", "S"]);
    assert_eq!((code, done["resolved"].as_u64()), (0, Some(0)));
    assert_eq!(array(&array(&env.json(&["needs", "--store", "S"]).0, "needs")[0], "needs").len(), 1);
    env.fails(&["needs", "--resolve", "0", "--answer", "right", "--store", "S"], 2, &["#0", "resolved"]);
    let lab = lab(&env.path("S"));
    assert_eq!(lab.space.answer(&lab.ada, hyperspace_markspace::Seq(0)).unwrap().as_deref(), Some("left"));
}

#[test]
fn everything_that_a_run_decided_is_a_mark_or_a_refusal() {
    let env = environment();
    let meta = std::fs::read_to_string(env.path("climber/meta_agent.py")).unwrap();
    env.write(
        "climber/meta_agent.py",
        format!("{meta}    try:\n        open('/repo/README', 'w')\n    except OSError:\n        pass\n"),
    );
    let run = evolve(&env, "S", 3)["run"].as_str().unwrap().to_owned();
    let (events, _) = env.json(&["log", &run, "--events", "--store", "S"]);
    let of = |kind: &str| -> Vec<Value> {
        let events = array(&events, "events").iter().filter(|event| event["kind"] == kind);
        events.map(|event| event["body"].clone()).collect()
    };
    let (marks, _) = env.json(&["marks", &run, "--kind", "action", "--store", "S"]);
    let marks = array(&marks, "marks");
    let mut found = 0;
    for kind in [EditAccepted::KIND, StrategyPublished::KIND, ToolFinished::KIND] {
        assert!(!of(kind).is_empty(), "{kind}");
        for event in of(kind) {
            let mark = marks.iter().find(|mark| mark["number"] == event["number"]).unwrap();
            assert_eq!(mark["id"], event["mark"]);
            found += 1;
        }
    }
    assert_eq!(marks.len(), found);
    let (edits, _) =
        env.json(&["marks", "--resource", "task_agent.py", "--scope", "codebase/climber", "--store", "S"]);
    assert_eq!(array(&edits, "marks").len(), 9, "three generations of three candidates");
    let (refused, _) = env.json(&["marks", &run, "--refused", "--store", "S"]);
    let refused = array(&refused, "refused");
    assert_eq!((refused.len(), of(EditRefused::KIND).len()), (9, 9));
    assert!(
        refused.iter().all(|r| r["failed"] == "resource" && r["subject"] == "/repo/README"),
        "{refused:?}"
    );
    assert_eq!(env.json(&["fsck", "--store", "S"]).1, 0);
    assert_eq!(env.json(&["replay", "--all", "--store", "S"]).1, 0);
}

#[test]
fn mistakes_are_named() {
    let env = environment();
    let lab = lab(&env.path("S"));
    lab.leave(Draft::observation("t", "c"));
    let verdict = lab.space.pre_action(&lab.ada, &scope("a"), ("r", "edit"), Ratio::ONE);
    assert!(matches!(verdict, ClaimOutcome::Allow(_)));
    let marks = |more: &[&'static str]| [&["marks", "--store", "S"], more].concat();
    let attempt = |draft: &'static str| marks(&["--try", draft, "--agent", "ada", "--scope", "a"]);
    env.fails(&marks(&["--space", "nope"]), 2, &["nope", "lab"]);
    env.fails(&marks(&["--space", "../x"]), 2, &["--space"]);
    env.fails(&marks(&["--scope", "unknown"]), 2, &["unknown", "not defined"]);
    env.fails(&marks(&["--scope", "a//b"]), 2, &["--scope"]);
    env.fails(&marks(&["--kind", "rumour"]), 2, &["rumour", "observation"]);
    env.fails(&marks(&["--kind", "need", "--topic", "t"]), 2, &["topic"]);
    env.fails(&marks(&["--explain", "99"]), 2, &["99", "entries"]);
    env.fails(&marks(&["--explain", "#99"]), 2, &["#99", "2 marks"]);
    env.fails(&marks(&["--explain", "x"]), 2, &["--explain", "number"]);
    env.fails(&attempt("{\"kind\":\"need\""), 2, &["mark", "line 1"]);
    env.fails(&attempt("{\"kind\":\"need\",\"question\":\"q\",\"prio\":1}"), 2, &["prio"]);
    env.fails(
        &attempt("{\"kind\":\"need\",\"question\":\"q\",\"priority\":1e999}"),
        2,
        &["mark", "out of range"],
    );
    env.fails(&attempt("{\"kind\":\"need\",\"question\":\"q\",\"priority\":NaN}"), 2, &["mark", "line 1"]);
    env.fails(
        &attempt("{\"kind\":\"need\",\"question\":\"q\",\"priority\":1.5}"),
        2,
        &["priority", "1.5", "0 to 1"],
    );
    env.fails(
        &marks(&["--try", "{\"kind\":\"need\",\"question\":\"q\"}", "--agent", "eve", "--scope", "a"]),
        2,
        &["eve", "no capability"],
    );
    env.fails(
        &marks(&["--try", "{\"kind\":\"need\",\"question\":\"q\"}", "--agent", "ada"]),
        2,
        &["--scope"],
    );
    let needs = |more: &[&'static str]| [&["needs", "--store", "S"], more].concat();
    env.fails(&needs(&["--resolve", "99", "--answer", "x"]), 2, &["#99", "does not exist"]);
    env.fails(&needs(&["--resolve", "0", "--answer", "x"]), 2, &["#0", "no need"]);
    env.fails(&needs(&["--resolve", "0"]), 2, &["--answer"]);
    env.fails(&needs(&["--scope", "unknown"]), 2, &["unknown", "not defined"]);
    env.fails(&["marks", "--store", "absent"], 2, &["absent", "no store"]);
}
