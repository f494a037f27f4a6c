//! P11 to P18 and P36 to P39: claims, boundaries and verdicts.

use hyperspace_markspace::{
    BoundaryOutcome, ClaimContender, ClaimOutcome, ConflictPolicy, MarkKind, Ratio, Seq, ToolOutcome, winner,
};
use proptest::prelude::*;

use crate::cases;
use crate::history::{Cast, NAMES, history};
use crate::support::*;

const POLICIES: [ConflictPolicy; 3] =
    [ConflictPolicy::FirstWriter, ConflictPolicy::HighestConfidence, ConflictPolicy::YieldAll];

fn contenders() -> impl Strategy<Value = Vec<ClaimContender>> {
    let one = (0..1_000u64, 0..1_000u64, 0..5u32);
    prop::collection::btree_map(0..1_000u64, one, 1..8).prop_map(|map| {
        let contender = |(intent, (since, _, confidence)): (u64, (u64, u64, u32))| ClaimContender {
            intent: Seq(intent),
            since: Seq(since.min(intent)),
            confidence: Ratio::millionths(confidence),
        };
        map.into_iter().map(contender).collect()
    })
}

/// A deferred house with one agent per confidence, all of which have claimed `r`.
fn deferred(policy: ConflictPolicy, confidences: &[u32]) -> (House, Vec<hyperspace_markspace::Capability>) {
    let house = House::contest(policy, true);
    let agents: Vec<_> = (0..confidences.len()).map(|n| house.agent(&format!("n{n}"), &["a"])).collect();
    for (agent, &confidence) in agents.iter().zip(confidences) {
        assert!(matches!(house.claim(agent, "r", confidence), ClaimOutcome::Blocked { .. }));
    }
    (house, agents)
}

fn boundary(house: &House) -> Vec<hyperspace_markspace::BoundaryDecision> {
    house.space.resolve_deferred(&house.authority, &scope("a"), "r").unwrap()
}

