//! Publication of candidates.
//!
//! In a run with one population, a candidate is published when it becomes one of the [`STRATEGIES_MAX`] best members. With several, it
//! is published when it becomes the champion of its population.

use std::collections::BTreeSet;

use hyperspace_eval::Direction;
use serde_json::json;

use crate::context::RunContext;
use crate::error::EvolveError;
use crate::mark_space::{CandidateGrant, RunSpace, strategy_name};
use crate::offspring::published::STRATEGIES_MAX;
use crate::record::candidate_id::CandidateId;
use crate::record::event::{Event, StrategyPublished, StrategyRefused};
use crate::record::fate::Fate;
use crate::record::generation::CandidateRecord;
use crate::search::archive::{Archive, Member};
use crate::search::state::RunState;

/// A candidate whose fate is decided, together with its capability.
pub(crate) struct DecidedCandidate<'a> {
    pub(crate) id: CandidateId,
    pub(crate) record: &'a CandidateRecord,
    pub(crate) grant: &'a CandidateGrant,
}

/// A new member, as far as publication needs it.
struct NewMember<'a> {
    member: Member,
    fate: Fate,
    grant: &'a CandidateGrant,
}

/// Publishes the candidates of a generation that deserve it, and returns the journal events.
pub(crate) fn publish(
    context: &RunContext,
    space: &RunSpace,
    state: &RunState,
    candidates: &[DecidedCandidate<'_>],
) -> Result<Vec<Event>, EvolveError> {
    let config = &context.config;
    let mut events = Vec::new();
    for (index, (own, population)) in config.populations.iter().zip(&state.populations).enumerate() {
        let mut members = Vec::new();
        for candidate in candidates.iter().filter(|one| one.record.population == index as u64) {
            let member = Member::of(candidate.id, candidate.record, None)
                .map_err(|why| EvolveError::internal(candidate.id, why))?;
            let (fate, grant) = (candidate.record.fate, candidate.grant);
            members.extend(member.map(|member| NewMember { member, fate, grant }));
        }
        if config.populations.len() == 1 {
            // A member that is replaced in this generation makes room for its slimmed version.
            let slimmed =
                candidates.iter().filter(|one| one.record.is_slimming() && one.record.fate.is_admitted());
            let taken: BTreeSet<CandidateId> =
                slimmed.filter_map(|one| Some(one.record.parent.as_ref()?.id)).collect();
            let stays = |member: &Member| !taken.contains(&member.id) && !population.is_taken(member.id);
            let best = among_the_best(population.archive(), stays, members.iter().map(|new| &new.member));
            members.retain(|new| best.contains(&new.member.id));
        } else {
            members.retain(|new| new.fate == Fate::Champion);
        }
        for NewMember { member, grant, .. } in members {
            let name = strategy_name(config, &own.name, member.id);
            events.push(publish_one(space, grant, name, &member)?);
        }
    }
    Ok(events)
}

/// Returns the new members that are now among the best, compared with the old ones that stay. As in the archive, the earliest of
/// equals is better.
fn among_the_best<'a>(
    archive: &Archive,
    stays: impl Fn(&Member) -> bool,
    new: impl Iterator<Item = &'a Member>,
) -> Vec<CandidateId> {
    let old = archive.ranked().filter(|(_, member)| stays(member));
    let old = old.take(STRATEGIES_MAX).map(|(_, member)| (member, false));
    let mut all: Vec<(&Member, bool)> = old.chain(new.map(|member| (member, true))).collect();
    all.sort_by(|(a, _), (b, _)| match archive.direction() {
        Direction::Minimize => a.score.cmp(&b.score),
        Direction::Maximize => b.score.cmp(&a.score),
    });
    all.truncate(STRATEGIES_MAX);
    all.into_iter().filter(|(_, new)| *new).map(|(member, _)| member.id).collect()
}

fn publish_one(
    space: &RunSpace,
    grant: &CandidateGrant,
    name: String,
    member: &Member,
) -> Result<Event, EvolveError> {
    let content = json!({"tree": member.tree, "score": member.score}).to_string();
    let (candidate, tree) = (member.id, member.tree);
    Ok(match space.publish(grant, &name, content)? {
        Ok(mark) => StrategyPublished { candidate, name, tree, mark }.into(),
        Err(reason) => StrategyRefused { candidate, name, tree, reason }.into(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::search::archive::tests::member_at;

    fn member(generation: u64, candidate: u64, score: u64) -> Member {
        member_at(CandidateId { generation, candidate }, score, None)
    }

    proptest! {
        #[test]
        fn the_best_are_those_that_the_archive_would_rank_first(
            old in prop::collection::vec(0_u64..6, 0..12),
            new in prop::collection::vec(0_u64..6, 0..6),
            minimize: bool,
        ) {
            let direction = if minimize { Direction::Minimize } else { Direction::Maximize };
            let mut archive = Archive::new(direction);
            for (generation, score) in (0..).zip(old) {
                archive.admit(member(generation, 0, score));
            }
            let new: Vec<Member> = (0..).zip(new).map(|(candidate, score)| member(12, candidate, score)).collect();
            let mut found = among_the_best(&archive, |_| true, new.iter());
            found.sort_unstable();
            for one in &new {
                archive.admit(one.clone());
            }
            let first: Vec<CandidateId> = archive.ranked().take(STRATEGIES_MAX).map(|(_, one)| one.id).collect();
            let expected: Vec<CandidateId> = new.iter().map(|one| one.id).filter(|id| first.contains(id)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
