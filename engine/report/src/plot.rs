//! Plots: lines, steps and dots over two axes, as SVG that takes the colours of its page, and as PNG.
//!
//! The reader's program renders the text of an SVG; the embedded font serves to measure that text, and to draw the text of a PNG.

mod png;

use std::ops::Range;
use std::sync::Once;

use plotters::backend::DrawingBackend;
use plotters::chart::{ChartBuilder, SeriesLabelPosition};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Rectangle};
use plotters::prelude::{BitMapBackend, SVGBackend};
use plotters::series::LineSeries;
use plotters::style::{Color, FontStyle, RGBColor, ShapeStyle, WHITE, register_font};

use crate::error::ReportError;

/// Font of plots.
const FONT: &str = "sans-serif";
static FONT_FILE: &[u8] = include_bytes!("../fonts/DejaVuSans-subset.ttf");
/// Width and height of a plot in pixels.
const SIZE: (u32, u32) = (660, 350);
/// Colour of text, which a page replaces by its own.
const TEXT: RGBColor = RGBColor(0x1F, 0x23, 0x28);
/// Colour of grid lines, which a page replaces by its own.
const GRID: RGBColor = RGBColor(0xD0, 0xD7, 0xDE);
/// Colours of series, distinguishable on light and dark backgrounds.
const COLOURS: [RGBColor; 8] = [
    RGBColor(0x1F, 0x7A, 0xC4),
    RGBColor(0xD9, 0x6A, 0x0B),
    RGBColor(0x1B, 0x9E, 0x77),
    RGBColor(0xC2, 0x5B, 0x9E),
    RGBColor(0x8B, 0x6F, 0xD1),
    RGBColor(0xB0, 0x8A, 0x12),
    RGBColor(0xD1, 0x3B, 0x3B),
    RGBColor(0x7F, 0x8C, 0x8D),
];
/// The way in which points are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlotMark {
    /// A line through all points.
    Line,
    /// A line that changes its height at each point.
    Steps,
    /// A thin line.
    Thin,
    /// Dots.
    Dots,
    /// Lines, each between the two points of a pair.
    Edges,
    /// Thick lines, each between the two points of a pair.
    Bars,
}

/// A series of points.
#[derive(Debug, Clone)]
pub(crate) struct PlotSeries {
    pub(crate) name: String,
    pub(crate) colour: usize,
    pub(crate) mark: PlotMark,
    pub(crate) points: Vec<(f64, f64)>,
}

/// A plot.
#[derive(Debug, Clone)]
pub(crate) struct Plot {
    pub(crate) name: String,
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) series: Vec<PlotSeries>,
    /// A height that is marked.
    pub(crate) level: Option<f64>,
    /// True if lines fall, which leaves room above them for the names of series.
    pub(crate) low_is_good: bool,
    /// Names of the positions 0, 1, … on the first axis; empty for numbers.
    pub(crate) places: Vec<String>,
}

