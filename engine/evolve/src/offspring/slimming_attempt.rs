//! A slimming attempt: removes from a member's program what it does not need, as long as every training row keeps its answer.
//!
//! A guest lists possible reductions, and evaluations tell which of them are allowed, each evaluation ending at the first
//! different answer. Invariant: the result is a function of the member, its recorded evaluation and the rules. The work is
//! limited by fuel, so the limit is the same on every machine.

use std::sync::Arc;

use hyperspace_core::{Decision, FileOp, FileSet, RelPath, TreeId};
use hyperspace_eval::Evaluation;
use hyperspace_sandbox::{FilePolicy, Outcome};
use hyperspace_source::SyntaxTree;
use serde_json::{Value, json};

use crate::error::EvolveError;
use crate::executor::interface::{EvaluationRequest, MetaRunRequest};
use crate::offspring::edit_policy::EditPolicy;
use crate::offspring::spec::MetaSetup;
use crate::record::sharing_config::Sharing;
use crate::record::slimming_rules::SlimmingRecord;
use crate::slimming::descent::{Descent, DescentPlace, Reduction};
use crate::slimming::same_answers::TellingRows;
use crate::slimming::slimmer::slimmer;

/// Maximum number of reductions of a program that are listed.
const LISTED_MAX: usize = 4_000;
/// The fuel that a row of a try may use, as a multiple of that of the member's most expensive row: with a part removed, a program
/// may not terminate.
const ROW_FUEL: u64 = 4;
/// Fuel that every row of a try may use in addition.
const ROW_FUEL_MIN: u64 = 50_000_000;

/// The inputs of an attempt.
pub(crate) struct SlimmingSpec {
    pub(crate) seed: u64,
    /// The files of the member.
    pub(crate) files: FileSet,
    /// The file of its program.
    pub(crate) path: RelPath,
    /// The tree whose meta agent made the member.
    pub(crate) made_by: TreeId,
    /// The guard of edits.
    pub(crate) policy: Arc<EditPolicy>,
    /// The evaluation of the member on training data.
    pub(crate) expected: Arc<Evaluation>,
    /// The request for that evaluation.
    pub(crate) request: EvaluationRequest,
    /// The fuel of the attempt's evaluations; there is at least one.
    pub(crate) fuel_max: u64,
    /// The place at which it begins.
    pub(crate) place: DescentPlace,
}

/// The result of an attempt.
pub(crate) struct SlimmedProgram {
    /// The files of the member with the smaller program, or unchanged if there is none.
    pub(crate) files: FileSet,
    /// The tree whose meta agent made the member.
    pub(crate) made_by: TreeId,
    pub(crate) record: SlimmingRecord,
}

impl SlimmingSpec {
    /// Makes the attempt.
    pub(crate) async fn attempt(&self, setup: &MetaSetup) -> Result<SlimmedProgram, EvolveError> {
        let mut attempt = Attempt {
            spec: self,
            setup,
            rows: TellingRows::new(Arc::clone(&self.expected)),
            spent: SlimmingRecord { tries: 0, fuel: 0, place: None },
            evaluated: 0,
        };
        let files = attempt.smaller().await?.unwrap_or_else(|| self.files.clone());
        Ok(SlimmedProgram { files, made_by: self.made_by, record: attempt.spent })
    }

    fn text(&self) -> Option<String> {
        let content = self.files.get(&self.path)?;
        std::str::from_utf8(content).ok().map(str::to_owned)
    }

    /// Returns the files with another text of the program.
    fn with(&self, text: &str) -> Result<FileSet, EvolveError> {
        let mut files = self.files.clone();
        let conflict = |error| EvolveError::internal("a slimmed program", error);
        files.insert(self.path.clone(), text.as_bytes().to_vec()).map_err(conflict)?;
        Ok(files)
    }

    /// Returns whether the guard would allow the program to become this text.
    fn allows(&self, text: &str) -> bool {
        let before = self.files.get(&self.path).map(|content| &content[..]);
        self.policy.guard.decide_content(&self.path, before, Some(text.as_bytes())).is_ok()
    }
}

