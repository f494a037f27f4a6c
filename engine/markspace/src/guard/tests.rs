//! Tests of the guard: who is refused, and for which reason.

use super::*;
use crate::capability::Grant;
use proptest::prelude::*;

fn scope(name: &str) -> ScopeName {
    ScopeName::new(name).unwrap()
}

fn path(name: &str) -> RelPath {
    RelPath::new(name).unwrap()
}

fn house() -> (Authority, Guard, Capability) {
    let authority = Authority::new();
    let guard = authority.guard(EditScope::new(&EditScope::DEFAULT).unwrap());
    let grants =
        vec![Grant { scope: scope("codebase/a"), kinds: vec![MarkKind::Action, MarkKind::Observation] }];
    let capability = authority.issue("a", grants);
    (authority, guard, capability)
}

fn reason(decision: Decision) -> DenyReason {
    match decision {
        Decision::Deny(reason) => reason,
        Decision::Allow => panic!("expected a refusal"),
    }
}

#[test]
fn edits_inside_the_scope_pass_and_others_name_the_check() {
    let (_, guard, capability) = house();
    let home = scope("codebase/a");
    assert_eq!(guard.decide_edit(&capability, &home, &path("task_agent.py"), FileOp::Write), Decision::Allow);
    assert_eq!(guard.decide_edit(&capability, &home, &path("lib"), FileOp::CreateFolder), Decision::Allow);
    for (name, op) in [
        ("evals/gen_1/report.json", FileOp::Write),
        ("strategies/x/task_agent.py", FileOp::Remove),
        ("evals", FileOp::CreateFolder),
        ("lib", FileOp::Write),
    ] {
        let denied = reason(guard.decide_edit(&capability, &home, &path(name), op));
        assert!(matches!(&denied, DenyReason::OutsideEditScope { path, .. } if path == name), "{denied}");
    }
    let elsewhere =
        reason(guard.decide_edit(&capability, &scope("codebase/ab"), &path("task_agent.py"), FileOp::Write));
    assert!(matches!(elsewhere, DenyReason::Unauthorized { .. }));
}

#[test]
fn content_stays_within_the_regions_that_the_scope_names() {
    let guard = Authority::new().guard(EditScope::new(&["a.py#EVOLVE-BLOCK", "lib/**"]).unwrap());
    let text = "x = 1\n# EVOLVE-BLOCK-START\ny = 2\n# EVOLVE-BLOCK-END\n";
    let decide = |name: &str, after: &str| {
        guard.decide_content(&path(name), Some(text.as_bytes()), Some(after.as_bytes()))
    };
    assert_eq!(decide("lib/a.py", ""), Ok(None));
    assert_eq!(decide("a.py", &text.replace("y = 2", "y = 3")), Ok(Some(vec![3..=3])));
    let denied = decide("a.py", &text.replace("x = 1", "x = 2")).unwrap_err().to_string();
    assert!(denied.contains("a.py: line 1 is outside"), "{denied}");
}

#[test]
fn a_capability_of_another_authority_means_nothing() {
    let (_, guard, _) = house();
    let forged =
        Authority::new().issue("a", vec![Grant { scope: scope("codebase"), kinds: MarkKind::ALL.to_vec() }]);
    let denied = guard.decide_edit(&forged, &scope("codebase/a"), &path("task_agent.py"), FileOp::Write);
    assert_eq!(reason(denied), DenyReason::ForeignCapability);
}

#[test]
fn revocation_reaches_what_was_attenuated() {
    let (authority, guard, capability) = house();
    let child =
        capability.attenuate(&[Grant { scope: scope("codebase/a/lib"), kinds: vec![MarkKind::Action] }]);
    let grandchild =
        child.attenuate(&[Grant { scope: scope("codebase/a/lib/x"), kinds: vec![MarkKind::Action] }]);
    let decide =
        |c: &Capability| guard.decide_edit(c, &scope("codebase/a/lib/x"), &path("lib/y.py"), FileOp::Write);
    assert_eq!(decide(&grandchild), Decision::Allow);
    Authority::new().revoke(&capability);
    assert_eq!(decide(&grandchild), Decision::Allow, "another authority revokes nothing");
    authority.revoke(&child);
    assert_eq!(reason(decide(&grandchild)), DenyReason::Revoked);
    assert_eq!(decide(&capability), Decision::Allow, "revocation does not reach upwards");
}

#[test]
fn attenuation_keeps_what_was_asked_for_and_nothing_else() {
    let (_, guard, capability) = house();
    let home = scope("codebase/a");
    let child = capability.attenuate(&[Grant { scope: home.clone(), kinds: vec![MarkKind::Observation] }]);
    assert_eq!(guard.authorize(&child, &home, MarkKind::Observation), Ok(()));
    let refused = guard.authorize(&child, &home, MarkKind::Action);
    assert!(matches!(refused, Err(DenyReason::Unauthorized { kind: MarkKind::Action, .. })), "{refused:?}");
    assert!(child.terms().grants.len() == 1 && capability.attenuate(&[]).terms().grants.is_empty());
}

proptest! {
    #[test]
    fn attenuation_never_widens(parts in prop::collection::vec("[ab]", 1..4), kind in 0usize..5) {
        let (_, guard, capability) = house();
        let name = scope(&parts.join("/"));
        let wanted = [Grant { scope: name.clone(), kinds: MarkKind::ALL.to_vec() }];
        let child = capability.attenuate(&wanted);
        let kind = MarkKind::ALL[kind];
        let (child, parent) = (guard.authorize(&child, &name, kind), guard.authorize(&capability, &name, kind));
        prop_assert!(child.is_err() || parent.is_ok());
        prop_assert_eq!(child.is_ok(), parent.is_ok(), "what was asked for and is held is passed on");
    }
}