fn allowed(verdicts: &[hyperspace_markspace::BoundaryDecision]) -> Vec<&str> {
    verdicts
        .iter()
        .filter(|v| matches!(v.outcome, BoundaryOutcome::Allow))
        .map(|v| v.agent.as_str())
        .collect()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn p11_the_same_intents_have_the_same_winner((before, mut after) in contenders().prop_flat_map(|c| {
        (Just(c.clone()), Just(c).prop_shuffle())
    })) {
        for policy in POLICIES {
            let won = winner(policy, &before);
            prop_assert_eq!(won, winner(policy, &after));
            prop_assert_eq!(won.is_none(), policy == ConflictPolicy::YieldAll && before.len() > 1);
        }
        let best = winner(ConflictPolicy::HighestConfidence, &before).unwrap();
        let best = before.iter().find(|c| c.intent == best).unwrap();
        prop_assert!(before.iter().all(|c| c.confidence <= best.confidence));
        let first = winner(ConflictPolicy::FirstWriter, &after).unwrap();
        after.sort_by_key(|c| (c.since, c.intent));
        prop_assert_eq!(first, after[0].intent);
    }

    #[test]
    fn p12_somebody_can_always_go_on(policy in 0..3usize, claims in prop::collection::vec((0..3usize, 0..9u32, 0..300u64), 0..20)) {
        let house = House::calm(POLICIES[policy], false);
        let cast = Cast::of(&house);
        for &(agent, confidence, wait) in &claims {
            let _ = house.claim(&cast.agents[agent], "r", confidence);
            house.clock.advance(wait);
            // Whoever has waited for all that is in the way to fade goes on, unless it holds the resource already.
            let own = matches!(house.claim(&cast.agents[agent], "r", confidence), ClaimOutcome::Denied(_));
            prop_assert!(!own, "a renewed claim is never denied");
        }
        house.clock.advance(TTL + 1);
        for agent in &cast.agents {
            let verdict = house.claim(agent, "r", 1);
            let allowed = matches!(verdict, ClaimOutcome::Allow(_));
            prop_assert!(allowed, "{verdict:?}");
            house.clock.advance(TTL + 1);
        }
    }

    #[test]
    fn p13_a_winner_that_faded_blocks_nobody(policy in 0..3usize, late in 1..TTL) {
        let house = House::calm(POLICIES[policy], false);
        let cast = Cast::of(&house);
        let first = matches!(house.claim(&cast.agents[0], "r", 1_000_000), ClaimOutcome::Allow(_));
        let second = house.claim(&cast.agents[1], "r", 1);
        let conflict = matches!(second, ClaimOutcome::Conflict { .. });
        prop_assert!(first && conflict);
        house.clock.advance(TTL);
        let still = matches!(house.claim(&cast.agents[1], "r", 1), ClaimOutcome::Conflict { .. });
        prop_assert!(still);
        house.clock.advance(late);
        let third = house.claim(&cast.agents[1], "r", 1);
        let allowed = matches!(third, ClaimOutcome::Allow(_));
        prop_assert!(allowed, "{third:?}");
    }

    #[test]
    fn p14_a_boundary_considers_every_live_intent(early in prop::collection::vec(0..9u32, 0..4), late in prop::collection::vec(0..9u32, 1..5)) {
        let (house, _) = deferred(ConflictPolicy::HighestConfidence, &early);
        house.clock.advance(TTL + 1);
        for (n, &confidence) in late.iter().enumerate() {
            let _ = house.claim(&house.agent(&format!("late{n}"), &["a"]), "r", confidence);
        }
        let verdicts = boundary(&house);
        prop_assert_eq!(verdicts.len(), late.len());
        prop_assert!(verdicts.iter().all(|v| v.agent.starts_with("late")));
    }

    #[test]
    fn p15_a_boundary_chooses_the_most_confident(confidences in prop::collection::vec(0..1_000_000u32, 1..8)) {
        let (house, _) = deferred(ConflictPolicy::HighestConfidence, &confidences);
        let best = confidences.iter().enumerate().max_by_key(|&(n, c)| (c, std::cmp::Reverse(n))).unwrap().0;
        let verdicts = boundary(&house);
        prop_assert_eq!(allowed(&verdicts), [format!("n{best}")]);
    }

    #[test]
    fn p16_pending_claims_are_decided_or_fade(confidences in prop::collection::vec(0..9u32, 1..6), fires in any::<bool>()) {
        let (house, _) = deferred(ConflictPolicy::FirstWriter, &confidences);
        if fires {
            let verdicts = boundary(&house);
            prop_assert_eq!(allowed(&verdicts), ["n0"]);
        } else {
            house.clock.advance(TTL + 1);
            prop_assert!(boundary(&house).is_empty());
            prop_assert!(house.all("a").is_empty());
        }
    }

    #[test]
    fn p17_a_boundary_allows_one_and_the_next_nobody_while_it_holds(policy in 0..3usize, confidences in prop::collection::vec(0..9u32, 1..7)) {
        let (house, agents) = deferred(POLICIES[policy], &confidences);
        let yields = POLICIES[policy] == ConflictPolicy::YieldAll && confidences.len() > 1;
        let first = boundary(&house);
        prop_assert_eq!(allowed(&first).len(), usize::from(!yields));
        prop_assert!(allowed(&boundary(&house)).is_empty() || yields);
        let permits: Vec<_> = first.iter().filter_map(|v| {
            let who = agents.iter().find(|a| a.agent() == v.agent)?;
            house.space.take_permit(who, v.intent).ok()
        }).collect();
        prop_assert_eq!(permits.len(), usize::from(!yields));
        for v in &first {
            let who = agents.iter().find(|a| a.agent() == v.agent).unwrap();
            prop_assert!(house.space.take_permit(who, v.intent).is_err(), "a permit is handed out once");
        }
    }

    #[test]
    fn p18_no_live_intent_is_left_out(confidences in prop::collection::vec(0..9u32, 1..7), revoked in any::<u8>()) {
        let (house, agents) = deferred(ConflictPolicy::HighestConfidence, &confidences);
        for (n, agent) in agents.iter().enumerate() {
            if revoked >> n & 1 == 1 {
                house.authority.revoke(agent);
            }
        }
        let verdicts = boundary(&house);
        prop_assert_eq!(verdicts.len(), confidences.len());
        for (n, agent) in agents.iter().enumerate() {
            let verdict = verdicts.iter().find(|v| v.agent == agent.agent());
            let gone = revoked >> n & 1 == 1;
            let denied = matches!(verdict.unwrap().outcome, BoundaryOutcome::Other(ClaimOutcome::Denied(_)));
            prop_assert_eq!(denied, gone, "authority is checked again");
        }
        let eligible = (0..confidences.len()).filter(|n| revoked >> n & 1 == 0).count();
        prop_assert_eq!(allowed(&verdicts).len(), eligible.min(1));
    }

    #[test]
    fn p36_the_same_state_and_input_give_the_same_verdict(policy in 0..3usize, deferred in any::<bool>(), steps in history()) {
        let houses = [House::contest(POLICIES[policy], deferred), House::contest(POLICIES[policy], deferred)];
        let told = houses.each_ref().map(|house| Cast::of(house).play_all(house, &steps));
        prop_assert_eq!(&told[0], &told[1]);
        prop_assert!(houses[0].space.is_fold_of(&houses[1].space.journal()));
    }

    #[test]
    fn p37_a_tool_is_called_only_when_allowed(policy in 0..3usize, deferred in any::<bool>(), steps in history(), closed in any::<bool>()) {
        let house = House::contest(POLICIES[policy], deferred);
        let mut cast = Cast::of(&house);
        cast.play_all(&house, &steps);
        if closed {
            house.space.narrow(&house.authority, "ann", Some(scope("a")), MarkKind::Intent).unwrap();
        }
        let held = house.space.holder(&scope("a"), "r");
        let mut called = false;
        let execution = house.space.execute(&cast.agents[0], &scope("a"), ("r", "edit"), Ratio::ONE, || {
            called = true;
            Ok(String::new())
        });
        prop_assert_eq!(called, !matches!(execution, ToolOutcome::Refused(_)));
        prop_assert!(!(closed && called));
        if called {
            let fresh = held.is_none_or(|held| {
                house.all("a").iter().all(|v| v.mark.seq() != held || v.mark.author() == "ann")
            });
            prop_assert!(fresh, "another agent held the resource");
        }
    }

    #[test]
    fn p38_verdicts_say_what_they_rest_on(policy in 0..3usize, deferred in any::<bool>(), steps in history()) {
        let house = House::contest(POLICIES[policy], deferred);
        Cast::of(&house).play_all(&house, &steps);
        for event in house.events().iter().filter(|event| event.operation == "claim") {
            match event.verdict {
                "allow" => prop_assert!(event.mark.is_some()),
                "conflict" => {
                    prop_assert!(event.winning.is_some() && !event.reason.is_empty());
                    prop_assert!(event.winning != event.mark, "an intent does not win against itself");
                }
                "blocked" => prop_assert!(!event.reason.is_empty()),
                "denied" => prop_assert!(event.check.is_some() && !event.reason.is_empty()),
                other => prop_assert!(false, "{other}"),
            }
        }
    }

    #[test]
    fn p39_an_action_of_another_agent_is_a_conflict(steps in history()) {
        let house = House::calm(ConflictPolicy::HighestConfidence, false);
        let mut cast = Cast::of(&house);
        cast.play_all(&house, &steps);
        // A warning may hide an action for a while, yet the action still stands; by now all warnings have faded.
        house.clock.advance(42 * HALF_LIFE);
        for resource in NAMES {
            let actions: Vec<_> = house.all("a").into_iter().filter(|v| {
                use hyperspace_markspace::Body::Action;
                v.mark.scope() == &scope("a")
                    && matches!(v.mark.body(), Action { failed: false, resource: r, .. } if r == resource)
            }).collect();
            let authors: std::collections::BTreeSet<&str> = actions.iter().map(|v| v.mark.author()).collect();
            prop_assert!(authors.len() <= 1, "two agents acted on {resource}");
            for agent in &cast.agents {
                let verdict = house.claim(agent, resource, 1_000_000);
                let by_other = authors.iter().any(|author| *author != agent.agent());
                let conflict = matches!(verdict, ClaimOutcome::Conflict { intent: None, .. });
                prop_assert_eq!(conflict, by_other, "{:?}", verdict);
            }
        }
    }
}
