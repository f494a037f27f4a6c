//! From commissioned children to measured ones: meta agents run beside each other, and a child is measured on training data as
//! soon as it is made and accepted, while others are still being made.
//!
//! Invariants: children are accepted in order of candidates, whoever was done first, so that what the mark space decides has
//! one order; a child waits for those before it, not for those after it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hyperspace_core::TreeId;
use hyperspace_eval::{Evaluation, Split};
use hyperspace_markspace::Permit;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::archive::Place;
use crate::child::Child;
use crate::children::Commission;
use crate::error::EvolveError;
use crate::generation::Context;
use crate::marks::RunSpace;
use crate::measure::{self, Bench, Sources};
use crate::meta;
use crate::state::State;

/// Children in order of candidates, with their evaluations on training data, as far as they were measured.
#[derive(Default)]
pub(crate) struct Made {
    pub(crate) children: Vec<Child>,
    pub(crate) trained: Vec<Option<Evaluation>>,
}

/// What is done.
enum Done {
    Child(Box<Child>),
    Evaluation(usize, Box<Evaluation>),
}

/// Makes children and measures them on training data.
pub(crate) async fn run(
    context: &Context,
    state: &State,
    space: &RunSpace,
    sources: &Sources<'_>,
    commissions: Vec<Commission>,
) -> Result<Made, EvolveError> {
    let slots = match &sources.talk {
        Some(talk) => talk.conversations.max(context.means.workers),
        None => context.means.workers,
    };
    let slots = Arc::new(Semaphore::new(slots.max(1)));
    let mut running = JoinSet::new();
    let mut claims = BTreeMap::new();
    for Commission { workshop, order, claim } in commissions {
        claims.insert(order.place, claim);
        let slots = Arc::clone(&slots);
        running.spawn(async move {
            let _slot = slots.acquire().await.map_err(|error| EvolveError::Lost(error.to_string()))?;
            Ok(Done::Child(Box::new(meta::make(&workshop, order).await?)))
        });
    }
    let bench = Bench::new(context, sources, Split::Train);
    let mut line = Line {
        state,
        space,
        bench,
        claims,
        early: BTreeMap::new(),
        seen: BTreeSet::new(),
        made: Made::default(),
    };
    measure::each(running, |done, running| line.take(done, running)).await?;
    Ok(line.made)
}

struct Line<'a> {
    state: &'a State,
    space: &'a RunSpace,
    bench: Bench<'a>,
    /// Of the children that are not accepted yet, in order.
    claims: BTreeMap<Place, Result<Permit, String>>,
    /// Children that are made, and wait for one before them.
    early: BTreeMap<Place, Child>,
    /// Trees of children that are accepted, by agent.
    seen: BTreeSet<(usize, TreeId)>,
    made: Made,
}

impl Line<'_> {
    fn take(
        &mut self,
        done: Done,
        running: &mut JoinSet<Result<Done, EvolveError>>,
    ) -> Result<(), EvolveError> {
        match done {
            Done::Evaluation(index, evaluation) => self.made.trained[index] = Some(*evaluation),
            Done::Child(child) => {
                self.early.insert(child.place, *child);
                self.accept(running)?;
            }
        }
        Ok(())
    }

    /// Accepts the children whose turn has come, and begins to measure them.
    fn accept(&mut self, running: &mut JoinSet<Result<Done, EvolveError>>) -> Result<(), EvolveError> {
        while let Some(next) = self.claims.first_entry()
            && let Some(mut child) = self.early.remove(next.key())
        {
            child.accept(self.space, next.remove())?;
            let index = self.made.children.len();
            let trained = match self.is_fresh(&child) {
                true => {
                    self.bench.take(&child, running, move |made| Done::Evaluation(index, Box::new(made)))?
                }
                false => None,
            };
            self.made.trained.push(trained);
            self.made.children.push(child);
        }
        Ok(())
    }

    /// Whether a child has files that its agent did not have before, in its archive or earlier in this generation.
    fn is_fresh(&mut self, child: &Child) -> bool {
        let archive = &self.state.lines[child.agent].archive;
        child.completed
            && archive.find_tree(&child.tree).is_none()
            && self.seen.insert((child.agent, child.tree))
    }
}
