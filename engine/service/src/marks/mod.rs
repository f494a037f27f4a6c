//! Mark spaces: what they hold, what was refused and why, and needs that wait for a human.

mod explain;
mod follow;
mod list;
mod needs;
mod space;

pub use self::explain::{DecisionView, MarkAttempt, RefusedView};
pub use self::follow::MarkFollower;
pub use self::list::{MarkQuery, MarkRow, MarksView};
pub use self::needs::{AnswerView, NeedClusterView, NeedView, NeedsView};
pub use self::space::SpaceRef;
