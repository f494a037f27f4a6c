use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::*;

fn stream(number: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(number)
}

fn trial(won: bool, cost: u64) -> BanditTrial {
    BanditTrial { gain: if won { 1.0 } else { 0.0 }, won, cost }
}

/// A bandit whose arms had these numbers of wins and losses, one arm after the other.
fn after(rule: &str, counts: &[(u64, u64)]) -> Bandit {
    let mut bandit = Bandit::new(rule.parse().unwrap(), counts.len());
    for (arm, (wins, losses)) in counts.iter().enumerate() {
        (0..*wins).for_each(|_| bandit.note(arm, trial(true, 1)));
        (0..*losses).for_each(|_| bandit.note(arm, trial(false, 1)));
    }
    bandit
}

#[test]
fn untried_arms_come_first_and_waiting_ones_count() {
    let bandit = after("ucb1", &[(1, 3), (0, 0), (0, 0)]);
    let choose = |pending: &[u64]| bandit.choose(pending, &mut stream(1));
    assert_eq!((choose(&[0, 0, 0]).arm, choose(&[0, 0, 0]).reason), (1, ChoiceReason::Untried));
    assert_eq!(choose(&[0, 1, 0]).arm, 2);
    assert_eq!(choose(&[0, 1, 1]).reason, ChoiceReason::Bound);
    // Without results in between, a batch is spread over the arms.
    let even = after("ucb1:decay=1", &[(5, 5), (5, 5)]);
    let (mut pending, mut chosen) = ([0, 0], [0, 0]);
    for _ in 0..10 {
        let arm = even.choose(&pending, &mut stream(1)).arm;
        pending[arm] += 1;
        chosen[arm] += 1;
    }
    assert_eq!(chosen, [5, 5]);
}

#[test]
fn the_bound_is_that_of_the_formula() {
    let bandit = after("ucb1:explore=1,decay=1,thrift=0", &[(3, 7), (2, 3), (0, 1)]);
    let values = bandit.choose(&[0, 1, 0], &mut stream(1)).values;
    let total: f64 = 17.0;
    for (value, (mean, count)) in values.iter().zip([(0.3, 10.0), (0.4, 6.0), (0.0, 1.0)]) {
        let bound = mean + (2.0 * total.ln() / count).sqrt();
        assert!((value.unwrap() - bound).abs() < 1e-12, "{values:?}");
    }
    // Discounted: of trials in the order 1 0 0, the last one weighs 1, and the win 0.25.
    let bandit = after("ucb1:explore=0,decay=0.5,thrift=0", &[(1, 2), (0, 1)]);
    let mean = bandit.choose(&[0, 0], &mut stream(1)).values[0].unwrap();
    assert!((mean - 0.25 / 1.75).abs() < 1e-12, "{mean}");
}

#[test]
fn costs_divide_what_an_arm_earns() {
    let mut bandit = Bandit::new("ucb1:explore=0,decay=1".parse().unwrap(), 2);
    for (arm, won, cost) in
        [(0, true, 30), (0, false, 30), (1, true, 10), (1, false, 10), (1, false, 10), (1, false, 10)]
    {
        bandit.note(arm, trial(won, cost));
    }
    // 1/2 at a cost of 30, and 1/4 at a cost of 10: the mean cost is 20.
    let values = bandit.choose(&[0, 0], &mut stream(1)).values;
    assert!(
        (values[0].unwrap() - 0.5 / 1.5).abs() < 1e-12 && (values[1].unwrap() - 0.25 / 0.5).abs() < 1e-12
    );
    let free = after("thompson", &[(1, 1), (1, 1)]);
    assert!(
        free.choose(&[0, 0], &mut stream(1)).values.iter().all(|value| value.is_some_and(f64::is_finite))
    );
    let mut free = Bandit::new("ucb1".parse().unwrap(), 2);
    (0..9).for_each(|number| free.note(number % 2, trial(number == 3, 0)));
    assert!(
        free.choose(&[0, 0], &mut stream(1)).values.iter().all(|value| value.is_some_and(f64::is_finite))
    );
}

#[test]
fn gains_are_in_relation_to_the_greatest() {
    let mut bandit = Bandit::new("ucb1:explore=0,decay=1,reward=gain,thrift=0".parse().unwrap(), 2);
    for (arm, gain) in [(0, 1.0), (0, 0.0), (1, 4.0), (1, 0.0)] {
        bandit.note(arm, BanditTrial { gain, won: gain > 0.0, cost: 1 });
    }
    assert_eq!(bandit.choose(&[0, 0], &mut stream(1)).values, [Some(0.125), Some(0.5)]);
}

#[test]
fn a_long_run_never_ends_in_numbers_that_are_none() {
    for rule in ["ucb1:explore=0,decay=0.5", "ucb1:decay=0.5", "thompson:decay=0.5", "thompson:reward=gain"] {
        let mut bandit = Bandit::new(rule.parse().unwrap(), 3);
        for number in 0..4_000 {
            let choice = bandit.choose(&[0, 0, 0], &mut stream(number));
            assert!(choice.values.iter().flatten().all(|value| value.is_finite()), "{rule}: {choice:?}");
            bandit.note(choice.arm, trial(choice.arm == 1 && number % 3 == 0, 1 + number % 7));
        }
    }
}

