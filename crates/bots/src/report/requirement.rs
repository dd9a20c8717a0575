//! Requirements on a report, which decide the exit status of a load test. Depends on no other part of this crate.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// Requirement on one field of a report, such as `delivered>=0.99` or `input_latency_ms.p99 < 50`.
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
    measured: Option<f64>,
}

impl fmt::Display for Unmet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not met: {}; ", self.requirement)?;
        match self.measured {
            Some(measured) => write!(f, "measured {measured}"),
            None => f.write_str("the value was not measured"),
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.field, self.comparison.operator(), self.bound)
    }
}

impl Requirement {
    /// Parses a requirement on a report of type `R`, such as `delivered>=0.99`.
    ///
    /// # Errors
    /// [`RequirementError`] if the text is not a requirement on a number of `R`.
    pub fn of<R: Serialize + Default>(text: &str) -> Result<Self, RequirementError> {
        let start = text.find(['<', '>', '=', '!']).ok_or(RequirementError::Syntax)?;
        let (field, rest) = (text[..start].trim(), &text[start..]);
        let found = Comparison::OPERATORS.into_iter().find(|(operator, _)| rest.starts_with(operator));
        let (operator, comparison) = found.ok_or(RequirementError::UnknownOperator)?;
        let bound = rest[operator.len()..].trim();
        let parsed = bound.parse().ok().filter(|bound: &f64| bound.is_finite());
        let bound = parsed.ok_or_else(|| RequirementError::NotANumber(bound.to_owned()))?;
        if !has_number(&R::default(), field) {
            return Err(RequirementError::UnknownField(field.to_owned()));
        }
        Ok(Self { field: field.to_owned(), comparison, bound })
    }

    /// Checks a report. Returns `None` if the report meets this requirement; otherwise returns the requirement with the
    /// measured value. A value that was not measured meets no requirement.
    #[must_use]
    pub fn unmet_by(&self, report: &impl Serialize) -> Option<Unmet<'_>> {
        let measured = look_up(&to_json(report), &self.field).and_then(Value::as_f64);
        let is_met = measured.is_some_and(|measured| self.comparison.holds(measured, self.bound));
        (!is_met).then_some(Unmet { requirement: self, measured })
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

/// Whether this field of the report exists and is a number. Any key of `bytes_by_kind` is accepted, because the keys depend
/// on the game.
fn has_number(report: &impl Serialize, field: &str) -> bool {
    let report = to_json(report);
    let is_number = |value: &Value| value.is_number() || value.is_null();
    match field.rsplit_once("bytes_by_kind.") {
        Some((parent, _)) => look_up(&report, &format!("{parent}bytes_by_kind")).is_some(),
        None => look_up(&report, field).is_some_and(is_number),
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

    fn report() -> Report {
        let input_latency_ms = Percentiles { p99: 48.5, ..Percentiles::default() };
        Report { delivered: 0.98, desyncs: 2, input_latency_ms, ..Report::default() }
    }

    /// Checks a requirement on the report above. `expected` is the message if the requirement is not met.
    #[track_caller]
    fn check(requirement: &str, expected: Option<&str>) {
        let requirement = Requirement::of::<Report>(requirement).expect("the requirement is valid");
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
    fn invalid_requirements_are_rejected() {
        for invalid in ["", "delivered", "delivered=1", "delivered>=", "delivered>=many"] {
            assert!(Requirement::of::<Report>(invalid).is_err(), "{invalid:?}");
        }
        for invalid in ["speed>1", "rtt_ms>1", "desyncs<NaN", "speed.bytes_by_kind.controls.bytes>1"] {
            assert!(Requirement::of::<Report>(invalid).is_err(), "{invalid:?}");
        }
    }
}