/// An attempt in progress.
struct Attempt<'a> {
    spec: &'a SlimmingSpec,
    setup: &'a MetaSetup,
    rows: TellingRows,
    spent: SlimmingRecord,
    /// Fuel used by evaluations.
    evaluated: u64,
}

impl Attempt<'_> {
    /// Returns the files with a smaller program, if one is found.
    async fn smaller(&mut self) -> Result<Option<FileSet>, EvolveError> {
        let spec = self.spec;
        let Some(text) = spec.text() else { return Ok(None) };
        if spec.policy.decide(&spec.path, FileOp::Write) != Decision::Allow {
            return Ok(None);
        }
        let Some(nodes) = nodes(&text) else { return Ok(None) };
        let listed = self.reductions(&text).await?;
        let Ok(mut descent) = Descent::new(text.clone(), listed, spec.place) else { return Ok(None) };
        while self.spent.tries == 0 || self.evaluated < spec.fuel_max {
            let Some(next) = descent.next_text() else { break };
            if !spec.allows(&next) {
                descent.refuse();
                continue;
            }
            self.spent.tries += 1;
            if self.is_same(&next).await? {
                let listed = self.reductions(&next).await?;
                if descent.keep(listed).is_err() {
                    break;
                }
            } else {
                descent.refuse();
            }
        }
        self.spent.place = descent.place();
        let is_smaller = self::nodes(descent.code()).is_some_and(|now| now < nodes);
        is_smaller.then(|| spec.with(descent.code())).transpose()
    }

    /// Lists the reductions of a text in a guest that sees nothing else. Parts for which that fails are left as they are.
    async fn reductions(&mut self, text: &str) -> Result<Vec<Reduction>, EvolveError> {
        let (spec, setup) = (self.spec, self.setup);
        let request = MetaRunRequest {
            candidate: spec.request.candidate,
            run: 0,
            argument: json!({"source": text, "most": LISTED_MAX}),
            seed: spec.seed,
            limits: setup.limits.clone(),
            files: FileSet::new(),
            edits: Arc::clone(&spec.policy) as Arc<dyn FilePolicy>,
            history: FileSet::new(),
            strategies: FileSet::new(),
            frozen: Some(slimmer()),
            sharing: Sharing::Raw,
            meta_model: None,
            eval_model: None,
            tool_rules: setup.tool_rules,
            evidence: setup.evidence,
            agent_layer: false,
            model: None,
        };
        let report = setup.executor.run_meta_agent(request).await?.report;
        self.spent.fuel = self.spent.fuel.saturating_add(report.fuel_used);
        if report.outcome == Outcome::WallClock {
            return Err(EvolveError::internal(
                "a slimming attempt",
                "the wall-clock backstop ended its guest",
            ));
        }
        let listed = report.result.filter(|_| report.outcome.is_completed()).unwrap_or(Value::Null);
        Ok(serde_json::from_value(listed).unwrap_or_default())
    }

    /// Returns whether a program gives all answers of the member on training rows.
    async fn is_same(&mut self, text: &str) -> Result<bool, EvolveError> {
        let mut request = self.spec.request.clone();
        request.files = self.spec.with(text)?;
        let dearest = self.spec.expected.cases.iter().map(|row| row.fuel).max().unwrap_or_default();
        let fuel = dearest.saturating_mul(ROW_FUEL).max(ROW_FUEL_MIN);
        request.limits = request.limits.clone().with_fuel(fuel.min(request.limits.fuel));
        // A first stage asks rows in an order of its own.
        request.early = request.task.stage().is_none().then(|| self.rows.rows());
        let evaluation = self.setup.executor.evaluate(request).await?;
        self.spent.fuel = self.spent.fuel.saturating_add(evaluation.fuel);
        self.evaluated = self.evaluated.saturating_add(evaluation.fuel);
        Ok(self.rows.compare(&evaluation))
    }
}

/// Returns the number of nodes of a program; `None` if it is not Python.
fn nodes(text: &str) -> Option<usize> {
    Some(SyntaxTree::parse(text).ok()?.nodes())
}