/// The probability that a draw from `Beta(a, b)` is above one from `Beta(c, d)`, for whole numbers (Evan Miller's sum, by log-gammas).
fn above(a: u64, b: u64, c: u64, d: u64) -> f64 {
    let ln_beta = |x: u64, y: u64| {
        let ln = |x: u64| libm::lgamma(x as f64);
        ln(x) + ln(y) - ln(x + y)
    };
    (0..a)
        .map(|i| (ln_beta(c + i, b + d) - ((b + i) as f64).ln() - ln_beta(1 + i, b) - ln_beta(c, d)).exp())
        .sum()
}

#[test]
fn thompson_chooses_with_the_probability_that_an_arm_is_the_best() {
    const DRAWS: u64 = 100_000;
    for (one, other) in [((3, 7), (4, 6)), ((0, 0), (1, 2)), ((20, 30), (12, 38))] {
        let bandit = after("thompson:decay=1,thrift=0", &[one, other]);
        let first =
            (0..DRAWS).filter(|number| bandit.choose(&[0, 0], &mut stream(*number)).arm == 0).count() as f64;
        let expected = DRAWS as f64 * above(1 + one.0, 1 + one.1, 1 + other.0, 1 + other.1);
        let rest = DRAWS as f64 - expected;
        let chi_square = (first - expected).powi(2) * (1.0 / expected + 1.0 / rest);
        // Upper 0.1 % point with one degree of freedom.
        assert!(chi_square < 10.828, "{one:?} {other:?}: {first} of {expected}");
    }
}

/// Plays arms with these probabilities of winning and these costs; returns how often each was chosen, and the number of wins.
fn play(rule: &str, arms: &[(f64, u64)], trials: u64, seed: u64) -> (Vec<u64>, u64) {
    let mut bandit = Bandit::new(rule.parse().unwrap(), arms.len());
    let mut world = stream(seed);
    let (mut counts, mut wins) = (vec![0; arms.len()], 0);
    let pending = vec![0; arms.len()];
    for number in 0..trials {
        let arm = bandit.choose(&pending, &mut stream(seed * 1_000_003 + number)).arm;
        let drawn = (world.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let won = drawn < arms[arm].0;
        bandit.note(arm, trial(won, arms[arm].1));
        counts[arm] += 1;
        wins += u64::from(won);
    }
    (counts, wins)
}

#[test]
fn regret_is_well_below_that_of_an_even_choice() {
    let arms = [(0.05, 1), (0.30, 1), (0.10, 1)];
    let (trials, seeds) = (300, 40);
    let even = 0.30 - (0.05 + 0.30 + 0.10) / 3.0;
    for (rule, share) in
        [("ucb1:decay=1,explore=0.25", 0.45), ("ucb1", 0.75), ("thompson:decay=1", 0.35), ("thompson", 0.6)]
    {
        let counts = (0..seeds)
            .map(|seed| play(rule, &arms, trials, seed).0)
            .fold(vec![0; 3], |sum, one| sum.iter().zip(one).map(|(a, b)| a + b).collect());
        let all = (trials * seeds) as f64;
        let regret: f64 =
            counts.iter().zip(&arms).map(|(count, (p, _))| *count as f64 / all * (0.30 - p)).sum();
        println!("{rule}: {:.2} of the regret of an even choice", regret / even);
        assert!(regret < share * even, "{rule}: {regret:.3} of {even:.3}, {counts:?}");
    }
}

#[test]
fn a_cheap_arm_is_preferred_where_it_earns_more_for_its_cost() {
    let of = |rule: &str, arms: &[(f64, u64)]| {
        let counts = (0..20).map(|seed| play(rule, arms, 200, seed).0[0]).sum::<u64>();
        counts as f64 / 4_000.0
    };
    for name in ["ucb1", "thompson"] {
        // Equally good, and ten times as expensive.
        assert!(of(name, &[(0.2, 100), (0.2, 10)]) < 0.2, "{name}");
        // Five times as good, and twice as expensive: most of the money is spent on it.
        let share = of(name, &[(0.5, 20), (0.1, 10)]);
        let of_money = share * 20.0 / (share * 20.0 + (1.0 - share) * 10.0);
        assert!(of_money > 0.65, "{name}: {of_money}");
        // Costs do not matter.
        assert!(of(&format!("{name}:thrift=0"), &[(0.4, 1_000), (0.2, 1)]) > 0.5, "{name}");
    }
}

#[test]
fn a_discounted_bandit_notices_that_an_arm_has_become_better() {
    for name in ["ucb1", "thompson"] {
        let mut bandit = Bandit::new(name.parse().unwrap(), 2);
        let mut world = stream(3);
        let mut late = [0, 0];
        for number in 0..600 {
            let arm = bandit.choose(&[0, 0], &mut stream(number)).arm;
            let p = if (arm == 0) == (number < 300) { 0.6 } else { 0.1 };
            let won = (world.next_u64() >> 11) as f64 / ((1_u64 << 53) as f64) < p;
            bandit.note(arm, trial(won, 1));
            if number >= 400 {
                late[arm] += 1;
            }
        }
        assert!(late[1] > 120, "{name}: {late:?}");
    }
}
