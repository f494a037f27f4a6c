//! The marks an agent may hit, the number it may keep, and the consequences of a restriction or an unanswered probe.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::{Arc, Mutex};

use hyperspace_markspace::{
    AllowedNames, Body, Capability, CapabilitySpec, ClaimOutcome, ConflictPolicy, ContentPolicy, DenyReason,
    Draft, EditScope, Grant, GuardCheck, MarkKind, PolicyDecision, ProbeResult, Query, Ratio, Refusal,
    ScopeDef, ScopeName, ScopeVisibility, Strength, ToolOutcome, TrustSource,
};
use support::*;

fn only(place: &str, kinds: &[MarkKind]) -> CapabilitySpec {
    CapabilitySpec::new(vec![Grant { scope: scope(place), kinds: kinds.to_vec() }])
        .trusted(TrustSource::Fleet)
}

#[test]
fn a_quota_counts_live_marks_and_replacing_an_own_one_is_free() {
    let house = House::calm(ConflictPolicy::FirstWriter, false);
    let ann = house.authority.issue("ann", charter(&["a"]).at_most(2));
    let (first, _) = (house.observe(&ann, "a", "t"), house.observe(&ann, "a", "t"));
    let write = |draft| house.space.write_mark(&ann, &scope("a"), draft).map_err(|r| r.check());
    assert_eq!(write(Draft::observation("t", "c")), Err(GuardCheck::Quota));
    assert!(matches!(house.claim(&ann, "r", 1), ClaimOutcome::Denied(Refusal::Quota { max: 2, .. })));
    assert!(write(Draft::observation("t", "c").superseding(first)).is_ok());
    let bob = house.agent("bob", &["a"]);
    let other = house.observe(&bob, "a", "t");
    assert_eq!(write(Draft::observation("t", "c").superseding(other)), Err(GuardCheck::Quota));
    house.clock.advance(HALF_LIFE * 42);
    house.space.collect(&house.authority, 0).unwrap();
    assert!(write(Draft::observation("t", "c")).is_ok(), "what was collected makes room");
}

#[test]
fn vocabularies_bind_topics_and_verbs() {
    let house = House::new();
    let mut def = ScopeDef::new(scope("a"));
    def.observation_topics = AllowedNames::only(&["heat"]);
    def.warning_topics = AllowedNames::only(&["fire"]);
    def.intent_verbs = AllowedNames::only(&["edit", "read"]);
    def.action_verbs = AllowedNames::only(&["edit", "move"]);
    house.define(def);
    let mut closed = ScopeDef::new(scope("none"));
    closed.observation_topics = AllowedNames::only(&[]);
    house.define(closed);
    let ann = house.agent("ann", &["a", "none"]);
    let write =
        |place: &str, draft| house.space.write_mark(&ann, &scope(place), draft).map_err(|r| r.check());
    assert!(write("a", Draft::observation("heat", "c")).is_ok());
    assert!(write("a/inner", Draft::warning("fire", "c", None)).is_ok());
    assert_eq!(write("a", Draft::observation("fire", "c")), Err(GuardCheck::Vocabulary));
    assert_eq!(write("a/inner", Draft::warning("heat", "c", None)), Err(GuardCheck::Vocabulary));
    assert_eq!(
        write("none", Draft::observation("heat", "c")),
        Err(GuardCheck::Vocabulary),
        "no name is no name"
    );
    for (verb, allowed) in [("edit", true), ("read", false), ("move", false), ("burn", false)] {
        let verdict = house.space.pre_action(&ann, &scope("a"), (verb, verb), Ratio::ONE);
        assert_eq!(matches!(verdict, ClaimOutcome::Allow(_)), allowed, "{verb}: {verdict:?}");
    }
}

#[test]
fn of_others_only_observations_can_be_replaced_and_only_by_observations() {
    let house = House::calm(ConflictPolicy::FirstWriter, false);
    let (ann, bob) = (house.agent("ann", &["a"]), house.agent("bob", &["a"]));
    let write = |who, draft| house.space.write_mark(who, &scope("a"), draft);
    let drafts =
        [Draft::observation("t", "c"), Draft::warning("t", "c", None), Draft::need("q", Ratio::HALF)];
    for (n, theirs) in drafts.iter().enumerate() {
        for (m, ours) in drafts.iter().enumerate() {
            let target = write(&ann, theirs.clone()).unwrap();
            let by_other = write(&bob, ours.clone().superseding(target));
            assert_eq!(by_other.is_ok(), (n, m) == (0, 0), "{n} by {m}: {by_other:?}");
            if by_other.is_err() {
                let by_self = write(&ann, ours.clone().superseding(target));
                assert_eq!(by_self.is_ok(), n == m, "{n} by {m}: {by_self:?}");
            }
        }
    }
}

