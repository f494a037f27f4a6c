//! P59 to P66: budgets and rates, apart from each other.

use hyperspace_markspace::{Draft, GuardCheck, RateLimit, Refusal, Scheduler, ScopeDef, Tick, TokenBudget};
use proptest::prelude::*;

use crate::cases;
use crate::history::{Cast, history};
use crate::support::*;

fn limited(per_agent_max: Option<u32>, total_max: Option<u32>, window: u64) -> House {
    let house = House::new();
    house.define(ScopeDef::new(scope("a")).limited(RateLimit { per_agent_max, total_max, window }));
    house
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn p59_without_a_budget_nothing_is_different(steps in history(), spends in prop::collection::vec((0..1_000u64, 0..1_000u64), 0..5)) {
        let houses = [House::contest(Default::default(), false), House::contest(Default::default(), false)];
        let told = houses.each_ref().map(|house| {
            let mut cast = Cast::of(house);
            if std::ptr::eq(house, &houses[1]) {
                for &(input, output) in &spends {
                    house.space.spend(&house.authority, "ann", input, output).unwrap();
                }
            }
            cast.play_all(house, &steps)
        });
        prop_assert_eq!(&told[0], &told[1]);
        prop_assert!(houses[1].space.check_activation("ann").is_ok());
    }

    #[test]
    fn p60_each_dimension_warns_exactly_once(max in 10..10_000u64, spends in prop::collection::vec((0..2_000u64, 0..2_000u64), 1..12), doubled in any::<bool>()) {
        let house = House::contest(Default::default(), false);
        house.agent("ann", &["a"]);
        house.space.set_budget(&house.authority, "ann", TokenBudget::new(Some(max), Some(max))).unwrap();
        let warned = |house: &House| house.space.all_needs(&house.authority).unwrap().iter().flat_map(|c| &c.needs).count();
        let (mut total, mut crossed) = ([0u64; 2], [false; 2]);
        for (input, output) in spends {
            house.space.spend(&house.authority, "ann", input, output).unwrap();
            total = [total[0] + input, total[1] + output];
            crossed = [0, 1].map(|d| crossed[d] || total[d] * 10 >= max * 8);
            prop_assert_eq!(warned(&house), crossed.iter().filter(|c| **c).count());
        }
        prop_assert!(house.space.all_needs(&house.authority).unwrap().iter().all(|c| c.blocking == 0));
        if doubled {
            let larger = total[0].max(max) * 2;
            house.space.set_budget(&house.authority, "ann", TokenBudget::new(Some(larger), Some(max))).unwrap();
            let before = warned(&house);
            house.space.spend(&house.authority, "ann", larger, 0).unwrap();
            prop_assert_eq!(warned(&house), before + 1, "armed again");
        }
    }

    #[test]
    fn p61_a_spent_budget_stops_activations(max in 1..1_000u64, spends in prop::collection::vec(0..300u64, 1..12), output in any::<bool>()) {
        let house = House::contest(Default::default(), false);
        house.agent("ann", &["a"]);
        let budget = if output { TokenBudget::new(None, Some(max)) } else { TokenBudget::new(Some(max), None) };
        house.space.set_budget(&house.authority, "ann", budget).unwrap();
        let mut scheduler = Scheduler::new();
        scheduler.register("ann", 1).unwrap();
        let mut total = 0;
        for (n, tokens) in spends.into_iter().enumerate() {
            let (input, written) = if output { (0, tokens) } else { (tokens, 0) };
            house.space.spend(&house.authority, "ann", input, written).unwrap();
            total += tokens;
            let check = house.space.check_activation("ann");
            prop_assert_eq!(check.is_err(), total >= max);
            let activated = scheduler.tick(Tick(n as u64 + 1), |agent| house.space.check_activation(agent), |_| {});
            prop_assert_eq!(activated.is_empty(), total >= max);
        }
    }

    #[test]
    fn p62_a_larger_budget_resumes(max in 1..1_000u64, more in 1..1_000u64) {
        let house = House::contest(Default::default(), false);
        house.agent("ann", &["a"]);
        house.space.set_budget(&house.authority, "ann", TokenBudget::new(Some(max), None)).unwrap();
        house.space.spend(&house.authority, "ann", max, 0).unwrap();
        prop_assert!(house.space.check_activation("ann").is_err());
        house.space.set_budget(&house.authority, "ann", TokenBudget::new(Some(max + more), None)).unwrap();
        prop_assert!(house.space.check_activation("ann").is_ok());
        house.space.spend(&house.authority, "ann", more, 0).unwrap();
        prop_assert!(house.space.check_activation("ann").is_err());
    }

    #[test]
    fn p63_totals_only_grow(spends in prop::collection::vec((any::<u64>(), 0..9u64), 1..12), budget in prop::option::of(0..100u64)) {
        let house = House::contest(Default::default(), false);
        house.agent("ann", &["a"]);
        let mut before = house.space.standing(&house.authority, "ann").unwrap().spent;
        for (input, output) in spends {
            if let Some(max) = budget {
                house.space.set_budget(&house.authority, "ann", TokenBudget::new(Some(max), None)).unwrap();
            }
            house.space.spend(&house.authority, "ann", input, output).unwrap();
            let now = house.space.standing(&house.authority, "ann").unwrap().spent;
            prop_assert_eq!((now.input, now.output), (before.input.saturating_add(input), before.output + output));
            before = now;
        }
    }

    #[test]
    fn p64_over_the_limit_is_refused_and_seen(max in 1..6u32, waits in prop::collection::vec(0..40u64, 1..30)) {
        let house = limited(Some(max), None, 100);
        let ann = house.agent("ann", &["a"]);
        let (mut now, mut taken): (u64, Vec<u64>) = (0, vec![]);
        for wait in waits {
            (now, _) = (now + wait, house.clock.advance(wait));
            taken.retain(|&at| now - at < 100);
            let result = house.space.write_mark(&ann, &scope("a"), Draft::observation("t", "c"));
            prop_assume!(!matches!(result, Err(Refusal::Restricted { .. })));
            prop_assert_eq!(result.is_ok(), taken.len() < max as usize);
            if result.is_ok() {
                taken.push(now);
            }
        }
        // Attempts that the limit refuses are attempts to the envelope, too.
        house.space.seed_baseline(&house.authority, "ann", [0; 5]).unwrap();
        house.clock.advance(1_000);
        let mut checks = (0..max + 40).map(|_| {
            house.space.write_mark(&ann, &scope("a"), Draft::observation("t", "c")).map_err(|r| r.check())
        });
        prop_assert!(checks.any(|check| check == Err(GuardCheck::Envelope)));
    }

    #[test]
    fn p65_over_the_fleets_limit_everybody_is_refused(max in 1..8u32, order in prop::collection::vec(0..3usize, 1..20)) {
        let house = limited(None, Some(max), 100);
        let cast = ["ann", "bob", "cid"].map(|name| house.agent(name, &["a"]));
        let stranger = house.stranger();
        for (n, &agent) in order.iter().enumerate() {
            let _ = house.space.write_mark(&stranger, &scope("a"), Draft::observation("t", "c"));
            let place = format!("a/{}", n % 3);
            let result = house.space.write_mark(&cast[agent], &scope(&place), Draft::observation("t", "c"));
            prop_assert_eq!(result.is_ok(), n < max as usize);
        }
        house.clock.advance(100);
        prop_assert!(house.space.write_mark(&cast[0], &scope("a"), Draft::observation("t", "c")).is_ok());
    }

    #[test]
    fn p66_rates_envelope_and_budgets_do_not_touch_each_other(max in 1..5u32, spent in any::<bool>(), restricted in any::<bool>()) {
        let house = limited(Some(max), None, 100);
        let ann = house.agent("ann", &["a"]);
        house.define(ScopeDef::new(scope("b")));
        let both = house.agent("ann", &["a", "b"]);
        if spent {
            house.space.set_budget(&house.authority, "ann", TokenBudget::new(Some(1), None)).unwrap();
            house.space.spend(&house.authority, "ann", 9, 0).unwrap();
        }
        if restricted {
            house.space.seed_baseline(&house.authority, "ann", [0; 5]).unwrap();
            let tripped = (0..40).any(|_| {
                house.space.write_mark(&both, &scope("b"), Draft::warning("t", "c", None)).map_err(|r| r.check()) == Err(GuardCheck::Envelope)
            });
            prop_assert!(tripped);
            for _ in 0..10 {
                let _ = house.space.write_mark(&ann, &scope("a"), Draft::observation("t", "c"));
            }
            house.space.reset_envelope(&house.authority, "ann").unwrap();
            house.clock.advance(50);
        }
        prop_assert_eq!(house.space.check_activation("ann").is_err(), spent);
        let accepted = (0..max + 2).filter(|_| {
            house.space.write_mark(&ann, &scope("a"), Draft::observation("t", "c")).is_ok()
        }).count();
        let usual = if restricted { max.min(3) } else { max };
        prop_assert_eq!(accepted, usual as usize, "attempts while restricted took no slots, tokens none either");
    }
}
