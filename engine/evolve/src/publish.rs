//! Publications: what an agent leaves for the others, and what of it they see.
//!
//! With one agent, a member that has just become one of the [`STRATEGIES_MAX`] best is published, and its children see these.
//! With several, an agent publishes a candidate that has just become its champion, and sees of every other agent the last
//! champion that is published. What the principal took back is in no room of a later generation.

use hyperspace_eval::Direction;
use serde_json::json;

use crate::archive::{Member, Place};
use crate::error::EvolveError;
use crate::gate::Fate;
use crate::generation::{Collected, Context};
use crate::marks::{RunSpace, Writ, strategy_name};
use crate::record::event::{Event, StrategyPublished, StrategyRefused};
use crate::room::Shown;
use crate::state::{Line, State, member};

/// Members whose code is shown.
const STRATEGIES_MAX: usize = 8;

/// Publishes what this generation made worth it.
pub(crate) fn publish(
    context: &Context,
    space: &RunSpace,
    state: &State,
    collected: &mut Collected,
    writs: &[Writ],
) -> Result<(), EvolveError> {
    let config = &context.config;
    for (agent, (own, line)) in config.agents.iter().zip(&state.lines).enumerate() {
        let candidates = (0..).zip(&collected.candidates).filter(|(_, one)| one.agent == agent as u64);
        let mut members = Vec::new();
        for (candidate, one) in candidates {
            let place = Place { generation: state.next, candidate };
            members.extend(member(place, one, None)?.map(|member| (member, one.fate)));
        }
        let chosen = match config.agents.len() {
            1 => among_the_best(line, members),
            _ => {
                members.into_iter().filter(|(_, fate)| *fate == Fate::Champion).map(|(one, _)| one).collect()
            }
        };
        for member in chosen {
            let writ = usize::try_from(member.place.candidate).ok().and_then(|index| writs.get(index));
            let Some(writ) = writ else { continue };
            let name = strategy_name(config, &own.name, member.place);
            let event = one(space, writ, name, &member)?;
            collected.events.push(event);
        }
    }
    Ok(())
}

/// Of these new members those that are among the best now, in order of candidates. As in the archive, who came first stands
/// before who is no better.
fn among_the_best(line: &Line, members: Vec<(Member, Fate)>) -> Vec<Member> {
    let mut all: Vec<(&Member, bool)> =
        line.archive.ranked().take(STRATEGIES_MAX).map(|(_, member)| (member, false)).collect();
    all.extend(members.iter().map(|(member, _)| (member, true)));
    let direction = line.archive.direction();
    all.sort_by(|(a, _), (b, _)| match direction {
        Direction::Minimize => a.score.cmp(&b.score),
        Direction::Maximize => b.score.cmp(&a.score),
    });
    all.truncate(STRATEGIES_MAX);
    let mut best: Vec<Member> = all.iter().filter(|(_, new)| *new).map(|(one, _)| (*one).clone()).collect();
    best.sort_by_key(|member| member.place);
    best
}

fn one(space: &RunSpace, writ: &Writ, name: String, member: &Member) -> Result<Event, EvolveError> {
    let content = json!({"tree": member.tree, "score": member.score}).to_string();
    let (candidate, tree) = (member.place, member.tree);
    Ok(match space.publish(writ, &name, content)? {
        Ok(mark) => StrategyPublished { candidate, name, tree, mark }.into(),
        Err(reason) => StrategyRefused { candidate, name, tree, reason }.into(),
    })
}

/// What the children of an agent see.
pub(crate) fn shown<'a>(
    context: &'a Context,
    state: &'a State,
    space: &RunSpace,
    agent: usize,
) -> Result<Vec<Shown<'a>>, EvolveError> {
    let config = &context.config;
    let alone = config.agents.len() == 1;
    let whose = (0..config.agents.len()).filter(|other| alone || *other != agent);
    let mut shown = Vec::new();
    for other in whose {
        let (peer, line) = (&config.agents[other], &state.lines[other]);
        let members: Vec<&Member> = match alone {
            true => line.archive.ranked().take(STRATEGIES_MAX).map(|(_, member)| member).collect(),
            false => titles(line),
        };
        let named = members.into_iter().map(|one| (strategy_name(config, &peer.name, one.place), one));
        let named: Vec<(String, &Member)> = named.collect();
        let published = space.published(&context.authority, named.iter().map(|(name, _)| name.clone()))?;
        let standing = named.into_iter().filter(|(name, _)| published.contains(name));
        let model = peer.model.as_deref().filter(|_| !alone);
        let most = if alone { STRATEGIES_MAX } else { 1 };
        shown.extend(standing.take(most).map(|(name, member)| Shown { name, member, model }));
    }
    Ok(shown)
}

/// The last champions of an agent, the newest first.
fn titles(line: &Line) -> Vec<&Member> {
    let places = line.titles.iter().rev().take(STRATEGIES_MAX);
    let members = places.filter_map(|place| line.archive.find(*place));
    members.filter_map(|index| line.archive.members().get(index)).map(|member| &**member).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::archive::Archive;
    use crate::archive::tests::member_at;

    fn member(generation: u64, candidate: u64, score: u64) -> Member {
        member_at(Place { generation, candidate }, score, None)
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
            let line = Line { archive: Arc::new(archive.clone()), champion: None, titles: Vec::new(), pairs: 0 };
            let found = among_the_best(&line, new.iter().map(|one| (one.clone(), Fate::Admitted)).collect());
            for one in &new {
                archive.admit(one.clone());
            }
            let first: Vec<Place> = archive.ranked().take(STRATEGIES_MAX).map(|(_, one)| one.place).collect();
            let expected: Vec<Place> = new.iter().map(|one| one.place).filter(|place| first.contains(place)).collect();
            prop_assert_eq!(found.iter().map(|one| one.place).collect::<Vec<_>>(), expected);
        }
    }
}
