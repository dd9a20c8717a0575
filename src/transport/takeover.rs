//! What becomes of a connection whose client asks for a WebSocket: it leaves HTTP/1, and its response has it to itself.
//!
//! actix-http would keep two buffers of 8 KiB for as long as the response lasts, and copy what is said into one of them.

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
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Connection;
use super::byte_stream::ByteStream;

/// The most bytes that are read at once: what a session has not taken in stays in its memory.
const READ_BYTES: usize = 2 << 10;

/// Lets an app answer a request, and sees its response through to the end of the connection.
pub(super) async fn serve<A, B>(app: Rc<A>, mut request: Request, framed: Framed<ByteStream, Codec>) -> io::Result<()>
where
    A: Service<Request, Response: Into<Response<B>>, Error: Into<actix_web::Error>>,
    B: MessageBody,
{
    let FramedParts { io: ByteStream { connection, .. }, codec, read_buf, write_buf, .. } = framed.into_parts();
    connection.take_over(write_buf);
    let incoming = Incoming { early: Bytes::copy_from_slice(&read_buf), connection: Rc::clone(&connection) };
    drop(read_buf);
    *request.payload() = Payload::Stream { payload: Box::pin(incoming) };
    match app.call(request).await {
        Ok(response) => answer(&connection, codec, response.into()).await,
        Err(why) => answer(&connection, codec, why.into().error_response().into()).await,
    }?;
    close(&connection).await
}

/// Says all of a response, as its body comes.
async fn answer<B: MessageBody>(connection: &Connection, mut codec: Codec, response: Response<B>) -> io::Result<()> {
    let (mut head, body) = response.into_parts();
    if !head.upgrade() {
        head.head_mut().set_connection_type(ConnectionType::Close);
    }
    let mut say = |message| connection.say(|bytes| codec.encode(message, bytes));
    say(Message::Item((head, body.size())))?;
    let mut body = pin!(body);
    while let Some(said) = poll_fn(|cx| poll_next(connection, body.as_mut(), cx)).await {
        say(Message::Chunk(Some(said?)))?;
    }
    say(Message::Chunk(None))?;
    poll_fn(|cx| connection.poll_flush(cx)).await
}

/// The next thing that a body says, once everything before it is on its way.
fn poll_next<B: MessageBody>(
    connection: &Connection,
    body: Pin<&mut B>,
    cx: &mut Context<'_>,
) -> Poll<Option<io::Result<Bytes>>> {
    ready!(connection.poll_flush(cx))?;
    body.poll_next(cx).map_err(|why| io::Error::other(why.into().to_string()))
}

/// Servers close first (RFC 6455, section 7.1.1), and wait for the client to do so, too: otherwise what it has not taken yet is
/// lost if it still sends something.
async fn close(connection: &Connection) -> io::Result<()> {
    poll_fn(|cx| connection.poll(cx, AsyncWrite::poll_shutdown)).await?;
    while !poll_fn(|cx| poll_read(connection, cx)).await?.is_empty() {}
    Ok(())
}

/// What a client sends from the upgrade on.
struct Incoming {
    /// What came with the request.
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
            Err(why) => Some(Err(why.into())),
        })
    }
}

/// The next bytes that come; none when there will be no more.
fn poll_read(connection: &Connection, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
    let mut space = [MaybeUninit::uninit(); READ_BYTES];
    let mut bytes = ReadBuf::uninit(&mut space);
    ready!(connection.poll(cx, |stream, cx| stream.poll_read(cx, &mut bytes)))?;
    Poll::Ready(Ok(Bytes::copy_from_slice(bytes.filled())))
}
