//! The mark space of a run: every run of a meta agent, every edit, every publication and every refusal goes through it.
//!
//! | scope | resource, verb | who |
//! |---|---|---|
//! | `codebase/<agent>/<candidate>` | a file, `edit` | the candidate, in its own scope and within the edit scope |
//! | `tools/<agent>/<candidate>` | what is run, `run`: its `meta_agent`, and `bash_<n>` or `editor_<n>` for its n-th call of a tool | the candidate, in its own scope |
//! | `strategies` | `<agent>_gen<N>_<k>`, `publish` | the candidate |
//!
//! Invariants: each candidate has one capability, issued when it is forked; time is generation and number, never a clock;
//! commands are given in order of candidates, so the journal does not depend on the number of workers; nothing is written
//! here, a generation's entries are part of its transaction.

use std::collections::BTreeSet;
use std::sync::Arc;

use hyperspace_core::{EditScope, MarkKind, PathError, RecordId, ScopeName};
use hyperspace_markspace::{
    AllowedNames, Authority, Body, Capability, CapabilitySpec, ClaimOutcome, ConflictPolicy, Grant, HOUR,
    LogicalClock, Permit, Query, Ratio, Refusal, ScopeDef, Seq, SpaceClock, SpaceRules, StagedEntries,
    StagedSpace, Tick, ToolOutcome, ToolResult,
};
use hyperspace_store::Store;

use crate::archive::Place;
use crate::arms::Arm;
use crate::config::RunConfig;
use crate::error::EvolveError;
use crate::generation::Context;
use crate::record::event::MarkRef;

/// Logical time of a generation, in ticks.
const GENERATION_TICKS: u64 = HOUR;
/// The verbs of a run, by kind of scope.
const EDIT: &str = "edit";
const RUN: &str = "run";
const PUBLISH: &str = "publish";
/// Where strategies are published.
const STRATEGIES: &str = "strategies";
/// What the run of a candidate's meta agent is called, stand-ins included.
const META_AGENT: &str = "meta_agent";

/// The name of a run's mark space in the store.
///
/// # Panics
///
/// Never: digits make a valid name.
#[must_use]
pub fn space_name(run: &RecordId) -> ScopeName {
    ScopeName::new(&format!("runs/{run}")).expect("digits make a valid name")
}

/// See the module.
pub(crate) struct RunSpace {
    staged: StagedSpace,
    clock: Arc<LogicalClock>,
    edits: EditScope,
}

/// A candidate's capability, and the scopes that it covers.
#[derive(Clone)]
pub(crate) struct Writ {
    pub(crate) capability: Capability,
    pub(crate) codebase: ScopeName,
    tools: ScopeName,
}

fn strategies() -> ScopeName {
    ScopeName::new(STRATEGIES).expect("a valid name")
}

/// The name under which a member of an agent is published. The candidate's number is left out where each of several agents
/// has one candidate per generation: there it would only say whose it is.
pub(crate) fn strategy_name(config: &RunConfig, agent: &str, place: Place) -> String {
    let name = format!("{agent}_gen{}", place.generation);
    match config.agents.len() > 1 && config.candidates == 1 && config.arm != Arm::Annealing {
        true => name,
        false => format!("{name}_{}", place.candidate),
    }
}

impl RunSpace {
    /// The space of a new run, with its scopes.
    pub(crate) fn new(context: &Context) -> Result<Self, EvolveError> {
        let authority = &context.authority;
        let clock = Arc::new(LogicalClock::default());
        let asked: Arc<dyn SpaceClock> = Arc::clone(&clock) as Arc<dyn SpaceClock>;
        let staged = StagedSpace::new(space_name(&context.run), authority, asked, SpaceRules::default());
        let space = Self { staged, clock, edits: context.edits()? };
        let agents = context.config.agents.iter().map(|agent| &agent.name);
        let own =
            agents.flat_map(|agent| [(format!("codebase/{agent}"), EDIT), (format!("tools/{agent}"), RUN)]);
        for (name, verb) in own.chain([(STRATEGIES.to_owned(), PUBLISH)]) {
            let mut scope =
                ScopeDef::new(ScopeName::new(&name)?).conflicts(ConflictPolicy::FirstWriter, false);
            (scope.intent_verbs, scope.action_verbs) =
                (AllowedNames::only(&[verb]), AllowedNames::only(&[verb]));
            space.tick();
            space.staged.space().define(authority, scope).map_err(refused)?;
        }
        Ok(space)
    }

    /// The space of a stored run as it stands; `until` goes back to its first so many entries.
    pub(crate) fn open(store: &Store, context: &Context, until: Option<u64>) -> Result<Self, EvolveError> {
        let clock = Arc::new(LogicalClock::default());
        let asked: Arc<dyn SpaceClock> = Arc::clone(&clock) as Arc<dyn SpaceClock>;
        let staged = store.open_staged_space(&space_name(&context.run), &context.authority, asked, until)?;
        Ok(Self { staged, clock, edits: context.edits()? })
    }

    /// Number of the next entry.
    pub(crate) fn next(&self) -> u64 {
        self.staged.next()
    }

    /// Moves time on to a generation. What the principal did meanwhile is never later: it takes the time it finds.
    pub(crate) fn enter(&self, generation: u64) {
        self.clock.set(Tick(generation.saturating_mul(GENERATION_TICKS)));
    }

    /// One tick per command; the last tick of a generation is shared by all that come after it.
    fn tick(&self) {
        let now = self.clock.now().0;
        if now % GENERATION_TICKS < GENERATION_TICKS - 1 {
            self.clock.advance(1);
        }
    }

