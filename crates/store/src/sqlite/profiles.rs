//! Profiles and leaderboards. A row of `leaderboards` is the best result of a player in a period.

use std::ops::Range;
use std::path::Path;

use rusqlite::{OptionalExtension, Row, params};

use super::database::{Database, connect};
use super::directory::{OpenError, database_in};
use super::schema;
use crate::profiles::{
    Leaderboard, LeaderboardEntry, PROFILES_MAX, Period, Placement, Profile, ProfileId, Stay, StayResult,
};
use crate::store::MatchId;

/// Maximum number of rows that are deleted in one transaction. Limits how long a write waits for a deletion.
const BATCH_ROWS_MAX: u32 = 256;

/// Counts the entries that are better than the entry with the score `?3`, the time `?4` and the player `?5`, up to `?6`
/// entries. Each part reads only better entries, so the limit also bounds the number of rows that are read, even if many
/// later entries have the same score.
const COUNT_BETTER: &str = "SELECT count(*) FROM (
    SELECT 1 FROM leaderboards WHERE period = ?1 AND number = ?2 AND score > ?3
    UNION ALL
    SELECT 1 FROM leaderboards WHERE period = ?1 AND number = ?2 AND score = ?3 AND (achieved, profile) < (?4, ?5)
    LIMIT ?6)";

impl Period {
    /// The value in the column `period`.
    const fn column(self) -> i64 {
        match self {
            Self::All => 0,
            Self::Day => 1,
            Self::Week => 2,
        }
    }
}

/// Deletes a player's profile and entries on leaderboards from the database in a directory. A server may be using the
/// directory. Returns whether there was a profile.
///
/// # Errors
/// [`OpenError`].
pub fn erase_profile(directory: &Path, id: ProfileId) -> Result<bool, OpenError> {
    let path = database_in(directory);
    if !path.is_file() {
        return Err(OpenError::NoDatabase(directory.to_owned()));
    }
    let connection = connect(&path)?;
    match schema::version(&connection, &path)? {
        None => return Err(OpenError::NoDatabase(directory.to_owned())),
        // No server has converted the database yet, so it contains no profiles.
        Some(older) if older < schema::VERSION => return Ok(false),
        Some(_) => {}
    }
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(Database(connection).erase_profile(id)?)
}

impl Database {
    pub(super) fn insert_stay(&self, room: MatchId, stay: Stay, profile: ProfileId) -> rusqlite::Result<()> {
        self.run(
            "INSERT OR REPLACE INTO stays (match, seat, tick, profile) VALUES (?1, ?2, ?3, ?4)",
            params![room.0, stay.seat, stay.tick, profile.0],
        )
    }

    /// Removes a stay, and counts its result in the player's profile. Returns the profile, or `None` if there is no such stay.
    pub(super) fn count_stay(&self, room: MatchId, stay: Stay, result: &StayResult) -> rusqlite::Result<Option<ProfileId>> {
        let sql = "DELETE FROM stays WHERE match = ?1 AND seat = ?2 AND tick = ?3 RETURNING profile";
        let read = |row: &Row<'_>| row.get(0).map(ProfileId);
        let key = params![room.0, stay.seat, stay.tick];
        let profile = self.0.prepare_cached(sql)?.query_row(key, read).optional()?;
        if let Some(profile) = profile {
            self.count_result(profile, result)?;
        }
        Ok(profile)
    }

    /// Removes the stay in a seat of a room.
    pub(super) fn delete_stay(&self, room: MatchId, seat: u16) -> rusqlite::Result<()> {
        self.run("DELETE FROM stays WHERE match = ?1 AND seat = ?2", params![room.0, seat])
    }

    /// Removes the stays in a room.
    pub(super) fn delete_stays(&self, room: MatchId) -> rusqlite::Result<()> {
        self.run("DELETE FROM stays WHERE match = ?1", params![room.0])
    }

    fn count_result(&self, profile: ProfileId, result: &StayResult) -> rusqlite::Result<()> {
        let StayResult { name, play_ms, kills, deaths, score, best_streak, .. } = result;
        self.run(
            "INSERT INTO profiles (id, name, matches, play_ms, kills, deaths, best_score, best_streak)
             VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (id) DO UPDATE SET
                 name = excluded.name,
                 matches = matches + 1,
                 play_ms = play_ms + excluded.play_ms,
                 kills = kills + excluded.kills,
                 deaths = deaths + excluded.deaths,
                 best_score = max(best_score, excluded.best_score),
                 best_streak = max(best_streak, excluded.best_streak)",
            params![profile.0, name, play_ms.cast_signed(), kills, deaths, score, best_streak],
        )?;
        Period::EVERY.into_iter().try_for_each(|period| self.rank_result(period, profile, result))
    }

