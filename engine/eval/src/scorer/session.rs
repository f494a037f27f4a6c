//! One run of a case: the call of the candidate, and the judge of what it says.

use std::fmt;

use hyperspace_sandbox::DoorError;
use serde_json::Value;

use super::episode::{EPISODE_OPERATIONS, Episode, EpisodeJudge};
use super::{InvalidAnswer, Measure, WorkMeter};

/// A call of the candidate. The function is the one that the task names ([`TaskEntry`](crate::TaskEntry)).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Invocation {
    /// Calls the function once, with these arguments; the returned value is that of the function.
    Once(Vec<Value>),
    /// Calls the function once for each list of arguments, in order; the returned value is the list of the function's values.
    Each(Vec<Vec<Value>>),
    /// Calls the function as often as the judge asks, each time through the door: `env.reset`, then `env.step` until the
    /// answer is done. The returned value is null. See [`CaseSession::episode`].
    Episode,
    /// Calls a function of another module, such as a driver among the candidate's own files or in the SDK.
    Function {
        /// The dotted name of the module.
        module: String,
        /// The name of the function in it.
        function: String,
        /// Its arguments.
        args: Vec<Value>,
    },
}

/// Talks with a candidate during one run of a case, and measures the value that it returned.
///
/// Closures from the returned value to a result are judges as well.
pub trait Judge: Send {
    /// Answers an operation that the session grants ([`CaseSession::operations`]). `params` is a JSON object.
    ///
    /// # Errors
    ///
    /// A [`DoorError`], which the guest gets as an exception.
    fn respond(&mut self, operation: &str, params: Value) -> Result<Value, DoorError> {
        let _ = params;
        Err(DoorError::Invalid(format!("no such operation: {operation}")))
    }

    /// Returns the answer in the conversation that makes this run invalid, if there was one. It takes precedence over how the
    /// guest ended, which is usually a consequence.
    fn fault(&self) -> Option<InvalidAnswer> {
        None
    }

    /// Measures the value that the invocation returned. This is called only if the guest completed and there was no fault.
    ///
    /// # Errors
    ///
    /// The evidence for why the value cannot be measured.
    fn measure(&mut self, returned: &Value) -> Result<Measure, InvalidAnswer>;

    /// Measures as [`Judge::measure`] does, and counts its work. This is what an evaluation calls, on a thread for computing. Default:
    /// [`Judge::measure`], for judges whose work is small for any value.
    ///
    /// # Errors
    ///
    /// As [`Judge::measure`], and when the value takes too much work.
    fn measure_within(&mut self, returned: &Value, work: &mut WorkMeter) -> Result<Measure, InvalidAnswer> {
        work.spend(0)?;
        self.measure(returned)
    }
}

impl<F: FnMut(&Value) -> Result<Measure, InvalidAnswer> + Send> Judge for F {
    fn measure(&mut self, returned: &Value) -> Result<Measure, InvalidAnswer> {
        self(returned)
    }
}

/// A judge that counts its work.
struct MeteredJudge<F>(F);

impl<F> Judge for MeteredJudge<F>
where
    F: FnMut(&Value, &mut WorkMeter) -> Result<Measure, InvalidAnswer> + Send,
{
    fn measure(&mut self, returned: &Value) -> Result<Measure, InvalidAnswer> {
        self.0(returned, &mut WorkMeter::new())
    }

    fn measure_within(&mut self, returned: &Value, work: &mut WorkMeter) -> Result<Measure, InvalidAnswer> {
        self.0(returned, work)
    }
}

/// One run of a case: an invocation, the operations that the guest may call meanwhile, and their judge.
pub struct CaseSession {
    pub(crate) invocation: Invocation,
    pub(crate) operations: Vec<String>,
    pub(crate) judge: Box<dyn Judge>,
}

impl CaseSession {
    /// Creates a session without a conversation: the guest may call no operation of the judge.
    #[must_use]
    pub fn new(invocation: Invocation, judge: impl Judge + 'static) -> Self {
        Self { invocation, operations: Vec::new(), judge: Box::new(judge) }
    }

    /// Creates a session without a conversation, whose judge counts its work.
    #[must_use]
    pub fn metered(
        invocation: Invocation,
        judge: impl FnMut(&Value, &mut WorkMeter) -> Result<Measure, InvalidAnswer> + Send + 'static,
    ) -> Self {
        Self::new(invocation, MeteredJudge(judge))
    }

    /// Creates a session that reveals the arguments of one call at a time.
    #[must_use]
    pub fn episode(episode: impl Episode + 'static) -> Self {
        Self::new(Invocation::Episode, EpisodeJudge::new(episode)).operations(&EPISODE_OPERATIONS)
    }

    /// Lets the guest call these operations of the judge, with `hyperspace.call` in Python, and no others.
    #[must_use]
    pub fn operations(mut self, names: &[&str]) -> Self {
        self.operations = names.iter().map(|&name| name.to_owned()).collect();
        self
    }
}

impl fmt::Debug for CaseSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaseSession")
            .field("invocation", &self.invocation)
            .field("operations", &self.operations)
            .finish_non_exhaustive()
    }
}
