//! The bundled agents, with advice on when to use each.

use hyperspace_evolve::bundled_agents;
use serde::Serialize;

/// The bundled agents: the document of `agents --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AgentsView {
    /// The agents, in alphabetical order.
    pub agents: Vec<AgentRow>,
}

/// A bundled agent in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AgentRow {
    /// Its name.
    pub name: &'static str,
    /// A description of it.
    pub title: &'static str,
    /// Advice on when to use it.
    pub use_when: &'static str,
    /// True if it calls language models.
    pub needs_model: bool,
}

/// The advice for each agent.
const ADVICE: [(&str, &str, &str, bool); 5] = [
    (
        "baseline",
        "The meta agent of the original experiments, which asks a model.",
        "Use it to repeat them (--parity).",
        true,
    ),
    (
        "best-fit",
        "A task agent for bin-packing, without a meta agent.",
        "Use it with `eval`, to compare heuristics with the rule of best fit.",
        false,
    ),
    (
        "evolver",
        "Asks a model for changes of the program, with its results and what was tried.",
        "Use it with --model; it is the default there.",
        true,
    ),
    (
        "genetic",
        "Changes the program's syntax tree at random, and at times its own parameters.",
        "Use it without a model, to repeat runs that were made with it, or to compare; it is the default on bin-packing, cap-set and circle-packing.",
        false,
    ),
    (
        "memetic",
        "Like genetic, and searches the program's numbers in its own sandbox before a child is evaluated.",
        "Use it without a model; it is the default on all other tasks. It is strong where the program has a function `quality(answer)`, as the seeds of \
         constructions have, and on bin-packing, cap-set and circle-packing, whose measures it knows.",
        false,
    ),
];

/// Lists the bundled agents.
#[must_use]
pub fn agents() -> AgentsView {
    let row = |name: &str| {
        let (name, title, use_when, needs_model) = *ADVICE.iter().find(|(known, ..)| *known == name)?;
        Some(AgentRow { name, title, use_when, needs_model })
    };
    AgentsView { agents: bundled_agents().into_iter().filter_map(row).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_agent_has_advice() {
        let names: Vec<&str> = agents().agents.iter().map(|row| row.name).collect();
        assert_eq!(names, bundled_agents());
    }
}
