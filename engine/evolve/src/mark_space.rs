//! The mark space of a run. Every run of a meta agent, edit, publication and refusal goes through it.
//!
//! | scope | resource, verb | actor |
//! |---|---|---|
//! | `codebase/<population>/<candidate>` | a file, `edit` | the candidate, in its own scope and within the edit scope |
//! | `tools/<population>/<candidate>` | a tool, `run`: its `meta_agent`, and `bash_<r>_<n>` or `editor_<r>_<n>` for call n of a tool in run r | the candidate, in its own scope |
//! | `strategies` | `<population>_gen<N>_<k>`, `publish` | the candidate |
//! | `warnings/<population>` | a sign of complacency, as a warning | the engine, in a run that answers signs |
//!
//! Invariants: each candidate has one capability, issued when it is planned. Time is generation and number, never a clock.
//! Commands are given in order of candidates, so the journal does not depend on the number of workers. Nothing is written
//! here: the entries of a generation are part of its transaction.

use std::collections::BTreeSet;
use std::sync::Arc;

use hyperspace_core::{EditScope, MarkKind, PathError, RecordId, ScopeName};
use hyperspace_markspace::{
    AllowedNames, Authority, Body, Capability, CapabilitySpec, ClaimOutcome, ConflictPolicy, Decay, Draft,
    Grant, HOUR, LogicalClock, MarkView, Permit, Query, Ratio, ReadOrder, Refusal, ScopeDef, Seq, Severity,
    SpaceClock, SpaceRules, StagedEntries, StagedSpace, Strength, Tick, ToolOutcome, ToolResult,
};
use hyperspace_sandbox::Denial;
use hyperspace_store::Store;

use crate::context::RunContext;
use crate::error::EvolveError;
use crate::record::arm::Arm;
use crate::record::candidate_id::CandidateId;
use crate::record::config::RunConfig;
use crate::record::event::MarkRef;

/// Duration of a generation in logical time, in ticks.
const GENERATION_TICKS: u64 = HOUR;
/// The verbs of a run, by kind of scope.
const EDIT: &str = "edit";
const RUN: &str = "run";
const PUBLISH: &str = "publish";
/// The scope of publications.
const STRATEGIES: &str = "strategies";
/// The scope of warnings of complacency.
pub(crate) const WARNINGS: &str = "warnings";
/// The resource of a candidate's meta-agent runs, fallbacks included.
const META_AGENT: &str = "meta_agent";

/// Returns the name of a run's mark space in the store.
///
/// # Panics
///
/// Never: digits make a valid name.
#[must_use]
pub fn space_name(run: &RecordId) -> ScopeName {
    ScopeName::new(&format!("runs/{run}")).expect("digits make a valid name")
}

/// An action in a scope.
struct Action<'a> {
    resource: &'a str,
    verb: &'a str,
}

/// The mark space of a run, with what was decided in it since the last commit.
pub(crate) struct RunSpace {
    staged: StagedSpace,
    clock: Arc<LogicalClock>,
    edits: EditScope,
}

/// The capability of a candidate and the scopes that it covers.
#[derive(Clone)]
pub(crate) struct CandidateGrant {
    pub(crate) capability: Capability,
    pub(crate) codebase: ScopeName,
    tools: ScopeName,
}

fn strategies() -> ScopeName {
    ScopeName::new(STRATEGIES).expect("a valid name")
}

/// Returns the name under which a candidate is published. The candidate's number is omitted if each of several populations has
/// one candidate per generation, because it would only repeat the population.
pub(crate) fn strategy_name(config: &RunConfig, population: &str, id: CandidateId) -> String {
    let name = format!("{population}_gen{}", id.generation);
    let one_each = config.candidates == 1 && config.arm != Arm::Annealing && config.slimming().is_none();
    if config.populations.len() > 1 && one_each { name } else { format!("{name}_{}", id.candidate) }
}

