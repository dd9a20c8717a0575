//! Plots in SVG: four panels with a bar per server. Readable on light and dark backgrounds.

use std::fmt::Write as _;

use super::Environment;
use crate::measurement::{Measurement, Series};
use crate::peer::Peer;

const PANEL_WIDTH: f64 = 430.0;
const LABELS_WIDTH: f64 = 150.0;
/// Width of the longest bar. To the right of the bars, the panel has space for their numbers.
const BARS_WIDTH: f64 = 150.0;
const ROW_HEIGHT: f64 = 22.0;
const BAR_HEIGHT: f64 = 13.0;
const TITLE_HEIGHT: f64 = 34.0;
const FOOTER_HEIGHT: f64 = 44.0;

/// Colours follow the reader's choice of a light or dark page.
const STYLE: &str = "text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 13px }
.small { font-size: 11px; fill: #59636e }
.bar { fill: #8c959f }
.own { fill: #0969da }
.floor { fill: #c4ccd4 }
.range { stroke: #1f2328; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .small { fill: #9198a1 }
  .bar { fill: #656c76 }
  .own { fill: #4493f8 }
  .floor { fill: #3d444d }
  .range { stroke: #f0f6fc }
}";

struct Panel {
    title: &'static str,
    decimals: usize,
    value: fn(&Measurement) -> f64,
}

const PANELS: [Panel; 4] = [
    Panel { title: "CPU time per update, µs", decimals: 1, value: |it| it.cpu_us_per_update },
    Panel { title: "Input latency p99, ms", decimals: 0, value: |it| it.input_latency_p99_ms },
    Panel { title: "Bytes per update", decimals: 0, value: |it| it.bytes_per_update },
    Panel { title: "Memory added per client, KiB", decimals: 0, value: |it| it.memory_growth_kib_per_client },
];

/// Draws all series of one number of clients.
pub(super) fn draw(series: &[&Series], environment: &Environment) -> String {
    let clients = series.first().map_or(0, |series| series.clients);
    let panel_height = TITLE_HEIGHT + ROW_HEIGHT * series.len() as f64;
    let (width, height) = (2.0 * PANEL_WIDTH, 2.0 * panel_height + FOOTER_HEIGHT);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"Comparison of servers with {clients} clients\">\n<style>\n{STYLE}\n</style>\n"
    );
    for (index, panel) in PANELS.iter().enumerate() {
        let (x, y) = ((index % 2) as f64 * PANEL_WIDTH, (index / 2) as f64 * panel_height);
        let _ = writeln!(svg, "<g transform=\"translate({x} {y})\">\n{}</g>", draw_panel(panel, series));
    }
    let Environment { room_size, seconds, rounds, processor, .. } = environment;
    let footer = [
        format!("{clients} clients in rooms of {room_size}, 20 inputs and 20 updates per second each; server on one core."),
        format!("Rounds: {rounds} of {seconds} s; median, minimum and maximum. Less is better. {processor}."),
    ];
    for (line, text) in footer.iter().enumerate() {
        let y = height - FOOTER_HEIGHT + 20.0 + 16.0 * line as f64;
        let _ = writeln!(svg, "<text class=\"small\" x=\"8\" y=\"{y}\">{}</text>", escape(text));
    }
    svg + "</svg>\n"
}

fn draw_panel(panel: &Panel, series: &[&Series]) -> String {
    let spreads: Vec<_> = series.iter().filter_map(|series| Some((*series, series.spread(panel.value)?))).collect();
    let longest = spreads.iter().map(|(_, spread)| spread.max).fold(f64::MIN_POSITIVE, f64::max);
    let x_of = |value: f64| LABELS_WIDTH + value / longest * BARS_WIDTH;
    let mut svg = format!("<text class=\"title\" x=\"8\" y=\"22\">{}</text>\n", escape(panel.title));
    for (row, (series, spread)) in spreads.iter().enumerate() {
        let y = TITLE_HEIGHT + ROW_HEIGHT * row as f64;
        let (text_y, middle) = (y + BAR_HEIGHT - 2.0, y + BAR_HEIGHT / 2.0);
        let bar = x_of(spread.median) - LABELS_WIDTH;
        let (name, caveat) = (series.peer.name(), series.caveat().map(|it| format!(" ({it})")).unwrap_or_default());
        let number = format!("{:.*}{caveat}", panel.decimals, spread.median);
        let (from, to) = (x_of(spread.min), x_of(spread.max));
        let number_x = to.max(x_of(spread.median)) + 6.0;
        let class = bar_class(series.peer);
        let _ = writeln!(
            svg,
            "<text x=\"8\" y=\"{text_y}\">{}</text>\n\
             <rect class=\"{class}\" x=\"{LABELS_WIDTH}\" y=\"{y}\" width=\"{bar:.1}\" height=\"{BAR_HEIGHT}\"/>\n\
             <line class=\"range\" x1=\"{from:.1}\" x2=\"{to:.1}\" y1=\"{middle}\" y2=\"{middle}\"/>\n\
             <text x=\"{number_x:.1}\" y=\"{text_y}\">{number}</text>",
            escape(name)
        );
    }
    svg
}

const fn bar_class(peer: Peer) -> &'static str {
    match peer {
        Peer::Tickcast => "own",
        Peer::Floor => "floor",
        _ => "bar",
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