#[test]
fn acting_takes_both_intent_and_action() {
    let house = House::calm(ConflictPolicy::FirstWriter, false);
    for kind in [MarkKind::Intent, MarkKind::Action] {
        let half = house.authority.issue("half", only("a", &[kind]));
        let verdict = house.claim(&half, "r", 1);
        assert!(matches!(verdict, ClaimOutcome::Denied(Refusal::Unauthorized { .. })), "{verdict:?}");
    }
    let both = house.authority.issue("both", only("a", &[MarkKind::Intent, MarkKind::Action]));
    assert!(matches!(house.claim(&both, "r", 1), ClaimOutcome::Allow(_)));
}

#[test]
fn claiming_again_keeps_the_place_in_line() {
    let house = House::calm(ConflictPolicy::FirstWriter, true);
    let (ann, bob) = (house.agent("ann", &["a"]), house.agent("bob", &["a"]));
    let _ = (house.claim(&ann, "r", 1), house.claim(&bob, "r", 1), house.claim(&ann, "r", 1));
    let verdicts = house.space.resolve_deferred(&house.authority, &scope("a"), "r").unwrap();
    let won: Vec<&str> = verdicts
        .iter()
        .filter(|v| matches!(v.outcome, hyperspace_markspace::BoundaryOutcome::Allow))
        .map(|v| v.agent.as_str())
        .collect();
    assert_eq!(won, ["ann"]);
}

#[test]
fn needs_are_summed_up_and_answered_with_authority_only() {
    let house = House::calm(ConflictPolicy::FirstWriter, false);
    let ann = house.agent("ann", &["a", "b"]);
    let ask = |place: &str, priority: u32, blocking: bool| {
        let body = Body::Need {
            question: "q".into(),
            context: None,
            priority: Ratio::millionths(priority),
            blocking,
        };
        house.space.write_mark(&ann, &scope(place), Draft::new(body)).unwrap()
    };
    let first = ask("a", 900_000, true);
    ask("a", 100_000, false);
    ask("b", 950_000, false);
    let clusters = house.space.all_needs(&house.authority).unwrap();
    let told: Vec<_> =
        clusters.iter().map(|c| (c.scope.as_str(), c.priority, c.blocking, c.needs.len())).collect();
    // 0.9 + 0.1 ln 2, without a cap, before 0.95.
    assert_eq!(told, [("a", 969_314, 1, 2), ("b", 950_000, 0, 1)]);
    let bob = house.agent("bob", &["b"]);
    let ToolOutcome::Done { action, .. } =
        house.space.execute(&bob, &scope("b"), ("r", "edit"), Ratio::ONE, || Ok("x".into()))
    else {
        panic!()
    };
    let refusal = house.space.resolve_need(&bob, first, action).unwrap_err();
    assert_eq!(refusal.check(), GuardCheck::Authority, "the need is in a scope where it may not act");
    let refusal = house.space.resolve_need(&ann, first, action).unwrap_err();
    assert!(matches!(refusal, Refusal::ForeignMark { field: "action", .. }), "{refusal}");
    house.space.answer_need(&house.authority, first, Some(action)).unwrap();
}

