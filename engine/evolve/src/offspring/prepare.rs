//! Preparation of candidates: the inputs of their meta agents, and the claims of the runs.

use std::collections::BTreeSet;
use std::sync::Arc;

use hyperspace_core::{FileSet, RelPath, TreeId};
use hyperspace_eval::Split;
use hyperspace_store::Store;
use serde_json::Value;

use crate::complacency::SignTests;
use crate::context::RunContext;
use crate::error::EvolveError;
use crate::executor::interface::EvaluationRequest;
use crate::mark_space::{CandidateGrant, RunSpace};
use crate::models::calls::ModelCalls;
use crate::offspring::answers::{AnswersInForce, PopulationAnswers};
use crate::offspring::candidate::{Candidate, CandidatePlan, CandidateWork, PreparedPhase};
use crate::offspring::edit_policy::EditPolicy;
use crate::offspring::history;
use crate::offspring::inspirations::{self, ShownMembers};
use crate::offspring::published::{self, ShownScores};
use crate::offspring::shared_files::Showing;
use crate::offspring::situation::{self, Situation, SituationSource};
use crate::offspring::slimming_attempt::SlimmingSpec;
use crate::offspring::spec::{MetaRunSpec, MetaSetup, TreeFiles};
use crate::record::arm::Arm;
use crate::record::candidate_id::CandidateId;
use crate::record::generation::{ParentRecord, load_evaluation};
use crate::record::model_options::ModelRules;
use crate::record::sharing_config::{NOTES, Sharing};
use crate::record::visibility::VisibleItem;
use crate::rng::{Purpose, StreamKey};
use crate::search::meta_lineage::MetaSigns;
use crate::search::state::RunState;
use crate::search::training_window::TrainingWindow;
use crate::slimming::descent::DescentPlace;

/// The inputs of preparation.
#[derive(Clone, Copy)]
pub(crate) struct Preparation<'a> {
    pub(crate) context: &'a RunContext,
    pub(crate) store: &'a Store,
    /// The state before the generation.
    pub(crate) state: &'a RunState,
    pub(crate) space: &'a RunSpace,
    /// Model calls; `None` in a run without models.
    pub(crate) calls: Option<&'a Arc<ModelCalls>>,
    /// The answers to signs of complacency that are in force.
    pub(crate) answers: &'a AnswersInForce,
}

/// Prepares all candidates of a generation and claims their runs, in order of candidates.
pub(crate) fn prepare(
    inputs: Preparation<'_>,
    plans: &[CandidatePlan],
) -> Result<Vec<Candidate<PreparedPhase>>, EvolveError> {
    let mut prepared: Vec<Candidate<PreparedPhase>> = Vec::new();
    for plan in plans {
        let setup = match prepared.last().filter(|last| last.plan.population == plan.population) {
            Some(last) => Arc::clone(&last.phase.setup),
            None => Arc::new(inputs.setup(plan.population)?),
        };
        let parent = &setup.archive.members()[plan.choice.member];
        let parent = ParentRecord { id: parent.id, tree: parent.tree };
        let grant = inputs.space.grant(&inputs.context.authority, &setup.population.name, plan.id)?;
        let work = match plan.slims {
            Some(place) => {
                CandidateWork::Slimming(Box::new(inputs.slimming(&setup, plan, place, grant.clone())?))
            }
            None => CandidateWork::MetaAgents(Box::new(inputs.spec(&setup, plan, grant.clone())?)),
        };
        let claim = inputs.space.claim_meta(&grant);
        prepared.push(Candidate {
            plan: plan.clone(),
            parent,
            grant,
            phase: PreparedPhase { setup, work, claim },
        });
    }
    Ok(prepared)
}

