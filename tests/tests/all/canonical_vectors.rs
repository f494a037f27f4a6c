//! Canonical bytes and digests against committed vectors and an independent implementation.
//!
//! Each vector is checked three ways: the implementation below (written from `ARCHITECTURE.md`, sharing no code with the core
//! crate), the core crate, and the recorded bytes must all agree. A change of a vector is a change of the format.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use hyperspace_core::{BlobId, FileSet, MarkKind, RecordId, RelPath, ScopeName, canon, record_id};
use hyperspace_markspace::{
    Authority, Body, Capability, CapabilitySpec, ClaimOutcome, Draft, Grant, LogicalClock, MarkSpace, Permit,
    ScopeDef, Seq, SpaceRules, Tick, TrustSource,
};
use hyperspace_store::Store;
use serde_json::{Value, json};

/// CBOR by the rules of the page, and BLAKE3 by context.
mod independent {
    use serde_json::Value;

    pub(super) fn encode(value: &Value) -> Vec<u8> {
        match value {
            Value::Null => vec![0xf6],
            Value::Bool(true) => vec![0xf5],
            Value::Bool(false) => vec![0xf4],
            Value::Number(number) => {
                if let Some(n) = number.as_u64() {
                    head(0, n)
                } else if let Some(n) = number.as_i64() {
                    // CBOR stores a negative n as -1 - n.
                    head(1, u64::try_from(-1 - i128::from(n)).unwrap())
                } else {
                    [vec![0xfb], number.as_f64().unwrap().to_be_bytes().to_vec()].concat()
                }
            }
            Value::String(text) => [head(3, text.len() as u64), text.as_bytes().to_vec()].concat(),
            Value::Array(items) => {
                let items: Vec<u8> = items.iter().flat_map(encode).collect();
                [head(4, value.as_array().unwrap().len() as u64), items].concat()
            }
            Value::Object(map) => {
                let mut entries: Vec<(Vec<u8>, Vec<u8>)> = map
                    .iter()
                    .map(|(key, value)| (encode(&Value::from(key.as_str())), encode(value)))
                    .collect();
                entries.sort();
                let entries: Vec<u8> =
                    entries.into_iter().flat_map(|(key, value)| [key, value].concat()).collect();
                [head(5, map.len() as u64), entries].concat()
            }
        }
    }

    fn head(major: u8, argument: u64) -> Vec<u8> {
        let bytes = argument.to_be_bytes();
        let (info, skip) = match argument {
            0..=23 => return vec![(major << 5) + bytes[7]],
            24..=0xff => (24, 7),
            0x100..=0xffff => (25, 6),
            0x1_0000..=0xffff_ffff => (26, 4),
            _ => (27, 0),
        };
        [&[(major << 5) + info], &bytes[skip..]].concat()
    }

