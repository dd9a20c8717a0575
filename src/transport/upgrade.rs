//! The WebSocket upgrade: takes the connection over from actix-http. After the upgrade, only the response and the session
//! use the connection.
//!
//! If actix-http kept the connection, it would hold two buffers of 8 KiB for the lifetime of the response, and copy all
//! data through them.

use std::io;
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_codec::{Encoder, Framed, FramedParts};
use actix_http::body::MessageBody;
use actix_http::error::PayloadError;
use actix_http::h1::{Codec, Message};
use actix_http::{ConnectionType, Payload, Request, Response};
use actix_service::Service;
use bytes::Bytes;
use futures_util::Stream;
use futures_util::future::poll_fn;
use tokio::io::{AsyncRead, ReadBuf};

use super::Connection;
use super::byte_stream::ByteStream;

/// Maximum size of a read, in bytes. It limits the memory of a session: `MessageStream` decodes all frames of one read
/// before it reads again.
const READ_BYTES: usize = 2 << 10;

/// Passes the request to the app, writes the app's response and then closes the connection.
pub(super) async fn serve<A, B>(app: Rc<A>, mut request: Request, framed: Framed<ByteStream, Codec>) -> io::Result<()>
where
    A: Service<Request, Response: Into<Response<B>>, Error: Into<actix_web::Error>>,
    B: MessageBody,
{
    let FramedParts { io: ByteStream { connection, .. }, codec, read_buf, write_buf, .. } = framed.into_parts();
    connection.upgrade(write_buf);
    let incoming = Incoming { early: Bytes::copy_from_slice(&read_buf), connection: Rc::clone(&connection) };
    drop(read_buf);
    *request.payload() = Payload::Stream { payload: Box::pin(incoming) };
    match app.call(request).await {
        Ok(response) => respond(&connection, codec, response.into()).await,
        Err(error) => respond(&connection, codec, error.into().error_response().into()).await,
    }?;
    close(&connection).await
}

/// Writes a response while its body is produced.
async fn respond<B: MessageBody>(connection: &Connection, mut codec: Codec, response: Response<B>) -> io::Result<()> {
    let (mut head, body) = response.into_parts();
    if !head.upgrade() {
        head.head_mut().set_connection_type(ConnectionType::Close);
    }
    let mut write = |message| connection.append(|bytes| codec.encode(message, bytes));
    write(Message::Item((head, body.size())))?;
    let mut body = pin!(body);
    while let Some(chunk) = poll_fn(|cx| poll_next(connection, body.as_mut(), cx)).await {
        write(Message::Chunk(Some(chunk?)))?;
    }
    write(Message::Chunk(None))?;
    poll_fn(|cx| connection.poll_flush(cx)).await
}

/// The next chunk of the body. Waits until everything before this chunk is written.
fn poll_next<B: MessageBody>(
    connection: &Connection,
    body: Pin<&mut B>,
    cx: &mut Context<'_>,
) -> Poll<Option<io::Result<Bytes>>> {
    ready!(connection.poll_flush(cx))?;
    body.poll_next(cx).map_err(|error| io::Error::other(error.into().to_string()))
}

/// Closes the server's side of the TCP connection first (RFC 6455, section 7.1.1), and then waits until the client closes
/// its side. Without the wait, the operating system would reset the connection if the client still sent data. The client
/// could then lose bytes that it has not read yet.
async fn close(connection: &Connection) -> io::Result<()> {
    poll_fn(|cx| connection.poll_shutdown(cx)).await?;
    while !poll_fn(|cx| poll_read(connection, cx)).await?.is_empty() {}
    Ok(())
}

/// The bytes that a client sends after the upgrade request.
struct Incoming {
    /// Bytes that arrived together with the request.
    early: Bytes,
    connection: Rc<Connection>,
}

impl Stream for Incoming {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.early.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.early))));
        }
        Poll::Ready(match ready!(poll_read(&self.connection, cx)) {
            Ok(bytes) => (!bytes.is_empty()).then_some(Ok(bytes)),
            Err(error) => Some(Err(error.into())),
        })
    }
}

/// The next bytes received; empty at the end of the stream.
fn poll_read(connection: &Connection, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
    let mut space = [MaybeUninit::uninit(); READ_BYTES];
    let mut bytes = ReadBuf::uninit(&mut space);
    ready!(connection.poll(cx, |stream, cx| stream.poll_read(cx, &mut bytes)))?;
    Poll::Ready(Ok(Bytes::copy_from_slice(bytes.filled())))
}
