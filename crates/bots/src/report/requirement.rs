//! Requirements on a report, which decide the exit status of a load test. Depends on no other part of this crate.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// Former and current names of kinds of changes in `bytes_by_kind`. Requirements may still use the former names. `set_` and
/// `upsert_` are prefixes, to which the kind of entity is appended.
const FORMER_NAMES: [(&str, &str); 3] = [("steer", "controls"), ("remove", "despawn"), ("set_", "upsert_")];

/// Requirement on one field of a report, such as `delivered>=0.99` or `input_latency_ms.p99 < 50`. A `*` in the field stands
/// for every key of a map: `each_kind.*.ratio.delivered>=0.99`.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    field: String,
    comparison: Comparison,
    bound: f64,
}

/// Comparison of a measured value with a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    AtLeast,
    AtMost,
    Equal,
    Unequal,
    Greater,
    Less,
}

impl Comparison {
    /// Operators. The operators of two characters come first, because `>` is a prefix of `>=`.
    const OPERATORS: [(&'static str, Self); 6] = [
        (">=", Self::AtLeast),
        ("<=", Self::AtMost),
        ("==", Self::Equal),
        ("!=", Self::Unequal),
        (">", Self::Greater),
        ("<", Self::Less),
    ];

    fn operator(self) -> &'static str {
        Self::OPERATORS.into_iter().find(|(_, comparison)| *comparison == self).map_or("", |(operator, _)| operator)
    }

    fn holds(self, measured: f64, bound: f64) -> bool {
        match self {
            Self::AtLeast => measured >= bound,
            Self::AtMost => measured <= bound,
            Self::Equal => measured == bound,
            Self::Unequal => measured != bound,
            Self::Greater => measured > bound,
            Self::Less => measured < bound,
        }
    }
}

/// A requirement that was not met.
#[derive(Clone, Debug, PartialEq)]
pub struct Unmet<'a> {
    requirement: &'a Requirement,
    /// The field that does not meet the requirement. It contains the key of a map where the requirement has a `*`.
    field: String,
    measured: Option<f64>,
}

impl fmt::Display for Unmet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not met: {}; ", self.requirement)?;
        match self.measured {
            Some(measured) => write!(f, "measured {measured}")?,
            None => f.write_str("the value was not measured")?,
        }
        if self.field == self.requirement.field { Ok(()) } else { write!(f, " ({})", self.field) }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.field, self.comparison.operator(), self.bound)
    }
}

impl Requirement {
    /// Parses a requirement, such as `delivered>=0.99`. The sample is a report that contains all fields. If a map in the
    /// sample is empty, any key of that map is accepted.
    ///
    /// # Errors
    /// [`RequirementError`] if the text is not a requirement, or if its field is not a number in the sample.
    pub fn parse(text: &str, sample: &impl Serialize) -> Result<Self, RequirementError> {
        let start = text.find(['<', '>', '=', '!']).ok_or(RequirementError::Syntax)?;
        let (field, rest) = (current_name(text[..start].trim()), &text[start..]);
        let found = Comparison::OPERATORS.into_iter().find(|(operator, _)| rest.starts_with(operator));
        let (operator, comparison) = found.ok_or(RequirementError::UnknownOperator)?;
        let bound = rest[operator.len()..].trim();
        let parsed = bound.parse().ok().filter(|bound: &f64| bound.is_finite());
        let bound = parsed.ok_or_else(|| RequirementError::NotANumber(bound.to_owned()))?;
        if !has_number(&to_json(sample), &field) {
            return Err(RequirementError::UnknownField(field));
        }
        Ok(Self { field, comparison, bound })
    }

    /// Checks a report. Returns `None` if the report meets this requirement. Otherwise, returns the first field that
    /// does not meet it, with the measured value. A value that was not measured meets no requirement.
    #[must_use]
    pub fn unmet_by(&self, report: &impl Serialize) -> Option<Unmet<'_>> {
        let report = to_json(report);
        let fields = expand(&report, &self.field);
        fields.into_iter().find_map(|field| {
            let measured = look_up(&report, &field).and_then(Value::as_f64);
            let is_met = measured.is_some_and(|measured| self.comparison.holds(measured, self.bound));
            (!is_met).then_some(Unmet { requirement: self, field, measured })
        })
    }
}

/// Error of parsing a requirement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequirementError {
    /// The text has no comparison operator.
    #[error("a requirement is a field, one of >= <= == != > <, and a number")]
    Syntax,
    /// The operator is not one of those supported.
    #[error("a comparison operator is one of >= <= == != > <")]
    UnknownOperator,
    /// The bound is not a finite number.
    #[error("{0:?} is not a number")]
    NotANumber(String),
    /// The report has no such field, or the field is not a number.
    #[error("the report has no number {0:?}")]
    UnknownField(String),
}

/// Replaces the former name of a kind of change.
fn current_name(field: &str) -> String {
    let Some((parent, kind)) = field.split_once("bytes_by_kind.") else { return field.to_owned() };
    let renamed = FORMER_NAMES.iter().find_map(|(former, current)| {
        kind.strip_prefix(former).map(|rest| format!("{parent}bytes_by_kind.{current}{rest}"))
    });
    renamed.unwrap_or_else(|| field.to_owned())
}

/// Whether the sample has a number in this field, or, if the field contains `*`, in all fields that it stands for. Any
/// field of an empty map is accepted, because the keys of such a map depend on the game or on the run.
fn has_number(sample: &Value, field: &str) -> bool {
    let is_number = |value: &Value| value.is_number() || value.is_null();
    expand(sample, field).iter().all(|field| {
        look_up(sample, field).is_some_and(is_number)
            || field.match_indices('.').any(|(end, _)| look_up(sample, &field[..end]).is_some_and(is_empty_map))
    })
}

