//! The lines about a split policy, in the summary of a run and in the list of its generations.

use hyperspace_service::SplitsView;

use crate::style::Palette;
use crate::{ambient, output};

/// Returns the policy, followed by [`lines`].
pub(super) fn lines_with_policy(view: &SplitsView, palette: Palette) -> String {
    let policy = format!("splits {}\n", output::line(&view.policy));
    output::wrapped(&policy, ambient::text_width(), 2) + &lines(view, palette)
}

/// Returns the use of held-out rows, the gap of the best agent, and alarms.
pub(super) fn lines(view: &SplitsView, palette: Palette) -> String {
    let columns = ambient::text_width();
    let spent = match view.budget {
        Some(budget) if view.spent >= budget => {
            format!(", all {budget} of the budget spent: the run is at its end")
        }
        Some(budget) => format!(", {} of {budget} of the budget spent", view.spent),
        None => String::new(),
    };
    let asked = output::plural(view.asked, "question");
    let mut text = output::wrapped(&format!("held-out rows answered {asked}{spent}\n"), columns, 2);
    if let Some(gap) = view.gap {
        let alarms = match view.alarms {
            0 => "no candidate above it by more than chance".to_owned(),
            count => format!("{} above it by more than chance", output::plural(count, "candidate")),
        };
        let line = format!(
            "gap of the best agent {gap:+.4}: progress on training rows less that on held-out rows (limit {:.4}, {alarms})\n",
            view.limit
        );
        let line = output::wrapped(&line, columns, 2);
        text.push_str(&if view.alarms > 0 { palette.note(&line) } else { line });
    }
    text
}
