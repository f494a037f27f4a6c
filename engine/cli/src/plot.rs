//! Plots in text: better is up, values are at the axis, and the width is as large as possible.

use hyperspace_eval::Direction;
use hyperspace_service::CurveView;

/// Number of rows of a plot.
const ROWS: usize = 8;
/// Maximum number of columns per generation.
const STEP_MAX: usize = 4;
/// Minimum width of a plot.
const WIDTH_MIN: usize = 24;

/// A line of a plot: one value per generation.
pub(crate) struct Series {
    pub(crate) mark: char,
    pub(crate) name: String,
    pub(crate) values: Vec<f64>,
}

/// Returns the course of a run: its best candidates on training and held-out data, and the other candidates as dots.
pub(crate) fn course(view: &CurveView, width: usize) -> String {
    let best = |value: fn(&hyperspace_service::CurvePoint) -> f64| view.points.iter().map(value).collect();
    let mut series = vec![Series {
        mark: '●',
        name: "best on training data".to_owned(),
        values: best(|point| point.score),
    }];
    let held_out: Vec<f64> = best(|point| point.held_out);
    if held_out != series[0].values {
        series
            .insert(0, Series { mark: '○', name: "the same on held-out data".to_owned(), values: held_out });
    }
    let dots: Vec<Vec<f64>> = view.points.iter().map(|point| point.candidates.clone()).collect();
    plot(&series, &dots, view.task.direction, width)
}

/// Returns a plot of lines over generations, with dots for single values; those outside of the range of the lines are counted
/// below. Empty for fewer than two generations.
pub(crate) fn plot(series: &[Series], dots: &[Vec<f64>], direction: Direction, width: usize) -> String {
    let generations = series.iter().map(|one| one.values.len()).max().unwrap_or(0);
    let last = generations.saturating_sub(1);
    plot_to(series, dots, direction, width, (&last.to_string(), &format!("generation {last}")))
}

/// As [`plot`], over something other than generations: `end` names its last value, in a short and a long form.
pub(crate) fn plot_to(
    series: &[Series],
    dots: &[Vec<f64>],
    direction: Direction,
    width: usize,
    end: (&str, &str),
) -> String {
    let generations = series.iter().map(|one| one.values.len()).max().unwrap_or(0);
    let values =
        || series.iter().flat_map(|one| one.values.iter().copied()).filter(|value| value.is_finite());
    let (least, most) =
        values().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), value| (a.min(value), b.max(value)));
    if generations < 2 || least > most {
        return String::new();
    }
    let (bottom, top) = match direction {
        Direction::Minimize => (most, least),
        Direction::Maximize => (least, most),
    };
    let middle = (top + bottom) / 2.0;
    let margin = [top, middle, bottom].iter().map(|value| number(*value).len()).max().unwrap_or(0);
    let room = width.max(WIDTH_MIN).saturating_sub(margin + 3).max(8);
    let last = generations - 1;
    let column = |generation: usize| match last < room {
        true => generation * (room.saturating_sub(1) / last).clamp(1, STEP_MAX),
        false => generation * (room - 1) / last,
    };
    let row = |value: f64| {
        let part = if top == bottom { 0.5 } else { (value - bottom) / (top - bottom) };
        (part.is_finite() && (0.0..=1.0).contains(&part))
            .then(|| ROWS - 1 - (part * (ROWS - 1) as f64).round() as usize)
    };
    let columns = column(last) + 1;
    let mut cells = vec![vec![' '; columns]; ROWS];
    for (generation, values) in dots.iter().enumerate().take(generations) {
        for row in values.iter().filter_map(|value| row(*value)) {
            cells[row][column(generation)] = '·';
        }
    }
    for one in series {
        for at in 0..one.values.len() {
            let end =
                if at + 1 < one.values.len() { column(at + 1).max(column(at) + 1) } else { column(at) + 1 };
            let Some(row) = row(one.values[at]) else { continue };
            for cell in &mut cells[row][column(at)..end.min(columns)] {
                *cell = one.mark;
            }
        }
    }
    let mut text = String::new();
    for (index, line) in cells.iter().enumerate() {
        // A label stands where a point of its value would; those of a flat course are the same one.
        let label = [top, middle, bottom].into_iter().find(|value| row(*value) == Some(index));
        let label = label.map(number).unwrap_or_default();
        let line: String = line.iter().collect();
        text.push_str(format!("{label:>margin$} ┤{}", line.trim_end()).trim_end());
        text.push('\n');
    }
    let (short, long) = end;
    let end = if margin + 4 + long.chars().count() > width { short } else { long };
    let gap = columns.saturating_sub(1 + end.chars().count()).max(1);
    text.push_str(&format!("{:margin$} └0{:gap$}{end}\n", "", ""));
    let mut names: Vec<String> =
        series.iter().rev().map(|one| format!("{} {}", one.mark, one.name)).collect();
    let drawn = || dots.iter().take(generations).flatten();
    let outside = drawn().filter(|value| row(**value).is_none()).count();
    if drawn().next().is_some() {
        let outside = if outside > 0 { format!(" ({outside} outside of the range)") } else { String::new() };
        names.push(format!("· other candidates{outside}"));
    }
    let mut line = String::new();
    for name in names {
        if !line.is_empty() && line.chars().count() + name.chars().count() + 2 > width {
            text.push_str(&format!("{}\n", line.trim_end()));
            line.clear();
        }
        line.push_str(&name);
        line.push_str("  ");
    }
    text.push_str(&format!("{}\n", line.trim_end()));
    text
}