    pub(super) fn digest(kind: &str, bytes: &[u8]) -> String {
        super::hex(&blake3::derive_key(&format!("hyperspace 2026-11 {kind} v1"), bytes))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "{text}");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn vectors(name: &str) -> Value {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/core/vectors");
    let text = std::fs::read(folder.join(name)).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn list(value: &Value) -> &Vec<Value> {
    let items = value.as_array().unwrap();
    assert!(!items.is_empty(), "no vectors");
    items
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// All three agree, on bytes and on digest.
fn check(what: &str, recorded: &Value, independent: (String, String), core: (String, String)) {
    assert_eq!(independent, core, "{what}: the independent implementation and the core crate differ");
    let recorded = (text(&recorded["hex"]).to_owned(), text(&recorded["id"]).to_owned());
    assert_eq!(recorded, core, "{what}: the recorded vector and the core crate differ");
}

#[test]
fn values_have_the_recorded_bytes() {
    for vector in list(&vectors("canonical.json")) {
        let (value, recorded) = (&vector["value"], text(&vector["hex"]));
        let core = canon::encode(value).unwrap();
        assert_eq!(hex(&independent::encode(value)), hex(&core), "{value}");
        assert_eq!(recorded, hex(&core), "{value}");
        assert_eq!(canon::decode(&unhex(recorded)).unwrap(), *value);
    }
}

#[test]
fn every_other_form_is_refused() {
    for vector in list(&vectors("refused.json")) {
        let bytes = unhex(text(&vector["hex"]));
        assert!(canon::decode(&bytes).is_err(), "{vector} is accepted");
    }
    let bytes: BTreeSet<String> =
        list(&vectors("canonical.json")).iter().map(|vector| text(&vector["hex"]).to_owned()).collect();
    for canonical in bytes {
        let mut longer = unhex(&canonical);
        longer.push(0);
        assert!(canon::decode(&longer).is_err(), "{canonical}00 is accepted");
        assert!(canon::decode(&longer[..longer.len() - 2]).is_err(), "{canonical} cut short is accepted");
    }
}

#[test]
fn blobs_have_the_recorded_digests() {
    for vector in list(&vectors("digests.json")["blobs"]) {
        let content = text(&vector["text"]);
        let core = BlobId::of(content.as_bytes()).to_string();
        assert_eq!(independent::digest("blob", content.as_bytes()), core, "{vector}");
        assert_eq!(text(&vector["id"]), core, "{vector}");
    }
}

#[test]
fn trees_have_the_recorded_digests() {
    for vector in list(&vectors("digests.json")["trees"]) {
        let (mut files, mut map) = (FileSet::new(), json!({}));
        for (path, content) in vector["files"].as_object().unwrap() {
            let content = text(content).as_bytes();
            files.insert(RelPath::new(path).unwrap(), content).unwrap();
            map[path] = json!(independent::digest("blob", content));
        }
        let (bytes, tree) = (independent::encode(&map), files.tree());
        let own = (hex(&bytes), independent::digest("tree", &bytes));
        check(&vector["files"].to_string(), vector, own, (hex(&tree.encode()), tree.id().to_string()));
    }
}

#[test]
fn records_have_the_recorded_digests() {
    for vector in list(&vectors("digests.json")["records"]) {
        let (kind, body) = (text(&vector["kind"]), &vector["body"]);
        let value = json!({"kind": kind, "body": body});
        let bytes = independent::encode(&value);
        let own = (hex(&bytes), independent::digest("record", &bytes));
        let core = (hex(&canon::encode(&value).unwrap()), record_id(kind, body).unwrap().to_string());
        check(kind, vector, own, core);
    }
}

/// Leaves the mark of a vector through the doors of a space: there is no other way to one.
fn leave(
    space: &MarkSpace,
    permits: &mut Vec<Permit>,
    (who, scope): (&Capability, &ScopeName),
    fields: &Value,
) -> Seq {
    let draft: Draft = canon::from_value(&fields["draft"]).unwrap();
    match &draft.body {
        Body::Intent { resource, action, confidence } => {
            match space.pre_action(who, scope, (resource, action), *confidence) {
                ClaimOutcome::Allow(permit) => {
                    permits.push(permit);
                    permits[permits.len() - 1].intent()
                }
                other => panic!("{fields}: {other:?}"),
            }
        }
        Body::Action { result, failed, intent, .. } => {
            assert!(!failed, "a failed action has no result");
            let permit = permits.pop().filter(|permit| permit.intent() == *intent).unwrap();
            space.post_action(who, permit, Ok(result.clone().unwrap())).unwrap()
        }
        Body::Observation { .. } | Body::Warning { .. } | Body::Need { .. } => {
            space.write_mark(who, scope, draft).unwrap()
        }
    }
}

/// The array that the page describes.
fn canonical_mark(fields: &Value) -> Value {
    json!([fields["author"], fields["scope"], fields["tick"], fields["number"], fields["draft"]])
}

#[test]
fn marks_have_the_recorded_digests() {
    let vectors = vectors("digests.json");
    let (authority, clock) = (Authority::new(), Arc::new(LogicalClock::default()));
    let mut space = MarkSpace::in_memory(&authority, clock.clone(), SpaceRules::default());
    let left = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&left);
    space.add_hook(move |mark| seen.lock().unwrap().push(mark.clone()));
    // A scope is defined before those inside it.
    let scopes = list(&vectors["marks"]).iter().map(|vector| text(&vector["mark"]["scope"]));
    for scope in scopes.collect::<BTreeSet<_>>() {
        space.define(&authority, ScopeDef::new(ScopeName::new(scope).unwrap())).unwrap();
    }
    let (mut agents, mut kinds, mut permits) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
    for vector in list(&vectors["marks"]) {
        let fields = &vector["mark"];
        let scope = ScopeName::new(text(&fields["scope"])).unwrap();
        let author = text(&fields["author"]);
        clock.set(Tick(fields["tick"].as_u64().unwrap()));
        let who = agents.entry(author).or_insert_with(|| {
            let everywhere = ScopeName::new("agents").unwrap();
            let grant = Grant { scope: everywhere.clone(), kinds: MarkKind::ALL.to_vec() };
            authority.issue(
                author,
                CapabilitySpec::new(vec![grant]).trusted(TrustSource::Fleet).reading(vec![everywhere]),
            )
        });
        let seq = leave(&space, &mut permits, (who, &scope), fields);
        let mark = left.lock().unwrap().pop().unwrap();
        assert_eq!((seq, mark.seq()), (mark.seq(), Seq(fields["number"].as_u64().unwrap())));
        kinds.insert(mark.body().kind());
        let bytes = independent::encode(&canonical_mark(fields));
        let own = (hex(&bytes), independent::digest("space mark", &bytes));
        check(
            &fields["draft"].to_string(),
            vector,
            own,
            (hex(&mark.encode().unwrap()), mark.id().unwrap().to_string()),
        );
    }
    assert_eq!(kinds.len(), MarkKind::ALL.len(), "a kind of mark has no vector");
}

#[test]
fn the_journal_is_the_recorded_chain() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(&folder.path().join("store"), "vectors").unwrap();
    let vectors = vectors("digests.json");
    let run: RecordId = canon::from_value(&vectors["journal"]["run"]).unwrap();
    let mut previous = Value::Null;
    let mut batch = store.batch().unwrap();
    for (seq, vector) in list(&vectors["journal"]["events"]).iter().enumerate() {
        let (kind, body) = (text(&vector["kind"]), &vector["body"]);
        let event = json!({"run": run, "seq": seq, "prev": previous, "kind": kind, "body": body});
        let bytes = independent::encode(&event);
        let own = (hex(&bytes), independent::digest("event", &bytes));
        let appended = batch.append(&run, kind, body.clone()).unwrap();
        let core = (hex(&canon::encode(&event).unwrap()), appended.id.to_string());
        check(kind, vector, own, core);
        previous = json!(appended.id);
    }
    batch.commit().unwrap();
    assert_eq!(json!(store.head(&run).unwrap()), previous);
}
