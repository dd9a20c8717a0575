//! WebSocket frames (RFC 6455): validation of what clients send, construction of what the server sends.
//!
//! actix-web-actors checks a frame only after buffering all of it, and its errors do not identify the cause.
//! [`FrameValidator`] checks frames while their bytes arrive, and rejects a frame that is too big at its header.

mod frame_buffer;
mod frame_validator;
mod utf8;
mod validated_payload;

pub use frame_buffer::FrameBuffer;
pub use frame_validator::{AcceptedFrames, FrameError, FrameRules, FrameValidator, Validated};
pub use validated_payload::{SharedFrameError, ValidatedPayload};
