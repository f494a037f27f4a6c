//! Bad input: each a typed error that names field and bound, and nothing written.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test binary uses its own part")]
mod support;

use hyperspace_markspace::{
    Authority, Body, CONTENT_BYTES_MAX, ClaimOutcome, Draft, GuardCheck, NAME_BYTES_MAX, Query, Ratio,
    Refusal, ScopeDef, ScopeName, Seq, Strength, TrustSource,
};
use support::*;

#[test]
fn json_marks_are_refused_by_field_and_bound() {
    let long = format!(r#"{{"kind":"need","question":"{}"}}"#, "q".repeat(CONTENT_BYTES_MAX + 1));
    let name = format!(r#"{{"kind":"observation","topic":"{}"}}"#, "t".repeat(NAME_BYTES_MAX + 1));
    for (json, says) in [
        ("", "`mark`"),
        ("{", "`mark`"),
        ("[]", "`mark`"),
        (r#"{"kind":"rumour"}"#, "unknown variant `rumour`"),
        (r#"{"kind":"action","resource":"r"}"#, "unknown variant `action`"),
        (r#"{"kind":"observation"}"#, "missing field `topic`"),
        (r#"{"kind":"observation","topic":"t","author":"root"}"#, "unknown field `author`"),
        (
            r#"{"kind":"observation","topic":"t","confidence":1.1}"#,
            "`confidence`: it is 1.1; expected 0 to 1",
        ),
        (r#"{"kind":"observation","topic":"t","confidence":NaN}"#, "`mark`"),
        (r#"{"kind":"observation","topic":"t","confidence":1e999}"#, "`mark`"),
        (
            r#"{"kind":"observation","topic":"t","initial_strength":-1}"#,
            "`initial_strength`: it is -1; expected 0 to 1",
        ),
        (r#"{"kind":"observation","topic":"t","source":"god"}"#, "unknown variant `god`"),
        (r#"{"kind":"observation","topic":""}"#, "`topic`: it is empty"),
        (r#"{"kind":"observation","topic":"a\u0000b"}"#, "control characters"),
        (r#"{"kind":"warning","topic":"t","reason":"r","invalidates":-1}"#, "`mark`"),
        (r#"{"kind":"need","question":"q","priority":2}"#, "`priority`: it is 2; expected 0 to 1"),
        (long.as_str(), "`question`: it has 65537 bytes; at most 65536"),
        (name.as_str(), "`topic`: it has 1025 bytes; at most 1024"),
    ] {
        let refusal = Draft::parse(json).unwrap_err();
        assert_eq!(refusal.check(), GuardCheck::Bounds, "{json:.60}");
        assert!(refusal.to_string().contains(says), "{json:.60}: {refusal}");
    }
    let draft = Draft::parse(r#"{"kind":"observation","topic":"t","content":"c","confidence":1}"#).unwrap();
    let Body::Observation { confidence, source, .. } = draft.body else { panic!() };
    assert_eq!(
        (confidence, source, draft.strength),
        (Ratio::ONE, TrustSource::ExternalUnverified, Strength::ONE)
    );
}

#[test]
fn what_does_not_fit_is_refused_and_leaves_nothing() {
    let house = House::contest(Default::default(), false);
    let ann = house.agent("ann", &["a"]);
    let unverified =
        house.authority.issue("low", hyperspace_markspace::CapabilitySpec::new(charter(&["a"]).grants));
    let write = |who, place: &str, draft| house.space.write_mark(who, &scope(place), draft).unwrap_err();
    let cases = [
        (write(&ann, "nowhere", Draft::observation("t", "c")), GuardCheck::Scope, "nowhere"),
        (write(&ann, "b", Draft::observation("t", "c")), GuardCheck::Authority, "ann may not"),
        (write(&unverified, "a", Draft::observation("t", "c")), GuardCheck::Source, "`source`"),
        (
            write(&ann, "a", Draft::observation("t", "c").superseding(Seq(5))),
            GuardCheck::Reference,
            "`supersedes`",
        ),
        (write(&ann, "a", Draft::warning("t", "c", Some(Seq(5)))), GuardCheck::Reference, "`invalidates`"),
        (
            write(&ann, "a", Draft::need(&"q".repeat(CONTENT_BYTES_MAX + 1), Ratio::ONE)),
            GuardCheck::Bounds,
            "65536",
        ),
    ];
    for (refusal, check, says) in cases {
        assert_eq!(refusal.check(), check);
        assert!(refusal.to_string().contains(says), "{refusal}");
    }
    assert!(house.space.read(&ann, &Query::new(scope("nowhere"))).is_err());
    assert!(house.space.is_empty());
    for name in ["", "a//b", "../a", "a\n", "/a"] {
        assert!(ScopeName::new(name).is_err());
    }
    for name in ["", "_system", "a\u{7}b", &"n".repeat(256)] {
        let who = house.authority.issue(name, charter(&["a"]));
        let refusal = house.space.write_mark(&who, &scope("a"), Draft::observation("t", "c")).unwrap_err();
        assert!(matches!(refusal, Refusal::Agent { .. }), "{refusal}");
    }
    assert!(house.space.is_empty());
}

#[test]
fn claims_are_bounded_and_permits_belong_to_their_space() {
    let house = House::contest(Default::default(), false);
    let other = House::contest(Default::default(), false);
    let (ann, bob) = (house.agent("ann", &["a"]), house.agent("bob", &["a"]));
    for (resource, action) in
        [("", "edit"), ("r", ""), ("r\n", "edit"), (&*"r".repeat(NAME_BYTES_MAX + 1), "edit")]
    {
        let verdict = house.space.pre_action(&ann, &scope("a"), (resource, action), Ratio::ONE);
        assert!(matches!(verdict, ClaimOutcome::Denied(Refusal::Field { .. })), "{verdict:?}");
    }
    let eve = other.agent("eve", &["a"]);
    let ClaimOutcome::Allow(foreign) = other.claim(&eve, "r", 1) else { panic!() };
    assert!(matches!(house.space.post_action(&ann, foreign, Ok("x".into())), Err(Refusal::NoClaim { .. })));
    let ClaimOutcome::Allow(permit) = house.claim(&ann, "r", 1) else { panic!() };
    let refusal = house.space.post_action(&bob, permit, Ok("x".into())).unwrap_err();
    assert!(matches!(refusal, Refusal::UnknownMark { .. }), "{refusal}");
    let big = house
        .space
        .execute(&ann, &scope("a"), ("big", "edit"), Ratio::ONE, || Ok("é".repeat(CONTENT_BYTES_MAX)));
    assert!(matches!(big, hyperspace_markspace::ToolOutcome::Done { .. }), "{big:?}");
}

#[test]
fn scopes_are_defined_before_use_and_once() {
    let house = House::new();
    house.define(ScopeDef::new(scope("a")));
    house.define(ScopeDef::new(scope("a")));
    let ann = house.agent("ann", &["a"]);
    let otherwise = ScopeDef::new(scope("a")).visible(hyperspace_markspace::ScopeVisibility::Classified);
    assert!(matches!(house.space.define(&house.authority, otherwise), Err(Refusal::Definition { .. })));
    house.observe(&ann, "a/b/c", "t");
    let late = house.space.define(&house.authority, ScopeDef::new(scope("a/b")));
    assert!(matches!(late, Err(Refusal::Definition { .. })), "marks were filed in it");
    let zero = ScopeDef::new(scope("z"))
        .decaying(hyperspace_markspace::Decay { observation_half_life: 0, ..decay() });
    assert!(house.space.define(&house.authority, zero).is_err());
    assert_eq!(house.space.define(&Authority::new(), ScopeDef::new(scope("y"))), Err(Refusal::NotPrincipal));
}
