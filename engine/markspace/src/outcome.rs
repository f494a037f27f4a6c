//! Results of commands, each with its own type.

use crate::marks::AgentIx;
use crate::refusal::Refusal;
use crate::seq::Seq;

/// The result of a command.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CommandOutcome {
    Done,
    Pass(u32),
    Written(Seq),
    Ruled(ClaimRuling),
    Boundary(Vec<BoundaryRuling>),
    Collected(u64),
    Judged(ProbeResult),
}

/// A decision on a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ClaimRuling {
    Allow { intent: Seq },
    Conflict { intent: Option<Seq>, winning: Seq, conflicting: Vec<Seq>, reason: String },
    Blocked { intent: Seq, winning: Option<Seq>, need: Option<Seq>, reason: String },
    Denied(Refusal),
}

/// The decision of a boundary on one intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BoundaryRuling {
    pub(crate) agent: AgentIx,
    pub(crate) intent: Seq,
    pub(crate) ruling: ClaimRuling,
}

/// The result of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeResult {
    /// The agent referred to the canary.
    Healthy,
    /// It did not: it is closed out until the principal restores it.
    Compromised,
}

/// A type of results of commands.
pub(crate) trait CommandOutput: Sized {
    /// Extracts the result from an outcome; returns the outcome if its result has another type.
    fn of(outcome: CommandOutcome) -> Result<Self, CommandOutcome>;
}

macro_rules! outputs {
    ($($variant:ident => $output:ty),* $(,)?) => {
        $(impl CommandOutput for $output {
            fn of(outcome: CommandOutcome) -> Result<Self, CommandOutcome> {
                match outcome {
                    CommandOutcome::$variant(output) => Ok(output),
                    other => Err(other),
                }
            }
        })*
    };
}

outputs! {
    Pass => u32,
    Written => Seq,
    Ruled => ClaimRuling,
    Boundary => Vec<BoundaryRuling>,
    Collected => u64,
    Judged => ProbeResult,
}

impl CommandOutput for () {
    fn of(outcome: CommandOutcome) -> Result<Self, CommandOutcome> {
        match outcome {
            CommandOutcome::Done => Ok(()),
            other => Err(other),
        }
    }
}

impl CommandOutcome {
    /// Returns the result, in the type that belongs to the command.
    ///
    /// # Panics
    ///
    /// When the result has another type, which is a bug in this crate: each operation applies one command.
    pub(crate) fn output<T: CommandOutput>(self) -> T {
        T::of(self).unwrap_or_else(|other| panic!("a command has a result of another type: {other:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_have_the_type_of_their_command() {
        assert_eq!(CommandOutcome::Written(Seq(3)).output::<Seq>(), Seq(3));
        CommandOutcome::Done.output::<()>();
    }

    #[test]
    #[should_panic(expected = "a result of another type: Done")]
    fn another_type_is_a_bug_and_no_refusal() {
        CommandOutcome::Done.output::<Seq>();
    }
}
