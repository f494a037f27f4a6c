//! An evaluator for small tasks.

use hyperspace_eval::Evaluator;
use hyperspace_sandbox::Limits;

use crate::sandbox;

/// Fuel of one case: enough for a trivial agent, spent in a fraction of a second by an endless loop.
const FUEL: u64 = 200_000_000;

/// Returns an evaluator on the [shared sandbox](sandbox()) with 200 million units of fuel per case.
///
/// # Panics
///
/// If the interpreter cannot be loaded.
#[must_use]
pub fn evaluator() -> Evaluator {
    Evaluator::new(sandbox().clone()).unwrap().limits(Limits::default().with_fuel(FUEL))
}
