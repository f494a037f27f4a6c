//! Recorded journals come back byte for byte; what is no event is refused by name.

use std::collections::BTreeSet;
use std::path::Path;

use hyperspace_core::{BlobId, MarkId, RecordId, RelPath, TreeId, canon};
use hyperspace_eval::{Score, Split};
use hyperspace_evolve::{
    AgentExtended, AgentMeasured, ArmChosen, ArmStatistics, CallStream, CandidateCompared,
    CandidateEvaluated, CandidateFate, CandidateGuided, CandidateId, CandidateJudged, CandidateResembled,
    CandidateSelected, CandidateSlimmed, CandidateStopped, ChampionChanged, ChampionRestored,
    ComplacencyFound, ContinuousStarted, DriftFound, EditAccepted, EditRefused, Event, EventError, Fate,
    GapFound, GapMeasured, GenerationFinished, HeldOutAsked, HeldOutSpent, IslandMigrated, IslandOpened,
    IslandRestarted, MarkRef, MemberSanitised, MetaFinished, ModelCalls, Resemblance, RunImported,
    RunStarted, StrategyPublished, StrategyRefused, ToolCallRef, ToolFinished, ToolRefused, ToolRun,
    TournamentDecided, TournamentSide, WindowDrawn, event_reference,
};
use hyperspace_sandbox::Outcome;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Rows of the store's table `events`, written by commit c529c42, before events had types.
const RECORDED: &str = include_str!("../../vectors/events.jsonl");

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn read(kind: &str, body: &Value) -> Result<Event, EventError> {
    Event::from_recorded(7, kind, body)
}

#[test]
fn recorded_journals_keep_their_bytes() {
    let mut shapes = BTreeSet::new();
    for line in RECORDED.lines() {
        let vector: Value = serde_json::from_str(line).unwrap();
        let recorded = bytes(vector["data"].as_str().unwrap());
        let mut entry = canon::decode(&recorded).unwrap();
        let kind = entry["kind"].as_str().unwrap().to_owned();
        let event = read(&kind, &entry["body"]).unwrap_or_else(|error| panic!("{error}\n{entry}"));
        let names: Vec<String> = entry["body"].as_object().unwrap().keys().cloned().collect();
        shapes.insert((kind.clone(), names));
        assert_eq!(event.kind(), kind);
        entry["body"] = event.body();
        assert_eq!(canon::encode(&entry).unwrap(), recorded, "{entry}");
    }
    let kinds: BTreeSet<&str> = shapes.iter().map(|(kind, _)| &**kind).collect();
    let missing: Vec<_> = Event::KINDS.iter().filter(|kind| !kinds.contains(*kind)).collect();
    // No run records them unless its principal interferes, or it names a strategy: see the next tests.
    let of_strategies =
        [&CandidateGuided::KIND, &IslandMigrated::KIND, &IslandRestarted::KIND, &IslandOpened::KIND];
    let [guided, migrated, restarted, opened] = of_strategies;
    let resembled = &CandidateResembled::KIND;
    let of_gates = [AgentMeasured::KIND, CandidateCompared::KIND, DriftFound::KIND, ChampionRestored::KIND];
    let stopped = [&CandidateStopped::KIND, &CandidateSlimmed::KIND];
    let of_filters = [&AgentExtended::KIND, resembled, &CandidateJudged::KIND, stopped[0], stopped[1]];
    let mut expected = vec![guided, &ArmChosen::KIND, &ToolRefused::KIND];
    expected.extend(of_filters);
    expected.extend([migrated, restarted, opened]);
    expected.extend(&of_gates);
    let of_splits =
        [WindowDrawn::KIND, HeldOutAsked::KIND, HeldOutSpent::KIND, GapMeasured::KIND, GapFound::KIND];
    expected.extend(&of_splits);
    expected.extend([&ComplacencyFound::KIND, &StrategyRefused::KIND, &MemberSanitised::KIND]);
    // Those of continuous runs, which have journals of their own, come last.
    expected.extend(Event::KINDS.iter().skip_while(|kind| **kind != ContinuousStarted::KIND));
    assert_eq!(missing, expected);
    // Meta agents with and without a log; calls of tools and meta agents.
    assert_eq!(shapes.len(), kinds.len() + 2, "{shapes:?}");
}