#[test]
fn who_left_its_envelope_must_state_a_need_and_its_own_marks_lose_weight() {
    let house = House::contest(ConflictPolicy::FirstWriter, false);
    let (ann, bob) = (house.agent("ann", &["a"]), house.agent("bob", &["a"]));
    for _ in 0..12 {
        house.clock.advance(100);
        house.observe(&ann, "a", "t");
    }
    house.clock.advance(300);
    let innocent = house.observe(&bob, "a", "t");
    let replaced = house.observe(&ann, "a", "t");
    let current = house
        .space
        .write_mark(&ann, &scope("a"), Draft::observation("t", "n").superseding(replaced))
        .unwrap();
    let before = house.space.len();
    let tripped =
        (0..9).any(|_| house.space.write_mark(&ann, &scope("a"), Draft::observation("u", "c")).is_err());
    assert!(tripped && before < house.space.len());
    let strength = |seq| house.space.get(&bob, seq).unwrap().map_or(Strength::ZERO, |view| view.strength);
    assert_eq!((strength(innocent), strength(current)), (Strength::ONE, Strength::ZERO));
    let warnings = house.all("_system").into_iter().filter(|v| v.mark.body().kind() == MarkKind::Warning);
    assert!(warnings.into_iter().all(|v| {
        !matches!(v.mark.body(), Body::Warning { invalidates: Some(target), .. } if *target == replaced)
    }));
    house.space.reset_envelope(&house.authority, "ann").unwrap();
    let write = |draft| house.space.write_mark(&ann, &scope("a"), draft).map_err(|r| r.check());
    let refused = house.space.write_mark(&ann, &scope("a"), Draft::warning("t", "c", None)).unwrap_err();
    assert!(matches!(refused, Refusal::NeedRequired { .. }), "{refused}");
    assert!(write(Draft::need("may I?", Ratio::HALF)).is_ok());
    assert!(write(Draft::warning("t", "c", None)).is_ok());
    assert_eq!(write(Draft::observation("t", "c")), Err(GuardCheck::Barrier));
}

#[test]
fn another_agents_answer_is_no_answer_and_needs_stay_open() {
    let house = House::calm(ConflictPolicy::FirstWriter, false);
    let (ann, bob) = (house.agent("ann", &["a", "diagnostics"]), house.agent("bob", &["diagnostics"]));
    let canary = house.space.probe(&house.authority, "ann").unwrap();
    let view = house.space.get(&bob, canary).unwrap().unwrap();
    let Body::Observation { content: Some(token), .. } = view.mark.body() else { panic!() };
    house.space.write_mark(&bob, &scope("diagnostics"), Draft::observation("answer", token)).unwrap();
    assert_eq!(house.space.judge_probe(&house.authority, "ann", canary).unwrap(), ProbeResult::Compromised);
    assert!(house.space.write_mark(&ann, &scope("a"), Draft::warning("t", "c", None)).is_err());
    assert!(house.space.write_mark(&ann, &scope("a"), Draft::need("help", Ratio::ONE)).is_ok());
    let blocking: usize = house.space.all_needs(&house.authority).unwrap().iter().map(|c| c.blocking).sum();
    assert_eq!(blocking, 1);
}

#[test]
fn faint_marks_need_to_be_asked_for() {
    let house = House::calm(ConflictPolicy::FirstWriter, false);
    let ann = house.agent("ann", &["a"]);
    house.observe(&ann, "a", "t");
    let need = Draft::need("q", Ratio::ONE);
    house.space.write_mark(&ann, &scope("a"), need).unwrap();
    for (halvings, seen, faint) in [(6, 2, 2), (7, 1, 2), (39, 1, 2), (41, 1, 1)] {
        let passed = hyperspace_markspace::SpaceClock::now(&house.clock).0 - 1_000;
        house.clock.advance(halvings * HALF_LIFE - passed);
        let query = Query::new(scope("a"));
        assert_eq!(house.space.read(&ann, &query).unwrap().len(), seen, "{halvings}");
        assert_eq!(house.space.read(&ann, &query.clone().faint()).unwrap().len(), faint, "{halvings}");
    }
    let sum = house.space.reinforced(&ann, &scope("a"), MarkKind::Need, "").unwrap();
    assert_eq!(sum, Strength::ZERO, "needs do not reinforce each other");
    let tight = Query::new(scope("a")).within(60);
    assert_eq!(house.space.read(&ann, &tight).unwrap().len(), 1);
    assert_eq!(house.space.read(&ann, &tight.within(10)).unwrap().len(), 0);
}

