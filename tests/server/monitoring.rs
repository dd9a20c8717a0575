//! The dashboard and the alert rules in `deploy/` use only metrics and labels that a server exports.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::http::request;
use crate::test_server::{TestServer, room_options};

/// Labels that Prometheus adds when it scrapes a server.
const SCRAPE_LABELS: [&str; 2] = ["instance", "job"];
/// A metric that Prometheus generates.
const GENERATED: &str = "up";

/// The labels of each exported metric.
type Exported = BTreeMap<String, BTreeSet<String>>;

/// A metric in an expression, and the labels that the expression uses.
type Used = (String, BTreeSet<String>);

fn exported() -> Exported {
    let server = TestServer::arena(room_options());
    let page = request(server.admin_address(), "GET", "/metrics", "").body;
    let mut metrics = Exported::from([(GENERATED.to_owned(), BTreeSet::new())]);
    for sample in page.lines().filter(|line| !line.starts_with('#')) {
        let (name, labels) = sample.split_once('{').map_or_else(
            || (sample.split(' ').next().expect("a sample has a name"), ""),
            |(name, rest)| (name, rest.split('}').next().expect("braces are closed")),
        );
        let labels = labels.split(',').filter_map(|label| Some(label.split_once('=')?.0.to_owned()));
        metrics.entry(name.to_owned()).or_default().extend(labels);
    }
    metrics
}

/// The words of an expression outside of strings, each with the character that follows it.
fn words(expression: &str) -> Vec<(String, char)> {
    let mut words = Vec::new();
    let (mut word, mut is_string) = (String::new(), false);
    for character in expression.chars().chain([' ']) {
        if character == '"' {
            is_string = !is_string;
        } else if !is_string && (character.is_ascii_alphanumeric() || character == '_') {
            word.push(character);
            continue;
        }
        if !word.is_empty() {
            words.push((std::mem::take(&mut word), character));
        }
    }
    words
}

/// The metrics and labels of an expression of PromQL. Labels count as labels of all metrics of the expression.
fn used(expression: &str) -> Vec<Used> {
    let is_metric = |word: &str| word.starts_with("tickcast_") || word.starts_with("process_") || word == GENERATED;
    let selectors = expression.split(['{', '(']).skip(1).map(|part| part.split(['}', ')']).next().unwrap_or_default());
    let matched = selectors.flat_map(words).filter(|(_, next)| matches!(next, '=' | '!')).map(|(word, _)| word);
    let grouped = expression.split("by (").skip(1).map(|part| part.split(')').next().unwrap_or_default());
    let grouped = grouped.flat_map(|labels| labels.split(',')).map(|label| label.trim().to_owned());
    let labels: BTreeSet<_> = matched.chain(grouped).collect();
    words(expression).into_iter().filter(|(word, _)| is_metric(word)).map(|(word, _)| (word, labels.clone())).collect()
}

/// Checks the expressions against the metrics. Returns the number of metrics that they use.
fn check(exported: &Exported, expressions: &[String]) -> usize {
    let mut names = BTreeSet::new();
    for expression in expressions {
        let used = used(expression);
        assert!(!used.is_empty(), "no metric in: {expression}");
        for (name, labels) in used {
            let known = exported.get(&name).unwrap_or_else(|| panic!("no server exports {name}: {expression}"));
            for label in labels.iter().filter(|label| !SCRAPE_LABELS.contains(&label.as_str())) {
                assert!(known.contains(label), "{name} has no label {label}: {expression}");
            }
            names.insert(name);
        }
    }
    names.len()
}

fn read(path: &str) -> String {
    fs::read_to_string(format!("{}/deploy/{path}", env!("CARGO_MANIFEST_DIR"))).expect("the file exists")
}

#[test]
fn the_dashboard_and_the_alerts_use_exported_metrics_and_labels() {
    let exported = exported();
    let dashboard: Value = serde_json::from_str(&read("grafana.json")).expect("the dashboard is JSON");
    let panels = dashboard["panels"].as_array().expect("a list");
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().expect("a list"));
    let expressions: Vec<_> = targets.map(|target| target["expr"].as_str().expect("a text").to_owned()).collect();
    assert!(check(&exported, &expressions) >= 20);
    let rules = read("alerts.yaml");
    let expressions: Vec<_> =
        rules.lines().filter_map(|line| Some(line.trim().strip_prefix("expr: ")?.to_owned())).collect();
    assert_eq!(expressions.len(), rules.matches("- alert: ").count());
    assert!(check(&exported, &expressions) >= 10);
}

#[test]
fn metrics_and_labels_of_an_expression_are_found() {
    let expression = r#"sum by (le, instance) (rate(a_total{reason=~"x|y", job!="tickcast_not"}[5m])) / tickcast_b > up"#;
    let labels: BTreeSet<_> = ["instance", "job", "le", "reason"].map(str::to_owned).into();
    assert_eq!(used(expression), [("tickcast_b".to_owned(), labels.clone()), ("up".to_owned(), labels)]);
}

#[test]
#[should_panic(expected = "tickcast_rooms has no label reason")]
fn an_unknown_label_is_found() {
    check(&exported(), &[r#"tickcast_rooms{reason="x"}"#.to_owned()]);
}
