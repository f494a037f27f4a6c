//! `study`.

use std::io::Write as _;
use std::path::Path;

use hyperspace_service::{
    AgainstBaselineView, StudyMeasure, StudyProgress, StudyRequest, StudyView, read_settings,
};

use super::Code;
use crate::exit::OK;
use crate::plot::{self, Series};
use crate::session::CliSession;
use crate::{ambient, args, output};

/// Marks of the curves, one for each strategy.
const MARKS: [char; 8] = ['●', '○', '◆', '◇', '▲', '△', '■', '□'];

/// Runs a study, or reports a stored one.
pub(crate) fn run(session: &CliSession, args: args::Study) -> Code {
    let file = Path::new(&args.study);
    let view = if file.exists() {
        let mut request = StudyRequest::parse(file, &read_settings(file)?)?;
        request.calls = args.calls.settings();
        session.engine.study_blocking(&request, told)?
    } else {
        session.engine.study_report(&args.study)?
    };
    let exported = match &args.to {
        Some(to) => Some(session.engine.export_study(&view, to, args.layout.format())?),
        None => None,
    };
    if session.json {
        output::json(&view)?;
        return Ok(OK);
    }
    let mut text = report(&view, ambient::stdout_width());
    if let Some(exported) = exported {
        let files: Vec<&str> = exported.files.keys().map(String::as_str).collect();
        text.push_str(&format!(
            "\n{}: {}\n",
            output::line(&exported.to.display().to_string()),
            files.join(", ")
        ));
    }
    output::painted(&text)?;
    Ok(OK)
}

/// Reports a run that has ended, on standard error.
fn told(one: StudyProgress) {
    let StudyProgress { done, all, strategy, seed, run, best, .. } = one;
    let line = format!("{done}/{all}  {strategy}, seed {seed}: {best:.4}  {}", output::short(&run));
    // If the reader of standard error is gone, the work continues.
    drop(writeln!(std::io::stderr(), "{}", output::line(&line)));
}

fn report(view: &StudyView, width: usize) -> String {
    let unit = view.task.unit.as_deref().unwrap_or("score");
    let better = match view.task.direction {
        hyperspace_eval::Direction::Minimize => "lower",
        hyperspace_eval::Direction::Maximize => "higher",
    };
    let data = match view.measure {
        StudyMeasure::Train => "training",
        StudyMeasure::HeldOut => "held-out",
    };
    let title = output::line(&format!("{}: {unit} on {data} data, {better} is better", view.task.title));
    let amount = output::count(view.budget.amount);
    let budget = format!("{amount} {}", view.budget.resource.name());
    let mut text = format!(
        "{title}\nagent {}, {} seeds, at most {budget} for each run\n\n",
        output::line(&view.agent),
        view.seeds
    );
    text.push_str(&table(view));
    text.push_str(
        "\nmedian with its 95 % bootstrap interval; p of the Mann-Whitney U test against iid, adjusted by Holm's method;\n\
         better: probability that a run is better than one of iid, equal ones count half\n",
    );
    let series = curves(view);
    let drawn = plot::plot_to(&series, &[], view.task.direction, width, (&amount, &budget));
    if !drawn.is_empty() {
        text.push_str(&format!("\nmedian of the best so far\n{drawn}"));
    }
    text + &format!("\nstudy {}\n", view.study)
}

/// Returns the curves in the order in which they are drawn: the baseline, which is the first strategy, and then the others on top of it.
fn curves(view: &StudyView) -> Vec<Series> {
    let mut series = view.strategies.iter().enumerate().map(|(index, one)| Series {
        mark: MARKS[index % MARKS.len()],
        name: output::line(&one.strategy),
        values: one.curve.iter().map(|point| point.median).collect(),
    });
    series.next().into_iter().chain(series.rev()).collect()
}

fn table(view: &StudyView) -> String {
    let palette = ambient::stdout_palette();
    let mut rows = vec![output::head([
        "strategy",
        "median",
        "interval",
        "quartiles",
        "worst to best",
        "p",
        "adjusted",
        "better",
    ])];
    let pair = |[a, b]: [f64; 2]| format!("{a:.4} to {b:.4}");
    let dash = || ["-", "-", "-"].map(str::to_owned);
    let against = |one: AgainstBaselineView| {
        [format!("{:.4}", one.p), format!("{:.4}", one.p_adjusted), format!("{:.2}", one.better)]
    };
    for one in &view.strategies {
        let mut row = vec![output::line(&one.strategy), format!("{:.4}", one.median)];
        row.extend([pair(one.interval), pair(one.quartiles), pair(one.range)]);
        row.extend(one.against_baseline.map_or_else(dash, against));
        rows.push(row);
    }
    output::painted_table(&rows, ambient::text_width(), |row, _, cell| match row {
        0 => palette.strong(cell),
        _ => cell.to_owned(),
    })
}
