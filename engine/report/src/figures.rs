//! The figures of runs, and of their comparison.

use crate::analysis::{AgentAnalysis, Analysis, CandidateAnalysis, RunAnalysis};
use crate::plot::{Plot, PlotMark, PlotSeries};

/// Maximum number of points in one series of dots; with more candidates, only every second, third, … is drawn.
const DOTS_MAX: usize = 1_500;
/// Maximum number of runs for which each run gets all figures.
pub(crate) const DETAILED_RUNS_MAX: usize = 6;

/// A figure with its title and caption.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    pub(crate) plot: Plot,
    pub(crate) title: &'static str,
    pub(crate) caption: String,
}

fn figure(
    name: String,
    title: &'static str,
    caption: &str,
    axes: [&str; 2],
    series: Vec<PlotSeries>,
) -> Figure {
    let [x, y] = axes.map(str::to_owned);
    let plot = Plot { name, x, y, series, level: None, low_is_good: false, places: Vec::new() };
    Figure { plot, title, caption: caption.to_owned() }
}

fn series(name: impl Into<String>, colour: usize, mark: PlotMark, points: Vec<(f64, f64)>) -> PlotSeries {
    PlotSeries { name: name.into(), colour, mark, points }
}

/// Returns every n-th point, where n is chosen so that at most [`DOTS_MAX`] are left.
fn thinned(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let step = points.len().div_ceil(DOTS_MAX).max(1);
    points.into_iter().step_by(step).collect()
}

fn of_rows(agent: &AgentAnalysis, value: impl Fn(&CandidateAnalysis) -> Option<f64>) -> Vec<(f64, f64)> {
    agent.rows.iter().filter_map(|one| Some((one.generation as f64, value(one)?))).collect()
}

/// Returns the figures of a run; `number` is its position in the report.
pub(crate) fn of_run(run: &RunAnalysis, number: usize, detailed: bool) -> Vec<Figure> {
    let mut figures = vec![scores(run, number), sizes(run, number)];
    if detailed {
        figures.extend([
            gaps(run, number),
            lineages(run, number),
            gains(run, number),
            complexity(run, number),
        ]);
        if run.agents.len() > 1 {
            figures.push(adoption(run, number));
        }
    }
    figures.iter_mut().for_each(|figure| figure.plot.low_is_good = run.minimise);
    figures.retain(|figure| figure.plot.series.iter().any(|series| !series.points.is_empty()));
    figures
}

fn scores(run: &RunAnalysis, number: usize) -> Figure {
    let mut all = Vec::new();
    let alone = run.agents.len() == 1;
    for (colour, agent) in run.agents.iter().enumerate() {
        let held_out = |name: String, colour: usize| {
            let best =
                agent.course.iter().filter_map(|one| Some((one.generation as f64, one.best_held_out?)));
            series(name, colour, PlotMark::Steps, best.collect())
        };
        all.push(series("", colour, PlotMark::Dots, thinned(of_rows(agent, |one| one.held_out))));
        if alone {
            let best = agent.course.iter().filter_map(|one| Some((one.generation as f64, one.best_train?)));
            all.push(series("best training so far", 1, PlotMark::Steps, best.collect()));
            all.push(held_out("best held-out so far".to_owned(), 0));
        } else {
            all.push(held_out(agent.name.clone(), colour));
        }
    }
    let caption = "Lines: the best score so far. Dots: held-out scores of single candidates; those far away are at the border.";
    figure(format!("run{number}-scores"), "Scores", caption, ["generation", "score"], all)
}

fn sizes(run: &RunAnalysis, number: usize) -> Figure {
    let mut all = Vec::new();
    for (colour, agent) in run.agents.iter().enumerate() {
        let bytes = |one: &CandidateAnalysis| Some(one.program_bytes? as f64 / 1_024.0);
        all.push(series("", colour, PlotMark::Dots, thinned(of_rows(agent, bytes))));
        let admitted = agent.rows.iter().filter(|one| one.admitted);
        let line = admitted.filter_map(|one| Some((one.generation as f64, bytes(one)?)));
        all.push(series(agent.name.clone(), colour, PlotMark::Thin, thinned(line.collect())));
    }
    let caption = "The program that is measured, in KiB. Line: candidates that joined the archive, or count.";
    figure(format!("run{number}-size"), "Size", caption, ["generation", "KiB"], all)
}

fn complexity(run: &RunAnalysis, number: usize) -> Figure {
    let of = |(colour, agent): (usize, &AgentAnalysis)| {
        let points = of_rows(agent, |one| Some(one.code.as_ref()?.complexity as f64));
        series(agent.name.clone(), colour, PlotMark::Dots, thinned(points))
    };
    let all = run.agents.iter().enumerate().map(of).collect();
    let caption = "Cyclomatic complexity of the program: one for each function and decision. Programs that are no Python have none.";
    figure(format!("run{number}-complexity"), "Complexity", caption, ["generation", "complexity"], all)
}

