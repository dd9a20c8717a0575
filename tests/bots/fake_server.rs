//! A server that implements just enough of the protocol for bots. This module contains the server's sockets and threads.
//! [`fake_world`](crate::fake_world) contains its room.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use tickcast_arena::Arena;
use tickcast_protocol::{ClientMessage, codec};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{LocalSet, spawn_local};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

use crate::fake_world::{FakeWorld, Fault, Observations};

type SharedWorld = Rc<RefCell<FakeWorld>>;

/// A running server. It stops when it is dropped.
pub(crate) struct FakeServer {
    /// The address for bots.
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Observations>>,
}

impl FakeServer {
    /// Starts a server with this fault on a free port.
    pub(crate) fn start(fault: Fault) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
        listener.set_nonblocking(true).expect("sockets support non-blocking mode");
        let address = listener.local_addr().expect("the listener is bound");
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || serve(listener, fault, stopped));
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    /// Stops the server and returns what it observed.
    pub(crate) fn stop(mut self) -> Observations {
        drop(self.stop.take());
        self.thread.take().expect("the server is stopped once").join().expect("the server does not panic")
    }
}

/// Serves until the sender of `stopped` is dropped.
fn serve(listener: std::net::TcpListener, fault: Fault, stopped: oneshot::Receiver<()>) -> Observations {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("the runtime starts");
    let world = Rc::new(RefCell::new(FakeWorld::new(fault)));
    LocalSet::new().block_on(&runtime, async {
        spawn_local(accept(listener, world.clone()));
        spawn_local(run_ticks(world.clone()));
        stopped.await.ok();
    });
    std::mem::take(&mut world.borrow_mut().observations)
}

async fn accept(listener: std::net::TcpListener, world: SharedWorld) {
    let listener = TcpListener::from_std(listener).expect("the listener is non-blocking");
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).expect("the socket is connected");
        spawn_local(serve_client(stream, world.clone()));
    }
}

async fn run_ticks(world: SharedWorld) {
    let mut interval = tokio::time::interval(Duration::from_secs(1) / u32::from(world.borrow().actual_tick_rate()));
    loop {
        interval.tick().await;
        world.borrow_mut().step();
    }
}

/// Serves one client until its connection ends.
async fn serve_client(stream: TcpStream, world: SharedWorld) {
    let (sink, mut messages) = accept_websocket(stream, &world).await.split();
    let (outbox, outgoing) = mpsc::unbounded_channel();
    spawn_local(send_all(sink, outgoing));
    let mut player = None;
    while let Some(Ok(message)) = messages.next().await {
        let mut world = world.borrow_mut();
        match message {
            Message::Binary(bytes) => {
                let message = codec::decode_client::<Arena>(&bytes).expect("bots send valid messages");
                match (player, message) {
                    (None, ClientMessage::Hello(hello)) => player = world.handle_join(hello.role, &outbox),
                    (Some(player), message) => world.handle_message(player, message),
                    (None, message) => panic!("{message:?} was sent before a Hello"),
                }
            }
            Message::Close(frame) => {
                let code = frame.expect("bots state a reason").code;
                *world.observations.close_codes.entry(code.into()).or_default() += 1;
            }
            other => panic!("bots do not send {other:?}"),
        }
    }
    if let Some(player) = player {
        world.borrow_mut().handle_leave(player);
    }
}

async fn accept_websocket(stream: TcpStream, world: &SharedWorld) -> WebSocketStream<TcpStream> {
    #[allow(clippy::result_large_err, reason = "the library requires this signature")]
    let negotiate = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        world.borrow_mut().observations.request_targets.push(request.uri().to_string());
        let protocol = request.headers()["Sec-WebSocket-Protocol"].clone();
        assert_eq!(protocol, codec::SUBPROTOCOL);
        response.headers_mut().insert("Sec-WebSocket-Protocol", protocol);
        Ok(response)
    };
    tokio_tungstenite::accept_hdr_async(stream, negotiate).await.expect("bots send a valid upgrade request")
}

async fn send_all(
    mut sink: SplitSink<WebSocketStream<TcpStream>, Message>,
    mut outgoing: mpsc::UnboundedReceiver<Message>,
) {
    while let Some(message) = outgoing.recv().await {
        if sink.send(message).await.is_err() {
            break;
        }
    }
}