    /// Makes a result the player's entry on the leaderboard of a period, if the result is the player's best.
    fn rank_result(&self, period: Period, profile: ProfileId, result: &StayResult) -> rusqlite::Result<()> {
        let StayResult { score, ended_s, .. } = result;
        self.run(
            "INSERT INTO leaderboards (profile, period, number, score, achieved) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (profile, period, number) DO UPDATE SET score = excluded.score, achieved = excluded.achieved
             WHERE excluded.score > score",
            params![profile.0, period.column(), number(period, *ended_s), score, ended_s.cast_signed()],
        )
    }

    /// Deletes a profile, with its entries on leaderboards, and the player's stays. Returns whether there was a profile.
    pub(super) fn erase_profile(&self, id: ProfileId) -> rusqlite::Result<bool> {
        self.begin()?;
        let erase = || {
            self.run("DELETE FROM stays WHERE profile = ?1", params![id.0])?;
            let profiles = self.0.prepare_cached("DELETE FROM profiles WHERE id = ?1")?.execute(params![id.0])?;
            self.commit()?;
            Ok(profiles > 0)
        };
        erase().inspect_err(|_| self.roll_back())
    }

    pub(super) fn profile(&self, id: ProfileId) -> rusqlite::Result<Option<Profile>> {
        let sql = "SELECT name, matches, play_ms, kills, deaths, best_score, best_streak FROM profiles WHERE id = ?1";
        let unsigned = |row: &Row<'_>, column| row.get::<_, i64>(column).map(i64::cast_unsigned);
        let read = |row: &Row<'_>| {
            Ok(Profile {
                name: row.get(0)?,
                matches: unsigned(row, 1)?,
                play_ms: unsigned(row, 2)?,
                kills: unsigned(row, 3)?,
                deaths: unsigned(row, 4)?,
                best_score: row.get(5)?,
                best_streak: row.get(6)?,
            })
        };
        self.0.prepare_cached(sql)?.query_row(params![id.0], read).optional()
    }

    pub(super) fn leaderboard(
        &self,
        leaderboard: Leaderboard,
        ranks: Range<u32>,
    ) -> rusqlite::Result<Vec<LeaderboardEntry>> {
        // With a join instead of the subquery, SQLite would also read the names of the entries that `OFFSET` skips.
        let sql = "SELECT profile, (SELECT name FROM profiles WHERE id = profile), score FROM leaderboards
                   WHERE period = ?1 AND number = ?2 AND score > 0
                   ORDER BY score DESC, achieved, profile LIMIT ?3 OFFSET ?4";
        let (period, number) = key(leaderboard);
        let read =
            |row: &Row<'_>| Ok(LeaderboardEntry { profile: ProfileId(row.get(0)?), name: row.get(1)?, score: row.get(2)? });
        let count = ranks.end.saturating_sub(ranks.start);
        self.0.prepare_cached(sql)?.query_map(params![period, number, count, ranks.start], read)?.collect()
    }

    pub(super) fn placement(&self, leaderboard: Leaderboard, id: ProfileId) -> rusqlite::Result<Option<Placement>> {
        let (period, number) = key(leaderboard);
        let own = "SELECT score, achieved FROM leaderboards
                   WHERE profile = ?1 AND period = ?2 AND number = ?3 AND score > 0";
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let own = self.0.prepare_cached(own)?.query_row(params![id.0, period, number], read).optional()?;
        let Some((score, achieved)): Option<(u32, i64)> = own else { return Ok(None) };
        let parameters = params![period, number, score, achieved, id.0, Placement::RANK_MAX];
        let better = self.0.prepare_cached(COUNT_BETTER)?.query_row(parameters, |row| row.get(0))?;
        Ok(Some(Placement::after(better, score)))
    }

    /// Deletes some entries of past days and weeks. Returns whether there may be more to delete.
    pub(super) fn trim_leaderboards(&self, now_s: u64) -> rusqlite::Result<bool> {
        let delete = "DELETE FROM leaderboards WHERE (profile, period, number) IN (
                          SELECT profile, period, number FROM leaderboards WHERE period = ?1 AND number < ?2 LIMIT ?3)";
        let mut statement = self.0.prepare_cached(delete)?;
        let mut has_more = false;
        for period in [Period::Day, Period::Week] {
            let deleted = statement.execute(params![period.column(), number(period, now_s), BATCH_ROWS_MAX])?;
            has_more |= deleted == BATCH_ROWS_MAX as usize;
        }
        Ok(has_more)
    }

    /// Deletes some of the profiles with the lowest scores if there are more than [`PROFILES_MAX`]. Returns whether there
    /// may be more to delete.
    pub(super) fn trim_profiles(&self) -> rusqlite::Result<bool> {
        self.trim_profiles_to(PROFILES_MAX)
    }

    fn trim_profiles_to(&self, count_max: u32) -> rusqlite::Result<bool> {
        let count: u32 = self.0.query_row("SELECT count(*) FROM profiles", [], |row| row.get(0))?;
        let excess = count.saturating_sub(count_max);
        let delete = "DELETE FROM profiles WHERE id IN (
                          SELECT profile FROM leaderboards WHERE period = ?1 AND number = 0
                          ORDER BY score, achieved DESC, profile DESC LIMIT ?2)";
        self.run(delete, params![Period::All.column(), excess.min(BATCH_ROWS_MAX)])?;
        Ok(excess > BATCH_ROWS_MAX)
    }
}