fn gaps(run: &RunAnalysis, number: usize) -> Figure {
    let of = |(colour, agent): (usize, &AgentAnalysis)| {
        let points = agent.course.iter().filter_map(|one| Some((one.generation as f64, one.gap?)));
        series(agent.name.clone(), colour, PlotMark::Line, points.collect())
    };
    let mut found = figure(
        format!("run{number}-gap"),
        "Gap between training and held-out",
        "By how much the best candidate on training data so far is better there than on held-out data.",
        ["generation", "gap"],
        run.agents.iter().enumerate().map(of).collect(),
    );
    found.plot.level = Some(0.0);
    found
}

fn lineages(run: &RunAnalysis, number: usize) -> Figure {
    let mut all = Vec::new();
    for (colour, agent) in run.agents.iter().enumerate() {
        let place = |one: &CandidateAnalysis| Some((one.generation as f64, one.held_out.or(one.train)?));
        let edge = |one: &CandidateAnalysis| Some([place(&agent.rows[one.parent?])?, place(one)?]);
        let edges: Vec<_> = agent.rows.iter().filter_map(edge).collect();
        let step = edges.len().div_ceil(DOTS_MAX).max(1);
        all.push(series("", colour, PlotMark::Edges, edges.into_iter().step_by(step).flatten().collect()));
        let known: std::collections::BTreeMap<&str, &CandidateAnalysis> =
            agent.rows.iter().map(|one| (one.id.as_str(), one)).collect();
        let way = agent.lineage.iter().filter_map(|id| place(known.get(id.as_str())?));
        all.push(series(format!("{}: way to the best", agent.name), colour, PlotMark::Line, way.collect()));
    }
    let caption = "Each line leads from a candidate to one made from it, at the height of its score.";
    figure(format!("run{number}-lineage"), "Lineage", caption, ["generation", "score"], all)
}

fn gains(run: &RunAnalysis, number: usize) -> Figure {
    let of = |(colour, agent): (usize, &AgentAnalysis)| {
        let points = of_rows(agent, |one| one.held_out_gain.or(one.train_gain));
        series(agent.name.clone(), colour, PlotMark::Dots, thinned(points))
    };
    let mut found = figure(
        format!("run{number}-gains"),
        "What each edit brought",
        "Score of a candidate minus that of the one it was made from.",
        ["generation", "gain"],
        run.agents.iter().enumerate().map(of).collect(),
    );
    found.plot.level = Some(0.0);
    found
}

fn adoption(run: &RunAnalysis, number: usize) -> Figure {
    let of = |(colour, agent): (usize, &AgentAnalysis)| {
        let events = run.adoptions_with_look_ahead.iter().filter(|event| event.agent == agent.name);
        let points = events.map(|event| (event.generation as f64, event.ratio)).collect();
        series(agent.name.clone(), colour, PlotMark::Dots, points)
    };
    let mut found = figure(
        format!("run{number}-adoptions"),
        "Adoptions",
        "Distance to a peer's best code over that and the distance to the own code: events below the line.",
        ["generation", "ratio"],
        run.agents.iter().enumerate().map(of).collect(),
    );
    found.plot.level = Some(crate::adoption::THRESHOLD);
    found
}

/// Returns the figures of the comparison; none for a single run.
pub(crate) fn of_comparison(analysis: &Analysis) -> Vec<Figure> {
    if analysis.runs.len() < 2 {
        return Vec::new();
    }
    let mut figures = Vec::new();
    for metric in ["best held-out score", "score per generation"] {
        let (mut dots, mut medians, mut intervals, mut places) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for group in &analysis.groups {
            let Some(found) = group.metrics.iter().find(|found| found.metric == metric) else { continue };
            let at = places.len() as f64;
            places.push(group.group.clone());
            dots.extend(found.values.iter().map(|(_, value)| (at, *value)));
            medians.extend([(at - 0.25, found.summary.median), (at + 0.25, found.summary.median)]);
            if let (Some(low), Some(high)) = (found.summary.low, found.summary.high) {
                intervals.extend([(at, low), (at, high)]);
            }
        }
        let name = format!("comparison-{}", metric.replace(' ', "-"));
        let all = vec![
            series("run", 0, PlotMark::Dots, dots),
            series("median", 1, PlotMark::Bars, medians),
            series("95 % of the median", 7, PlotMark::Bars, intervals),
        ];
        let title = if metric.starts_with("best") { "Best held-out score" } else { "Score per generation" };
        let names: Vec<String> =
            (1..).zip(&places).map(|(number, name): (u32, &String)| format!("{number} {name}")).collect();
        let words = "A dot for each run, by group; intervals where there are at least six runs.";
        let caption = format!("{words} Groups: {}.", names.join(" · "));
        let mut found = figure(name, title, &caption, ["group", metric], all);
        found.plot.places = (1..=places.len()).map(|number| number.to_string()).collect();
        figures.push(found);
    }
    figures.retain(|figure| !figure.plot.places.is_empty());
    figures
}
