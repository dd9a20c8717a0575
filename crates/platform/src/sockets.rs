//! Socket options that the standard library does not offer.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};

/// Options of a listener. Accepted connections inherit all of them except the backlog. Options that the system lacks are
/// ignored.
#[derive(Clone, Copy, Debug)]
pub struct ListenOptions {
    /// Maximum number of connections that wait to be accepted.
    pub backlog: i32,
    /// Time for which sent data may stay unacknowledged before the kernel closes the connection (`TCP_USER_TIMEOUT`).
    pub user_timeout: Duration,
    /// Limit on unsent bytes in the kernel's send buffer (`TCP_NOTSENT_LOWAT`). A connection at the limit is not writable.
    /// The limit should be small, because the application cannot observe or discard these bytes.
    pub unsent_bytes_max: u32,
}

/// Opens a listener.
///
/// # Errors
/// Fails if the address is in use, not local or not permitted, or if the system refuses a socket option.
pub fn listen(address: SocketAddr, options: &ListenOptions) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // On Windows, `SO_REUSEADDR` would let another process bind the same port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    set_options(&socket, options)?;
    socket.bind(&address.into())?;
    socket.listen(options.backlog)?;
    Ok(socket.into())
}

/// Listeners that the parent process has passed to this one, in order (socket activation: `LISTEN_FDS`, see
/// sd_listen_fds(3)). A second call returns none.
///
/// # Errors
/// Fails if a passed file descriptor is not a listening TCP socket.
#[cfg(unix)]
pub fn inherited_listeners() -> io::Result<Vec<TcpListener>> {
    let mut passed = listenfd::ListenFd::from_env();
    (0..passed.len()).filter_map(|index| passed.take_tcp_listener(index).transpose()).collect()
}

/// Listeners that the parent process has passed to this one. This system passes none.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub const fn inherited_listeners() -> io::Result<Vec<TcpListener>> {
    Ok(Vec::new())
}

/// Sets the options of a listener that another process has opened. The backlog is that of the other process.
///
/// # Errors
/// Fails if the system refuses a socket option.
pub fn configure_listener(listener: &TcpListener, options: &ListenOptions) -> io::Result<()> {
    set_options(&SockRef::from(listener), options)
}

#[cfg(target_os = "linux")]
fn set_options(socket: &Socket, options: &ListenOptions) -> io::Result<()> {
    socket.set_tcp_user_timeout(Some(options.user_timeout))?;
    socket.set_tcp_notsent_lowat(options.unsent_bytes_max)
}

#[cfg(not(target_os = "linux"))]
const fn set_options(_: &Socket, _: &ListenOptions) -> io::Result<()> {
    Ok(())
}

/// Size of the receive buffer of UDP sockets. All clients share one socket, and may send at the same time.
const UDP_RECEIVE_BYTES: usize = 4 << 20;

/// Opens a UDP socket. Its receive buffer is as large as the system permits, up to 4 MiB.
///
/// # Errors
/// Fails if the address is in use, not local or not permitted.
pub fn bind_udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    // Some systems refuse a size above their limit. The default size then remains.
    let _ = socket.set_recv_buffer_size(UDP_RECEIVE_BYTES);
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// Whether this error of a non-blocking `connect` means that the connection is still being established.
#[must_use]
pub fn is_connect_in_progress(error: &io::Error) -> bool {
    #[cfg(unix)]
    const IN_PROGRESS: Option<i32> = Some(libc::EINPROGRESS);
    #[cfg(not(unix))]
    const IN_PROGRESS: Option<i32> = None;
    error.kind() == io::ErrorKind::WouldBlock || (IN_PROGRESS.is_some() && error.raw_os_error() == IN_PROGRESS)
}

/// Whether a socket can be bound to every address of 127.0.0.0/8, not only to 127.0.0.1.
#[must_use]
pub const fn has_loopback_network() -> bool {
    cfg!(target_os = "linux")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_accepts_connections_on_its_port() {
        let options = ListenOptions { backlog: 16, user_timeout: Duration::from_secs(5), unsent_bytes_max: 1 << 16 };
        let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0)), &options).expect("a port is free");
        let address = listener.local_addr().expect("the listener is bound");
        let client = std::net::TcpStream::connect(address).expect("the listener accepts connections");
        let (_, peer) = listener.accept().expect("a connection waits");
        assert_eq!(peer, client.local_addr().expect("the client is connected"));
    }
}
