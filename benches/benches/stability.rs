//! The fixed and the paired gate on simulated agents of known accuracy: how many candidates each accepts, and how many rows it asks.
//!
//! Prints the tables of `benches/stability/README.md`.

use hyperspace_evolve::stability::PairedRule;
use hyperspace_testkit::noise::{AcceptanceRate, NoisyWorld, rate};
use hyperspace_testkit::random::SplitMix64;

const TRIALS: u32 = 4_000;
const DIFFERENCES: [f64; 7] = [-0.06, -0.03, -0.01, 0.0, 0.01, 0.03, 0.06];
/// Most measurements of a candidate, and measurements of the parent before.
const RULES: [(u64, u64); 4] = [(1, 1), (1, 2), (1, 3), (3, 1)];
/// The default of `effect`.
const MARGIN: f64 = 0.035;
const LEVEL: f64 = 0.05;

fn main() {
    let worlds = [
        ("noise of published runs", NoisyWorld { rows: 100, noise: 0.0576, churn: 0.0 }),
        (
            "the same, 2 % of the rows gained and lost by chance of the edit",
            NoisyWorld { rows: 100, noise: 0.0576, churn: 0.02 },
        ),
        ("half the noise", NoisyWorld { rows: 100, noise: 0.0288, churn: 0.0 }),
        ("every row a coin", NoisyWorld { rows: 100, noise: 0.2, churn: 0.0 }),
    ];
    for (name, world) in worlds {
        println!("\n{name}\n");
        print!("| true difference | fixed |");
        RULES
            .iter()
            .for_each(|(looks, known)| print!(" paired, {looks} of the candidate, {known} of the parent |"));
        println!("\n|---|---|---|---|---|---|");
        for difference in DIFFERENCES {
            let mut random = SplitMix64::new(20);
            print!("| {difference:+.2} | {} |", cell(rate(TRIALS, || world.fixed(difference, &mut random))));
            for (looks, known) in RULES {
                let rule = PairedRule { level: LEVEL, looks, margin: MARGIN };
                print!(" {} |", cell(rate(TRIALS, || world.paired(rule, known, difference, &mut random))));
            }
            println!();
        }
    }
}

fn cell(rate: AcceptanceRate) -> String {
    format!("{:.1} % ({:.0})", 100.0 * rate.accepted, rate.rows)
}
