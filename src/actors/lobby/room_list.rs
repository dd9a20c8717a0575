//! The list of rooms for `GET /api/rooms`, encoded once for all requests.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::actors::messages::{RoomInfo, RoomList};

/// Caches the encoded list of rooms. However often the list is requested, it is encoded at most once per interval and once
/// after a room has opened or closed.
pub(super) struct RoomListCache {
    interval: Duration,
    newest: Option<(Instant, Arc<RoomList>)>,
}

impl RoomListCache {
    /// Creates an empty cache. A cached list is valid for `interval`.
    pub(super) const fn new(interval: Duration) -> Self {
        Self { interval, newest: None }
    }

    /// Returns the list of rooms. Calls `rooms` if there is no cached list, or if the cached list is too old.
    pub(super) fn poll(&mut self, now: Instant, rooms: impl FnOnce() -> Vec<RoomInfo>) -> Arc<RoomList> {
        let is_valid = |created: &Instant| now.saturating_duration_since(*created) < self.interval;
        if let Some((_, list)) = self.newest.as_ref().filter(|(created, _)| is_valid(created)) {
            return Arc::clone(list);
        }
        let list = Arc::new(RoomList::new(rooms()));
        self.newest = Some((now, Arc::clone(&list)));
        list
    }

    /// Discards the list, because a room has opened or closed.
    pub(super) fn clear(&mut self) {
        self.newest = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_encoded_once_per_interval_and_after_a_room_has_opened_or_closed() {
        let mut cache = RoomListCache::new(Duration::from_millis(250));
        let start = Instant::now();
        let mut encoded = Vec::new();
        for ms in (0..1_000).step_by(10) {
            cache.poll(start + Duration::from_millis(ms), || {
                encoded.push(ms);
                Vec::new()
            });
            if ms == 500 {
                cache.clear();
            }
        }
        assert_eq!(encoded, [0, 250, 500, 510, 760]);
    }
}
