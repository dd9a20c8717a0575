//! Property tests of codec, kernel and patches.

#[path = "properties/any.rs"]
mod any;
#[path = "properties/codec.rs"]
mod codec;
#[path = "properties/kernel.rs"]
mod kernel;
#[path = "properties/patch.rs"]
mod patch;