/// The columns `period` and `number` of a leaderboard.
const fn key(leaderboard: Leaderboard) -> (i64, i64) {
    (leaderboard.period.column(), leaderboard.number().cast_signed())
}

const fn number(period: Period, unix_s: u64) -> i64 {
    period.number(unix_s).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::Durability;
    use tempfile::TempDir;

    fn database() -> (TempDir, Database) {
        let directory = TempDir::new().expect("a directory");
        let database = Database::open(&directory.path().join("test.db"), Durability::Process).expect("a new database");
        (directory, database)
    }

    fn count(database: &Database, player: u8, score: u32, ended_s: u64) {
        let name = format!("Player {player}");
        let result = StayResult { name, ended_s, play_ms: 1, score, kills: 1, deaths: 1, best_streak: 1 };
        database.count_result(ProfileId([player; 32]), &result).expect("valid");
    }

    fn plan(database: &Database, sql: &str) -> String {
        let mut statement = database.0.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("valid");
        let lines = statement.raw_query().mapped(|row| row.get::<_, String>(3));
        lines.collect::<Result<Vec<_>, _>>().expect("text").join("\n")
    }

    #[test]
    fn the_profiles_with_the_lowest_scores_are_deleted_if_there_are_too_many() {
        let (_directory, database) = database();
        for (player, score) in [(1, 50), (2, 0), (3, 70), (4, 0), (5, 10)] {
            count(&database, player, score, player.into());
        }
        assert_eq!(database.trim_profiles_to(3), Ok(false));
        let kept: Vec<u8> =
            (1..=5).filter(|id| database.profile(ProfileId([*id; 32])).expect("readable").is_some()).collect();
        assert_eq!(kept, [1, 3, 5]);
    }

    #[test]
    fn entries_of_past_days_and_weeks_are_deleted() {
        const WEEK_S: u64 = 7 * 24 * 3_600;
        let (_directory, database) = database();
        for player in 1..=200 {
            count(&database, player, 5, WEEK_S);
            count(&database, player, 5, 3 * WEEK_S);
        }
        let entries = |period, at_s| database.leaderboard(Leaderboard { period, at_s }, 0..1_000).expect("readable").len();
        while database.trim_leaderboards(3 * WEEK_S).expect("writable") {}
        assert_eq!([entries(Period::Day, WEEK_S), entries(Period::Week, WEEK_S)], [0, 0]);
        let now = Period::EVERY.map(|period| entries(period, 3 * WEEK_S));
        assert_eq!(now, [200, 200, 200]);
    }

    #[test]
    fn no_query_sorts_or_searches_a_whole_table() {
        let (_directory, database) = database();
        for sql in [
            "SELECT profile, (SELECT name FROM profiles WHERE id = profile), score FROM leaderboards
             WHERE period = 1 AND number = 2 AND score > 0 ORDER BY score DESC, achieved, profile LIMIT 1 OFFSET 1",
            "SELECT profile FROM leaderboards WHERE period = 0 AND number = 0
             ORDER BY score, achieved DESC, profile DESC LIMIT 1",
            "SELECT profile, period, number FROM leaderboards WHERE period = 1 AND number < 3 LIMIT 1",
            "DELETE FROM stays WHERE match = x'00' AND seat = 1 AND tick = 2",
            "DELETE FROM stays WHERE profile = x'00'",
            "DELETE FROM leaderboards WHERE profile = x'00'",
        ] {
            let plan = plan(&database, sql);
            assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{sql}\n{plan}");
        }
    }

    #[test]
    fn to_determine_a_rank_only_better_entries_are_read() {
        let (_directory, database) = database();
        let plan = plan(&database, COUNT_BETTER);
        for range in ["score>?)", "score=? AND (achieved,profile)<(?,?))"] {
            let search = format!("leaderboards_by_rank (period=? AND number=? AND {range}");
            assert!(plan.contains(&search), "{search}\n{plan}");
        }
        assert!(!plan.contains("SCAN leaderboards") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}