#[test]
fn refusals_of_the_mark_space_keep_their_fields() {
    let id = "1f".repeat(32);
    let bodies = [
        (ToolRefused::KIND, json!({"tool": "meta_agent", "reason": "no", "generation": 3, "candidate": 1})),
        (
            ToolRefused::KIND,
            json!({"tool": "bash", "run": 0, "call": 2, "failed": true, "request": id, "output": id, "reason": "no",
                "generation": 3, "candidate": 1}),
        ),
        (
            StrategyRefused::KIND,
            json!({"generation": 3, "candidate": 1, "name": "a_gen3_1", "tree": id, "reason": "no"}),
        ),
    ];
    for (kind, body) in bodies {
        assert_eq!(read(kind, &body).unwrap().body(), body);
    }
}

#[test]
fn decisions_of_strategies_keep_their_fields() {
    let place = json!({"generation": 2, "candidate": 0});
    let bodies = [
        (
            CandidateGuided::KIND,
            json!({"generation": 3, "candidate": 1, "island": 2, "arm": null, "draws": ["cell 3/18446744073709551615"],
                "inspirations": [place]}),
        ),
        (
            AgentExtended::KIND,
            json!({"generation": 3, "candidate": 1, "replaces": ["agent.llm_client", "agent.tools.bash_tool"], "adds": 2}),
        ),
        (
            CandidateResembled::KIND,
            json!({"generation": 3, "candidate": 1, "by": "near", "other": place, "tree": "0".repeat(64), "likeness": "19/20"}),
        ),
        (
            IslandMigrated::KIND,
            json!({"generation": 3, "agent": 0, "from": 0, "to": 1, "members": [place], "draw": null}),
        ),
        (
            IslandRestarted::KIND,
            json!({"generation": 3, "agent": 0, "island": 1, "founder": place, "draw": "island 0/2"}),
        ),
        (
            IslandOpened::KIND,
            json!({"generation": 3, "agent": 0, "island": 4, "founder": place, "stagnation": 30}),
        ),
    ];
    for (kind, body) in bodies {
        assert_eq!(read(kind, &body).unwrap().body(), body);
    }
    let body = json!({"generation": 3, "agent": 0, "island": 1, "founder": place, "draw": "island 00/2"});
    assert!(read(IslandRestarted::KIND, &body).unwrap_err().to_string().contains("draw"));
}

#[test]
fn answers_of_held_out_rows_and_to_signs_keep_their_fields() {
    let bodies = [
        (
            WindowDrawn::KIND,
            json!({"generation": 3, "epoch": 0, "part": 2, "parts": 4, "rows": 25, "of": 100}),
        ),
        (
            HeldOutAsked::KIND,
            json!({"generation": 3, "candidate": 1, "with": {"generation": 2, "candidate": 0}, "train_gained": 3,
                "train_lost": 1, "train_rows": 25, "held_out_gained": 2, "held_out_lost": 4, "held_out_rows": 50,
                "answer": "worse", "asked": 7, "spent": 2}),
        ),
        (HeldOutSpent::KIND, json!({"generation": 3, "budget": 50})),
        (
            GapMeasured::KIND,
            json!({"generation": 3, "candidate": 1, "train": "3/10", "held_out": "-1/50", "gap": "8/25"}),
        ),
        (GapFound::KIND, json!({"generation": 3, "candidate": 1, "gap": "8/25", "limit": "1/10"})),
        (
            ComplacencyFound::KIND,
            json!({"generation": 3, "agent": 0, "sign": "given-up", "candidates": 7, "evidence": ["gen_1_0 to gen_3_1 change nothing"],
                "answers": ["warn", "renew"], "number": 12, "mark": "1".repeat(64)}),
        ),
    ];
    for (kind, body) in bodies {
        assert_eq!(read(kind, &body).unwrap().body(), body);
    }
}

#[test]
fn sanitised_members_keep_their_fields() {
    let body = json!({"generation": 3, "candidate": 1, "tree": "1f".repeat(32),
        "changes": [{"policy": "instruction", "lines": 2}, {"policy": "claim", "lines": 1}]});
    assert_eq!(read(MemberSanitised::KIND, &body).unwrap().body(), body);
    let mut other = body;
    other["changes"][0]["policy"] = json!("taste");
    assert!(read(MemberSanitised::KIND, &other).unwrap_err().to_string().contains("changes"));
}

#[test]
fn kinds_are_unique() {
    assert_eq!(Event::KINDS.iter().collect::<BTreeSet<_>>().len(), Event::KINDS.len());
}

