//! Mark spaces: their marks, refusals and the reasons for them, and needs that wait for a human.

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
