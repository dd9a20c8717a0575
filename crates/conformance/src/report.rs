//! What the examiner has found: for each rule, how often it was checked, and the violations.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::Rule;

/// Maximum number of violations of a rule that are described. Further ones are only counted.
const DESCRIBED_MAX: usize = 5;

/// Lateness of the server's ticks, in milliseconds, beyond which the machine counts as overloaded.
const LATENESS_MS_TOLERATED: u64 = 100;

/// Findings of a running examination.
#[derive(Debug)]
pub(crate) struct Findings {
    skipped: BTreeSet<Rule>,
    found: BTreeMap<Rule, Finding>,
}

#[derive(Clone, Debug, Default)]
struct Finding {
    checks: u32,
    violations: u32,
    described: Vec<String>,
}

/// Result of an examination.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Whether the client has followed every rule that was not skipped.
    pub passed: bool,
    /// The result of each rule.
    pub rules: Vec<RuleReport>,
    /// Maximum lateness of the server's own ticks, in milliseconds. If it exceeds about 100 ms, the machine is
    /// overloaded, and a correct client may miss the time limits of some rules.
    pub lateness_ms_max: u64,
}

/// Result of one rule.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RuleReport {
    /// The name of the rule.
    pub id: &'static str,
    /// The section of PROTOCOL.md that contains the rule.
    pub section: &'static str,
    /// The rule in words.
    pub text: &'static str,
    /// Whether the client has followed the rule.
    pub outcome: Outcome,
    /// How often the rule was checked.
    pub checks: u32,
    /// How often the rule was violated.
    pub violations: u32,
    /// Descriptions of the first violations.
    pub described: Vec<String>,
}

/// Outcome of one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The client has followed the rule.
    Passed,
    /// The client has violated the rule.
    Failed,
    /// The examination ended before the rule could be checked. Counts as a failure.
    NotChecked,
    /// The rule was skipped on request, or does not apply to this client.
    Skipped,
}

impl Findings {
    /// No findings yet. `skipped` rules do not count.
    pub(crate) const fn new(skipped: BTreeSet<Rule>) -> Self {
        Self { skipped, found: BTreeMap::new() }
    }

    /// Records a check of a rule. `description` describes a violation.
    pub(crate) fn check(&mut self, rule: Rule, is_followed: bool, description: impl FnOnce() -> String) {
        let finding = self.found.entry(rule).or_default();
        finding.checks += 1;
        if !is_followed {
            finding.violations += 1;
            if finding.described.len() < DESCRIBED_MAX {
                finding.described.push(description());
            }
        }
    }

    /// Leaves out a rule that does not apply to this client.
    pub(crate) fn skip(&mut self, rule: Rule) {
        self.skipped.insert(rule);
    }

    /// Whether this rule is skipped.
    pub(crate) fn is_skipped(&self, rule: Rule) -> bool {
        self.skipped.contains(&rule)
    }

    /// The result.
    pub(crate) fn report(&self) -> Report {
        let rules: Vec<_> = Rule::ALL.iter().map(|rule| self.rule_report(*rule)).collect();
        let passed = rules.iter().all(|rule| matches!(rule.outcome, Outcome::Passed | Outcome::Skipped));
        Report { passed, rules, lateness_ms_max: 0 }
    }

    fn rule_report(&self, rule: Rule) -> RuleReport {
        let Finding { checks, violations, described } = self.found.get(&rule).cloned().unwrap_or_default();
        let outcome = match (checks, violations) {
            _ if self.is_skipped(rule) => Outcome::Skipped,
            (0, _) => Outcome::NotChecked,
            (_, 0) => Outcome::Passed,
            _ => Outcome::Failed,
        };
        let (id, section, text) = (rule.id(), rule.section(), rule.text());
        RuleReport { id, section, text, outcome, checks, violations, described }
    }
}

impl Report {
    /// The outcome of a rule.
    #[must_use]
    pub fn outcome(&self, rule: Rule) -> Outcome {
        self.rules.iter().find(|it| it.id == rule.id()).map_or(Outcome::NotChecked, |it| it.outcome)
    }

    /// The names of the rules with this outcome.
    #[must_use]
    pub fn with(&self, outcome: Outcome) -> Vec<&'static str> {
        self.rules.iter().filter(|rule| rule.outcome == outcome).map(|rule| rule.id).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rule in &self.rules {
            let RuleReport { id, section, text, checks, .. } = rule;
            let outcome = match rule.outcome {
                Outcome::Passed => "passed",
                Outcome::Failed => "FAILED",
                Outcome::NotChecked => "NOT CHECKED",
                Outcome::Skipped => "skipped",
            };
            writeln!(f, "{outcome:11}  {id:21}  {text} ({section}; checked {checks} times)")?;
            rule.described.iter().try_for_each(|violation| writeln!(f, "             {violation}"))?;
            let further = rule.violations as usize - rule.described.len();
            if further > 0 {
                writeln!(f, "             and {further} more")?;
            }
        }
        let count = |outcome| self.with(outcome).len();
        let (passed, failed) = (count(Outcome::Passed), count(Outcome::Failed) + count(Outcome::NotChecked));
        writeln!(f, "{passed} rules passed, {failed} failed, {} skipped", count(Outcome::Skipped))?;
        if self.lateness_ms_max > LATENESS_MS_TOLERATED && !self.passed {
            writeln!(
                f,
                "the server was up to {} ms late: repeat the examination on a less busy machine",
                self.lateness_ms_max
            )?;
        }
        Ok(())
    }
}
