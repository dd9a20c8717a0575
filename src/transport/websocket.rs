//! WebSocket frames (RFC 6455): validates the frames of clients, and builds the frames of the server.
//!
//! actix-web-actors checks a frame only after buffering all of it, and its errors do not identify the cause.
//! [`FrameValidator`] checks frames while their bytes arrive. If a frame is too big, it is rejected as soon as its header
//! is complete.

mod frame_buffer;
mod frame_validator;
mod message_stream;
mod utf8;

pub use frame_buffer::{Frame, FrameBuffer};
#[cfg(feature = "internals")]
pub use frame_validator::Validated;
pub use frame_validator::{AcceptedFrames, FrameError, FrameRules, FrameValidator};
pub use message_stream::{MessageStream, SharedFrameError};
