//! WebSocket echo server on tickcast's transport, for conformance suites such as
//! [Autobahn](https://github.com/crossbario/autobahn-testsuite), which send text, fragments and long messages.
//!
//! ```sh
//! cargo run --release --example echo -- 127.0.0.1:9001
//! wstest --mode fuzzingclient --spec tests/autobahn.json
//! ```

use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;

use actix::{Actor, ActorContext, AsyncContext, StreamHandler};
use actix_http::ws::Item;
use actix_server::Server;
use actix_web::{App, HttpRequest, HttpResponse, web};
use actix_web_actors::ws::{self, WebsocketContext};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use tickcast::admission::{AdmissionControl, AdmissionOptions};
use tickcast::transport::websocket::{AcceptedFrames, FrameError, FrameRules, MessageStream, SharedFrameError};
use tickcast::transport::{self, Acceptor, Connection, Timeouts};

/// Maximum size of a message in bytes, whether it consists of one frame or several.
const MESSAGE_BYTES_MAX: usize = 16 << 20;
const FRAME_RULES: FrameRules = FrameRules { accepted: AcceptedFrames::All, payload_bytes_max: MESSAGE_BYTES_MAX as u64 };

#[actix_web::main]
async fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(address)?;
    println!("listening on ws://{}", listener.local_addr()?);
    serve(listener)?.await
}

/// Serves the connections of a listener until SIGINT or SIGTERM.
pub fn serve(listener: TcpListener) -> io::Result<Server> {
    let (admission, builder) = (AdmissionControl::new(AdmissionOptions::default()), Server::build());
    let stopping = builder.graceful_shutdown_signal();
    let worker_factory = move || {
        let app = App::new().default_service(web::get().to(open));
        let acceptor = Acceptor::start(Timeouts::default(), Arc::clone(&admission));
        transport::service(app, acceptor, stopping.clone())
    };
    Ok(builder.listen("echo", listener, worker_factory)?.run())
}

async fn open(request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, actix_web::Error> {
    let mut response = ws::handshake(&request)?;
    let connection: &Rc<Connection> = request.conn_data().expect("the transport attaches the connection");
    connection.timer().clear_deadline();
    let messages = MessageStream::new(payload, FRAME_RULES);
    let echo = Echo { connection: Rc::clone(connection), frame_error: messages.shared_error(), fragmented: None };
    // The context's built-in decoder gets no bytes, because the actor receives its messages from `messages` instead.
    Ok(response.streaming(WebsocketContext::with_factory(stream::pending(), move |ctx| {
        ctx.add_stream(messages);
        echo
    })))
}

/// A connection whose messages are sent back.
struct Echo {
    connection: Rc<Connection>,
    frame_error: SharedFrameError,
    /// The message whose last fragment has not arrived.
    fragmented: Option<FragmentedMessage>,
}

struct FragmentedMessage {
    is_text: bool,
    bytes: BytesMut,
}

type Context = WebsocketContext<Echo>;

impl Actor for Echo {
    type Context = Context;
}

impl Echo {
    fn handle_fragment(&mut self, item: Item, ctx: &mut Context) {
        match item {
            Item::FirstText(bytes) => self.begin(true, &bytes),
            Item::FirstBinary(bytes) => self.begin(false, &bytes),
            Item::Continue(bytes) => self.append(&bytes, ctx),
            Item::Last(bytes) => {
                self.append(&bytes, ctx);
                if let Some(FragmentedMessage { is_text, bytes }) = self.fragmented.take() {
                    send(is_text, bytes.freeze(), ctx);
                }
            }
        }
    }

    fn begin(&mut self, is_text: bool, bytes: &Bytes) {
        self.fragmented = Some(FragmentedMessage { is_text, bytes: bytes.as_ref().into() });
    }

    fn append(&mut self, bytes: &Bytes, ctx: &mut Context) {
        match &mut self.fragmented {
            Some(message) if message.bytes.len() + bytes.len() <= MESSAGE_BYTES_MAX => {
                message.bytes.extend_from_slice(bytes);
            }
            _ => {
                self.fragmented = None;
                self.close(Some(FrameError::TooBig.code().into()), ctx);
            }
        }
    }

    fn close(&self, code: Option<ws::CloseCode>, ctx: &mut Context) {
        self.connection.timer().abort_after(Timeouts::default().close);
        ctx.close(code.map(Into::into));
        ctx.stop();
    }
}

fn send(is_text: bool, bytes: Bytes, ctx: &mut Context) {
    if is_text {
        ctx.text(String::from_utf8(bytes.into()).expect("text was validated"));
    } else {
        ctx.binary(bytes);
    }
}

impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for Echo {
    fn handle(&mut self, message: Result<ws::Message, ws::ProtocolError>, ctx: &mut Context) {
        match message {
            Ok(ws::Message::Text(text)) => ctx.text(text),
            Ok(ws::Message::Binary(bytes)) => ctx.binary(bytes),
            Ok(ws::Message::Continuation(item)) => self.handle_fragment(item, ctx),
            Ok(ws::Message::Ping(payload)) => ctx.pong(&payload),
            Ok(ws::Message::Pong(_) | ws::Message::Nop) => {}
            Ok(ws::Message::Close(reason)) => self.close(reason.map(|reason| reason.code), ctx),
            Err(_) => match self.frame_error.get() {
                Some(error) => self.close(Some(error.code().into()), ctx),
                None => ctx.stop(),
            },
        }
    }
}
