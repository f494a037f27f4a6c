//! Published members as other candidates see them, at `/repo/strategies`.
//!
//! In a run with one population, candidates see the best published members of its archive. With several, they see the last
//! published champion of every other population. Publications that the principal retracted are not shown.

use std::sync::Arc;

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::Score;
use hyperspace_store::Store;
use serde_json::json;

use crate::context::RunContext;
use crate::error::EvolveError;
use crate::mark_space::{RunSpace, strategy_name};
use crate::offspring::answers::AnswersInForce;
use crate::offspring::shared_files::Showing;
use crate::search::archive::{Archive, Member};
use crate::search::state::{Population, RunState};

/// Maximum number of members that are shown.
pub(crate) const STRATEGIES_MAX: usize = 8;

/// A published member.
pub(crate) struct PublishedMember<'a> {
    /// Its folder below `/repo/strategies`.
    name: String,
    member: &'a Member,
    /// The name of its population.
    population: &'a str,
    /// The archive that it is a member of.
    archive: &'a Archive,
    /// The model of its population, if it differs.
    model: Option<&'a str>,
}

/// The scores that are shown of published members.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShownScores {
    pub(crate) train: bool,
    pub(crate) held_out: bool,
}

/// Returns the published members that candidates of a population see.
pub(crate) fn members<'a>(
    context: &'a RunContext,
    state: &'a RunState,
    space: &RunSpace,
    answers: &AnswersInForce,
    population: usize,
) -> Result<Vec<PublishedMember<'a>>, EvolveError> {
    let config = &context.config;
    let alone = config.populations.len() == 1;
    let others = (0..config.populations.len()).filter(|other| alone || *other != population);
    let mut shown = Vec::new();
    for other in others {
        let (peer, population) = (&config.populations[other], &state.populations[other]);
        let mut members: Vec<&Member> = if alone {
            let in_place = |member: &&Member| !population.is_taken(member.id);
            let ranked = population.archive().ranked().map(|(_, member)| member);
            ranked.filter(in_place).take(STRATEGIES_MAX).collect()
        } else {
            latest_champions(population)
        };
        if let Some(answers) = answers.of(other) {
            let archive = population.archive();
            members.retain(|one| archive.find(one.id).is_none_or(|one| !answers.quarantines(archive, one)));
        }
        let named = members.into_iter().map(|one| (strategy_name(config, &peer.name, one.id), one));
        let named: Vec<(String, &Member)> = named.collect();
        let published = space.published(&context.authority, named.iter().map(|(name, _)| name.clone()))?;
        let named = named.into_iter().filter(|(name, _)| published.contains(name));
        let model = peer.model.as_deref().filter(|_| !alone);
        let most = if alone { STRATEGIES_MAX } else { 1 };
        shown.extend(named.take(most).map(|(name, member)| PublishedMember {
            name,
            member,
            population: &peer.name,
            archive: population.archive(),
            model,
        }));
    }
    Ok(shown)
}

/// Returns the last champions of a population, newest first.
fn latest_champions(population: &Population) -> Vec<&Member> {
    let archive = population.archive();
    let champions = population.past_champions.iter().rev().take(STRATEGIES_MAX);
    let members = champions.filter_map(|id| archive.find(*id));
    members.filter_map(|index| archive.members().get(index)).map(|member| &**member).collect()
}

/// Returns the files that show these members.
pub(crate) fn files(
    store: &Store,
    members: &[PublishedMember<'_>],
    showing: Showing<'_>,
) -> Result<FileSet, EvolveError> {
    let mut shown = FileSet::new();
    let mut put = |path: String, content: Arc<[u8]>| -> Result<(), EvolveError> {
        let conflict = |error| EvolveError::internal("the published members", error);
        shown.insert(RelPath::new(&path)?, content).map_err(conflict)?;
        Ok(())
    };
    let scores = showing.scores;
    for PublishedMember { name: folder, member, population, archive, model } in members {
        let (files, _) = showing.files(population, archive, member, &store.get_files(&member.tree)?)?;
        for (name, content) in files {
            put(format!("{folder}/{name}"), content)?;
        }
        let mut metadata = json!({
            "generation": member.id.generation,
            "candidate": member.id.candidate,
            "score": scores.train.then(|| member.score.to_f64()),
        });
        if scores.held_out {
            metadata["val_score"] = json!(member.held_out.as_ref().map(Score::to_f64));
        }
        if let Some(model) = model {
            metadata["model"] = json!(model);
        }
        put(format!("{folder}/metadata.json"), metadata.to_string().into_bytes().into())?;
    }
    Ok(shown)
}
