//! Close frames of sessions.

use actix_web_actors::ws;
use tickcast_protocol::{CloseReason, GameProtocol};

/// Maximum size of the text in a Close frame: the payload of a control frame has at most 125 bytes (RFC 6455, section 5.5),
/// and two of these contain the code.
const TEXT_BYTES_MAX: usize = 123;

/// The text that explains a close reason. If the versions differ, the text names the game of this server, because the client
/// may be one of another game.
pub(super) fn close_text<G: GameProtocol>(reason: CloseReason) -> String {
    let mut text = reason.text().to_owned();
    if reason == CloseReason::VersionMismatch {
        text = format!("{text}; the server hosts the game {}", G::NAME);
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    }
    text
}

/// Whether the Close frame of a client says that the player has left for good. Close code 1000 means that the player has left
/// for good. Close code 1001 is not reliable: a browser also sends 1001 when the page is reloaded, and then the player
/// returns.
pub(super) fn is_deliberate(reason: Option<&ws::CloseReason>) -> bool {
    reason.is_some_and(|reason| reason.code == ws::CloseCode::Normal)
}
