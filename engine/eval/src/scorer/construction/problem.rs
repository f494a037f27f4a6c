//! The problems by name.

use std::fmt;
use std::sync::Arc;

use super::instance::Instance;
use super::parameters::{ParameterError, Parameters};
use super::{
    autocorrelation, distance_ratio, function_minimum, heilbronn, hexagons, kissing, matrix_multiplication,
    minimum_overlap, modules, rectangle, regression, sorting_network, sums_differences, tour, vliw,
};

/// A problem whose answer is data: a name, and the way from parameters to an instance.
#[derive(Clone, Copy)]
pub struct Problem {
    /// The name in `scorer.problem`.
    pub name: &'static str,
    /// The numbers that an instance draws when it is made; `None` if there are few.
    pub draws: Option<ProblemDraws>,
    /// Makes an instance. It takes the parameters that it knows; the caller refuses the remaining ones.
    pub make: fn(&mut Parameters) -> Result<Arc<dyn Instance>, ParameterError>,
}

/// Numbers that the instances of a problem draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemDraws {
    /// The parameter that says how many there are in an instance. It is the name of what is drawn, too.
    pub parameter: &'static str,
    /// The maximum number in all cases of a task together: about a second of work, or 64 MiB.
    pub total_max: u64,
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Problem").field(&self.name).finish()
    }
}

/// Points of a formula: a few sines or logarithms for each.
const POINTS: ProblemDraws = ProblemDraws { parameter: "points", total_max: 100_000 };
/// Cities of a tour.
const CITIES: ProblemDraws = ProblemDraws { parameter: "cities", total_max: 2_000_000 };

/// Every problem, in alphabetical order.
const PROBLEMS: [Problem; 18] = [
    Problem { name: "autocorrelation-1", draws: None, make: autocorrelation::first },
    Problem { name: "autocorrelation-2", draws: None, make: autocorrelation::second },
    Problem { name: "autocorrelation-3", draws: None, make: autocorrelation::third },
    Problem { name: "circles-in-rectangle", draws: None, make: rectangle::make },
    Problem { name: "distance-ratio", draws: None, make: distance_ratio::make },
    Problem { name: "function-minimum", draws: None, make: function_minimum::make },
    Problem { name: "heilbronn-convex", draws: None, make: heilbronn::convex },
    Problem { name: "heilbronn-triangle", draws: None, make: heilbronn::triangle },
    Problem { name: "hexagon-packing", draws: None, make: hexagons::make },
    Problem { name: "kissing-number", draws: None, make: kissing::make },
    Problem { name: "matrix-multiplication", draws: None, make: matrix_multiplication::make },
    Problem { name: "minimum-overlap", draws: None, make: minimum_overlap::make },
    Problem { name: "modules", draws: None, make: modules::make },
    Problem { name: "sorting-network", draws: None, make: sorting_network::make },
    Problem { name: "sums-and-differences", draws: None, make: sums_differences::make },
    Problem { name: "symbolic-regression", draws: Some(POINTS), make: regression::make },
    Problem { name: "tour", draws: Some(CITIES), make: tour::make },
    Problem { name: "vliw-kernel", draws: None, make: vliw::make },
];

/// Returns every problem, in alphabetical order.
#[must_use]
pub fn problems() -> &'static [Problem] {
    &PROBLEMS
}

/// Returns the problem of this name.
#[must_use]
pub fn problem_named(name: &str) -> Option<&'static Problem> {
    PROBLEMS.iter().find(|problem| problem.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_and_occur_once() {
        assert!(PROBLEMS.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(problem_named("kissing-number").is_some() && problem_named("kissing").is_none());
    }
}
