//! WebTransport client. QUIC runs on a thread of its own, and passes messages to the fleet's thread through queues.

mod session;

use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::{mem, thread};

use bytes::Bytes;
use mio::{Token, Waker};
use tickcast_protocol::{ClientMessage, GameProtocol, RoomName, codec};
use tokio::runtime;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::{DisconnectReason, Handshake};
use crate::BotsError;
use crate::endpoint::{Connector, DatagramOffer, Endpoint};
use session::{Outgoing, Target};

/// Maximum number of messages that wait to be sent. If a server accepts so few that more would accumulate, the bot
/// disconnects.
const UNSENT_MAX: usize = 256;

/// A task of the network's thread.
type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The thread that runs QUIC. It ends when this value is dropped.
#[derive(Debug)]
pub(in crate::fleet) struct DatagramNetwork {
    offer: DatagramOffer,
    config: quinn::ClientConfig,
    tasks: mpsc::UnboundedSender<Task>,
    ready: Arc<Ready>,
}

/// The tokens of sockets that have news for the fleet's thread.
#[derive(Debug)]
struct Ready {
    tokens: Mutex<Vec<Token>>,
    waker: Waker,
}

impl Ready {
    /// Adds a token, and interrupts the poll of the fleet's thread.
    fn add(&self, token: Token) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.push(token);
        if tokens.len() == 1 {
            // An error means that the poll no longer exists.
            self.waker.wake().unwrap_or_default();
        }
    }
}

impl DatagramNetwork {
    /// Starts the thread. `waker` interrupts the poll of the fleet's thread.
    pub(in crate::fleet) fn start(
        offer: DatagramOffer,
        config: quinn::ClientConfig,
        waker: Waker,
    ) -> Result<Self, BotsError> {
        let (tasks, mut receiver) = mpsc::unbounded_channel::<Task>();
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new().name("datagrams".to_owned()).spawn(move || {
            runtime.block_on(async {
                while let Some(task) = receiver.recv().await {
                    tokio::spawn(task);
                }
            });
        })?;
        Ok(Self { offer, config, tasks, ready: Arc::new(Ready { tokens: Mutex::default(), waker }) })
    }

    /// The tokens of sockets that have news.
    pub(in crate::fleet) fn take_ready(&self) -> Vec<Token> {
        mem::take(&mut *self.ready.tokens.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Starts to connect a client that joins `room`. `number` determines its source address.
    pub(super) fn connect(
        &self,
        connector: &Connector,
        number: u32,
        (endpoint, room): (&Endpoint, Option<&RoomName>),
        token: Token,
    ) -> Result<DatagramClient, DisconnectReason> {
        let url =
            endpoint.webtransport_url(&self.offer, room).map_err(|error| DisconnectReason::Refused(error.to_string()))?;
        let socket = connector.bind_udp(number).map_err(|error| DisconnectReason::Io(error.kind()))?;
        let (sender, outgoing) = mpsc::channel(UNSENT_MAX);
        let (arrivals, inbox) = channel();
        let news = News { arrivals, ready: Arc::clone(&self.ready), token };
        let target = Target { socket, config: self.config.clone(), url };
        // Fails only after the thread has ended. The inbox then has no sender, which ends the client.
        let _ = self.tasks.send(Box::pin(session::run(target, outgoing, news)));
        Ok(DatagramClient { inbox, outgoing: Some(sender), is_open: false })
    }
}

/// News of a session for the fleet's thread.
#[derive(Debug)]
enum Arrival {
    /// The session is open.
    Opened,
    /// A message has arrived.
    Message(Bytes),
    /// The session has ended.
    Ended(DisconnectReason),
}

/// Passes the news of one session to the fleet's thread.
#[derive(Debug)]
struct News {
    arrivals: Sender<Arrival>,
    ready: Arc<Ready>,
    token: Token,
}

impl News {
    fn add(&self, arrival: Arrival) {
        // Fails only after the fleet has dropped the client.
        if self.arrivals.send(arrival).is_ok() {
            self.ready.add(self.token);
        }
    }
}

/// A session, in any state from connecting to closed.
#[derive(Debug)]
pub(in crate::fleet) struct DatagramClient {
    inbox: Receiver<Arrival>,
    /// `None` after the end.
    outgoing: Option<mpsc::Sender<Outgoing>>,
    is_open: bool,
}

impl DatagramClient {
    /// Handles news of the session.
    pub(super) fn handle_event(&mut self) -> Result<Handshake, DisconnectReason> {
        if self.is_open || self.outgoing.is_none() {
            return Ok(Handshake::Unchanged);
        }
        match self.inbox.try_recv() {
            Ok(Arrival::Ended(reason)) => Err(reason),
            Ok(Arrival::Opened | Arrival::Message(_)) => {
                self.is_open = true;
                Ok(Handshake::Completed)
            }
            Err(error) => no_news(error).map(|()| Handshake::Unchanged),
        }
    }

    /// The next message, or `None` if none has arrived.
    pub(super) fn receive(&mut self) -> Result<Option<Bytes>, DisconnectReason> {
        if !self.is_open {
            return Ok(None);
        }
        match self.inbox.try_recv() {
            Ok(Arrival::Message(message)) => Ok(Some(message)),
            Ok(Arrival::Ended(reason)) => Err(reason),
            Ok(Arrival::Opened) => Ok(None),
            Err(error) => no_news(error).map(|()| None),
        }
    }

    /// Sends a message.
    pub(super) fn send<G: GameProtocol>(&self, message: &ClientMessage<G>) -> Result<(), DisconnectReason> {
        let bytes = || codec::encode_client(message);
        self.push(match message {
            ClientMessage::Input(_) => Outgoing::Input(bytes()),
            ClientMessage::Acknowledge(_) => Outgoing::Acknowledgement,
            _ => Outgoing::Message(bytes()),
        })
    }

    /// Closes the session with this code.
    pub(super) fn close(&self, code: u16) {
        // An error means that the session is closed already.
        let _ = self.push(Outgoing::Close(code));
    }

    /// Drops the connection.
    pub(super) fn disconnect(&mut self) {
        self.outgoing = None;
        self.is_open = false;
    }

    fn push(&self, outgoing: Outgoing) -> Result<(), DisconnectReason> {
        let Some(sender) = &self.outgoing else { return Ok(()) };
        match sender.try_send(outgoing) {
            Err(TrySendError::Full(_)) => Err(DisconnectReason::SendBufferFull),
            // If the session has ended, the reason is in the inbox.
            Ok(()) | Err(TrySendError::Closed(_)) => Ok(()),
        }
    }
}

/// # Errors
/// Fails if the network's thread has ended.
fn no_news(error: TryRecvError) -> Result<(), DisconnectReason> {
    match error {
        TryRecvError::Empty => Ok(()),
        TryRecvError::Disconnected => Err(DisconnectReason::Io(ErrorKind::BrokenPipe)),
    }
}
