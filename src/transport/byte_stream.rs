//! A connection as HTTP sees it: bytes that come and go.
//!
//! actix-http makes requests of all that it has read, and answers them without a pause. A client that sends thousands of small
//! ones at once would have its worker busy for all of them, and each takes some kilobytes; so between two writes only so many
//! are read, and none while an answer waits for the client to take it.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use actix_web::rt::net::{ActixStream, Ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Connection;

/// How many lines are read before something is written: a request has at most a hundred, and at least three.
const LINES_AHEAD_MAX: usize = 128;
/// The most bytes that are read at once, and thus beyond the last of these lines.
const READ_BYTES_MAX: usize = 512;

/// A connection as HTTP sees it: bytes that come and go.
#[derive(Debug)]
pub(super) struct ByteStream {
    pub(super) connection: Rc<Connection>,
    /// How many lines have come since something was written.
    lines_ahead: usize,
    /// Who wants to read on when something was written.
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
        self.connection.poll(cx, AsyncWrite::poll_shutdown)
    }
}

impl ActixStream for ByteStream {
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        self.connection.poll(cx, |stream, cx| ActixStream::poll_read_ready(&*stream, cx))
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        self.connection.poll(cx, |stream, cx| ActixStream::poll_write_ready(&*stream, cx))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    use std::time::Instant;

    use futures_util::future::poll_fn;

    use super::*;
    use crate::admission::{AdmissionOptions, Gate};
    use crate::transport::{Deadlines, Lifeline};

    /// A connection on which that has come, and its other end.
    async fn connection(bytes: &[u8]) -> (ByteStream, TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let mut client = TcpStream::connect(listener.local_addr().expect("an address")).expect("it listens");
        client.write_all(bytes).expect("the kernel takes it");
        let (stream, peer) = listener.accept().expect("a connection");
        stream.set_nonblocking(true).expect("a socket");
        let stream = actix_web::rt::net::TcpStream::from_std(stream).expect("a runtime");
        stream.readable().await.expect("something has come");
        let presence = Gate::new(AdmissionOptions::default()).handle_connect(peer.ip(), Instant::now()).expect("a place");
        let connection = Connection::new(stream, Lifeline::new(&Deadlines::default(), Instant::now()), presence);
        (ByteStream::new(Rc::new(connection)), client)
    }

    /// How many bytes can be read now.
    fn read(stream: &mut ByteStream) -> usize {
        let (mut space, mut cx) = ([0; 1 << 16], Context::from_waker(Waker::noop()));
        let mut bytes = ReadBuf::new(&mut space);
        while Pin::new(&mut *stream).poll_read(&mut cx, &mut bytes).is_ready() {}
        bytes.filled().len()
    }

    #[actix_web::test]
    async fn only_so_many_lines_are_read_before_something_is_written() {
        let (mut stream, _client) = connection(&b"\n".repeat(2_000)).await;
        assert_eq!([read(&mut stream), read(&mut stream)], [READ_BYTES_MAX, 0]);
        poll_fn(|cx| Pin::new(&mut stream).poll_write(cx, b"an answer")).await.expect("it is taken");
        assert_eq!([read(&mut stream), read(&mut stream)], [READ_BYTES_MAX, 0]);
    }

    #[actix_web::test]
    async fn nothing_is_read_while_an_answer_waits_to_be_taken() {
        let (mut stream, mut client) = connection(b"\n").await;
        let answer = [0; 1 << 16];
        let mut write = || Pin::new(&mut stream).poll_write(&mut Context::from_waker(Waker::noop()), &answer);
        let taken = std::iter::from_fn(|| match write() {
            Poll::Ready(written) => Some(written.expect("it is taken")),
            Poll::Pending => None,
        });
        let mut unread = vec![0; taken.sum()];
        assert_eq!(read(&mut stream), 0);
        client.read_exact(&mut unread).expect("an answer");
        poll_fn(|cx| Pin::new(&mut stream).poll_write(cx, &answer)).await.expect("it is taken");
        assert_eq!(read(&mut stream), 1);
    }

    #[actix_web::test]
    async fn a_long_line_is_read_whole() {
        let (mut stream, _client) = connection(&b"a".repeat(20_000)).await;
        assert_eq!(read(&mut stream), 20_000);
    }
}
