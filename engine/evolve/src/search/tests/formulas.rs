//! Distributions: compares 100,000 draws of each rule with its formula.

use super::*;

#[test]
fn random_beam_best_and_latest() {
    let scores = [50, 60, 70, 40];
    matches("random", &World::of("random", &scores), &[1.0; 4]);
    matches("beam", &World::of("beam:width=2", &scores), &[0.0, 1.0, 1.0, 0.0]);
    matches("wide beam", &World::of("beam:width=99", &scores), &[1.0; 4]);
    matches("best", &World::of("best", &scores), &[0.0, 0.0, 1.0, 0.0]);
    matches("latest", &World::of("latest", &scores), &[0.0, 0.0, 0.0, 1.0]);
    matches("iid", &World::of("iid", &scores), &[1.0, 0.0, 0.0, 0.0]);
}

#[test]
fn power_law() {
    let scores = [50, 60, 70, 40, 60];
    let weights = |alpha: f64| [4.0_f64, 2.0, 1.0, 5.0, 3.0].map(|rank| rank.powf(-alpha));
    matches("1", &World::of("power-law", &scores), &weights(1.0));
    matches("2.5", &World::of("power-law:alpha=2.5", &scores), &weights(2.5));
    matches("0", &World::of("power-law:alpha=0", &scores), &[1.0; 5]);
}

#[test]
fn score_child_prop() {
    let mut world = World::of("score-child-prop", &[50, 60, 70, 40]);
    for (parent, children) in [(0, 3), (2, 8)] {
        (0..children).for_each(|_| world.child(parent, false));
    }
    let mid = 0.6;
    let weight = |(s, n): (f64, f64)| (-(n / 8.0_f64).powi(3)).exp() / (1.0 + (-10.0 * (s - mid)).exp());
    matches("", &world, &[(0.5, 3.0), (0.6, 0.0), (0.7, 8.0), (0.4, 0.0)].map(weight));
}

#[test]
fn weighted() {
    let mut world = World::of("weighted:lambda=5", &[50, 60, 70, 40]);
    (0..2).for_each(|_| world.child(2, false));
    world.child(1, true);
    let median = 0.55;
    let weight = |(f, n): (f64, f64)| 1.0 / (1.0 + (-5.0 * (f - median)).exp()) / (1.0 + n);
    matches("even", &world, &[(0.5, 0.0), (0.6, 1.0), (0.7, 2.0), (0.4, 0.0)].map(weight));
    let world = World::of("weighted", &[50, 60, 80]);
    matches("odd", &world, &[0.5, 0.6, 0.8].map(|f: f64| 1.0 / (1.0 + (-10.0 * (f - 0.6)).exp())));
}

#[test]
fn without_a_scale_fitness_is_linear_between_worst_and_best() {
    for (direction, f) in [(Direction::Maximize, [0.0, 1.0, 0.5]), (Direction::Minimize, [1.0, 0.0, 0.5])] {
        let mut world = World::new("weighted", direction);
        world.scale = None;
        for score in [20, 60, 40] {
            world.admit(Made { score, ..Made::default() });
        }
        matches("", &world, &f.map(|f: f64| 1.0 / (1.0 + (-10.0 * (f - 0.5)).exp())));
    }
}

#[test]
fn clusters() {
    let mut world =
        World::new("clusters:temperature=0.1,period=6,length-temperature=0.5", Direction::Maximize);
    let made = |score, bytes, cases: &[u64]| Made { score, bytes, cases: cases.to_vec(), parent: None };
    for one in
        [made(50, 100, &[1, 2]), made(60, 300, &[2, 2]), made(60, 200, &[2, 2]), made(60, 300, &[1, 3])]
    {
        world.admit(one);
    }
    // After four members, a third of the temperature is left; in the middle group, lengths differ by a third of the longest.
    let temperature = 0.1 * (1.0 - 4.0 / 6.0);
    let low = (-0.1_f64 / temperature).exp();
    let (long, short) = ((-1.0_f64 / 3.0 / 0.5).exp(), 1.0);
    let sum = long + short;
    matches("", &world, &[low, long / sum, short / sum, 1.0]);
    let mut cold = World::new("clusters:temperature=0,length-temperature=0", Direction::Maximize);
    for one in [made(50, 1, &[1]), made(60, 30, &[2]), made(60, 20, &[2])] {
        cold.admit(one);
    }
    matches("cold", &cold, &[0.0, 0.0, 1.0]);
}

#[test]
fn map_elites() {
    let made = |score, bytes| Made { score, bytes, ..Made::default() };
    let mut world = World::new("map-elites:dimensions=bytes,bins=4,scale=fixed,reach=2", Direction::Maximize);
    // Bins end at 50, 100 and 150 bytes.
    for one in [made(50, 100), made(40, 149), made(60, 120), made(30, 49), made(20, 5_000), made(10, 10)] {
        world.admit(one);
    }
    matches("fixed", &world, &[0.0, 0.0, 1.0, 1.0, 1.0, 0.0]);
    let mut world = World::new("map-elites:dimensions=bytes,bins=2", Direction::Maximize);
    // Cut for the last time at four members: bins below and from 30.
    for one in [made(10, 10), made(20, 20), made(30, 30), made(40, 40), made(50, 5)] {
        world.admit(one);
    }
    matches("quantile", &world, &[0.0, 0.0, 0.0, 1.0, 1.0]);
}

#[test]
fn pareto() {
    let made = |cases: &[u64]| Made { score: 1, cases: cases.to_vec(), ..Made::default() };
    let mut world = World::new("pareto", Direction::Maximize);
    for cases in [[1, 1, 1, 1], [9, 9, 0, 5], [0, 9, 9, 5], [9, 9, 0, 5], [8, 8, 8, 5], [0, 0, 0, 6]] {
        world.admit(made(&cases));
    }
    // The first is dominated by the fifth, the fourth equals the second, the fifth wins nowhere.
    matches("", &world, &[0.0, 2.0, 2.0, 0.0, 0.0, 1.0]);
}

#[test]
fn clade() {
    // The counts of a clade are those of its member and all descendants.
    let mut world = World::new("clade", Direction::Maximize);
    let seed = world.admit(Made::default());
    let left = world.admit(Made { parent: Some(seed), ..Made::default() });
    world.child(seed, true);
    world.child(left, true);
    world.child(left, false);
    // Beta(3, 2) of the seed against Beta(2, 2) of its child. For whole numbers, P(X > Y) is a sum of products of Beta functions; computed
    // with exact fractions: P(Beta(3,2) > Beta(2,2)) = 22/35.
    matches("", &world, &[22.0, 13.0]);
}
