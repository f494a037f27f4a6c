//! The scorer `construction`: problems whose answer is data, verified here in exact arithmetic.
//!
//! A [`Problem`] has a name and makes an [`Instance`] from parameters; an instance calls the candidate's function and verifies
//! its answer. A verification computes the score from the answer alone, in integers, rationals or intervals that are rounded
//! outwards against the candidate. It has no tolerance, and nothing that the candidate claims about its answer counts.
//!
//! A new problem is one file here, a line in [`problems`], and a folder below `data/tasks` with a seed.
//!
//! Attacks that end here: T-HACK-31, T-HACK-32, T-HACK-33, T-HACK-34, T-HACK-35.

mod autocorrelation;
mod distance_ratio;
mod function_minimum;
mod heilbronn;
mod hexagons;
mod instance;
mod interval;
mod keyed_numbers;
mod kissing;
mod matrix_multiplication;
mod minimum_overlap;
mod modules;
mod parameters;
mod problem;
mod read;
mod rectangle;
mod regression;
mod scorer;
mod sorting_network;
mod steps;
mod sums_differences;
mod tour;
mod vliw;
mod wide;

pub use self::instance::Instance;
pub use self::parameters::{ParameterError, Parameters};
pub use self::problem::{Problem, ProblemDraws, problem_named, problems};
pub use self::scorer::{ConstructionCase, ConstructionScorer};
pub use self::vliw::{MachineFault, VliwMachine, VliwProgram};
