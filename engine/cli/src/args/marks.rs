//! Flags of `marks` and `needs`.

use clap::Args;
use hyperspace_core::MarkKind;
use hyperspace_service::{MarkQuery, SpaceRef};

use super::values;

const FILTERS: &str = "Filters";
const MODES: &str = "Instead of a list";

pub(super) const MARKS_EXAMPLES: &str = "Examples:\n  \
    hyperspace marks --kind action --limit 20\n  \
    hyperspace marks --refused\n  \
    hyperspace marks --explain '#12'";

#[derive(Debug, Args)]
pub(crate) struct SpaceArgs {
    /// The run with the marks, or the beginning of its hash [default: the only space, or that of the run last worked on]
    pub(crate) run: Option<String>,
    /// Another mark space of the store, by name
    #[arg(long, value_name = "NAME", conflicts_with = "run")]
    pub(crate) space: Option<String>,
}

impl SpaceArgs {
    /// Returns the arguments as a reference.
    pub(crate) fn reference(self) -> SpaceRef {
        let mut reference = SpaceRef::new();
        reference.run = self.run;
        reference.space = self.space;
        reference
    }
}

#[derive(Debug, Args)]
pub(crate) struct Marks {
    #[command(flatten)]
    pub(crate) space: SpaceArgs,
    /// Only in this scope or inside it
    #[arg(long, value_name = "SCOPE", help_heading = FILTERS)]
    pub(crate) scope: Option<String>,
    /// Only on this topic: observations and warnings
    #[arg(long, value_name = "TOPIC", help_heading = FILTERS)]
    pub(crate) topic: Option<String>,
    /// Only about this resource, such as a path: intents and actions
    #[arg(long, value_name = "RESOURCE", conflicts_with = "topic", help_heading = FILTERS)]
    pub(crate) resource: Option<String>,
    /// Only of this kind
    #[arg(long, value_name = "KIND", value_parser = values::mark_kind(), help_heading = FILTERS)]
    pub(crate) kind: Option<MarkKind>,
    /// Only of this agent
    #[arg(long, value_name = "NAME", help_heading = FILTERS)]
    pub(crate) agent: Option<String>,
    /// Only the newest N; with --follow: stop after N
    #[arg(long, value_name = "N", help_heading = FILTERS)]
    pub(crate) limit: Option<u64>,
    /// Also what was superseded or has faded
    #[arg(long, help_heading = FILTERS)]
    pub(crate) all: bool,
    /// Go on printing marks as they come, the oldest first; with --json one document per line
    #[arg(long, help_heading = MODES)]
    pub(crate) follow: bool,
    /// List refusals, and the check that each failed
    #[arg(long, conflicts_with_all = ["follow", "explain", "kind", "all"], help_heading = MODES)]
    pub(crate) refused: bool,
    /// Show the checks of a decision: of a journal entry, or of the one that made a mark
    #[arg(long, value_name = "ENTRY|#MARK", conflicts_with = "follow", help_heading = MODES)]
    pub(crate) explain: Option<String>,
    /// Show the checks that a mark would meet, given as JSON; needs --agent and --scope; writes nothing
    #[arg(long = "try", value_name = "JSON", conflicts_with_all = ["follow", "refused", "explain"], help_heading = MODES)]
    pub(crate) attempt: Option<String>,
}

impl Marks {
    /// Returns the filters as a query.
    pub(crate) fn query(&self) -> MarkQuery {
        let mut query = MarkQuery::new();
        query.scope.clone_from(&self.scope);
        query.topic.clone_from(&self.topic);
        query.resource.clone_from(&self.resource);
        query.kind = self.kind;
        query.agent.clone_from(&self.agent);
        query.limit = self.limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
        query.all = self.all;
        query
    }
}

#[derive(Debug, Args)]
pub(crate) struct Needs {
    #[command(flatten)]
    pub(crate) space: SpaceArgs,
    /// Only in this scope or inside it
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Option<String>,
    /// Answer the need with this number, as the principal
    #[arg(long, value_name = "N", requires = "answer")]
    pub(crate) resolve: Option<u64>,
    /// The answer
    #[arg(long, value_name = "TEXT", requires = "resolve")]
    pub(crate) answer: Option<String>,
}
