//! Content policies: what looks at the content of observations before they count.
//!
//! Policies run in order, outside of every lock; a rewrite feeds the next one; the first rejection ends. They see
//! observations only and can change content only. A policy that panics rejects.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::command::Screened;
use crate::model::{Body, Draft};
use hyperspace_core::ScopeName;

/// What a policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyVerdict {
    /// Fine.
    Allow,
    /// Fine with this content instead.
    Rewrite(String),
    /// Accept, but tell the principal why.
    Flag(String),
    /// Do not accept.
    Reject(String),
}

/// Looks at content.
pub trait ContentPolicy: Send + Sync {
    /// Its name, in refusals and telemetry.
    fn name(&self) -> &str;

    /// What it says of the content of an observation.
    fn judge(&self, author: &str, scope: &ScopeName, topic: &str, content: &str) -> PolicyVerdict;
}

/// One policy's verdict on one write, for telemetry.
pub(crate) type Evaluation = (String, &'static str, String);

/// Puts a draft through all policies.
pub(crate) fn screen(
    policies: &[Box<dyn ContentPolicy>],
    author: &str,
    scope: &ScopeName,
    draft: Arc<Draft>,
) -> (Arc<Draft>, Screened, Vec<Evaluation>) {
    let (mut draft, mut flags, mut evaluations) = (draft, vec![], vec![]);
    for policy in policies {
        let Body::Observation { topic, content: Some(content), .. } = &draft.body else { break };
        let judge = AssertUnwindSafe(|| policy.judge(author, scope, topic, content));
        let verdict = catch_unwind(judge).unwrap_or_else(|_| PolicyVerdict::Reject("it panicked".to_owned()));
        let name = policy.name().to_owned();
        match verdict {
            PolicyVerdict::Allow => evaluations.push((name, "allow", String::new())),
            PolicyVerdict::Rewrite(text) => {
                evaluations.push((name, "rewrite", String::new()));
                let mut rewritten = (*draft).clone();
                if let Body::Observation { content, .. } = &mut rewritten.body {
                    *content = Some(text);
                }
                draft = Arc::new(rewritten);
            }
            PolicyVerdict::Flag(why) => {
                evaluations.push((name.clone(), "flag", why.clone()));
                flags.push((name, why));
            }
            PolicyVerdict::Reject(why) => {
                evaluations.push((name.clone(), "reject", why.clone()));
                return (draft, Screened::Rejected(name, why), evaluations);
            }
        }
    }
    let screened = if flags.is_empty() { Screened::Clean } else { Screened::Flagged(flags) };
    (draft, screened, evaluations)
}
