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
    /// Makes an instance. It takes the parameters that it knows; the caller refuses the remaining ones.
    pub make: fn(&mut Parameters) -> Result<Arc<dyn Instance>, ParameterError>,
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Problem").field(&self.name).finish()
    }
}

/// Every problem, in alphabetical order.
const PROBLEMS: [Problem; 18] = [
    Problem { name: "autocorrelation-1", make: autocorrelation::first },
    Problem { name: "autocorrelation-2", make: autocorrelation::second },
    Problem { name: "autocorrelation-3", make: autocorrelation::third },
    Problem { name: "circles-in-rectangle", make: rectangle::make },
    Problem { name: "distance-ratio", make: distance_ratio::make },
    Problem { name: "function-minimum", make: function_minimum::make },
    Problem { name: "heilbronn-convex", make: heilbronn::convex },
    Problem { name: "heilbronn-triangle", make: heilbronn::triangle },
    Problem { name: "hexagon-packing", make: hexagons::make },
    Problem { name: "kissing-number", make: kissing::make },
    Problem { name: "matrix-multiplication", make: matrix_multiplication::make },
    Problem { name: "minimum-overlap", make: minimum_overlap::make },
    Problem { name: "modules", make: modules::make },
    Problem { name: "sorting-network", make: sorting_network::make },
    Problem { name: "sums-and-differences", make: sums_differences::make },
    Problem { name: "symbolic-regression", make: regression::make },
    Problem { name: "tour", make: tour::make },
    Problem { name: "vliw-kernel", make: vliw::make },
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