impl Plot {
    /// Draws the plot as SVG for a page.
    pub(crate) fn svg(&self) -> Result<String, ReportError> {
        let mut text = String::new();
        {
            let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
            self.draw(&area).map_err(|why| self.failed(why))?;
            area.present().map_err(|why| self.failed(why.to_string()))?;
        }
        let hex = |colour: RGBColor| format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2);
        let head = format!("<svg width=\"{}\" height=\"{}\" ", SIZE.0, SIZE.1);
        Ok(text
            .replacen(&head, "<svg class=\"plot\" role=\"img\" ", 1)
            .replace(&hex(TEXT), "currentColor")
            .replace(&hex(GRID), "var(--grid)"))
    }

    /// Draws the plot as a picture on a white background.
    pub(crate) fn png(&self) -> Result<Vec<u8>, ReportError> {
        let mut pixels = vec![0; SIZE.0 as usize * SIZE.1 as usize * 3];
        {
            let area = BitMapBackend::with_buffer(&mut pixels, SIZE).into_drawing_area();
            area.fill(&WHITE).map_err(|why| self.failed(why.to_string()))?;
            self.draw(&area).map_err(|why| self.failed(why))?;
            area.present().map_err(|why| self.failed(why.to_string()))?;
        }
        Ok(png::encode(&pixels, SIZE.0 as usize, SIZE.1 as usize))
    }

    fn failed(&self, why: String) -> ReportError {
        ReportError::Plot { name: self.name.clone(), why }
    }

    /// Returns the range of heights: all of the lines; of dots and edges, the span between the outermost twentieths and what
    /// lies near it. Points beyond the range are drawn at the border.
    fn heights(&self) -> Range<f64> {
        let (mut sure, mut many) = (Vec::new(), Vec::new());
        for series in &self.series {
            let single = matches!(series.mark, PlotMark::Dots | PlotMark::Edges);
            let heights = series.points.iter().map(|point| point.1).filter(|height| height.is_finite());
            if single { many.extend(heights) } else { sure.extend(heights) }
        }
        many.sort_by(f64::total_cmp);
        if let (Some(first), Some(last)) = (many.first().copied(), many.last().copied()) {
            let (low, high) = (many[many.len() / 20], many[many.len() - 1 - many.len() / 20]);
            let room = (high - low).max(f64::EPSILON * high.abs()) * 1.5;
            sure.extend([first.max(low - room), last.min(high + room)]);
        }
        span(sure.into_iter().chain(self.level), 0.06)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), String>
    where
        B::ErrorType: 'static,
    {
        font();
        let text = |error: plotters::drawing::DrawingAreaErrorKind<B::ErrorType>| error.to_string();
        let widths = self.series.iter().flat_map(|series| series.points.iter().map(|point| point.0));
        let (x, y) = (span(widths, 0.02), self.heights());
        let x = if self.places.is_empty() { x } else { -0.6..self.places.len() as f64 - 0.4 };
        let named = !self.places.is_empty();
        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .margin_right(20)
            .x_label_area_size(if named { 44 } else { 40 })
            .y_label_area_size(62)
            .build_cartesian_2d(x.clone(), y.clone())
            .map_err(text)?;
        let small = (FONT, 16).into_font_of(&TEXT);
        let name_place = |place: &f64| self.place(*place);
        let number = |value: &f64| short(*value);
        let mut mesh = chart.configure_mesh();
        mesh.x_desc(self.x.as_str()).y_desc(self.y.as_str());
        mesh.label_style(small.clone()).axis_desc_style(small.clone());
        mesh.axis_style(TEXT).bold_line_style(GRID).light_line_style(plotters::style::TRANSPARENT);
        mesh.y_label_formatter(&number).y_labels(7);
        if named {
            mesh.x_labels(self.places.len() * 2 + 1).x_label_formatter(&name_place).disable_x_mesh();
        } else {
            mesh.x_labels(10).x_label_formatter(&number);
        }
        mesh.draw().map_err(text)?;
        if let Some(level) = self.level {
            let line = [(x.start, level), (x.end, level)];
            chart.draw_series([PathElement::new(line, TEXT.mix(0.6))]).map_err(text)?;
        }
        for series in &self.series {
            let points: Vec<(f64, f64)> =
                series.points.iter().map(|point| (point.0, point.1.clamp(y.start, y.end))).collect();
            let colour = COLOURS[series.colour % COLOURS.len()];
            let style = series.style(colour);
            let drawn = match series.mark {
                PlotMark::Dots => chart.draw_series(
                    points.iter().map(|point| Circle::new(*point, 2, colour.mix(0.55).filled())),
                ),
                PlotMark::Edges | PlotMark::Bars => chart
                    .draw_series(points.chunks_exact(2).map(|pair| PathElement::new(pair.to_vec(), style))),
                PlotMark::Steps => chart.draw_series(LineSeries::new(steps(&points), style)),
                PlotMark::Line | PlotMark::Thin => {
                    chart.draw_series(LineSeries::new(points.iter().copied(), style))
                }
            };
            let drawn = drawn.map_err(text)?;
            if !series.name.is_empty() {
                drawn
                    .label(&series.name)
                    .legend(move |(x, y)| Rectangle::new([(x, y - 4), (x + 14, y + 4)], colour.filled()));
            }
        }
        // The name of a single series says nothing, and would cover a part of it.
        if self.series.iter().filter(|series| !series.name.is_empty()).count() > 1 {
            chart
                .configure_series_labels()
                .position(if self.low_is_good {
                    SeriesLabelPosition::UpperRight
                } else {
                    SeriesLabelPosition::LowerRight
                })
                .background_style(WHITE.mix(0.8))
                .label_font(small)
                .draw()
                .map_err(text)?;
        }
        Ok(())
    }

    /// Returns the name of a position; empty between two of them.
    fn place(&self, place: f64) -> String {
        let near = place.round();
        let index = if (place - near).abs() < 1e-6 && near >= 0.0 { near as usize } else { usize::MAX };
        self.places.get(index).cloned().unwrap_or_default()
    }
}

