//! A whole server: listeners, HTTP workers, room threads, and an orderly shutdown.
//!
//! [`Server::builder`] is the entry point of the library. This module starts and stops the other modules, and contains none
//! of their logic.

mod admin;
mod builder;
#[cfg(feature = "datagrams")]
mod datagrams;
mod error;
mod handle;
mod options;
#[cfg(feature = "tls")]
mod redirect;
mod start;
#[cfg(feature = "tls")]
mod tls;

use std::marker::PhantomData;

use tickcast_game::Simulation;

pub use admin::AdminListen;
pub use builder::ServerBuilder;
#[cfg(feature = "datagrams")]
pub use datagrams::{DatagramError, DatagramListen};
pub use error::ServerError;
pub use handle::ServerHandle;
pub use options::ServerOptions;
#[cfg(feature = "tls")]
pub use tls::{TlsError, TlsOptions};

/// A server that hosts the game `S`.
#[derive(Debug)]
pub struct Server<S>(PhantomData<S>);

impl<S: Simulation> Server<S> {
    /// A builder with default options.
    pub fn builder() -> ServerBuilder<S> {
        ServerBuilder::new()
    }
}
