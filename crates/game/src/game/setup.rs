//! What is constant while a room exists.

use serde::{Deserialize, Serialize};

/// What is constant while a room exists. Server and clients know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup<O> {
    /// Ticks per second, from 10 to 120.
    pub tick_rate: u16,
    /// Options of the room; see [`Configure`](super::Configure).
    pub options: O,
}