    /// What was decided since the last time.
    pub(crate) fn drain(&mut self) -> StagedEntries {
        self.staged.drain()
    }

    /// The files that candidates may edit.
    pub(crate) fn edits(&self) -> &EditScope {
        &self.edits
    }

    /// The capability of a candidate of an agent.
    pub(crate) fn writ(&self, authority: &Authority, agent: &str, place: Place) -> Result<Writ, PathError> {
        let codebase = ScopeName::new(&format!("codebase/{agent}/{place}"))?;
        let tools = ScopeName::new(&format!("tools/{agent}/{place}"))?;
        let grant = |scope: &ScopeName| Grant {
            scope: scope.clone(),
            kinds: vec![MarkKind::Intent, MarkKind::Action],
        };
        let grants = vec![grant(&codebase), grant(&tools), grant(&strategies())];
        let charter = CapabilitySpec::new(grants).acting_on(codebase.clone(), &self.edits);
        let capability = authority.issue(&format!("{agent}/{place}"), charter);
        Ok(Writ { capability, codebase, tools })
    }

    /// Claims the run of a candidate's meta agent; the reason when it must not run.
    pub(crate) fn claim_meta(&self, writ: &Writ) -> Result<Permit, String> {
        self.tick();
        let verdict =
            self.staged.space().pre_action(&writ.capability, &writ.tools, (META_AGENT, RUN), Ratio::ONE);
        match verdict {
            ClaimOutcome::Allow(permit) => Ok(permit),
            other => Err(reason(other)),
        }
    }

    /// Records what came of that run.
    pub(crate) fn finish_meta(
        &self,
        writ: &Writ,
        permit: Permit,
        result: ToolResult,
    ) -> Result<MarkRef, EvolveError> {
        self.tick();
        let space = self.staged.space();
        let number = space.post_action(&writ.capability, permit, result).map_err(refused)?;
        self.standing(&writ.capability, number)
    }

    /// Takes down what the room of a meta agent refused.
    pub(crate) fn report(&self, writ: &Writ, what: (&str, &str), why: &str) {
        self.tick();
        // It is a refusal in any case, and the journal has it.
        drop(self.staged.space().report(&writ.capability, &writ.codebase, what, why));
    }

    /// Makes an edit if the guard allows it; the reason if not.
    pub(crate) fn edit(
        &self,
        writ: &Writ,
        path: &str,
        edit: impl FnOnce() -> ToolResult,
    ) -> Result<Result<MarkRef, String>, EvolveError> {
        self.act(&writ.capability, &writ.codebase, (path, EDIT), edit)
    }

    /// Takes a call of a tool down, in the order of calls; the reason if the guard refuses it.
    pub(crate) fn tool(
        &self,
        writ: &Writ,
        name: &str,
        result: String,
    ) -> Result<Result<MarkRef, String>, EvolveError> {
        self.act(&writ.capability, &writ.tools, (name, RUN), || Ok(result))
    }

    /// Publishes a strategy if the guard allows it; the reason if not.
    pub(crate) fn publish(
        &self,
        writ: &Writ,
        name: &str,
        content: String,
    ) -> Result<Result<MarkRef, String>, EvolveError> {
        self.act(&writ.capability, &strategies(), (name, PUBLISH), || Ok(content))
    }

    fn act(
        &self,
        who: &Capability,
        scope: &ScopeName,
        what: (&str, &str),
        tool: impl FnOnce() -> ToolResult,
    ) -> Result<Result<MarkRef, String>, EvolveError> {
        self.tick();
        match self.staged.space().execute(who, scope, what, Ratio::ONE, tool) {
            ToolOutcome::Done { action, .. } => Ok(Ok(self.standing(who, action)?)),
            ToolOutcome::Failed { error, .. } => Err(EvolveError::record("an action of the engine", error)),
            ToolOutcome::Overtaken(refusal) => Ok(Err(refusal.to_string())),
            ToolOutcome::Refused(verdict) => Ok(Err(reason(verdict))),
        }
    }

    /// Which of these names are of strategies that are published and not taken back.
    pub(crate) fn published(
        &self,
        authority: &Authority,
        names: impl IntoIterator<Item = String>,
    ) -> Result<BTreeSet<String>, EvolveError> {
        let mut published = BTreeSet::new();
        for name in names {
            // By name, as reading all that was ever published would cost more with every generation.
            let query = Query::new(strategies()).of(MarkKind::Action).about(&name);
            let views = self.staged.space().read_all(authority, &query).map_err(refused)?;
            if views.iter().any(|view| matches!(view.mark.body(), Body::Action { failed: false, .. })) {
                published.insert(name);
            }
        }
        Ok(published)
    }

    fn standing(&self, who: &Capability, number: Seq) -> Result<MarkRef, EvolveError> {
        let view = self.staged.space().get(who, number).map_err(refused)?;
        let id = view.and_then(|view| view.mark.id());
        let id = id.ok_or_else(|| EvolveError::record(format!("mark {number}"), "it cannot be read back"))?;
        Ok(MarkRef { number: number.0, mark: id })
    }
}

fn reason(verdict: ClaimOutcome) -> String {
    match verdict {
        ClaimOutcome::Allow(permit) => format!("intent {} was allowed", permit.intent()),
        ClaimOutcome::Conflict { reason, .. } | ClaimOutcome::Blocked { reason, .. } => reason,
        ClaimOutcome::Denied(refusal) => refusal.to_string(),
    }
}

fn refused(refusal: Refusal) -> EvolveError {
    EvolveError::Marks(refusal)
}