impl RunSpace {
    /// Returns the space of a new run, with its scopes.
    pub(crate) fn new(context: &RunContext) -> Result<Self, EvolveError> {
        let authority = &context.authority;
        let clock = Arc::new(LogicalClock::default());
        let asked: Arc<dyn SpaceClock> = Arc::clone(&clock) as Arc<dyn SpaceClock>;
        let staged = StagedSpace::new(space_name(&context.run), authority, asked, SpaceRules::default());
        let space = Self { staged, clock, edits: context.edit_scope()? };
        let names = context.config.populations.iter().map(|population| &population.name);
        let own = names.flat_map(|name| [(format!("codebase/{name}"), EDIT), (format!("tools/{name}"), RUN)]);
        for (name, verb) in own.chain([(STRATEGIES.to_owned(), PUBLISH)]) {
            let mut scope =
                ScopeDef::new(ScopeName::new(&name)?).conflicts(ConflictPolicy::FirstWriter, false);
            (scope.intent_verbs, scope.action_verbs) =
                (AllowedNames::only(&[verb]), AllowedNames::only(&[verb]));
            space.tick();
            space.staged.space().define(authority, scope).map_err(refused)?;
        }
        if let Some(rules) = context.config.complacency() {
            for population in &context.config.populations {
                let half_life = rules.generations.saturating_mul(GENERATION_TICKS);
                let decay = Decay { warning_half_life: half_life, ..Decay::default() };
                let scope = ScopeName::new(&format!("{WARNINGS}/{}", population.name))?;
                space.tick();
                let scope = ScopeDef::new(scope).decaying(decay);
                space.staged.space().define(authority, scope).map_err(refused)?;
            }
        }
        Ok(space)
    }

    /// Opens the space of a stored run at its end, or after its first `until` entries.
    pub(crate) fn open(store: &Store, context: &RunContext, until: Option<u64>) -> Result<Self, EvolveError> {
        let clock = Arc::new(LogicalClock::default());
        let asked: Arc<dyn SpaceClock> = Arc::clone(&clock) as Arc<dyn SpaceClock>;
        let staged = store.open_staged_space(&space_name(&context.run), &context.authority, asked, until)?;
        Ok(Self { staged, clock, edits: context.edit_scope()? })
    }

    /// Returns the number of the next entry.
    pub(crate) fn next(&self) -> u64 {
        self.staged.next()
    }

    /// Advances time to a generation. Acts of the principal in between are never later, because they take the time they find.
    pub(crate) fn enter(&self, generation: u64) {
        self.clock.set(Tick(generation.saturating_mul(GENERATION_TICKS)));
    }

    /// Advances time by one tick per command. All commands beyond the last tick of a generation share it.
    fn tick(&self) {
        let now = self.clock.now().0;
        if now % GENERATION_TICKS < GENERATION_TICKS - 1 {
            self.clock.advance(1);
        }
    }

    /// Takes everything decided since the last call.
    pub(crate) fn drain(&mut self) -> StagedEntries {
        self.staged.drain()
    }

    /// Returns the files that candidates may edit.
    pub(crate) fn edits(&self) -> &EditScope {
        &self.edits
    }

    /// Issues the capability of a candidate of a population.
    pub(crate) fn grant(
        &self,
        authority: &Authority,
        population: &str,
        id: CandidateId,
    ) -> Result<CandidateGrant, PathError> {
        let codebase = ScopeName::new(&format!("codebase/{population}/{id}"))?;
        let tools = ScopeName::new(&format!("tools/{population}/{id}"))?;
        let grant = |scope: &ScopeName| Grant {
            scope: scope.clone(),
            kinds: vec![MarkKind::Intent, MarkKind::Action],
        };
        let grants = vec![grant(&codebase), grant(&tools), grant(&strategies())];
        let spec = CapabilitySpec::new(grants).acting_on(codebase.clone(), &self.edits);
        let capability = authority.issue(&format!("{population}/{id}"), spec);
        Ok(CandidateGrant { capability, codebase, tools })
    }

    /// Claims the run of a candidate's meta agent, or returns why it must not run.
    pub(crate) fn claim_meta(&self, own: &CandidateGrant) -> Result<Permit, String> {
        self.tick();
        let verdict =
            self.staged.space().pre_action(&own.capability, &own.tools, (META_AGENT, RUN), Ratio::ONE);
        match verdict {
            ClaimOutcome::Allow(permit) => Ok(permit),
            other => Err(reason(other)),
        }
    }

    /// Records the result of the claimed run.
    pub(crate) fn finish_meta(
        &self,
        own: &CandidateGrant,
        permit: Permit,
        result: ToolResult,
    ) -> Result<MarkRef, EvolveError> {
        self.tick();
        let space = self.staged.space();
        let number = space.post_action(&own.capability, permit, result).map_err(refused)?;
        self.mark(&own.capability, number)
    }

    /// Records a refusal by the room of a meta agent.
    pub(crate) fn report(&self, own: &CandidateGrant, denial: &Denial) {
        self.tick();
        // Every answer is a refusal, and the journal has it.
        let what = (denial.target.as_str(), denial.op.as_str());
        drop(self.staged.space().report(&own.capability, &own.codebase, what, &denial.reason));
    }

