//! Every rule is quick however many members there are.

use std::time::{Duration, Instant};

use super::*;
use crate::record::strategy::StrategySpec;

const FEW: u64 = 100;
const MANY: u64 = 10_000;
/// Time for one more member and one draw. A candidate takes 10 ms and more.
const MOST: Duration = Duration::from_millis(2);

/// Numbers that look random but are the same at every run.
fn mixed(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23).wrapping_mul(0xd1b5_4a32_d192_ed03) >> 33
}

fn member(number: u64) -> Made {
    let parent = number.checked_sub(1).map(|last| usize::try_from(mixed(number) % (last + 1)).unwrap());
    let cases = (0..20).map(|case| mixed(number * 31 + case) % 8).collect();
    Made { score: mixed(number ^ 1) % 5_000, parent, bytes: 500 + mixed(number ^ 2) % 4_000, cases }
}

fn grow(world: &mut World, from: u64, to: u64) {
    for number in from..to {
        let index = world.admit(member(number));
        if let Some(parent) = world.archive.members()[index].parent {
            world.child(parent, number % 3 == 0);
        }
        // As in a run: whatever is cached is used between two members.
        if number % 64 == 0 {
            world.draw(number);
        }
    }
}

/// Time of one more member and one draw, at best of several.
fn step(world: &mut World, from: u64) -> Duration {
    let one = |number| {
        let begin = Instant::now();
        grow(world, number, number + 1);
        world.draw(number);
        begin.elapsed()
    };
    (from..from + 20).map(one).min().unwrap()
}

#[test]
fn ten_thousand_members_cost_little_more_than_a_hundred() {
    for spec in StrategySpec::all() {
        let mut world = World::new(&spec.to_string(), Direction::Maximize);
        grow(&mut world, 0, FEW);
        let few = step(&mut world, FEW);
        let begin = Instant::now();
        grow(&mut world, FEW + 20, MANY);
        let whole = begin.elapsed();
        let many = step(&mut world, MANY);
        println!("{:<18} {few:>10.1?} {many:>10.1?}; {MANY} members {whole:.1?}", spec.name());
        assert!(many < few + MOST, "{spec}: {few:?} at {FEW} members, {many:?} at {MANY}");
    }
}
