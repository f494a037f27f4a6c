//! Content policies, which examine observations before they count.
//!
//! Policies run in order, outside of every lock. A rewritten content is passed to the next policy; the first
//! rejection ends the chain. Policies see only observations and can change only their content. A policy that
//! panics rejects.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::command::ScreenResult;
use crate::model::{Body, Draft};
use hyperspace_core::ScopeName;

/// The decision of a content policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyDecision {
    /// Accepts the content.
    Allow,
    /// Accepts it with this content instead.
    Rewrite(String),
    /// Accepts it, but tells the principal why it is suspicious.
    Flag(String),
    /// Refuses it for this reason.
    Reject(String),
}

/// A policy for content.
pub trait ContentPolicy: Send + Sync {
    /// Returns its name for refusals and telemetry.
    fn name(&self) -> &str;

    /// Judges the content of an observation.
    fn judge(&self, author: &str, scope: &ScopeName, topic: &str, content: &str) -> PolicyDecision;
}

/// The decision of one policy on one write, for telemetry.
pub(crate) type PolicyRemark = (String, &'static str, String);

/// Runs all policies on a draft.
pub(crate) fn screen(
    policies: &[Box<dyn ContentPolicy>],
    author: &str,
    scope: &ScopeName,
    draft: Arc<Draft>,
) -> (Arc<Draft>, ScreenResult, Vec<PolicyRemark>) {
    let (mut draft, mut flags, mut evaluations) = (draft, vec![], vec![]);
    for policy in policies {
        let Body::Observation { topic, content: Some(content), .. } = &draft.body else { break };
        let judge = AssertUnwindSafe(|| policy.judge(author, scope, topic, content));
        let verdict =
            catch_unwind(judge).unwrap_or_else(|_| PolicyDecision::Reject("it panicked".to_owned()));
        let name = policy.name().to_owned();
        match verdict {
            PolicyDecision::Allow => evaluations.push((name, "allow", String::new())),
            PolicyDecision::Rewrite(text) => {
                evaluations.push((name, "rewrite", String::new()));
                let mut rewritten = (*draft).clone();
                if let Body::Observation { content, .. } = &mut rewritten.body {
                    *content = Some(text);
                }
                draft = Arc::new(rewritten);
            }
            PolicyDecision::Flag(why) => {
                evaluations.push((name.clone(), "flag", why.clone()));
                flags.push((name, why));
            }
            PolicyDecision::Reject(why) => {
                evaluations.push((name.clone(), "reject", why.clone()));
                return (draft, ScreenResult::Rejected(name, why), evaluations);
            }
        }
    }
    let screened = if flags.is_empty() { ScreenResult::Clean } else { ScreenResult::Flagged(flags) };
    (draft, screened, evaluations)
}