#[test]
fn an_unknown_kind_is_named() {
    let error = read("candidate.crowned", &json!({})).unwrap_err();
    assert_eq!(error, EventError::Kind { number: 7, kind: "candidate.crowned".to_owned() });
    assert!(error.to_string().contains("event 7") && error.to_string().contains("candidate.crowned"));
}

#[test]
fn a_malformed_body_names_kind_number_and_field() {
    let body = json!({"generation": 1, "candidate": 2, "fate": "champion"});
    assert!(read("candidate.fate", &body).is_ok());
    type Change = fn(&mut Value);
    let changes: [(&str, &str, Change); 6] = [
        ("fate", "is missing", |body| drop(body.as_object_mut().unwrap().remove("fate"))),
        ("fate", "unknown variant", |body| body["fate"] = json!("emperor")),
        ("fate", "null", |body| body["fate"] = Value::Null),
        ("generation", "1.0", |body| body["generation"] = json!(1.0)),
        ("candidate", "-1", |body| body["candidate"] = json!(-1)),
        ("note", "is unknown", |body| body["note"] = Value::Null),
    ];
    for (name, expected, change) in changes {
        let mut body = body.clone();
        change(&mut body);
        let error = read("candidate.fate", &body).unwrap_err();
        let EventError::Field { number: 7, kind, field, why } = &error else { panic!("{error:?}") };
        assert_eq!((&**kind, &**field), ("candidate.fate", name));
        assert!(why.contains(expected), "{why}");
        assert!(
            error.to_string().starts_with(&format!("event 7 (candidate.fate): field `{name}` ")),
            "{error}"
        );
    }
    let error = read("candidate.fate", &json!([])).unwrap_err();
    assert!(matches!(error, EventError::Body { number: 7, .. }), "{error}");
}

#[test]
fn only_the_recorded_form_is_read() {
    let decided = Event::from(TournamentDecided {
        generation: 1,
        agent: 0,
        tournament: 1,
        draw: 12,
        below: u64::MAX,
        directed: Score::ratio(1, 2),
        blind: None,
        winner: Some(TournamentSide::Directed),
    });
    let body = decided.body();
    assert_eq!((&body["below"], &body["blind"]), (&json!("18446744073709551615"), &Value::Null));
    assert_eq!(read(decided.kind(), &body).unwrap(), decided);
    for (name, other) in [("draw", json!("012")), ("draw", json!(12)), ("directed", json!("2/4"))] {
        let mut body = body.clone();
        body[name] = other;
        let error = read(decided.kind(), &body).unwrap_err();
        assert!(matches!(&error, EventError::Field { field, .. } if field == name), "{error}");
    }
    // An absent log is no null.
    let mut body =
        json!({"generation": 0, "candidate": 0, "tool": "meta_agent", "reason": "", "failed": null});
    assert!(read(ToolRefused::KIND, &body).is_err());
    body.as_object_mut().unwrap().remove("failed");
    assert!(read(ToolRefused::KIND, &body).is_ok());
}

#[test]
fn the_page_of_events_is_current() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/events.md");
    let (recorded, current) = (std::fs::read_to_string(&page).unwrap_or_default(), event_reference());
    if recorded != current {
        let proposed = page.with_extension("md.new");
        std::fs::write(&proposed, current).unwrap();
        panic!("events have changed: compare {} with events.md, and move it there", proposed.display());
    }
}

fn candidate() -> impl Strategy<Value = CandidateId> {
    any::<(u64, u64)>().prop_map(|(generation, candidate)| CandidateId { generation, candidate })
}

fn blob() -> impl Strategy<Value = BlobId> {
    any::<[u8; 32]>().prop_map(BlobId::from_bytes)
}

fn tree() -> impl Strategy<Value = TreeId> {
    any::<[u8; 32]>().prop_map(TreeId::from_bytes)
}

fn record() -> impl Strategy<Value = RecordId> {
    any::<[u8; 32]>().prop_map(RecordId::from_bytes)
}

fn mark() -> impl Strategy<Value = MarkRef> {
    any::<(u64, [u8; 32])>().prop_map(|(number, mark)| MarkRef { number, mark: MarkId::from_bytes(mark) })
}

