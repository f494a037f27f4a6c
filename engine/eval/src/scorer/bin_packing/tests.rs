use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::scorer::total;

fn instance(capacity: u64, items: &[u64]) -> PackingCase {
    PackingCase { capacity, items: items.to_vec() }
}

fn first_fit(step: &PackingStep) -> Value {
    json!(vec![0.0; step.bins.len()])
}

fn best_fit(step: &PackingStep) -> Value {
    let left = |space: &u64| -i64::try_from(space - step.item).unwrap();
    json!(step.bins.iter().map(left).collect::<Vec<_>>())
}

fn pack(instance: &PackingCase, priority: impl Fn(&PackingStep) -> Value) -> PackingResult {
    let mut packing = Packing::new(instance);
    while let Some(step) = packing.step() {
        packing.place(&priority(&step)).unwrap();
    }
    packing.finish().unwrap()
}

#[test]
fn bins_are_offered_in_order_of_opening_with_a_fresh_one_last() {
    let instance = instance(10, &[6, 7, 4, 3, 2]);
    let mut packing = Packing::new(&instance);
    let mut seen = Vec::new();
    while let Some(step) = packing.step() {
        seen.push((step.item, step.bins.clone()));
        assert_eq!(packing.finish(), None);
        packing.place(&first_fit(&step)).unwrap();
    }
    assert_eq!(
        seen,
        // 7 does not fit into the first bin; 4 fills it, 3 fills the second.
        [(6, vec![10]), (7, vec![10]), (4, vec![4, 10]), (3, vec![3, 10]), (2, vec![10])],
    );
}

#[test]
fn answers_that_are_no_list_of_numbers_are_refused_and_change_nothing() {
    let instance = instance(10, &[6, 3, 2]);
    let mut packing = Packing::new(&instance);
    packing.place(&json!([1])).unwrap();
    let check = |packing: &mut Packing, answer: Value, text: &str| {
        let before = packing.clone();
        assert_eq!(packing.place(&answer).unwrap_err().to_string(), text);
        assert_eq!(
            (before.placed, before.open, before.bins_used),
            (packing.placed, packing.open.clone(), packing.bins_used)
        );
    };
    let two = "answer to item 1: expected a list of 2 numbers, one per bin, found";
    check(&mut packing, json!(null), &format!("{two} null"));
    check(&mut packing, json!([1]), &format!("{two} a list of 1"));
    check(&mut packing, json!([1, 2, 3]), &format!("{two} a list of 3"));
    check(&mut packing, json!({"0": 1}), &format!("{two} an object of 1 keys"));
    check(&mut packing, json!([1, "x"]), "bin 1 of item 1: expected a finite number, found \"x\"");
    check(&mut packing, json!([true, 0]), "bin 0 of item 1: expected a finite number, found true");
    packing.place(&json!([0, 1])).unwrap();
    packing.place(&json!([0.5, 1, 0])).unwrap();
    assert_eq!(packing.finish().map(|packed| packed.bins_used), Some(2));
    check(&mut packing, json!([0]), "after item 3: expected no further answer, found a list of 1");
}

#[test]
fn the_largest_exact_value_wins_and_the_first_of_equals() {
    let instance = instance(10, &[6, 7, 1]);
    let check = |answer: Value, bins: &[u64]| {
        let mut packing = Packing::new(&instance);
        packing.place(&json!([0])).unwrap();
        packing.place(&json!([0])).unwrap();
        assert_eq!(packing.step().unwrap().bins, [4, 3, 10]);
        packing.place(&answer).unwrap();
        assert_eq!(packing.open, bins, "{answer}");
    };
    check(json!([0, 0.0, -0.0]), &[3, 3]);
    check(json!([-0.0, 0, 0.0]), &[3, 3]);
    check(json!([1, 1.5, 1.5]), &[4, 2]);
    check(json!([9_007_199_254_740_992.0, 9_007_199_254_740_993_u64, 0]), &[4, 2]);
    check(json!([u64::MAX, i64::MIN, 18_446_744_073_709_551_616.0]), &[4, 3, 9]);
}

#[test]
fn the_bound_is_rounded_up() {
    assert_eq!(l1_bound(&instance(10, &[5, 5])), 1);
    assert_eq!(l1_bound(&instance(10, &[5, 6])), 2);
    assert_eq!(l1_bound(&instance(u64::MAX, &[u64::MAX, u64::MAX, 1])), 3);
}

fn or3() -> Option<Vec<PackingCase>> {
    let file = crate::tests_support::shared_file("bin-packing/or3.json")?;
    let instances: std::collections::BTreeMap<String, PackingCase> = serde_json::from_slice(&file).unwrap();
    Some(instances.into_values().collect())
}

#[test]
fn published_baselines_on_or3_are_reproduced_exactly() {
    let Some(instances) = or3() else { return };
    let check = |priority: fn(&PackingStep) -> Value, bins: u64, percent: &str| {
        let packed: Vec<PackingResult> = instances.iter().map(|instance| pack(instance, priority)).collect();
        assert_eq!(packed.iter().map(|p| p.l1_bound).sum::<u64>(), 4024);
        assert_eq!(packed.iter().map(|p| p.bins_used).sum::<u64>(), bins);
        let measures: Vec<_> = packed.iter().map(|p| p.measure()).collect();
        let score = total(&measures).unwrap();
        assert_eq!(Some(&score), Score::ratio(100 * (bins - 4024), 4024).as_ref());
        assert_eq!(format!("{:.2}", score.to_f64()), percent);
    };
    check(best_fit, 4240, "5.37");
    check(first_fit, 4255, "5.74");
}

/// The plain definition: counts all bins ever opened, including full ones.
fn reference_first_fit(instance: &PackingCase) -> u64 {
    let mut bins: Vec<u64> = Vec::new();
    for item in &instance.items {
        match bins.iter_mut().find(|space| **space >= *item) {
            Some(space) => *space -= item,
            None => bins.push(instance.capacity - item),
        }
    }
    bins.len() as u64
}

proptest! {
    #[test]
    fn first_fit_agrees_with_its_definition(capacity in 1u64..60, items in prop::collection::vec(1u64..60, 0..80)) {
        let items: Vec<u64> = items.into_iter().map(|item| item.min(capacity)).collect();
        let instance = PackingCase { capacity, items };
        let packed = pack(&instance, first_fit);
        prop_assert_eq!(packed.bins_used, reference_first_fit(&instance));
        prop_assert!(packed.bins_used >= packed.l1_bound);
    }

    #[test]
    fn no_choice_beats_the_bound_or_loses_an_item(items in prop::collection::vec(1u64..50, 0..60), seed in any::<u64>()) {
        let instance = PackingCase { capacity: 50, items };
        let packed = pack(&instance, |step| {
            let value = |bin: usize| (seed ^ step.item).wrapping_mul(2 * bin as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            json!((0..step.bins.len()).map(value).collect::<Vec<_>>())
        });
        prop_assert!(packed.bins_used >= packed.l1_bound && packed.bins_used <= instance.items.len() as u64);
    }
}
