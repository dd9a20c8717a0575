//! Plots of the results over the number of clients, as an SVG image that is readable on light and on dark pages.

use std::fmt::Write;

use super::measurement::Measurement;

/// Size of a panel's plotting area, and the margins around it.
const WIDTH: f64 = 250.0;
const HEIGHT: f64 = 170.0;
const LEFT: f64 = 42.0;
const TOP: f64 = 46.0;
const BOTTOM: f64 = 40.0;
const GAP: f64 = 30.0;
/// Number of horizontal grid lines above zero, approximately.
const GRID_LINES: f64 = 4.0;

/// The colours fit light and dark pages: GitHub and browsers apply the media query inside the image.
const STYLE: &str = "\
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.grid { stroke: #d1d9e0 }
.line { fill: none; stroke-width: 2 }
.tickcast { stroke: #0969da }
.floor { stroke: #818b98 }
.dashed { stroke-dasharray: 5 4 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .grid { stroke: #3d444d }
  .tickcast { stroke: #4493f8 }
  .floor { stroke: #9198a1 }
}
";

/// The medians of both servers with this number of clients.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(crate) clients: u16,
    pub(crate) tickcast: Measurement,
    pub(crate) floor: Measurement,
}

struct Panel {
    title: &'static str,
    series: Vec<Series>,
}

struct Series {
    name: &'static str,
    class: &'static str,
    points: Vec<(f64, f64)>,
}

/// Draws the results. `points` are sorted by the number of clients.
pub(crate) fn svg(points: &[Point]) -> String {
    let panels = panels(points);
    let clients_max = points.last().map_or(1.0, |point| f64::from(point.clients));
    let width = panels.len() as f64 * (LEFT + WIDTH + GAP);
    let height = TOP + HEIGHT + BOTTOM;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\">\n<title>CPU time, input latency and size of snapshots over the number of clients</title>\n\
         <style>\n{STYLE}</style>\n"
    );
    for (index, panel) in panels.iter().enumerate() {
        let x = index as f64 * (LEFT + WIDTH + GAP) + LEFT;
        let _ = writeln!(svg, "<g transform=\"translate({x} {TOP})\">");
        panel.draw(clients_max, &mut svg);
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

fn panels(points: &[Point]) -> Vec<Panel> {
    let series = |name, class, value: fn(&Point) -> f64| {
        let points = points.iter().map(|point| (f64::from(point.clients), value(point)));
        Series { name, class, points: points.filter(|(_, value)| value.is_finite()).collect() }
    };
    vec![
        Panel {
            title: "CPU time per snapshot, µs",
            series: vec![
                series("tickcast", "tickcast", |point| point.tickcast.cpu_us),
                series("floor", "floor", |point| point.floor.cpu_us),
            ],
        },
        Panel {
            title: "Input latency, ms",
            series: vec![
                series("tickcast p50", "tickcast", |point| point.tickcast.input_latency_ms[0]),
                series("p99", "tickcast dashed", |point| point.tickcast.input_latency_ms[1]),
                series("floor p50", "floor", |point| point.floor.input_latency_ms[0]),
                series("p99", "floor dashed", |point| point.floor.input_latency_ms[1]),
            ],
        },
        Panel { title: "Bytes per snapshot", series: vec![series("tickcast", "tickcast", |point| point.tickcast.bytes)] },
    ]
}

impl Panel {
    fn draw(&self, clients_max: f64, svg: &mut String) {
        let values = self.series.iter().flat_map(|series| &series.points).map(|(_, value)| *value);
        let value_max = values.fold(f64::MIN_POSITIVE, f64::max);
        let step = grid_step(value_max);
        let lines = (value_max / step).ceil();
        let (x, y) = (|clients: f64| clients / clients_max * WIDTH, |value: f64| HEIGHT - value / (step * lines) * HEIGHT);
        let _ = writeln!(svg, "<text class=\"title\" x=\"0\" y=\"{}\">{}</text>", 14.0 - TOP, self.title);
        self.draw_legend(svg);
        for line in 0..=lines as u32 {
            let value = f64::from(line) * step;
            let y = y(value);
            let _ = writeln!(svg, "<line class=\"grid\" x1=\"0\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>");
            let _ = writeln!(svg, "<text x=\"-6\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>", y + 4.0);
        }
        for fraction in [0.0, 0.5, 1.0] {
            let (x, clients) = (fraction * WIDTH, (fraction * clients_max).round());
            let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{clients}</text>", HEIGHT + 18.0);
        }
        let _ = writeln!(svg, "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">clients</text>", WIDTH / 2.0, HEIGHT + 34.0);
        for series in &self.series {
            let points: Vec<_> =
                series.points.iter().map(|(clients, value)| format!("{:.1},{:.1}", x(*clients), y(*value))).collect();
            let _ = writeln!(svg, "<polyline class=\"line {}\" points=\"{}\"/>", series.class, points.join(" "));
        }
    }

    fn draw_legend(&self, svg: &mut String) {
        let mut x = 0.0;
        for Series { name, class, .. } in &self.series {
            let y = 32.0 - TOP;
            let _ = writeln!(svg, "<path class=\"line {class}\" d=\"M{x} {} h16\"/>", y - 4.0);
            let _ = writeln!(svg, "<text x=\"{}\" y=\"{y}\">{name}</text>", x + 20.0);
            x += 32.0 + 6.5 * name.len() as f64;
        }
    }
}

/// Distance between grid lines: 1, 2 or 5 times a power of ten.
fn grid_step(value_max: f64) -> f64 {
    let raw = value_max / GRID_LINES;
    let magnitude = 10_f64.powf(raw.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * magnitude >= raw).unwrap_or(10.0);
    factor * magnitude
}
