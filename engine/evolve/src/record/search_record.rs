//! Records of a search: what strategies keep of a candidate and of a generation, in addition to what every run records. Only
//! format 3 has them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use hyperspace_core::TreeId;
use hyperspace_eval::Score;
use serde::{Deserialize, Serialize};

use crate::complacency::ToolLooks;
use crate::record::bandit_config::ArmRecord;
use crate::record::candidate_id::CandidateId;
use crate::record::program_form::ProgramForm;
use crate::record::slimming_rules::SlimmingRecord;
use crate::record::split_record::SplitRecord;

/// The search record of one candidate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchRecord {
    /// The index of its island; 0 if there is only one population.
    pub island: u64,
    /// The index of the mixture's strategy that drew its parent; left out without a mixture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arm: Option<u64>,
    /// The members that its meta agent was shown, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inspirations: Vec<Inspiration>,
    /// The properties that the strategy sorts by, if it was measured. Metrics that it does not have are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub descriptor: BTreeMap<String, Score>,
    /// The score of each training case, if the strategy needs them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<Option<Score>>,
    /// Number of syntax nodes of its program, if it was measured in a run with parsimony or slimming and can be counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<u64>,
    /// Its form, if it was measured in a run that compares forms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<ProgramForm>,
    /// Its model and prompt, if a bandit chose them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arms: Option<ArmRecord>,
    /// The answers of held-out rows, and its gap, in a run with a split policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub splits: Option<SplitRecord>,
    /// Tool calls of its meta agents, in a run that answers signs of complacency; left out if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks: Option<ToolLooks>,
    /// The slimming attempt, if it is one; left out for all other candidates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slimming: Option<SlimmingRecord>,
}

/// A member that a meta agent is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inspiration {
    /// The reason why it is shown.
    pub role: InspirationRole,
    /// The candidate that became this member.
    #[serde(rename = "place")]
    pub id: CandidateId,
    /// Its files.
    pub tree: TreeId,
}

/// The reason why a member is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InspirationRole {
    /// The best member of the island, apart from the parent and those shown already.
    Best,
    /// The member that is best on most of the cases on which the parent is not.
    Complement,
    /// Drawn by the same rule as the parent.
    Drawn,
}

impl InspirationRole {
    /// Returns the name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::Complement => "complement",
            Self::Drawn => "drawn",
        }
    }
}

/// A draw of a strategy, for the journal: a number from `0..total`. As text, it is `PURPOSE DRAW/TOTAL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchDraw {
    /// The purpose of the draw, such as `cell`.
    pub purpose: String,
    /// The number drawn.
    pub draw: u64,
    /// The number of possible outcomes.
    pub total: u64,
}

impl fmt::Display for SearchDraw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.purpose, self.draw, self.total)
    }
}

impl FromStr for SearchDraw {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (purpose, numbers) = text.rsplit_once(' ')?;
            let (draw, total) = numbers.split_once('/')?;
            let read =
                Self { purpose: purpose.to_owned(), draw: draw.parse().ok()?, total: total.parse().ok()? };
            (read.to_string() == text).then_some(read)
        };
        read().ok_or_else(|| format!("{text:?} is no draw; expected PURPOSE DRAW/TOTAL"))
    }
}

impl Serialize for SearchDraw {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SearchDraw {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A change of a population as a whole, made after the candidates of its generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "kebab-case")]
pub enum SearchTurn {
    /// Members were copied from one island to another.
    Migration(IslandMigration),
    /// An island was restarted with one member.
    Reset(IslandReset),
    /// Another island was opened with one member.
    Opening(IslandOpening),
}

/// Members that were copied from one island to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IslandMigration {
    /// The index of the population.
    pub agent: u64,
    /// The island that sent them.
    pub from: u64,
    /// The island that received them.
    pub to: u64,
    /// The members, best first.
    pub members: Vec<CandidateId>,
    /// The draw of the receiving island, if it was drawn.
    pub draw: Option<SearchDraw>,
}

/// An island that was restarted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IslandReset {
    /// The index of the population.
    pub agent: u64,
    /// The island.
    pub island: u64,
    /// The member that it was restarted with.
    pub founder: CandidateId,
    /// The draw of the island whose best member this is.
    pub draw: SearchDraw,
}

/// Another island, opened because nothing better was found for a long time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IslandOpening {
    /// The index of the population.
    pub agent: u64,
    /// The island, which is the last one.
    pub island: u64,
    /// The member that it was opened with.
    pub founder: CandidateId,
    /// Number of candidates since the last new best member, or since the last opening.
    pub stagnation: u64,
}

impl SearchTurn {
    /// Returns the index of its population.
    #[must_use]
    pub fn population(&self) -> u64 {
        match self {
            Self::Migration(IslandMigration { agent, .. })
            | Self::Reset(IslandReset { agent, .. })
            | Self::Opening(IslandOpening { agent, .. }) => *agent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_texts() {
        let draw = SearchDraw { purpose: "cell".to_owned(), draw: 3, total: u64::MAX };
        assert_eq!(draw.to_string(), "cell 3/18446744073709551615");
        assert_eq!(draw.to_string().parse(), Ok(draw));
        for junk in ["", "cell", "cell 3", "cell 3/x", "cell 03/4"] {
            assert!(junk.parse::<SearchDraw>().is_err(), "{junk}");
        }
    }

    #[test]
    fn turns_are_read_back() {
        let id = CandidateId { generation: 1, candidate: 2 };
        let draw = SearchDraw { purpose: "island".to_owned(), draw: 0, total: 3 };
        for turn in [
            SearchTurn::Migration(IslandMigration {
                agent: 0,
                from: 1,
                to: 2,
                members: vec![id],
                draw: None,
            }),
            SearchTurn::Reset(IslandReset { agent: 1, island: 2, founder: id, draw }),
            SearchTurn::Opening(IslandOpening { agent: 1, island: 4, founder: id, stagnation: 30 }),
        ] {
            let value = serde_json::to_value(&turn).unwrap();
            assert_eq!(serde_json::from_value::<SearchTurn>(value).unwrap(), turn);
        }
    }
}
