//! Whole servers over real sockets, on free ports.
#![allow(unreachable_pub, reason = "the modules of a test binary are its own")]

mod admission;
mod attack;
mod cheating;
mod client;
mod closing;
mod draining;
mod events;
mod examples;
mod framing;
mod hosting;
mod http;
mod joining;
mod metrics;
mod nim;
mod overload;
mod playing;
mod resuming;
mod second_game;
mod slow;
mod stalling;
mod tickets;
