//! What listeners are told of the rooms: the newest list, which all of them share.

use std::cmp::Reverse;

use bytes::Bytes;
use tokio::sync::watch;

use super::messages::Listing;

/// The most listeners at the same time: each costs a connection, and a copy of the list whenever that changes.
pub const LISTENERS_MAX: usize = 1_000;
/// The most rooms that a listener is told of, those with the most people: a list is for choosing.
const ROOMS_MAX: usize = 100;

/// The newest list of rooms. A listener that is slow finds the newest when it comes back, and never a queue.
pub struct Bulletin {
    /// The list, encoded.
    newest: watch::Sender<Bytes>,
    /// The list that it is.
    told: Vec<Listing>,
}

impl Bulletin {
    /// Lets one more listener in, who is told the newest list at once; unless there are too many.
    pub fn listen(&self) -> Option<watch::Receiver<Bytes>> {
        let is_full = self.newest.receiver_count() >= LISTENERS_MAX;
        (!is_full).then(|| {
            let mut listener = self.newest.subscribe();
            listener.mark_changed();
            listener
        })
    }

    /// Whether anybody listens.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.newest.receiver_count() > 0
    }

    /// Tells all listeners which rooms there are, by name, if that has changed.
    pub fn post(&mut self, rooms: Vec<Listing>) {
        let rooms = best_visited(rooms);
        if rooms != self.told {
            self.newest.send_replace(encode(&rooms));
            self.told = rooms;
        }
    }

    /// Ends every listener's list.
    pub fn end(&mut self) {
        *self = Self::default();
    }
}

impl Default for Bulletin {
    fn default() -> Self {
        Self { newest: watch::Sender::new(encode(&[])), told: Vec::new() }
    }
}

/// The rooms with the most people, in the order they came in.
fn best_visited(mut rooms: Vec<Listing>) -> Vec<Listing> {
    if rooms.len() > ROOMS_MAX {
        rooms.sort_by_key(|room| Reverse(room.players + room.spectators));
        rooms.truncate(ROOMS_MAX);
        rooms.sort_by(|a, b| a.name.cmp(&b.name));
    }
    rooms
}

/// A Server-Sent Event.
fn encode(rooms: &[Listing]) -> Bytes {
    let list = serde_json::to_string(rooms).expect("listings are plain data");
    format!("event: rooms\ndata: {list}\n\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(name: &str, players: usize) -> Listing {
        Listing { name: name.parse().expect("a name"), players, seats: 10, spectators: 0, tick_rate: 30 }
    }

    /// What is new to a listener, if anything is.
    fn heard(listener: &mut watch::Receiver<Bytes>) -> Option<String> {
        let is_new = listener.has_changed().expect("the bulletin is there");
        is_new.then(|| String::from_utf8(listener.borrow_and_update().to_vec()).expect("text"))
    }

    #[test]
    fn a_listener_is_told_at_once_and_then_of_changes() {
        let mut bulletin = Bulletin::default();
        let mut listener = bulletin.listen().expect("a place");
        assert_eq!(heard(&mut listener).as_deref(), Some("event: rooms\ndata: []\n\n"));
        assert_eq!(heard(&mut listener), None);

        bulletin.post(vec![room("duel", 1)]);
        let list = heard(&mut listener).expect("news");
        assert!(list.contains(r#"{"name":"duel","players":1,"seats":10,"spectators":0,"tick_rate":30}"#), "{list}");
        bulletin.post(vec![room("duel", 1)]);
        assert_eq!(heard(&mut listener), None, "nothing has changed");
    }

    #[test]
    fn a_slow_listener_is_told_the_newest_only() {
        let mut bulletin = Bulletin::default();
        let mut listener = bulletin.listen().expect("a place");
        (0..50).for_each(|players| bulletin.post(vec![room("duel", players)]));
        assert!(heard(&mut listener).is_some_and(|list| list.contains(r#""players":49"#)));
        assert_eq!(heard(&mut listener), None);
    }

    #[test]
    fn there_are_no_more_listeners_than_allowed() {
        let bulletin = Bulletin::default();
        let mut listeners: Vec<_> = (0..LISTENERS_MAX).map(|_| bulletin.listen().expect("a place")).collect();
        assert!(bulletin.listen().is_none());
        listeners.pop();
        assert!(bulletin.listen().is_some());
    }

    #[test]
    fn the_best_visited_of_many_rooms_are_told_by_name() {
        let rooms: Vec<_> = (0..300).map(|number| room(&format!("room-{number:03}"), number)).collect();
        let told = best_visited(rooms);
        assert_eq!(told.len(), ROOMS_MAX);
        assert_eq!((told[0].players, told[ROOMS_MAX - 1].players), (200, 299));
    }
}
