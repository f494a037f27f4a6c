//! P67 to P70: content policies.

use hyperspace_markspace::{
    Body, ContentPolicy, Draft, GuardCheck, PolicyDecision, Ratio, Refusal, ScopeName,
};
use proptest::prelude::*;

use crate::cases;
use crate::support::*;

/// A policy that is data: what it does, and to which content.
#[derive(Debug, Clone)]
struct Rule {
    name: String,
    does: u8,
    when: String,
}

impl ContentPolicy for Rule {
    fn name(&self) -> &str {
        &self.name
    }

    fn judge(&self, _: &str, _: &ScopeName, _: &str, content: &str) -> PolicyDecision {
        match self.does {
            _ if !content.contains(&self.when) => PolicyDecision::Allow,
            0 => PolicyDecision::Rewrite(content.replace(&self.when, "bc")),
            1 => PolicyDecision::Flag(format!("has {}", self.when)),
            _ => PolicyDecision::Reject(format!("has {}", self.when)),
        }
    }
}

fn rules_of() -> impl Strategy<Value = Vec<Rule>> {
    prop::collection::vec((0..3u8, "[abc]{1,2}"), 0..5).prop_map(|rules| {
        let rule = |(n, (does, when)): (usize, (u8, String))| Rule { name: format!("p{n}"), does, when };
        rules.into_iter().enumerate().map(rule).collect()
    })
}

/// The result of the rules, computed anew: the content, the flags, and the rule that rejected.
fn oracle(rules: &[Rule], content: &str) -> (String, usize, Option<String>) {
    let (mut text, mut flags) = (content.to_owned(), 0);
    for rule in rules {
        if text.contains(&rule.when) {
            match rule.does {
                0 => text = text.replace(&rule.when, "bc"),
                1 => flags += 1,
                _ => return (text, flags, Some(rule.name.clone())),
            }
        }
    }
    (text, flags, None)
}

fn house(rules: &[Rule]) -> (House, hyperspace_markspace::Capability) {
    let mut house = House::contest(Default::default(), false);
    for rule in rules {
        house.space.add_policy(Box::new(rule.clone()));
    }
    let ann = house.agent("ann", &["a"]);
    (house, ann)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn p67_what_is_rejected_is_not_stored(rules in rules_of(), content in "[abc]{0,8}") {
        let (house, ann) = house(&rules);
        let result = house.space.write_mark(&ann, &scope("a"), Draft::observation("t", &content));
        let (_, _, rejected) = oracle(&rules, &content);
        match rejected {
            Some(name) => {
                let by = matches!(&result, Err(Refusal::Policy { policy, .. }) if *policy == name);
                prop_assert!(by, "{result:?}");
                prop_assert!(house.all("a").is_empty() && house.space.is_empty());
            }
            None => prop_assert!(result.is_ok()),
        }
    }

    #[test]
    fn p68_policies_run_in_order_and_feed_each_other(rules in rules_of(), content in "[abc]{0,8}") {
        let (house, ann) = house(&rules);
        let result = house.space.write_mark(&ann, &scope("a"), Draft::observation("t", &content));
        let (text, flags, rejected) = oracle(&rules, &content);
        if rejected.is_none() {
            let view = house.space.get(&ann, result.unwrap()).unwrap().unwrap();
            let same = matches!(view.mark.body(), Body::Observation { content: Some(c), .. } if *c == text);
            prop_assert!(same, "{view:?} is not {text}");
            prop_assert_eq!(house.all("_system").len(), usize::from(flags > 0), "one remark for all flags");
        }
        let told = house.events().iter().filter(|e| e.operation == "policy").count();
        let ran = rejected.map_or(rules.len(), |name| rules.iter().position(|r| r.name == name).unwrap() + 1);
        prop_assert_eq!(told, ran, "an event for each that ran, none for those after a rejection");
    }

    #[test]
    fn p69_policies_touch_the_content_of_observations_only(rules in rules_of(), content in "[abc]{1,8}", confidence in 0..1_000_000u32) {
        let (house, ann) = house(&rules);
        let warning = house.space.write_mark(&ann, &scope("a"), Draft::warning(&content, &content, None)).unwrap();
        let need = house.space.write_mark(&ann, &scope("a"), Draft::need(&content, Ratio::HALF)).unwrap();
        let read = |seq| house.space.get(&ann, seq).unwrap().unwrap().mark.body().clone();
        prop_assert_eq!(read(warning), Draft::warning(&content, &content, None).body);
        prop_assert_eq!(read(need), Draft::need(&content, Ratio::HALF).body);
        let body = Body::Observation {
            topic: content.clone(), content: Some(content.clone()), confidence: Ratio::millionths(confidence),
            source: hyperspace_markspace::TrustSource::ExternalVerified,
        };
        if let Ok(seq) = house.space.write_mark(&ann, &scope("a"), Draft::new(body.clone())) {
            prop_assert_eq!(read(seq).projected(), body.projected(), "all but the content is as it was");
        }
    }

    #[test]
    fn p70_policies_have_no_effect_on_barrier_and_envelope(rules in rules_of(), contents in prop::collection::vec("[abc]{0,4}", 1..30)) {
        let plain = house(&[]);
        let ruled = house(&rules);
        for (house, ann) in [&plain, &ruled] {
            house.space.seed_baseline(&house.authority, "ann", [3_600 * 50, 0, 3_600 * 50, 0, 0]).unwrap();
            for content in &contents {
                house.clock.advance(7);
                let _ = house.space.write_mark(ann, &scope("a"), Draft::observation("t", content));
            }
        }
        let standing = |(house, _): &(House, hyperspace_markspace::Capability)| {
            let standing = house.space.standing(&house.authority, "ann").unwrap();
            (standing.restricted, standing.flags, standing.judged)
        };
        prop_assert_eq!(standing(&plain), standing(&ruled));
        let refused = |house: &House| house.events().iter().filter(|e| matches!(e.check, Some(GuardCheck::Envelope | GuardCheck::Barrier))).count();
        prop_assert_eq!(refused(&plain.0), refused(&ruled.0));
    }
}
