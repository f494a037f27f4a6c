//! The rules in which this engine differs from the original experiments, and those of them that `parity` restores.

use serde::Serialize;

/// A rule in which this engine differs from the original (hyperagents, Zhang et al. 2026, as replicated with hyperspace).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RuleDifference {
    /// The subject of the rule.
    pub rule: &'static str,
    /// The original's rule.
    pub original: &'static str,
    /// This engine's rule.
    pub ours: &'static str,
    /// True if a run with `parity` keeps the original's rule.
    pub kept_by_parity: bool,
}

/// All rules that differ.
pub const RULE_DIFFERENCES: [RuleDifference; 7] = [
    RuleDifference {
        rule: "valid parents",
        original: "a member one of whose children failed is never chosen again; if none is left, the seed is",
        ours: "a failed child does not exclude its parent",
        kept_by_parity: true,
    },
    RuleDifference {
        rule: "admission",
        original: "every child with scores joins the archive",
        ours: "a child joins only if it is better than its parent on training data and not worse on held-out data",
        kept_by_parity: true,
    },
    RuleDifference {
        rule: "fitness of parents",
        original: "the held-out (validation) score",
        ours: "the training score",
        kept_by_parity: true,
    },
    RuleDifference {
        rule: "best agent",
        original: "the best held-out (validation) score",
        ours: "better on training data than the best so far, and not worse on held-out data",
        kept_by_parity: true,
    },
    RuleDifference {
        rule: "failing meta agents",
        original: "the child is invalid",
        ours: "the last meta agent of the lineage that worked stands in",
        kept_by_parity: true,
    },
    RuleDifference {
        rule: "failed evaluations",
        original: "a score of 0.0, recorded as valid, in the transfer experiment",
        ours: "no score, with evidence",
        kept_by_parity: false,
    },
    RuleDifference {
        rule: "repeated code",
        original: "evaluated again, and a member of its own",
        ours: "recognised by its hash, not evaluated and not admitted again",
        kept_by_parity: false,
    },
];