impl PlotSeries {
    fn style(&self, colour: RGBColor) -> ShapeStyle {
        match self.mark {
            PlotMark::Bars => ShapeStyle::from(&colour).stroke_width(3),
            PlotMark::Line | PlotMark::Steps => ShapeStyle::from(&colour).stroke_width(2),
            PlotMark::Thin => ShapeStyle::from(&colour.mix(0.7)).stroke_width(1),
            PlotMark::Edges | PlotMark::Dots => ShapeStyle::from(&colour.mix(0.45)).stroke_width(1),
        }
    }
}

/// Returns the range of values, with a share of it as margin on both sides.
fn span(values: impl Iterator<Item = f64>, margin: f64) -> Range<f64> {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values.filter(|value| value.is_finite()) {
        (low, high) = (low.min(value), high.max(value));
    }
    if low > high {
        return 0.0..1.0;
    }
    let room = if high > low { (high - low) * margin } else { high.abs().max(1.0) * 0.1 };
    low - room..high + room
}

/// Makes a text style from a font.
trait FontOf {
    fn into_font_of(self, colour: &'static RGBColor) -> plotters::style::TextStyle<'static>;
}

impl FontOf for (&'static str, i32) {
    fn into_font_of(self, colour: &'static RGBColor) -> plotters::style::TextStyle<'static> {
        plotters::style::TextStyle::from(self).color(colour)
    }
}

/// Registers the font of the plots. It is part of the program, so it can always be read.
fn font() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| drop(register_font(FONT, FontStyle::Normal, FONT_FILE)));
}

/// Returns the corners of a step line through points.
fn steps(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = Vec::with_capacity(points.len() * 2);
    for (x, y) in points {
        if let Some((_, before)) = corners.last().copied()
            && before != *y
        {
            corners.push((*x, before));
        }
        corners.push((*x, *y));
    }
    corners
}

/// Formats a number in few digits.
pub(crate) fn short(value: f64) -> String {
    let text = match value.abs() {
        size if size >= 10_000.0 => format!("{:.0}k", value / 1_000.0),
        size if size >= 100.0 => format!("{value:.0}"),
        _ => format!("{value:.3}"),
    };
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text };
    if text == "-0" { "0".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plots_take_the_colours_of_their_page_and_come_out_equal() {
        let series = PlotSeries {
            name: "a <b>".to_owned(),
            colour: 0,
            mark: PlotMark::Steps,
            points: vec![(0.0, 1.0), (1.0, 2.0)],
        };
        let plot = Plot {
            name: "p".to_owned(),
            x: "x".to_owned(),
            y: "y".to_owned(),
            series: vec![series.clone(), PlotSeries { name: "other".to_owned(), ..series }],
            level: Some(1.5),
            low_is_good: false,
            places: Vec::new(),
        };
        let svg = plot.svg().unwrap();
        assert!(svg.starts_with("<svg class=\"plot\" role=\"img\" viewBox="), "{svg}");
        assert!(svg.contains("currentColor") && svg.contains("var(--grid)") && svg.contains("a &lt;b&gt;"));
        assert_eq!(svg, plot.svg().unwrap());
        let png = plot.png().unwrap();
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.len() < 100_000, "{}", png.len());
        let empty = Plot { series: Vec::new(), level: None, ..plot };
        assert!(empty.svg().is_ok());
        assert_eq!(
            [short(0.0), short(0.25), short(-0.0), short(123.4), short(45_600.0)],
            ["0", "0.25", "0", "123", "46k"]
        );
    }
}
