//! One session over WebTransport: what it sends when, and the order of what arrives. Runs on the network's thread.

use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use quinn::{Endpoint, EndpointConfig, TokioRuntime};
use tickcast_protocol::codec::datagrams::{ClientLink, InvalidBundle};
use tickcast_protocol::codec::{DecodeError, Record, SERVER_MESSAGE_BYTES_MAX};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval, timeout};
use url::Url;
use web_transport_quinn::{Client, RecvStream, SendStream, Session, SessionError, WebTransportError};

use super::{Arrival, DisconnectReason, News};

/// Interval at which an input is repeated until it is acknowledged, if no datagram arrives.
const REPEAT_INTERVAL: Duration = Duration::from_millis(30);
/// Maximum interval between acknowledgements while snapshots arrive. A little less than the 100 ms of the protocol, so that a
/// snapshot that is due at this time is acknowledged at once.
const ACKNOWLEDGE_INTERVAL: Duration = Duration::from_millis(90);
/// Time limit for the end of a connection that the client has closed.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// Size of a read from the stream.
const READ_BYTES: usize = 4 << 10;

/// Where and how to connect.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) socket: UdpSocket,
    pub(super) config: quinn::ClientConfig,
    pub(super) url: Url,
}

/// What the bot sends.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// An encoded Input.
    Input(Vec<u8>),
    /// An acknowledgement of all snapshots that have arrived.
    Acknowledgement,
    /// Any other encoded message.
    Message(Vec<u8>),
    /// The bot leaves with this close code.
    Close(u16),
}

/// Runs a session until its end.
pub(super) async fn run(target: Target, mut outgoing: mpsc::Receiver<Outgoing>, news: News) {
    let reason = match open(target).await {
        Ok((endpoint, mut link)) => {
            news.add(Arrival::Opened);
            let reason = match link.play(&mut outgoing, &news).await {
                Ok(code) => link.close(code).await,
                Err(reason) => reason,
            };
            drop(link);
            // The endpoint sends the end of the connection. An error means that the server does not answer.
            let _ = timeout(CLOSE_TIMEOUT, endpoint.wait_idle()).await;
            reason
        }
        Err(reason) => reason,
    };
    news.add(Arrival::Ended(reason));
}

/// An open session.
struct Link {
    session: Session,
    sending: SendStream,
    receiving: RecvStream,
    /// Received bytes of the stream that are not decoded yet.
    received: Vec<u8>,
    bundles: ClientLink,
    /// Time at which the last datagram was sent.
    sent_at: Instant,
}

async fn open(Target { socket, config, url }: Target) -> Result<(Endpoint, Link), DisconnectReason> {
    let endpoint = Endpoint::new(EndpointConfig::default(), None, socket, Arc::new(TokioRuntime));
    let endpoint = endpoint.map_err(|error| DisconnectReason::Io(error.kind()))?;
    let session = Client::new(endpoint.clone(), config).connect(url).await;
    let session = session.map_err(|error| DisconnectReason::Refused(error.to_string()))?;
    let (sending, receiving) = session.open_bi().await?;
    let (received, bundles, sent_at) = (Vec::new(), ClientLink::default(), Instant::now());
    Ok((endpoint, Link { session, sending, receiving, received, bundles, sent_at }))
}

impl Link {
    /// Sends and receives until the bot leaves. Returns the close code.
    ///
    /// # Errors
    /// The reason why the session has ended.
    async fn play(&mut self, outgoing: &mut mpsc::Receiver<Outgoing>, news: &News) -> Result<u16, DisconnectReason> {
        let mut repeat = interval(REPEAT_INTERVAL);
        let mut read = [0; READ_BYTES];
        loop {
            tokio::select! {
                message = outgoing.recv() => match message {
                    Some(Outgoing::Close(code)) => return Ok(code),
                    Some(message) => self.send(message).await?,
                    // The bot has dropped the connection.
                    None => return Ok(0),
                },
                count = self.receiving.read(&mut read) => match count {
                    Ok(Some(count)) => self.handle_stream(&read[..count], news)?,
                    Ok(None) | Err(_) => return Err(self.session.closed().await.into()),
                },
                datagram = self.session.read_datagram() => self.handle_datagram(&datagram?, news)?,
                _ = repeat.tick() => if self.bundles.is_datagram_due(u32::MAX) && self.sent_at.elapsed() >= REPEAT_INTERVAL {
                    self.send_datagram();
                },
            }
        }
    }

    async fn send(&mut self, message: Outgoing) -> Result<(), DisconnectReason> {
        match message {
            Outgoing::Input(input) => {
                let mut spilled = Vec::new();
                self.bundles.push(&input, &mut spilled);
                if !spilled.is_empty() {
                    self.send_record(Record::Message(&spilled)).await?;
                }
                self.send_datagram();
            }
            Outgoing::Acknowledgement => self.send_datagram(),
            Outgoing::Message(message) => self.send_record(Record::Message(&message)).await?,
            Outgoing::Close(_) => {}
        }
        Ok(())
    }

    async fn send_record(&mut self, record: Record<'_>) -> Result<(), DisconnectReason> {
        let mut bytes = Vec::new();
        record.encode_into(&mut bytes);
        match self.sending.write_all(&bytes).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.session.closed().await.into()),
        }
    }

    /// Sends all unacknowledged inputs, and an acknowledgement.
    fn send_datagram(&mut self) {
        let mut datagram = Vec::new();
        self.bundles.write_datagram(&mut datagram);
        self.sent_at = Instant::now();
        // A datagram that cannot be sent is treated like one that the network has lost.
        let _ = self.session.send_datagram(datagram.into());
    }

    fn handle_datagram(&mut self, datagram: &[u8], news: &News) -> Result<(), DisconnectReason> {
        self.bundles.handle_datagram(datagram, |message| deliver(message, news))?;
        if self.bundles.is_datagram_due(u32::MAX) || self.sent_at.elapsed() >= ACKNOWLEDGE_INTERVAL {
            self.send_datagram();
        }
        Ok(())
    }

    fn handle_stream(&mut self, bytes: &[u8], news: &News) -> Result<(), DisconnectReason> {
        self.received.extend(bytes);
        while let Some((record, length)) = Record::decode(&self.received, SERVER_MESSAGE_BYTES_MAX)? {
            match record {
                Record::Heartbeat => {}
                Record::Message(message) => self.bundles.handle_stream(message, |message| deliver(message, news))?,
                Record::Close(code, text) => return Err(DisconnectReason::closed(code, text)),
            }
            self.received.drain(..length);
        }
        Ok(())
    }

    /// Closes the session with this code, and waits for the end of the connection.
    async fn close(&mut self, code: u16) -> DisconnectReason {
        self.session.close(code.into(), b"");
        // An error means that the server does not answer. The connection then ends without it.
        let _ = timeout(CLOSE_TIMEOUT, self.session.closed()).await;
        DisconnectReason::ClosedWithoutReason
    }
}

fn deliver(message: &[u8], news: &News) {
    news.add(Arrival::Message(Bytes::copy_from_slice(message)));
}

impl From<SessionError> for DisconnectReason {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::WebTransportError(WebTransportError::Closed(code, text)) => {
                Self::closed(code.try_into().unwrap_or(u16::MAX), &text)
            }
            error => Self::Refused(error.to_string()),
        }
    }
}

impl From<InvalidBundle> for DisconnectReason {
    fn from(_: InvalidBundle) -> Self {
        DecodeError::InvalidMessage("an invalid bundle".to_owned()).into()
    }
}
