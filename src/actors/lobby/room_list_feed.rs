//! The list of rooms as Server-Sent Events, shared by all subscribers.

use std::cmp::Reverse;

use bytes::Bytes;
use tokio::sync::watch;

use crate::actors::messages::RoomSummary;

/// Maximum number of subscribers. Each subscriber occupies a connection, and each change of the list is sent to all
/// subscribers.
pub const SUBSCRIBERS_MAX: usize = 1_000;
/// Maximum number of listed rooms. If there are more rooms, those with the most people are listed.
const LISTED_ROOMS_MAX: usize = 100;

/// Publishes the list of rooms. Lists are not queued: a slow subscriber receives only the newest one.
pub struct RoomListFeed {
    /// The newest list, encoded as an event.
    encoded: watch::Sender<Bytes>,
    /// The newest list before encoding.
    rooms: Vec<RoomSummary>,
}

impl RoomListFeed {
    /// Adds a subscriber, which gets the newest list at once. Returns `None` if there are already [`SUBSCRIBERS_MAX`].
    pub fn subscribe(&self) -> Option<watch::Receiver<Bytes>> {
        if self.encoded.receiver_count() >= SUBSCRIBERS_MAX {
            return None;
        }
        let mut subscriber = self.encoded.subscribe();
        subscriber.mark_changed();
        Some(subscriber)
    }

    /// Whether there are subscribers.
    #[must_use]
    pub fn has_subscribers(&self) -> bool {
        self.encoded.receiver_count() > 0
    }

    /// Publishes a list if it differs from the last one. `rooms` must be sorted by name.
    pub fn publish(&mut self, rooms: Vec<RoomSummary>) {
        let rooms = most_visited(rooms);
        if rooms != self.rooms {
            self.encoded.send_replace(encode(&rooms));
            self.rooms = rooms;
        }
    }

    /// Ends all subscriptions.
    pub fn close(&mut self) {
        *self = Self::default();
    }
}

impl Default for RoomListFeed {
    fn default() -> Self {
        Self { encoded: watch::Sender::new(encode(&[])), rooms: Vec::new() }
    }
}

/// The rooms with the most people, sorted by name.
fn most_visited(mut rooms: Vec<RoomSummary>) -> Vec<RoomSummary> {
    if rooms.len() > LISTED_ROOMS_MAX {
        rooms.sort_by_key(|room| Reverse(room.players + room.spectators));
        rooms.truncate(LISTED_ROOMS_MAX);
        rooms.sort_by(|a, b| a.name.cmp(&b.name));
    }
    rooms
}

/// Encodes a list as a Server-Sent Event.
fn encode(rooms: &[RoomSummary]) -> Bytes {
    let list = serde_json::to_string(rooms).expect("summaries are plain data");
    format!("event: rooms\ndata: {list}\n\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::messages::Metadata;

    fn room(name: &str, players: usize) -> RoomSummary {
        RoomSummary {
            name: name.parse().expect("a name"),
            players,
            seats: 10,
            spectators: 0,
            tick_rate: 30,
            unsaved: false,
            replay: false,
            locked: false,
            teams: Vec::new(),
            ready: None,
            metadata: Metadata::default(),
        }
    }

    /// The new list that a subscriber has received, if any.
    fn received(subscriber: &mut watch::Receiver<Bytes>) -> Option<String> {
        let is_new = subscriber.has_changed().expect("the feed exists");
        is_new.then(|| String::from_utf8(subscriber.borrow_and_update().to_vec()).expect("text"))
    }

    #[test]
    fn a_subscriber_gets_the_list_at_once_and_then_changes() {
        let mut feed = RoomListFeed::default();
        let mut subscriber = feed.subscribe().expect("a free place");
        assert_eq!(received(&mut subscriber).as_deref(), Some("event: rooms\ndata: []\n\n"));
        assert_eq!(received(&mut subscriber), None);

        feed.publish(vec![room("duel", 1)]);
        let list = received(&mut subscriber).expect("a new list");
        assert!(list.contains(r#"{"name":"duel","players":1,"seats":10,"spectators":0,"tick_rate":30}"#), "{list}");
        feed.publish(vec![room("duel", 1)]);
        assert_eq!(received(&mut subscriber), None, "nothing has changed");
    }

    #[test]
    fn a_slow_subscriber_gets_only_the_newest_list() {
        let mut feed = RoomListFeed::default();
        let mut subscriber = feed.subscribe().expect("a free place");
        (0..50).for_each(|players| feed.publish(vec![room("duel", players)]));
        assert!(received(&mut subscriber).is_some_and(|list| list.contains(r#""players":49"#)));
        assert_eq!(received(&mut subscriber), None);
    }

    #[test]
    fn subscribers_are_bounded() {
        let feed = RoomListFeed::default();
        let mut subscribers: Vec<_> = (0..SUBSCRIBERS_MAX).map(|_| feed.subscribe().expect("a free place")).collect();
        assert!(feed.subscribe().is_none());
        subscribers.pop();
        assert!(feed.subscribe().is_some());
    }

    #[test]
    fn the_most_visited_of_many_rooms_are_listed_by_name() {
        let rooms: Vec<_> = (0..300).map(|number| room(&format!("room-{number:03}"), number)).collect();
        let listed = most_visited(rooms);
        assert_eq!(listed.len(), LISTED_ROOMS_MAX);
        assert_eq!((listed[0].players, listed[LISTED_ROOMS_MAX - 1].players), (200, 299));
    }
}
