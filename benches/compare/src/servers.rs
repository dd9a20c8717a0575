//! The servers that are written in Rust: a minimal epoll server (the *floor*) and a server on tokio-tungstenite. Both
//! simulate the same arena and send the same bytes.

mod arena;
mod floor;
mod tokio_server;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, bind, listen, socket};

use crate::options::{RustServer, ServeOptions};
use crate::{Outcome, TICKS_PER_SECOND};

/// Duration of a tick.
const TICK: Duration = Duration::from_nanos(1_000_000_000 / TICKS_PER_SECOND as u64);
/// Maximum number of connections that wait to be accepted. The same for all servers.
const BACKLOG: i32 = 4096;

pub(crate) fn serve(options: ServeOptions) -> Outcome<()> {
    let listener = bind_listener(options.port)?;
    match options.server {
        RustServer::Floor => floor::serve(listener, options.room_size),
        RustServer::TokioTungstenite => tokio_server::serve(listener, options.room_size),
    }
}

fn bind_listener(port: u16) -> Outcome<TcpListener> {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    bind(&socket, &SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    listen(&socket, BACKLOG)?;
    let listener = TcpListener::from(socket);
    listener.set_nonblocking(true)?;
    Ok(listener)
}