impl<'a> Preparation<'a> {
    /// Returns the way in which members are shown. `program` is the file of the program, if that is shown as well.
    pub(crate) fn showing(&self, program: Option<&'a str>) -> Showing<'a> {
        let Self { context, .. } = *self;
        let (sharing, texts) = (context.config.sharing, &context.sanitised);
        Showing { sharing, scores: self.shown_scores(), program, texts }
    }
}

impl Preparation<'_> {
    /// Returns the inputs shared by the candidates of a population.
    fn setup(&self, population: usize) -> Result<MetaSetup, EvolveError> {
        let Self { context, state, .. } = *self;
        let scores = self.shown_scores();
        let members = published::members(context, state, self.space, self.answers, population)?;
        Ok(MetaSetup {
            executor: Arc::clone(&context.resources.executor),
            population: context.config.populations[population].clone(),
            archive: Arc::clone(state.populations[population].archive()),
            strategies: published::files(self.store, &members, self.showing(None))?,
            limits: context.config.meta_limits.clone(),
            tool_rules: context.tool_rules,
            evidence: context.config.evidence,
            agent_layer: context.config.agent_layer.is_some(),
            sharing: context.config.sharing,
            notes: self.notes(),
            warnings: self.answers.of(population).and_then(PopulationAnswers::told),
            shows_scores: scores.train,
            task: self.task(population),
            calls: self.calls.cloned(),
        })
    }

    /// Returns the scores of members that are shown.
    fn shown_scores(&self) -> ShownScores {
        let policy = &self.context.config.visibility;
        ShownScores {
            train: policy.train.contains(&VisibleItem::Scores),
            held_out: policy.held_out.contains(&VisibleItem::Scores),
        }
    }