#[test]
fn a_rule_of_resources_binds_claims_and_attenuation_never_drops_it() {
    let house = House::calm(ConflictPolicy::FirstWriter, false);
    let globs = |globs: &[&str]| EditScope::new(globs).unwrap();
    let ann = house.authority.issue("ann", charter(&["a", "b"]).acting_on(scope("a/x"), &globs(&["lib/**"])));
    let claim = |who, place: &str, resource: &str| match house.space.pre_action(
        who,
        &scope(place),
        (resource, "edit"),
        Ratio::ONE,
    ) {
        ClaimOutcome::Denied(refusal) => Some(refusal.check()),
        _ => None,
    };
    assert_eq!(claim(&ann, "a/x", "lib/a.py"), None);
    for outside in ["task_agent.py", "lib", "/lib/a.py", "lib/../x", ""] {
        assert_eq!(claim(&ann, "a/x/y", outside), Some(GuardCheck::Resource), "{outside}");
        assert_ne!(claim(&ann, "a", outside), Some(GuardCheck::Resource), "the rule holds in its scope");
    }
    // Less is possible, more is not: both rules hold.
    let wider = ann.attenuate_to(&charter(&["a", "b"]).acting_on(scope("a/x"), &globs(&["**"])));
    assert_eq!(claim(&wider, "a/x", "task_agent.py"), Some(GuardCheck::Resource));
    let narrower = ann.attenuate_to(&charter(&["a", "b"]).acting_on(scope("a/x"), &globs(&["**/b.py"])));
    assert_eq!(claim(&narrower, "a/x", "lib/c.py"), Some(GuardCheck::Resource));
    assert_eq!(claim(&narrower, "a/x", "lib/b.py"), None);
    let refusal = house.space.pre_action(&ann, &scope("a/x"), ("no.py", "edit"), Ratio::ONE);
    let ClaimOutcome::Denied(refusal) = refusal else { panic!("{refusal:?}") };
    assert_eq!(refusal.to_string(), "ann may not act on \"no.py\"; it may on lib/**");
}

#[test]
fn a_refusal_of_another_door_is_journalled_and_nothing_else() {
    let house = House::calm(ConflictPolicy::FirstWriter, false);
    let ann = house.agent("ann", &["a"]);
    let report =
        |place: &str, what: &str| house.space.report(&ann, &scope(place), (what, "write"), "read-only");
    let refusal = report("a", "/usr/x\u{1b}[2J").unwrap_err();
    assert_eq!(refusal.to_string(), "write of /usr/x\u{fffd}[2J was refused: read-only");
    assert_eq!(refusal.check(), GuardCheck::Resource);
    assert_eq!(report("c", "x").unwrap_err().check(), GuardCheck::Scope);
    assert_eq!(report("a", &"x".repeat(5_000)).unwrap_err().check(), GuardCheck::Resource);
    assert!(house.all("a").is_empty() && house.space.is_empty());
    let told: Vec<_> = house.events().into_iter().filter(|event| event.operation == "report").collect();
    assert_eq!(told.len(), 3);
    assert!(told.iter().all(|event| event.verdict == "denied" && event.agent == "ann"), "{told:?}");
    assert!(house.space.is_fold_of(&house.space.journal()));
}

#[test]
fn an_answer_is_for_its_author_and_for_readers() {
    let house = House::sights();
    let ann = house.agent("ann", &["p"]);
    let bob = house.authority.issue("bob", charter(&["a"]));
    let cid = house.authority.issue("cid", charter(&["a"]).reading(vec![scope("p")]));
    let need = house.space.write_mark(&ann, &scope("p"), Draft::need("which?", Ratio::ONE)).unwrap();
    assert_eq!(house.space.answer(&ann, need).unwrap(), None);
    let long = "x".repeat(70_000);
    let refusal = house.space.answer_need_in_words(&house.authority, need, &long).unwrap_err();
    assert!(refusal.to_string().contains("`answer`"), "{refusal}");
    house.space.answer_need_in_words(&house.authority, need, "the left one").unwrap();
    house.space.enrol(&bob).unwrap();
    let answer = |who| house.space.answer(who, need).unwrap();
    assert_eq!(
        (answer(&ann).as_deref(), answer(&bob), answer(&cid).as_deref()),
        (Some("the left one"), None, Some("the left one"))
    );
    assert!(house.space.all_needs(&house.authority).unwrap().is_empty());
}

/// Flags everything, remembers what it saw, and does something while it looks.
struct Looks {
    seen: Arc<Mutex<Vec<String>>>,
    then: Box<dyn Fn() + Send + Sync>,
}

impl ContentPolicy for Looks {
    fn name(&self) -> &str {
        "looks"
    }

    fn judge(&self, author: &str, scope: &ScopeName, topic: &str, content: &str) -> PolicyDecision {
        self.seen.lock().unwrap().push(format!("{author} {scope} {topic} {content}"));
        (self.then)();
        PolicyDecision::Flag("seen".to_owned())
    }
}

