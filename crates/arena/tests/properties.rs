//! Property tests of codec and kernel.

#[path = "properties/any.rs"]
mod any;
#[path = "properties/codec.rs"]
mod codec;
#[path = "properties/kernel.rs"]
mod kernel;