fn is_empty_map(value: &Value) -> bool {
    value.as_object().is_some_and(serde_json::Map::is_empty)
}

/// The fields that `field` stands for: `*` stands for each key of the map before it. Returns `field` itself if it contains
/// no `*`, or if the map is empty.
fn expand(report: &Value, field: &str) -> Vec<String> {
    let Some((parent, rest)) = field.split_once(".*.") else { return vec![field.to_owned()] };
    match look_up(report, parent).and_then(Value::as_object) {
        Some(map) if !map.is_empty() => {
            map.keys().flat_map(|key| expand(report, &format!("{parent}.{key}.{rest}"))).collect()
        }
        _ => vec![field.to_owned()],
    }
}

fn to_json(report: &impl Serialize) -> Value {
    serde_json::to_value(report).expect("a report is serializable")
}

fn look_up<'a>(value: &'a Value, field: &str) -> Option<&'a Value> {
    field.split('.').try_fold(value, |value, key| value.get(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Report;
    use crate::report::Percentiles;
    use serde_json::json;

    fn report() -> Report {
        let input_latency_ms = Percentiles { p99: 48.5, ..Percentiles::default() };
        Report { delivered: 0.98, desyncs: 2, input_latency_ms, ..Report::default() }
    }

    /// Checks a requirement on the report above. `expected` is the message if the requirement is not met.
    #[track_caller]
    fn check(requirement: &str, expected: Option<&str>) {
        let requirement = Requirement::parse(requirement, &Report::default()).expect("the requirement is valid");
        let unmet = requirement.unmet_by(&report()).map(|unmet| unmet.to_string());
        assert_eq!(unmet.as_deref(), expected);
    }

    #[test]
    fn every_operator_accepts_a_value_that_meets_it() {
        for met in ["delivered>=0.98", "delivered<=0.98", "desyncs==2", "desyncs != 3", "delivered > 0.9", "desyncs<3"] {
            check(met, None);
        }
    }

    #[test]
    fn every_operator_rejects_other_values_and_the_measured_one_is_reported() {
        check("delivered>=0.99", Some("not met: delivered >= 0.99; measured 0.98"));
        check("delivered<=0.9", Some("not met: delivered <= 0.9; measured 0.98"));
        check("desyncs==0", Some("not met: desyncs == 0; measured 2"));
        check("desyncs!=2", Some("not met: desyncs != 2; measured 2"));
        check("desyncs>2", Some("not met: desyncs > 2; measured 2"));
        check("desyncs<2", Some("not met: desyncs < 2; measured 2"));
    }

    #[test]
    fn a_dotted_field_selects_a_percentile() {
        check("input_latency_ms.p99 <= 48.5", None);
        check("input_latency_ms.p99<40", Some("not met: input_latency_ms.p99 < 40; measured 48.5"));
    }

    #[test]
    fn a_value_that_was_not_measured_meets_no_requirement() {
        check("rtt_ms.p50 >= 0", Some("not met: rtt_ms.p50 >= 0; the value was not measured"));
        check(
            "bytes_by_kind.controls.bytes >= 0",
            Some("not met: bytes_by_kind.controls.bytes >= 0; the value was not measured"),
        );
    }

    #[test]
    fn former_names_of_kinds_stand_for_the_current_ones() {
        let parse = |text| Requirement::parse(text, &Report::default()).expect("the requirement is valid").to_string();
        assert_eq!(parse("bytes_by_kind.steer.bytes<4"), "bytes_by_kind.controls.bytes < 4");
        assert_eq!(parse("bytes_by_kind.set_ship.count<4"), "bytes_by_kind.upsert_ship.count < 4");
        assert_eq!(parse("bytes_by_kind.remove.bytes<4"), "bytes_by_kind.despawn.bytes < 4");
        assert_eq!(parse("bytes_by_kind.patch.bytes<4"), "bytes_by_kind.patch.bytes < 4");
    }

    #[test]
    fn an_asterisk_stands_for_every_key_of_a_map() {
        let rooms = |ada, bob| json!({"rooms": {"ada": {"players": ada}, "bob": {"players": bob}}});
        let requirement = Requirement::parse("rooms.*.players<3", &rooms(0, 0)).expect("the requirement is valid");
        assert_eq!(requirement.unmet_by(&rooms(2, 1)), None);
        let unmet = requirement.unmet_by(&rooms(2, 3)).map(|unmet| unmet.to_string());
        assert_eq!(unmet.as_deref(), Some("not met: rooms.*.players < 3; measured 3 (rooms.bob.players)"));
        let unmet = requirement.unmet_by(&json!({"rooms": {}})).map(|unmet| unmet.to_string());
        assert_eq!(unmet.as_deref(), Some("not met: rooms.*.players < 3; the value was not measured"));
        assert!(Requirement::parse("rooms.*.seats<3", &rooms(0, 0)).is_err());
    }

    #[test]
    fn invalid_requirements_are_rejected() {
        for invalid in ["", "delivered", "delivered=1", "delivered>=", "delivered>=many"] {
            assert!(Requirement::parse(invalid, &Report::default()).is_err(), "{invalid:?}");
        }
        for invalid in ["speed>1", "rtt_ms>1", "desyncs<NaN", "speed.bytes_by_kind.controls.bytes>1"] {
            assert!(Requirement::parse(invalid, &Report::default()).is_err(), "{invalid:?}");
        }
    }
}