/// Returns a number for an axis: short, but never rounded to another value shown beside it.
fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e12 { format!("{value}") } else { format!("{value:.4}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(mark: char, values: &[f64]) -> Series {
        Series { mark, name: "best".to_owned(), values: values.to_vec() }
    }

    #[test]
    fn up_is_better_in_either_direction() {
        let rows = |values: &[f64], direction| {
            let text = plot(&[line('●', values)], &[], direction, 60);
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        };
        let up = rows(&[256.0, 256.0, 332.0], Direction::Maximize);
        assert!(
            up[0].starts_with("332 ┤") && up[0].ends_with('●') && up[7].starts_with("256 ┤●●●●"),
            "{up:?}"
        );
        assert!(up[3].starts_with("294 ┤") && up[4].starts_with("    ┤"), "{up:?}");
        let down = rows(&[5.5, 3.5], Direction::Minimize);
        assert!(down[0].starts_with("3.5000 ┤ ") && down[7].starts_with("5.5000 ┤●"), "{down:?}");
    }

    #[test]
    fn it_fits_any_width() {
        let values: Vec<f64> = (0..300).map(|at| f64::from(at).sqrt()).collect();
        for width in [24, 60, 80, 120, 200] {
            let text = plot(&[line('●', &values)], &[vec![3.0]], Direction::Maximize, width);
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}\n{text}");
            assert!(text.contains("299"), "{text}");
        }
    }

    #[test]
    fn candidates_outside_of_the_range_are_counted() {
        let drawn = |dots: &[Vec<f64>]| plot(&[line('●', &[1.0, 2.0])], dots, Direction::Maximize, 80);
        assert!(drawn(&[vec![1.5], vec![-7.0, 9.0]]).contains("· other candidates (2 outside of the range)"));
        let inside = drawn(&[vec![1.5]]);
        assert!(inside.contains("· other candidates") && !inside.contains("outside"), "{inside}");
    }

    #[test]
    fn nothing_is_drawn_of_one_generation_and_a_flat_run_is_a_line() {
        assert_eq!(plot(&[line('●', &[1.0])], &[], Direction::Maximize, 80), "");
        let flat = plot(&[line('●', &[2.0, 2.0])], &[], Direction::Maximize, 80);
        let labelled: Vec<&str> = flat.lines().filter(|line| line.starts_with('2')).collect();
        assert_eq!(labelled, ["2 ┤●●●●●"], "{flat}");
    }
}
