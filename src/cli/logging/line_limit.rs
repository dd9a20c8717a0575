//! Limits how often each statement of the program writes a log line.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Number of lines that each statement may write per [`PERIOD`].
const LINES_MAX: u32 = 5;
const PERIOD: Duration = Duration::from_secs(60);
/// Maximum number of statements that are counted separately; all others share one count. A program has fewer log
/// statements, but a dependency may compute log targets at run time.
const STATEMENTS_MAX: usize = 1_024;

/// Counts the lines of each statement, which is identified by its log target and source line.
#[derive(Debug, Default)]
pub(super) struct LineLimit {
    statements: HashMap<(String, u32), Statement>,
}

#[derive(Debug)]
struct Statement {
    period_start: Instant,
    /// Lines written in this period.
    written: u32,
    /// Lines suppressed since the last one that was written.
    suppressed: u64,
}

/// What happens to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The line is written. `suppressed` is the number of lines suppressed since the statement's last written line.
    Write { suppressed: u64 },
    /// The line is counted, but not written.
    Suppress,
}

impl LineLimit {
    /// Counts a line.
    pub(super) fn check(&mut self, target: &str, line: u32, now: Instant) -> Verdict {
        let is_full = self.statements.len() >= STATEMENTS_MAX;
        let mut key = (target.to_owned(), line);
        if is_full && !self.statements.contains_key(&key) {
            key = (String::new(), 0);
        }
        let new = Statement { period_start: now, written: 0, suppressed: 0 };
        let statement = self.statements.entry(key).or_insert(new);
        if now.saturating_duration_since(statement.period_start) >= PERIOD {
            (statement.period_start, statement.written) = (now, 0);
        }
        if statement.written >= LINES_MAX {
            statement.suppressed += 1;
            return Verdict::Suppress;
        }
        statement.written += 1;
        Verdict::Write { suppressed: std::mem::take(&mut statement.suppressed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_statement_writes_a_few_lines_per_minute_and_reports_the_suppressed_ones() {
        let (mut limit, start) = (LineLimit::default(), Instant::now());
        let mut written = |line, seconds: u64| {
            let now = start + Duration::from_secs(seconds);
            (0..100).filter(|_| limit.check("actix_http", line, now) != Verdict::Suppress).count()
        };
        assert_eq!([written(1, 0), written(1, 59), written(2, 59)], [5, 0, 5]);
        let next = limit.check("actix_http", 1, start + PERIOD);
        assert_eq!(next, Verdict::Write { suppressed: 195 });
        assert_eq!(limit.check("actix_http", 1, start + PERIOD), Verdict::Write { suppressed: 0 });
    }

    #[test]
    fn the_number_of_statements_is_bounded() {
        let (mut limit, now) = (LineLimit::default(), Instant::now());
        let written = (0..10_000).filter(|line| limit.check("target", *line, now) != Verdict::Suppress).count();
        assert_eq!(written, STATEMENTS_MAX + LINES_MAX as usize);
        assert_eq!(limit.statements.len(), STATEMENTS_MAX + 1);
    }
}
