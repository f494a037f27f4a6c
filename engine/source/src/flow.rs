//! The order in which a text uses and binds variables, and which uses surely come after a binding.
//!
//! Only such variables may be renamed: an unbound one is an error whose message has the name. The rules are those of definite assignment
//! (Gosling et al., The Java Language Specification, chapter 16), with Python's statements.

use std::collections::BTreeSet;

/// A step.
#[derive(Debug)]
pub(crate) enum Step {
    /// The variable at this byte is read.
    Use(usize),
    /// The variable at this byte is bound.
    Bind(usize),
    /// The steps after it are not reached.
    Stop,
    /// One of these parts is executed.
    Branch(Vec<Vec<Step>>),
    /// The part is executed any number of times, or later, or stopped within.
    Maybe(Vec<Step>),
    /// A `try` statement.
    Try(Box<TrySteps>),
}

/// The parts of a `try` statement.
#[derive(Debug, Default)]
pub(crate) struct TrySteps {
    pub(crate) body: Vec<Step>,
    pub(crate) handlers: Vec<Vec<Step>>,
    pub(crate) otherwise: Vec<Step>,
    pub(crate) last: Vec<Step>,
}

/// A set of variables; `None` where nothing is executed, so that everything may be claimed.
type Bound = Option<Vec<u64>>;

/// Looks for variables that are read where they may be unbound.
pub(crate) struct BoundCheck<'a> {
    /// The number of the variable that occurs at a byte.
    pub(crate) variable: &'a dyn Fn(usize) -> Option<usize>,
    /// Numbers of variables that are not surely bound.
    pub(crate) unsure: BTreeSet<usize>,
}

impl BoundCheck<'_> {
    /// Checks the steps of a text with this many variables.
    pub(crate) fn check(&mut self, steps: &[Step], variables: usize) {
        self.run(steps, Some(vec![0; variables.div_ceil(64)]));
    }

    fn run(&mut self, steps: &[Step], mut bound: Bound) -> Bound {
        for step in steps {
            bound = match step {
                Step::Stop => None,
                Step::Use(at) => {
                    if let (Some(bound), Some(variable)) = (&bound, (self.variable)(*at))
                        && (bound[variable / 64] >> (variable % 64)) & 1 == 0
                    {
                        self.unsure.insert(variable);
                    }
                    bound
                }
                Step::Bind(at) => {
                    if let (Some(bound), Some(variable)) = (&mut bound, (self.variable)(*at)) {
                        bound[variable / 64] |= 1 << (variable % 64);
                    }
                    bound
                }
                Step::Maybe(part) => {
                    self.run(part, bound.clone());
                    bound
                }
                Step::Branch(parts) => {
                    let ends = parts.iter().map(|part| self.run(part, bound.clone()));
                    ends.reduce(both).unwrap_or(bound)
                }
                Step::Try(parts) => self.run_try(parts, bound),
            };
        }
        bound
    }

    fn run_try(&mut self, parts: &TrySteps, bound: Bound) -> Bound {
        let body = self.run(&parts.body, bound.clone());
        let body = self.run(&parts.otherwise, body);
        let ends = parts.handlers.iter().map(|handler| self.run(handler, bound.clone()));
        let end = ends.collect::<Vec<Bound>>().into_iter().fold(body, both);
        // The last part is executed whatever was bound before it, and what it binds is bound after it.
        let last = self.run(&parts.last, bound);
        match (end, last) {
            (Some(end), Some(last)) => Some(end.iter().zip(&last).map(|(a, b)| a | b).collect()),
            _ => None,
        }
    }
}

/// Returns what is bound after either of two ways.
fn both(one: Bound, other: Bound) -> Bound {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.iter().zip(&other).map(|(a, b)| a & b).collect()),
        (one, other) => one.or(other),
    }
}
