//! The stream of a session: records, as in the HTTP fallback.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use tickcast_protocol::CloseReason;
use tickcast_protocol::codec::{CLIENT_MESSAGE_BYTES_MAX, DecodeError, Record};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

use crate::transport::ConnectionTimer;
use crate::transport::outbox::Outbox;

/// Maximum size of a read, in bytes.
const READ_BYTES: usize = 512;

/// An encoded record.
pub(super) fn encoded(record: Record<'_>) -> Bytes {
    let mut bytes = Vec::new();
    record.encode_into(&mut bytes);
    bytes.into()
}

/// What a client sends over the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FromStream {
    Message(Bytes),
    /// The client closes the session with this code.
    Close(u16),
    /// The stream, or the connection, has ended.
    End,
}

/// Reads records.
#[derive(Debug)]
pub(super) struct RecordReader<R> {
    stream: R,
    received: BytesMut,
}

impl<R: AsyncRead + Unpin> RecordReader<R> {
    pub(super) fn new(stream: R) -> Self {
        Self { stream, received: BytesMut::new() }
    }

    /// The next message, or the end.
    ///
    /// # Errors
    /// The reason to close the session, if a record is invalid or too big.
    pub(super) async fn next(&mut self) -> Result<FromStream, CloseReason> {
        loop {
            if let Some((received, length)) = self.decode()? {
                self.received.advance(length);
                match received {
                    Some(received) => return Ok(received),
                    None => continue,
                }
            }
            // Frees the memory of earlier records.
            if self.received.is_empty() {
                self.received = BytesMut::new();
            }
            let mut read = [0; READ_BYTES];
            match self.stream.read(&mut read).await {
                Ok(0) | Err(_) => return Ok(FromStream::End),
                Ok(count) => self.received.extend_from_slice(&read[..count]),
            }
        }
    }

    /// The first record and its length; `None` until the record has arrived completely. For a heartbeat, the record in the
    /// pair is `None`.
    fn decode(&self) -> Result<Option<(Option<FromStream>, usize)>, CloseReason> {
        let decoded = Record::decode(&self.received, CLIENT_MESSAGE_BYTES_MAX).map_err(|error| match error {
            DecodeError::MessageTooBig => CloseReason::MessageTooBig,
            _ => CloseReason::InvalidMessage,
        })?;
        Ok(decoded.map(|(record, length)| {
            let received = match record {
                Record::Heartbeat => None,
                Record::Message(message) => Some(FromStream::Message(Bytes::copy_from_slice(message))),
                Record::Close(code, _) => Some(FromStream::Close(code)),
            };
            (received, length)
        }))
    }
}

/// Writes everything in the outbox. Records in `timer` whether the client accepts data.
pub(super) fn poll_write(
    outbox: &mut Outbox,
    stream: &mut (impl AsyncWrite + Unpin),
    timer: &ConnectionTimer,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    while !outbox.is_written() {
        let written = {
            let pieces = outbox.pieces();
            let piece = pieces.iter().find(|piece| !piece.is_empty()).expect("an outbox with bytes has a piece with bytes");
            let polled = Pin::new(&mut *stream).poll_write(cx, piece);
            match polled {
                Poll::Ready(_) => timer.record_write(),
                Poll::Pending => timer.record_blocked(),
            }
            ready!(polled)?
        };
        if written == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        outbox.handle_written(written);
    }
    Poll::Ready(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that is read from these bytes.
    async fn read(bytes: &[u8]) -> Vec<Result<FromStream, CloseReason>> {
        let mut reader = RecordReader::new(bytes);
        let mut all = Vec::new();
        while !matches!(all.last(), Some(Ok(FromStream::End) | Err(_))) {
            all.push(reader.next().await);
        }
        all
    }

    #[actix_web::test]
    async fn records_of_all_sizes_are_read() {
        let messages = [1, READ_BYTES, CLIENT_MESSAGE_BYTES_MAX].map(|length| Bytes::from(vec![7; length]));
        let mut bytes = encoded(Record::Heartbeat).to_vec();
        messages.iter().for_each(|message| Record::Message(message).encode_into(&mut bytes));
        Record::Close(1000, "").encode_into(&mut bytes);
        let mut expected: Vec<_> = messages.into_iter().map(|message| Ok(FromStream::Message(message))).collect();
        expected.extend([Ok(FromStream::Close(1000)), Ok(FromStream::End)]);
        assert_eq!(read(&bytes).await, expected);
    }

    #[actix_web::test]
    async fn a_record_that_is_too_big_is_rejected_before_it_arrives() {
        let bytes = encoded(Record::Message(&[7; CLIENT_MESSAGE_BYTES_MAX + 1]));
        assert_eq!(read(&bytes[..5]).await, [Err(CloseReason::MessageTooBig)]);
        assert_eq!(read(&[9, 0, 0, 0, 0]).await, [Err(CloseReason::InvalidMessage)]);
    }

    #[actix_web::test]
    async fn an_incomplete_record_is_the_end() {
        let bytes = encoded(Record::Message(b"message"));
        assert_eq!(read(&bytes[..bytes.len() - 1]).await, [Ok(FromStream::End)]);
    }
}