fn score() -> impl Strategy<Value = Score> {
    (any::<u64>(), 1..=u64::MAX).prop_map(|(n, d)| Score::ratio(n, d).unwrap())
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Completed),
        Just(Outcome::OutOfFuel),
        Just(Outcome::WallClock),
        any::<(String, String)>().prop_map(|(exception, message)| Outcome::Exception { exception, message }),
        any::<String>().prop_map(|trap| Outcome::Trap { trap }),
        any::<String>().prop_map(|quota| Outcome::Quota { quota }),
        any::<u32>().prop_map(|code| Outcome::Exit { code }),
    ]
}

fn tool() -> impl Strategy<Value = ToolRun> {
    let call = ("bash|editor", any::<(u64, u64)>(), blob(), blob());
    let call = call.prop_map(|(tool, (run, call), request, output)| {
        ToolRun::Call(ToolCallRef { tool, run, call, request, output })
    });
    prop_oneof![Just(ToolRun::MetaAgent), call]
}

fn stream() -> impl Strategy<Value = CallStream> {
    (any::<String>(), any::<u64>(), record()).prop_map(|(stream, calls, head)| CallStream {
        stream,
        calls,
        head,
    })
}

fn arm() -> impl Strategy<Value = ArmStatistics> {
    any::<(String, [u64; 3], Option<String>)>()
        .prop_map(|(arm, [trials, wins, waiting], value)| ArmStatistics { arm, trials, wins, waiting, value })
}

fn of_candidates() -> impl Strategy<Value = Event> {
    let fate = prop::sample::select(vec![Fate::Seed, Fate::NoBetter, Fate::MetaFailed]);
    let split = prop::sample::select(vec![Split::Train, Split::HeldOut, Split::Test]);
    let by = prop::sample::select(Resemblance::ALL.to_vec());
    prop_oneof![
        (candidate(), any::<(Vec<String>, u64)>()).prop_map(|(candidate, (replaces, adds))| AgentExtended {
            candidate,
            replaces,
            adds
        }
        .into()),
        (candidate(), by, candidate(), tree(), score()).prop_map(|(candidate, by, other, tree, likeness)| {
            CandidateResembled { candidate, by, other, tree, likeness }.into()
        }),
        (candidate(), any::<u64>(), candidate(), tree(), any::<(u64, u64)>()).prop_map(
            |(candidate, agent, parent, tree, (draw, total))| {
                CandidateSelected { candidate, agent, parent, tree, draw, total }.into()
            }
        ),
        (candidate(), split, tree(), record(), prop::option::of(score()), any::<(String, u64)>()).prop_map(
            |(candidate, split, tree, evaluation, score, (outcome, fuel))| {
                CandidateEvaluated { candidate, split, tree, evaluation, score, outcome, fuel }.into()
            }
        ),
        (candidate(), any::<[u64; 3]>(), any::<String>()).prop_map(
            |(candidate, [rows, of, saved], reason)| {
                CandidateStopped { candidate, rows, of, reason, saved }.into()
            }
        ),
        (
            candidate(),
            candidate(),
            any::<(String, Option<String>)>(),
            any::<[u64; 4]>(),
            any::<[Option<u64>; 2]>()
        )
            .prop_map(
                |(
                    candidate,
                    of,
                    (verdict, differs),
                    [tries, fuel, bytes_before, bytes],
                    [nodes_before, nodes],
                )| {
                    CandidateSlimmed {
                        candidate,
                        of,
                        verdict,
                        differs,
                        tries,
                        fuel,
                        nodes_before,
                        nodes,
                        bytes_before,
                        bytes,
                    }
                    .into()
                }
            ),
        (candidate(), any::<(bool, String, Option<String>)>()).prop_map(
            |(candidate, (rejected, verdict, reason))| {
                CandidateJudged { candidate, rejected, verdict, reason }.into()
            }
        ),
        (candidate(), any::<[String; 3]>(), prop::collection::vec(arm(), 0..3)).prop_map(
            |(candidate, [of, arm, reason], arms)| ArmChosen { candidate, of, arm, reason, arms }.into()
        ),
        (candidate(), fate).prop_map(|(candidate, fate)| CandidateFate { candidate, fate }.into()),
        (candidate(), tree(), score(), score()).prop_map(|(candidate, tree, score, held_out)| {
            ChampionChanged { candidate, tree, score, held_out }.into()
        }),
    ]
}

