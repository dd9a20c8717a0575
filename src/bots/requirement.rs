//! What a report must fulfil: a load test is a gate.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// A demand on one field of a report, such as `delivered>=0.99` or `input_latency_ms.p99 < 50`.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    field: String,
    comparison: Comparison,
    bound: f64,
}

/// How a measured value is compared.
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
    /// The longer signs first, because the shorter ones begin them.
    const SIGNS: [(&'static str, Self); 6] = [
        (">=", Self::AtLeast),
        ("<=", Self::AtMost),
        ("==", Self::Equal),
        ("!=", Self::Unequal),
        (">", Self::Greater),
        ("<", Self::Less),
    ];

    fn sign(self) -> &'static str {
        Self::SIGNS.into_iter().find(|(_, comparison)| *comparison == self).map_or("", |(sign, _)| sign)
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

impl Requirement {
    /// How the report falls short of it, if it does. What was never measured falls short.
    #[must_use]
    pub fn unmet_by(&self, report: &impl Serialize) -> Option<Unmet<'_>> {
        let measured = look_up(&to_json(report), &self.field).and_then(Value::as_f64);
        let is_met = measured.is_some_and(|measured| self.comparison.holds(measured, self.bound));
        (!is_met).then_some(Unmet { requirement: self, measured })
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
            None => f.write_str("nothing was measured"),
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.field, self.comparison.sign(), self.bound)
    }
}

impl Requirement {
    /// Reads a demand on a report of that kind.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn of<R: Serialize + Default>(text: &str) -> Result<Self, String> {
        let start =
            text.find(['<', '>', '=', '!']).ok_or("a requirement is a field, one of >= <= == != > <, and a number")?;
        let (field, rest) = (text[..start].trim(), &text[start..]);
        let (sign, comparison) = Comparison::SIGNS
            .into_iter()
            .find(|(sign, _)| rest.starts_with(sign))
            .ok_or("a comparison is one of >= <= == != > <")?;
        let bound = rest[sign.len()..].trim();
        let bound = bound.parse().ok().filter(|bound: &f64| bound.is_finite()).ok_or(format!("{bound:?} is no number"))?;
        if !is_number_of(&R::default(), field) {
            return Err(format!("the report has no number {field:?}"));
        }
        Ok(Self { field: field.to_owned(), comparison, bound })
    }
}

/// Whether a report has such a number. Which kinds of entity it counts bytes of is the game's choice.
fn is_number_of(report: &impl Serialize, field: &str) -> bool {
    let is_number = |value: &Value| value.is_number() || value.is_null();
    field.contains("bytes_by_kind.") || look_up(&to_json(report), field).is_some_and(is_number)
}

fn to_json(report: &impl Serialize) -> Value {
    serde_json::to_value(report).expect("a report is plain data")
}

fn look_up<'a>(value: &'a Value, field: &str) -> Option<&'a Value> {
    field.split('.').try_fold(value, |value, key| value.get(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bots::Report;
    use crate::bots::report::Percentiles;

    fn report() -> Report {
        let input_latency_ms = Percentiles { p99: 48.5, ..Percentiles::default() };
        Report { delivered: 0.98, desyncs: 2, input_latency_ms, ..Report::default() }
    }

    fn check(requirement: &str, expected: Option<&str>) {
        let requirement = Requirement::of::<Report>(requirement).expect("a requirement");
        let unmet = requirement.unmet_by(&report()).map(|unmet| unmet.to_string());
        assert_eq!(unmet.as_deref(), expected);
    }

    #[test]
    fn every_comparison_can_hold() {
        for met in ["delivered>=0.98", "delivered<=0.98", "desyncs==2", "desyncs != 3", "delivered > 0.9", "desyncs<3"] {
            check(met, None);
        }
    }

    #[test]
    fn every_comparison_can_fail_and_says_what_was_measured() {
        check("delivered>=0.99", Some("not met: delivered >= 0.99; measured 0.98"));
        check("delivered<=0.9", Some("not met: delivered <= 0.9; measured 0.98"));
        check("desyncs==0", Some("not met: desyncs == 0; measured 2"));
        check("desyncs!=2", Some("not met: desyncs != 2; measured 2"));
        check("desyncs>2", Some("not met: desyncs > 2; measured 2"));
        check("desyncs<2", Some("not met: desyncs < 2; measured 2"));
    }

    #[test]
    fn a_dotted_field_reaches_into_percentiles() {
        check("input_latency_ms.p99 <= 48.5", None);
        check("input_latency_ms.p99<40", Some("not met: input_latency_ms.p99 < 40; measured 48.5"));
    }

    #[test]
    fn what_was_not_measured_is_not_met() {
        check("rtt_ms.p50 >= 0", Some("not met: rtt_ms.p50 >= 0; nothing was measured"));
        check("bytes_by_kind.steer.bytes >= 0", Some("not met: bytes_by_kind.steer.bytes >= 0; nothing was measured"));
    }

    #[test]
    fn nonsense_is_refused() {
        for nonsense in
            ["", "delivered", "delivered=1", "delivered>=", "delivered>=many", "speed>1", "rtt_ms>1", "desyncs<NaN"]
        {
            assert!(Requirement::of::<Report>(nonsense).is_err(), "{nonsense:?}");
        }
    }
}
