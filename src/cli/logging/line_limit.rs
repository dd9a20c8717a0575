//! Limits how often each statement of the program writes a log line.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Number of lines that each statement may write per [`PERIOD`].
const LINES_MAX: u32 = 5;
const PERIOD: Duration = Duration::from_secs(60);
/// Maximum number of statements that are counted separately; all others share one count. The program has fewer log
/// statements, but a dependency may compute its log targets at run time.
const STATEMENTS_MAX: usize = 1_024;

/// Counts the lines of each statement, which is identified by its log target and source line.
#[derive(Debug, Default)]
pub(super) struct LineLimit {
    statements: HashMap<StatementId, Statement>,
}

/// Log target and source line.
type StatementId = (String, u32);

#[derive(Debug)]
struct Statement {
    period_start: Instant,
    /// Lines written in this period.
    written: u32,
    /// Lines suppressed since the last summary.
    suppressed: u64,
}

impl LineLimit {
    /// Counts a line. Returns whether it is written.
    pub(super) fn admits(&mut self, target: &str, line: u32, now: Instant) -> bool {
        let is_full = self.statements.len() >= STATEMENTS_MAX;
        let mut id = (target.to_owned(), line);
        if is_full && !self.statements.contains_key(&id) {
            id = (String::new(), 0);
        }
        let new = Statement { period_start: now, written: 0, suppressed: 0 };
        let statement = self.statements.entry(id).or_insert(new);
        if now.saturating_duration_since(statement.period_start) >= PERIOD {
            (statement.period_start, statement.written) = (now, 0);
        }
        let is_written = statement.written < LINES_MAX;
        statement.written += u32::from(is_written);
        statement.suppressed += u64::from(!is_written);
        is_written
    }

    /// Summarizes the lines suppressed since the last summary; `None` if there were none.
    pub(super) fn take_summary(&mut self) -> Option<String> {
        let suppressed = self.statements.iter_mut().filter(|(_, statement)| statement.suppressed > 0);
        let counts: Vec<_> = suppressed.map(|(id, statement)| (std::mem::take(&mut statement.suppressed), id)).collect();
        let total: u64 = counts.iter().map(|(count, _)| count).sum();
        let (count, (target, line)) = counts.into_iter().max()?;
        Some(format!("{total} similar log lines suppressed, most of them ({count}) from {target}, line {line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_statement_writes_a_few_lines_per_minute_and_the_suppressed_ones_are_summarized() {
        let (mut limit, start) = (LineLimit::default(), Instant::now());
        let mut written = |line, seconds: u64| {
            let now = start + Duration::from_secs(seconds);
            (0..100).filter(|_| limit.admits("actix_http", line, now)).count()
        };
        assert_eq!([written(1, 0), written(1, 59), written(2, 59), written(3, 60), written(1, 60)], [5, 0, 5, 5, 5]);
        let summary = "480 similar log lines suppressed, most of them (290) from actix_http, line 1";
        assert_eq!(limit.take_summary().as_deref(), Some(summary));
        assert_eq!(limit.take_summary(), None);
    }

    #[test]
    fn the_number_of_statements_is_bounded() {
        let (mut limit, now) = (LineLimit::default(), Instant::now());
        let written = (0..10_000).filter(|line| limit.admits("target", *line, now)).count();
        assert_eq!(written, STATEMENTS_MAX + LINES_MAX as usize);
        assert_eq!(limit.statements.len(), STATEMENTS_MAX + 1);
    }
}
