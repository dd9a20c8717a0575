//! Handles the stays of players, and limits the size of profiles and leaderboards.

use std::time::{SystemTime, UNIX_EPOCH};

use super::Writer;
use crate::profiles::{Stay, StayEvent};
use crate::store::{MatchId, Operation};

/// Number of stays after which the writer counts the profiles and deletes those in excess of the limit. Counting takes some
/// milliseconds.
pub(super) const TRIM_STAYS: usize = 1_000;

impl Writer {
    /// Handles the stays in a write.
    pub(super) fn handle_stays(&mut self, id: MatchId, operation: &Operation, stays: &[StayEvent]) -> rusqlite::Result<()> {
        for event in stays {
            match event {
                StayEvent::Began(stay, Some(profile)) => self.database.insert_stay(id, *stay, *profile)?,
                StayEvent::Began(stay, None) => self.database.delete_stay(id, stay.seat)?,
                StayEvent::Ended(stay, result) => {
                    self.database.count_stay(id, *stay, result)?;
                }
                StayEvent::Continued(stay, result, next) => {
                    if let Some(profile) = self.database.count_stay(id, *stay, result)? {
                        self.database.insert_stay(id, Stay { tick: *next, ..*stay }, profile)?;
                    }
                }
            }
        }
        self.stays_since_trimming += stays.len();
        if operation.is_end() {
            self.database.delete_stays(id)?;
        }
        Ok(())
    }

    /// Deletes some entries of past leaderboards, and some profiles if there are too many. Returns whether there may be more
    /// to delete.
    pub(super) fn trim_profiles(&mut self) -> rusqlite::Result<bool> {
        let now_s = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let has_past_entries = self.database.trim_leaderboards(now_s)?;
        if self.stays_since_trimming < TRIM_STAYS {
            return Ok(has_past_entries);
        }
        let has_excess = self.database.trim_profiles()?;
        if !has_excess {
            self.stays_since_trimming = 0;
        }
        Ok(has_past_entries || has_excess)
    }
}