#[test]
fn policies_see_what_is_authorised_only_and_tell_what_they_said() {
    let mut house = House::calm(ConflictPolicy::FirstWriter, false);
    let seen = Arc::new(Mutex::new(vec![]));
    house.space.add_policy(Box::new(Looks { seen: seen.clone(), then: Box::new(|| {}) }));
    let (ann, stranger) = (house.agent("ann", &["a"]), house.stranger());
    assert!(house.space.write_mark(&stranger, &scope("a"), Draft::observation("t", "secret")).is_err());
    assert!(house.space.write_mark(&ann, &scope("b"), Draft::observation("t", "elsewhere")).is_err());
    house.space.write_mark(&ann, &scope("a"), Draft::warning("t", "r", None)).unwrap();
    assert!(seen.lock().unwrap().is_empty());
    house.space.write_mark(&ann, &scope("a"), Draft::observation("t", "c")).unwrap();
    assert_eq!(*seen.lock().unwrap(), ["ann a t c"]);
    let events = house.events();
    let [.., policy, write] = events.as_slice() else { panic!() };
    let told = (policy.operation, policy.verdict, policy.reason.as_str(), policy.check, policy.mark);
    assert_eq!(told, ("policy", "flag", "looks: seen", None, None));
    assert_eq!((policy.number, policy.agent.as_str()), (write.number, "ann"));
    assert_eq!((write.operation, write.verdict, write.mark.is_some()), ("write", "accepted", true));
}

#[test]
fn a_capability_revoked_while_a_policy_looks_writes_nothing() {
    let mut house = House::calm(ConflictPolicy::FirstWriter, false);
    let (ann, bob) = (house.agent("ann", &["a"]), house.agent("bob", &["a"]));
    let (authority, doomed): (_, Capability) = (Arc::new(house.authority), ann.clone());
    let principal = Arc::clone(&authority);
    let then = Box::new(move || principal.revoke(&doomed));
    house.space.add_policy(Box::new(Looks { seen: Arc::default(), then }));
    let refusal = house.space.write_mark(&ann, &scope("a"), Draft::observation("t", "c")).unwrap_err();
    assert_eq!(refusal, Refusal::Credential(DenyReason::Revoked));
    assert!(house.space.is_empty());
    let told: Vec<_> = house.sink.events().iter().map(|e| (e.operation, e.verdict)).collect();
    assert_eq!(told[told.len() - 2..], [("policy", "flag"), ("turned-away", "refused")]);
    assert!(house.space.write_mark(&bob, &scope("a"), Draft::observation("t", "c")).is_ok());
}

#[test]
fn agents_see_the_needs_that_they_may_see() {
    let house = House::sights();
    let insider = house.agent("insider", &["a", "p", "c"]);
    let asked = ["a", "p", "c", "a/x"].map(|place| {
        house.space.write_mark(&insider, &scope(place), Draft::need("which?", Ratio::HALF)).unwrap()
    });
    let seen = |who: &Capability, at: Option<&ScopeName>| -> Vec<_> {
        let clusters = house.space.needs(who, at).unwrap();
        let of = |cluster: &hyperspace_markspace::NeedCluster| {
            assert_eq!(cluster.needs.len(), 1);
            (cluster.scope.to_string(), cluster.needs[0].seq(), cluster.needs[0].is_projected())
        };
        clusters.iter().map(of).collect()
    };
    let named = |place: &str, n: usize, projected: bool| (place.to_owned(), asked[n], projected);
    let stranger = house.stranger();
    assert_eq!(seen(&stranger, None), [named("a", 0, false), named("a/x", 3, false), named("p", 1, true)]);
    assert_eq!(seen(&stranger, Some(&scope("a/x"))), [named("a/x", 3, false)]);
    assert_eq!(seen(&insider, Some(&scope("c"))), [named("c", 2, false)]);
    assert_eq!(seen(&insider, None).len(), 4);
    assert_eq!(house.all("c").len(), 1);
    assert!(matches!(house.space.read(&stranger, &Query::new(scope("c"))).as_deref(), Ok([])));
    house.define(ScopeDef::new(scope("late")).visible(ScopeVisibility::Open));
}

#[test]
fn an_events_kind_is_what_was_asked_for() {
    let house = House::calm(ConflictPolicy::FirstWriter, false);
    let ann = house.agent("ann", &["a"]);
    let done = house.space.execute(&ann, &scope("a"), ("r", "edit"), Ratio::ONE, || Ok("x".into()));
    assert!(matches!(done, ToolOutcome::Done { .. }));
    let events = house.events();
    let [.., claim, finish] = events.as_slice() else { panic!() };
    assert_eq!((claim.operation, claim.kind), ("claim", Some(MarkKind::Intent)));
    assert_eq!((finish.operation, finish.kind), ("finish", Some(MarkKind::Action)));
}
