//! The list of rooms, and messages about it.

use std::ops::{Not, Range};
use std::sync::Arc;

use actix::Message;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tickcast_protocol::RoomName;
use tokio::sync::watch;

use super::manage_key::{ManageKey, ManageKeyHash};
use super::metadata::{Metadata, RoomFilter};

/// What the lobby knows of a room besides its state. The store keeps it together with the room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Listing {
    /// What describes the room to clients.
    pub metadata: Metadata,
    /// The hash of the key with which the room's creator manages it. `None` if nobody can.
    pub manage_key: Option<ManageKeyHash>,
    /// Whether the room admits no new clients.
    pub is_locked: bool,
}

impl Listing {
    /// Encodes this listing for the store.
    ///
    /// # Panics
    /// Never: a listing can be encoded as JSON.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a listing is plain data")
    }

    /// Decodes a listing from the store. The listing of a room that was stored without one is empty.
    ///
    /// # Errors
    /// [`serde_json::Error`] if the data is damaged, or if a newer version of the program has stored it.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        if bytes.is_empty() { Ok(Self::default()) } else { serde_json::from_slice(bytes) }
    }
}

/// To the lobby: lists the rooms.
#[derive(Message)]
#[rtype(result = "Arc<RoomList>")]
pub struct ListRooms;

/// The rooms in `GET /api/rooms`.
#[derive(Debug)]
pub struct RoomList {
    /// The rooms, sorted by name.
    pub rooms: Vec<RoomInfo>,
    /// The same list, encoded as JSON.
    json: Bytes,
    /// Where each room is in `json`.
    parts: Vec<Range<usize>>,
}

impl RoomList {
    /// A list of these rooms, which must be sorted by name.
    ///
    /// # Panics
    /// Never: a room can be encoded as JSON.
    #[must_use]
    pub fn new(rooms: Vec<RoomInfo>) -> Self {
        let encoded: Vec<_> = rooms.iter().map(|room| serde_json::to_vec(room).expect("a room is plain data")).collect();
        let mut end = 0;
        // Before each room there is a bracket or a comma.
        let parts = encoded.iter().map(|room| {
            let start = end + 1;
            end = start + room.len();
            start..end
        });
        let parts = parts.collect();
        Self { rooms, parts, json: json_list(encoded.iter().map(Vec::as_slice)) }
    }

    /// The rooms that a filter admits, encoded as JSON. The encoded form of each room is already stored, and is only
    /// copied.
    #[must_use]
    pub fn json(&self, filter: &RoomFilter) -> Bytes {
        if filter.is_empty() {
            return self.json.clone();
        }
        let rooms = self.rooms.iter().zip(&self.parts).filter(|(room, _)| filter.admits(&room.summary.metadata));
        json_list(rooms.map(|(_, part)| &self.json[part.clone()]))
    }
}

/// A JSON list of encoded items.
fn json_list<'a>(items: impl Iterator<Item = &'a [u8]>) -> Bytes {
    let mut list = vec![b'['];
    for item in items {
        if list.len() > 1 {
            list.push(b',');
        }
        list.extend_from_slice(item);
    }
    list.push(b']');
    list.into()
}

/// A room in `GET /api/rooms`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoomInfo {
    /// The fields that the list for subscribers contains, too.
    #[serde(flatten)]
    pub summary: RoomSummary,
    /// The room's current tick.
    pub tick: u32,
}

/// A room in the list of rooms that subscribers receive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoomSummary {
    /// The room's name.
    pub name: RoomName,
    /// Seats taken by people.
    pub players: usize,
    /// Seats in total.
    pub seats: u16,
    /// Spectators.
    pub spectators: usize,
    /// Ticks per second.
    pub tick_rate: u16,
    /// Whether the room would not survive a restart, because the store fails. Listed only if true.
    #[serde(skip_serializing_if = "Not::not")]
    pub unsaved: bool,
    /// Whether clients can watch a replay of the room. Listed only if true.
    #[serde(skip_serializing_if = "Not::not")]
    pub replay: bool,
    /// Whether the room admits no new clients. Listed only if true.
    #[serde(skip_serializing_if = "Not::not")]
    pub locked: bool,
    /// Seats taken by people in each team. Listed only if the room has teams.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<usize>,
    /// Number of players who are ready. Listed only while the room waits until its players are ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<usize>,
    /// What describes the room to clients. Listed only if there is anything.
    #[serde(skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

/// To the lobby: locks a room, or unlocks it. A locked room admits no new clients; its players can still resume their seats.
/// The lobby responds when the change is stored.
#[derive(Message)]
#[rtype(result = "Result<(), WrongManageKey>")]
pub struct SetLock {
    /// The room.
    pub name: RoomName,
    /// The key that the client presents.
    pub key: ManageKey,
    /// Whether to lock the room.
    pub is_locked: bool,
}

/// There is no room with this name and this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongManageKey;

/// To the lobby: subscribes to the list of rooms.
#[derive(Message)]
#[rtype(result = "Result<watch::Receiver<Bytes>, SubscribeError>")]
pub struct Subscribe;

/// Reason why a subscription was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubscribeError {
    /// There are too many subscribers.
    #[error("too many subscribers")]
    TooMany,
    /// The server is shutting down. All subscriptions are closed when the shutdown begins, and a later one would stay open.
    #[error("the server is shutting down")]
    ShuttingDown,
}

/// To the lobby: ends all subscriptions.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CloseSubscriptions;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn room(name: &str, metadata: Value) -> RoomInfo {
        let metadata = serde_json::from_value(metadata).expect("valid");
        let name = name.parse().expect("a name");
        let summary = RoomSummary {
            name,
            players: 1,
            seats: 2,
            spectators: 0,
            tick_rate: 30,
            unsaved: false,
            replay: false,
            locked: false,
            teams: Vec::new(),
            ready: None,
            metadata,
        };
        RoomInfo { summary, tick: 7 }
    }

    #[test]
    fn a_filtered_list_contains_the_same_rooms_as_the_whole_list() {
        let rooms = vec![
            room("a", json!({ "map": "desert" })),
            room("b", json!({})),
            room("c", json!({ "map": "forest" })),
            room("d", json!({ "map": "desert", "level": 3 })),
        ];
        let list = RoomList::new(rooms.clone());
        let listed = |conditions: &[(&str, &str)]| -> Value {
            let conditions = conditions.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            serde_json::from_slice(&list.json(&RoomFilter::new(conditions).expect("valid"))).expect("JSON")
        };
        let expected = |indexes: &[usize]| json!(indexes.iter().map(|index| &rooms[*index]).collect::<Vec<_>>());
        assert_eq!(listed(&[]), expected(&[0, 1, 2, 3]));
        assert_eq!(listed(&[("map", "desert")]), expected(&[0, 3]));
        assert_eq!(listed(&[("map", "desert"), ("level", "3..")]), expected(&[3]));
        assert_eq!(listed(&[("map", "sea")]), json!([]));
        assert_eq!(RoomList::new(Vec::new()).json(&RoomFilter::default()), "[]");
    }
}