    /// Records that the guard refused an edit for its content.
    pub(crate) fn refuse(&self, own: &CandidateGrant, path: &str, reason: &str) {
        self.tick();
        // Every answer is a refusal, and the journal has it.
        drop(self.staged.space().report(&own.capability, &own.codebase, (path, EDIT), reason));
    }

    /// Makes an edit if the guard allows it, or returns the reason for the refusal.
    pub(crate) fn edit(
        &self,
        own: &CandidateGrant,
        path: &str,
        note: String,
    ) -> Result<Result<MarkRef, String>, EvolveError> {
        self.act(&own.capability, &own.codebase, Action { resource: path, verb: EDIT }, note)
    }

    /// Records a call of a tool, or returns the reason for the refusal. Calls must be recorded in order.
    pub(crate) fn tool(
        &self,
        own: &CandidateGrant,
        name: &str,
        result: String,
    ) -> Result<Result<MarkRef, String>, EvolveError> {
        self.act(&own.capability, &own.tools, Action { resource: name, verb: RUN }, result)
    }

    /// Publishes a strategy if the guard allows it, or returns the reason for the refusal.
    pub(crate) fn publish(
        &self,
        own: &CandidateGrant,
        name: &str,
        content: String,
    ) -> Result<Result<MarkRef, String>, EvolveError> {
        self.act(&own.capability, &strategies(), Action { resource: name, verb: PUBLISH }, content)
    }

    /// Writes a warning on behalf of the engine.
    pub(crate) fn warn(
        &self,
        engine: &Capability,
        scope: &ScopeName,
        topic: &str,
        reason: String,
    ) -> Result<MarkRef, EvolveError> {
        self.tick();
        let topic = topic.to_owned();
        let draft =
            Draft::new(Body::Warning { topic, reason, severity: Severity::Caution, invalidates: None });
        let number = self.staged.space().write_mark(engine, scope, draft).map_err(refused)?;
        self.mark(engine, number)
    }

    /// Returns the warnings of a scope that have at least this strength now, oldest first.
    pub(crate) fn warnings(
        &self,
        authority: &Authority,
        scope: &ScopeName,
        least: Strength,
    ) -> Result<Vec<MarkView>, EvolveError> {
        let mut query = Query::new(scope.clone()).of(MarkKind::Warning);
        (query.strength_min, query.order) = (least, ReadOrder::Newest);
        let mut views = self.staged.space().read_all(authority, &query).map_err(refused)?;
        views.reverse();
        Ok(views)
    }

    fn act(
        &self,
        who: &Capability,
        scope: &ScopeName,
        action: Action<'_>,
        content: String,
    ) -> Result<Result<MarkRef, String>, EvolveError> {
        self.tick();
        match self
            .staged
            .space()
            .execute(who, scope, (action.resource, action.verb), Ratio::ONE, || Ok(content))
        {
            ToolOutcome::Done { action, .. } => Ok(Ok(self.mark(who, action)?)),
            ToolOutcome::Failed { error, .. } => Err(EvolveError::internal("an action of the engine", error)),
            ToolOutcome::Overtaken(refusal) => Ok(Err(refusal.to_string())),
            ToolOutcome::Refused(verdict) => Ok(Err(reason(verdict))),
        }
    }

    /// Returns those of the given names that are published and not retracted.
    pub(crate) fn published(
        &self,
        authority: &Authority,
        names: impl IntoIterator<Item = String>,
    ) -> Result<BTreeSet<String>, EvolveError> {
        let mut published = BTreeSet::new();
        for name in names {
            // Queried by name, because reading everything that was ever published would cost more with every generation.
            let query = Query::new(strategies()).of(MarkKind::Action).about(&name);
            let views = self.staged.space().read_all(authority, &query).map_err(refused)?;
            if views.iter().any(|view| matches!(view.mark.body(), Body::Action { failed: false, .. })) {
                published.insert(name);
            }
        }
        Ok(published)
    }

    fn mark(&self, who: &Capability, number: Seq) -> Result<MarkRef, EvolveError> {
        let view = self.staged.space().get(who, number).map_err(refused)?;
        let id = view.and_then(|view| view.mark.id());
        let id =
            id.ok_or_else(|| EvolveError::internal(format!("mark {number}"), "it cannot be read back"))?;
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
    EvolveError::MarkSpace(refusal)
}