fn of_meta_agents() -> impl Strategy<Value = Event> {
    let path = "[a-z]{1,9}(/[a-z]{1,9}){0,3}".prop_map(|path| RelPath::new(&path).unwrap());
    let meta = (
        candidate(),
        tree(),
        outcome(),
        any::<(u64, u64, Option<String>, u64)>(),
        blob(),
        prop::option::of(blob()),
    );
    let meta =
        meta.prop_map(|(candidate, tree, outcome, (fuel, virtual_ns, evidence, denials), out, log)| {
            let (stdout, stderr) = (out, out);
            MetaFinished {
                candidate,
                tree,
                outcome,
                fuel,
                virtual_ns,
                stdout,
                stderr,
                evidence,
                denials,
                log,
            }
            .into()
        });
    prop_oneof![
        meta,
        (candidate(), prop::collection::vec(stream(), 0..4))
            .prop_map(|(candidate, streams)| ModelCalls { candidate, streams }.into()),
        (candidate(), tool(), any::<bool>(), mark())
            .prop_map(|(candidate, tool, failed, mark)| ToolFinished { candidate, tool, failed, mark }.into()),
        (candidate(), tool(), any::<(Option<bool>, String)>()).prop_map(|(candidate, tool, (failed, reason))| {
            ToolRefused { candidate, tool, failed, reason }.into()
        }),
        (candidate(), path, prop::option::of(blob()), prop::option::of(blob()), mark()).prop_map(
            |(candidate, path, before, after, mark)| EditAccepted { candidate, path, before, after, mark }.into()
        ),
        (candidate(), any::<(String, String, String)>())
            .prop_map(|(candidate, (op, target, reason))| EditRefused { candidate, op, target, reason }.into()),
    ]
}

fn of_runs() -> impl Strategy<Value = Event> {
    let winner =
        prop::sample::select(vec![None, Some(TournamentSide::Directed), Some(TournamentSide::Blind)]);
    let scores = (prop::option::of(score()), prop::option::of(score()));
    let decided = (any::<(u64, u64, u64, u64, u64)>(), scores, winner);
    let decided =
        decided.prop_map(|((generation, agent, tournament, draw, below), (directed, blind), winner)| {
            TournamentDecided { generation, agent, tournament, draw, below, directed, blind, winner }.into()
        });
    prop_oneof![
        (record(), any::<(String, String)>()).prop_map(|(run, (task, agent))| RunStarted {
            run,
            task,
            agent
        }
        .into()),
        (tree(), any::<(u64, u64)>()).prop_map(|(files, (agents, generations))| RunImported {
            files,
            agents,
            generations
        }
        .into()),
        decided,
        (candidate(), any::<String>(), tree(), mark()).prop_map(|(candidate, name, tree, mark)| {
            StrategyPublished { candidate, name, tree, mark }.into()
        }),
        (candidate(), any::<(String, String)>(), tree()).prop_map(|(candidate, (name, reason), tree)| {
            StrategyRefused { candidate, name, tree, reason }.into()
        }),
        (any::<(u64, u64)>(), record()).prop_map(|((generation, fuel), record)| GenerationFinished {
            generation,
            record,
            fuel
        }
        .into()),
    ]
}

proptest! {
    #[test]
    fn every_event_comes_back(event in prop_oneof![of_candidates(), of_meta_agents(), of_runs()]) {
        let body = event.body();
        let recorded = canon::encode(&body).unwrap();
        let read = read(event.kind(), &canon::decode(&recorded).unwrap()).unwrap();
        prop_assert_eq!(canon::encode(&read.body()).unwrap(), recorded);
        prop_assert_eq!(read, event);
    }

    /// Without any one of its fields, or with one that another event has, a body is no event any more.
    #[test]
    fn no_field_is_optional_unless_it_is_left_out(
        event in prop_oneof![of_candidates(), of_meta_agents(), of_runs()],
        index: prop::sample::Index,
    ) {
        let body = event.body();
        let names: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
        let name = index.get(&names);
        let mut less = body.clone();
        less.as_object_mut().unwrap().remove(name);
        match read(event.kind(), &less) {
            Err(EventError::Field { .. }) => {}
            Ok(_) => prop_assert!(["log", "failed"].contains(&&**name), "{}", name),
            Err(error) => prop_assert!(false, "{}", error),
        }
        let mut more = body;
        more["zeal"] = json!(1);
        prop_assert!(read(event.kind(), &more).is_err());
    }
}
