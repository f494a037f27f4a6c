//! The growth of every rule: the number of members that it looks at for one more member and one more draw.

use super::*;
use crate::record::strategy::StrategySpec;
use crate::search::sampler::TOUCHED;

const FEW: u64 = 100;
const MANY: u64 = 10_000;
/// Rules that look at every member once or twice after a change, with a few floating-point operations each time.
const LINEAR: [&str; 3] = ["score-child-prop", "weighted", "clusters"];

/// Pseudorandom numbers that are the same in every run.
fn mixed(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23).wrapping_mul(0xd1b5_4a32_d192_ed03) >> 33
}

fn member(number: u64) -> Made {
    let parent = number.checked_sub(1).map(|last| usize::try_from(mixed(number) % (last + 1)).unwrap());
    let cases = (0..20).map(|case| mixed(number * 31 + case) % 8).collect();
    Made { score: mixed(number ^ 1) % 5_000, parent, bytes: 500 + mixed(number ^ 2) % 4_000, cases }
}

/// Adds members as in a run: each is a child of another one, with draws in between.
fn grow(world: &mut World, from: u64, to: u64) {
    for number in from..to {
        let index = world.admit(member(number));
        if let Some(parent) = world.archive.members()[index].parent {
            world.child(parent, number % 3 == 0);
        }
        if number % 64 == 0 {
            world.draw(number);
        }
    }
}

/// Returns whether a strategy is one of these rules, or contains one.
fn is_linear(spec: &StrategySpec) -> bool {
    LINEAR.contains(&spec.name()) || spec.inner().into_iter().any(is_linear)
}

/// Returns the number of members looked at during this work.
fn touched(work: impl FnOnce()) -> u64 {
    let before = TOUCHED.get();
    work();
    TOUCHED.get() - before
}

#[test]
fn ten_thousand_members_cost_no_more_than_one_look_at_each() {
    for spec in StrategySpec::all() {
        let mut world = World::new(&spec.to_string(), Direction::Maximize);
        grow(&mut world, 0, FEW);
        let whole = touched(|| grow(&mut world, FEW, MANY));
        let step = touched(|| {
            grow(&mut world, MANY, MANY + 1);
            world.draw(MANY);
        });
        println!("{:<18} {step:>6} of {MANY} for one more; {whole:>9} for all", spec.name());
        let most = if is_linear(&spec) { 3 * MANY } else { 2_000 };
        assert!(step < most, "{spec}: {step} members are looked at for one more");
        // All additions together, with a draw after each 64th.
        assert!(whole < MANY * 400, "{spec}: {whole}");
    }
}
