//! What holds for any message, any bytes and any world.

#[path = "properties/any.rs"]
mod any;
#[path = "properties/codec.rs"]
mod codec;
#[path = "properties/kernel.rs"]
mod kernel;
