//! The byte stream of a connection, as the HTTP layer reads and writes it.
//!
//! actix-http buffers a request head of up to 128 KiB. To need less memory for each connection, the stream reads at most
//! [`HEAD_BYTES_MAX`] bytes of a head. While a request without a body is handled, the stream reads at most the same number
//! of bytes of later requests. While the client does not accept a response, the stream reads nothing.

mod read_ahead;

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::rt::net::{ActixStream, Ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Connection;
use crate::admission::Refusal;
use read_ahead::Allowance;

#[cfg(any(test, feature = "internals"))]
pub use read_ahead::HEAD_BYTES_MAX;
pub(super) use read_ahead::{ReadAhead, RequestBody, ResponseBody};

/// The response to a request whose head is too large.
const HEAD_TOO_LARGE: &[u8] =
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
/// Time for which data is read and discarded after [`HEAD_TOO_LARGE`] was sent. Closing with unread data would reset the
/// connection, and the client could lose the response.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(1);

/// The byte stream of a connection, with bounded read-ahead.
#[derive(Debug)]
pub(super) struct ByteStream {
    pub(super) connection: Rc<Connection>,
    pub(super) read_ahead: Rc<ReadAhead>,
    /// Whether a part of a response waits until the client accepts more data.
    is_write_blocked: bool,
    /// Whether a head was too large. Everything that arrives later is discarded.
    is_discarding: bool,
}

impl ByteStream {
    pub(super) fn new(connection: Rc<Connection>) -> Self {
        Self { connection, read_ahead: Rc::default(), is_write_blocked: false, is_discarding: false }
    }

    /// Reads up to `bytes_max` bytes.
    fn poll_piece(&self, cx: &mut Context<'_>, bytes: &mut ReadBuf<'_>, bytes_max: usize) -> Poll<io::Result<()>> {
        let mut piece = ReadBuf::new(bytes.initialize_unfilled_to(bytes.remaining().min(bytes_max)));
        ready!(self.connection.poll(cx, |stream, cx| stream.poll_read(cx, &mut piece)))?;
        let count = piece.filled().len();
        bytes.advance(count);
        self.read_ahead.record(count);
        Poll::Ready(Ok(()))
    }

    /// Responds to a head that is too large, and ends the server's side of the connection. At this time, no other response
    /// is being sent, because no request is being handled and the client has accepted all earlier responses.
    fn refuse_head(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        self.is_discarding = true;
        self.connection.permit().control().count(Refusal::HeadTooLarge);
        self.connection.timer().close_within(DISCARD_TIMEOUT);
        // If the socket does not accept the response at once, the client gets none.
        if let Poll::Ready(written) = self.connection.poll_write(cx, |stream, cx| stream.poll_write(cx, HEAD_TOO_LARGE)) {
            written?;
        }
        match self.connection.poll_shutdown(cx) {
            Poll::Ready(ended) => ended,
            Poll::Pending => Ok(()),
        }
    }

    /// Discards everything that arrives, until the client ends the connection.
    fn poll_discard(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut space = [0; 1 << 10];
            let mut bytes = ReadBuf::new(&mut space);
            ready!(self.connection.poll(cx, |stream, cx| stream.poll_read(cx, &mut bytes)))?;
            if bytes.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncRead for ByteStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.is_discarding {
            return self.poll_discard(cx);
        }
        self.read_ahead.register(cx);
        if self.is_write_blocked {
            return Poll::Pending;
        }
        match self.read_ahead.poll(cx) {
            Allowance::Bytes(bytes_max) => self.poll_piece(cx, bytes, bytes_max),
            Allowance::Wait => Poll::Pending,
            Allowance::HeadTooLarge => {
                self.refuse_head(cx)?;
                self.poll_discard(cx)
            }
        }
    }
}

impl AsyncWrite for ByteStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = self.connection.poll_write(cx, |stream, cx| stream.poll_write(cx, bytes));
        if std::mem::replace(&mut self.is_write_blocked, polled.is_pending()) && polled.is_ready() {
            self.read_ahead.wake();
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
    use std::task::Waker;

    use futures_util::future::poll_fn;

    use super::*;
    use crate::admission::{AdmissionControl, AdmissionOptions};
    use crate::transport::{ConnectionTimer, Stream, Timeouts};
    use tokio::time::Instant;

    /// Returns a connection that has received `bytes`, and the client's socket.
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
    async fn a_bounded_number_of_bytes_is_read_for_each_request() {
        let (mut stream, _client) = connection(&b"a".repeat(3 * HEAD_BYTES_MAX)).await;
        assert_eq!(read(&mut stream), HEAD_BYTES_MAX);
        let request = stream.read_ahead.begin_request(RequestBody::Short(0));
        assert_eq!([read(&mut stream), read(&mut stream)], [HEAD_BYTES_MAX, 0], "pipelined requests");
        drop(request);
        assert_eq!(read(&mut stream), 0, "what was read may contain the head of another request");
        let _request = stream.read_ahead.begin_request(RequestBody::Short(0));
        assert_eq!(read(&mut stream), HEAD_BYTES_MAX);
    }

    #[actix_web::test]
    async fn a_head_that_is_too_large_is_refused() {
        let (mut stream, mut client) = connection(&b"a".repeat(2 * HEAD_BYTES_MAX)).await;
        assert_eq!([read(&mut stream), read(&mut stream)], [HEAD_BYTES_MAX, 0]);
        let mut response = Vec::new();
        client.read_to_end(&mut response).expect("the server ends its side of the connection");
        assert_eq!(response, HEAD_TOO_LARGE);
        let counts = stream.connection.permit().control().refusals().counts();
        assert!(counts.into_iter().any(|counted| counted == (Refusal::HeadTooLarge, 1)));
    }

    #[actix_web::test]
    async fn a_short_body_and_the_next_head_are_read() {
        let (mut stream, _client) = connection(&b"\n".repeat(3 * HEAD_BYTES_MAX)).await;
        let request = stream.read_ahead.begin_request(RequestBody::Short(100));
        assert_eq!([read(&mut stream), read(&mut stream)], [HEAD_BYTES_MAX + 100, 0]);
        drop(request);
        let _request = stream.read_ahead.begin_request(RequestBody::Short(0));
        assert_eq!(read(&mut stream), HEAD_BYTES_MAX);
    }

    #[actix_web::test]
    async fn a_body_is_read_completely() {
        let (mut stream, _client) = connection(&b"\n".repeat(3 * HEAD_BYTES_MAX)).await;
        let _request = stream.read_ahead.begin_request(RequestBody::Long);
        assert_eq!(read(&mut stream), 3 * HEAD_BYTES_MAX);
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
}
