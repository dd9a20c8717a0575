//! WebSocket frames (RFC 6455): validation of what clients send, construction of what the server sends.
//!
//! actix-web-actors decodes messages, but only after buffering a whole frame, and its errors do not identify the cause. The
//! validator here reads frame headers as their bytes arrive, and rejects a frame before it is buffered.

mod frame_buffer;
mod frame_validator;
mod utf8;
mod validated_payload;

pub use frame_buffer::FrameBuffer;
pub use frame_validator::{AcceptedFrames, FrameError, FrameRules, FrameValidator, Validated};
pub use validated_payload::{SharedFrameError, ValidatedPayload};
