//! The byte stream of a connection, as the HTTP layer reads and writes it.
//!
//! actix-http handles all requests in its buffer before it yields to other tasks. A client that pipelines thousands of small
//! requests would therefore block its worker for a long time. To prevent this, a stream reads only a limited number of lines
//! between two writes. While the client does not accept a response, the stream reads nothing.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use actix_web::rt::net::{ActixStream, Ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Connection;

/// Number of lines after which nothing is read until the next write. A request head has between three and a hundred lines.
const LINES_AHEAD_MAX: usize = 128;
/// Maximum size of a read, in bytes. Lines are counted after each read, so the last read may exceed [`LINES_AHEAD_MAX`].
const READ_BYTES_MAX: usize = 512;

/// The byte stream of a connection, with bounded read-ahead.
#[derive(Debug)]
pub(super) struct ByteStream {
    pub(super) connection: Rc<Connection>,
    /// Lines read since the last write.
    lines_ahead: usize,
    /// Wakes the reader, if it waits for a write.
    reader: Option<Waker>,
}

impl ByteStream {
    pub(super) const fn new(connection: Rc<Connection>) -> Self {
        Self { connection, lines_ahead: 0, reader: None }
    }
}

impl AsyncRead for ByteStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.lines_ahead >= LINES_AHEAD_MAX {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let mut piece = ReadBuf::new(bytes.initialize_unfilled_to(bytes.remaining().min(READ_BYTES_MAX)));
        ready!(self.connection.poll(cx, |stream, cx| stream.poll_read(cx, &mut piece)))?;
        self.lines_ahead += piece.filled().iter().filter(|byte| **byte == b'\n').count();
        let read = piece.filled().len();
        bytes.advance(read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ByteStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = self.connection.poll_write(cx, |stream, cx| stream.poll_write(cx, bytes));
        if polled.is_pending() {
            self.lines_ahead = LINES_AHEAD_MAX;
        } else {
            self.lines_ahead = 0;
            self.reader.take().inspect(Waker::wake_by_ref);
        }
        polled
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.connection.poll(cx, AsyncWrite::poll_flush)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.connection.poll_shutdown(cx)
    }
}

impl ActixStream for ByteStream {
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        self.connection.stream().poll_read_ready(cx)
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        self.connection.stream().poll_write_ready(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpListener, TcpStream};

    use futures_util::future::poll_fn;

    use super::*;
    use crate::admission::{AdmissionControl, AdmissionOptions};
    use crate::transport::{ConnectionTimer, Stream, Timeouts};
    use tokio::time::Instant;

    /// A connection that has received these bytes, and its client.
    async fn connection(bytes: &[u8]) -> (ByteStream, TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let mut client = TcpStream::connect(listener.local_addr().expect("an address")).expect("a listener");
        client.write_all(bytes).expect("the socket buffer has room");
        let (stream, peer) = listener.accept().expect("a connection");
        stream.set_nonblocking(true).expect("a socket");
        let stream = actix_web::rt::net::TcpStream::from_std(stream).expect("a runtime");
        stream.readable().await.expect("readable");
        let permit = AdmissionControl::new(AdmissionOptions::default()).handle_connect(peer.ip()).expect("a permit");
        let connection =
            Connection::new(Stream::Tcp(stream), ConnectionTimer::new(&Timeouts::default(), Instant::now()), permit);
        (ByteStream::new(Rc::new(connection)), client)
    }

    /// Reads everything that can be read now, and returns the number of bytes.
    fn read(stream: &mut ByteStream) -> usize {
        let (mut space, mut cx) = ([0; 1 << 16], Context::from_waker(Waker::noop()));
        let mut bytes = ReadBuf::new(&mut space);
        while Pin::new(&mut *stream).poll_read(&mut cx, &mut bytes).is_ready() {}
        bytes.filled().len()
    }

    #[actix_web::test]
    async fn read_ahead_is_bounded_until_something_is_written() {
        let (mut stream, _client) = connection(&b"\n".repeat(2_000)).await;
        assert_eq!([read(&mut stream), read(&mut stream)], [READ_BYTES_MAX, 0]);
        poll_fn(|cx| Pin::new(&mut stream).poll_write(cx, b"a response")).await.expect("written");
        assert_eq!([read(&mut stream), read(&mut stream)], [READ_BYTES_MAX, 0]);
    }

    #[actix_web::test]
    async fn nothing_is_read_while_a_response_is_not_accepted() {
        let (mut stream, mut client) = connection(b"\n").await;
        let response = [0; 1 << 16];
        let mut write = || Pin::new(&mut stream).poll_write(&mut Context::from_waker(Waker::noop()), &response);
        let written_bytes = std::iter::from_fn(|| match write() {
            Poll::Ready(written) => Some(written.expect("written")),
            Poll::Pending => None,
        });
        let mut unread = vec![0; written_bytes.sum()];
        assert_eq!(read(&mut stream), 0);
        client.read_exact(&mut unread).expect("a response");
        poll_fn(|cx| Pin::new(&mut stream).poll_write(cx, &response)).await.expect("written");
        assert_eq!(read(&mut stream), 1);
    }

    #[actix_web::test]
    async fn a_long_line_is_read_completely() {
        let (mut stream, _client) = connection(&b"a".repeat(20_000)).await;
        assert_eq!(read(&mut stream), 20_000);
    }
}