    /// Returns the file of notes, if peers see it and it may be changed.
    fn notes(&self) -> Option<&'static str> {
        let shared = self.context.config.sharing == Sharing::Sanitised && self.space.edits().covers(NOTES);
        shared.then_some(NOTES)
    }

    /// Returns the inspirations of a candidate, if its strategy gives any.
    fn inspirations(
        &self,
        setup: &MetaSetup,
        plan: &CandidatePlan,
    ) -> Result<Option<ShownMembers>, EvolveError> {
        let config = &self.context.config;
        let wanted =
            config.search.as_ref().is_some_and(|search| search.inspirations > 0) || config.is_independent();
        let Some(choice) = plan.search.as_ref().filter(|_| wanted) else { return Ok(None) };
        let shared = self.state.populations.len() > 1 && !config.is_independent();
        let published = if shared { setup.strategies.clone() } else { FileSet::new() };
        let showing = self.showing(self.context.task.program());
        let (archive, name) = (&setup.archive, &setup.population.name);
        let mut shown = choice.inspirations.clone();
        if let Some(answers) = self.answers.of(plan.population) {
            shown.retain(|(_, member)| !answers.quarantines(archive, *member));
        }
        inspirations::show(self.store, archive, &shown, name, showing, published).map(Some)
    }

    /// Returns the files whose meta agent makes the child instead of its own: if its own shows a sign of complacency and is to be
    /// replaced, the nearest one of the lineage that shows none.
    fn donor(
        &self,
        setup: &MetaSetup,
        plan: &CandidatePlan,
        fallbacks: &[TreeId],
    ) -> Result<Option<TreeId>, EvolveError> {
        let Some(answers) = self.answers.of(plan.population) else { return Ok(None) };
        let history = self.state.populations[plan.population].history.as_ref();
        let trees = |ids: BTreeSet<CandidateId>| -> Vec<TreeId> {
            ids.into_iter().filter_map(|id| history?.tree(id)).collect()
        };
        let shown = trees(answers.to_renew());
        let (lineage, member) = (&self.context.lineages[plan.population], plan.choice.member);
        if self.context.config.complacency().is_some_and(|rules| rules.tests == SignTests::Sequential) {
            let signs = MetaSigns { shown: &shown, avoided: &trees(answers.not_to_return()) };
            return lineage.donor(self.store, &setup.archive, member, signs);
        }
        let own = setup.archive.members()[member].tree;
        let trees: Vec<TreeId> = std::iter::once(own).chain(fallbacks.iter().copied()).collect();
        let signs = lineage.shared(self.store, &trees, &shown)?;
        let others = fallbacks.iter().zip(&signs[1..]);
        Ok(others.filter(|(_, sign)| signs[0] && !**sign).map(|(tree, _)| *tree).next())
    }

    /// Returns the description of the task for a population.
    fn task(&self, population: usize) -> Value {
        let task = situation::describe_task(&self.context.task);
        match self.rules(population) {
            Some(_) => situation::describe_more(task, &self.context.task, &self.context.config.eval_limits),
            None => task,
        }
    }

    /// Returns the rules of model calls, if the population has a model; its `job` then describes the situation of the child.
    fn rules(&self, population: usize) -> Option<&ModelRules> {
        let config = &self.context.config;
        config.populations[population].model.as_ref()?;
        config.models.as_ref().filter(|rules| rules.style.is_some())
    }

    /// Returns the inputs of a slimming attempt.
    fn slimming(
        &self,
        setup: &MetaSetup,
        plan: &CandidatePlan,
        place: DescentPlace,
        grant: CandidateGrant,
    ) -> Result<SlimmingSpec, EvolveError> {
        let Self { context, store, space, .. } = *self;
        let member = &setup.archive.members()[plan.choice.member];
        let wrong = |why: &str| EvolveError::internal(plan.id, format!("its slimming: {why}"));
        let config = context.config.slimming().ok_or_else(|| wrong("the run has none"))?;
        let recorded = member.train_evaluation.ok_or_else(|| wrong("its parent was not measured"))?;
        let expected = Arc::new(load_evaluation(store, &recorded)?);
        let files = store.get_files(&member.tree)?;
        let path = context.task.entry_file(&files).ok_or_else(|| wrong("its parent has no program"))?;
        let (generation, item) = (plan.id.generation, plan.id.candidate);
        Ok(SlimmingSpec {
            seed: StreamKey { seed: context.seed, generation, purpose: Purpose::Meta, item }.seed(),
            path: RelPath::new(&path)?,
            made_by: member.made_by,
            policy: Arc::new(EditPolicy { guard: context.authority.guard(space.edits().clone()), grant }),
            fuel_max: expected.fuel.saturating_mul(config.effort),
            request: EvaluationRequest::plain(context, plan.id, &files, Split::Train),
            expected,
            files,
            place,
        })
    }

    /// Returns the inputs of one candidate's meta agents.
    fn spec(
        &self,
        setup: &MetaSetup,
        plan: &CandidatePlan,
        grant: CandidateGrant,
    ) -> Result<MetaRunSpec, EvolveError> {
        let Self { context, store, space, .. } = *self;
        let (config, parent) = (&context.config, plan.choice.member);
        let files = |tree| Ok::<_, EvolveError>(TreeFiles { tree, files: store.get_files(&tree)? });
        let frozen = match config.arm {
            Arm::FreezeMeta => Some(files(config.agent_files)?),
            _ => None,
        };
        let mut fallbacks = if frozen.is_some() || config.parity {
            Vec::new()
        } else {
            context.lineages[plan.population].fallbacks(store, &setup.archive, parent)?
        };
        let donor = if frozen.is_some() { None } else { self.donor(setup, plan, &fallbacks)? };
        if let Some(donor) = donor {
            fallbacks = context.lineages[plan.population].renewed(store, &fallbacks, donor)?;
        }
        let (generation, item) = (plan.id.generation, plan.id.candidate);
        let window = TrainingWindow::of(context, generation);
        let situation = self.rules(plan.population).map(|rules| {
            let member = &setup.archive.members()[parent];
            Situation::new(
                SituationSource { context, store, state: self.state, population: plan.population },
                member,
                rules,
            )
        });
        Ok(MetaRunSpec {
            seed: StreamKey { seed: context.seed, generation, purpose: Purpose::Meta, item }.seed(),
            policy: Arc::new(EditPolicy { guard: context.authority.guard(space.edits().clone()), grant }),
            files: store.get_files(&setup.archive.members()[parent].tree)?,
            fallbacks: fallbacks.into_iter().map(files).collect::<Result<_, _>>()?,
            history: history::of_lineage(context, store, &setup.archive, parent, window.as_ref())?,
            situation: situation.transpose()?,
            inspirations: self.inspirations(setup, plan)?,
            renews: donor.is_some(),
            frozen,
        })
    }
}
