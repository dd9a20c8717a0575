//! A server that sends back what it is sent, on the transport that games are played on: for conformance suites such as
//! [Autobahn](https://github.com/crossbario/autobahn-testsuite), which want text, fragments and long messages.
//!
//! ```sh
//! cargo run --release --example echo -- 127.0.0.1:9001
//! wstest --mode fuzzingclient --spec tests/autobahn.json
//! ```

use std::io;
use std::net::TcpListener;
use std::rc::Rc;

use actix::{Actor, ActorContext, StreamHandler};
use actix_http::ws::{Codec, Item};
use actix_server::Server;
use actix_web::{App, HttpRequest, HttpResponse, web};
use actix_web_actors::ws::{self, WebsocketContext};
use bytes::{Bytes, BytesMut};
use tickcast::admission::{AdmissionOptions, Gate};
use tickcast::transport::websocket::{AcceptedFrames, FrameError, FrameRules};
use tickcast::transport::websocket::{SharedFrameError, ValidatedPayload};
use tickcast::transport::{self, Connection, Timeouts};

/// The longest frame, and the longest message.
const MESSAGE_BYTES_MAX: usize = 16 << 20;
const FRAMES: FrameRules = FrameRules { takes: AcceptedFrames::Everything, payload_bytes_max: MESSAGE_BYTES_MAX as u64 };

#[actix_web::main]
async fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(address)?;
    println!("echoes at ws://{}", listener.local_addr()?);
    serve(listener)?.await
}

/// Echoes whatever comes to that listener.
pub fn serve(listener: TcpListener) -> io::Result<Server> {
    let (gate, builder) = (Gate::new(AdmissionOptions::default()), Server::build());
    let stopping = builder.graceful_shutdown_signal();
    let app = move || {
        let app = App::new().default_service(web::get().to(open));
        transport::service(app, gate.clone(), Timeouts::default(), stopping.clone())
    };
    Ok(builder.listen("echo", listener, app)?.run())
}

async fn open(request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, actix_web::Error> {
    let mut response = ws::handshake(&request)?;
    let connection: &Rc<Connection> = request.conn_data().expect("every request comes over a connection");
    connection.timer().hold();
    let payload = ValidatedPayload::new(payload, FRAMES);
    let echo = Echo { connection: Rc::clone(connection), verdict: payload.verdict(), begun: None };
    Ok(response.streaming(WebsocketContext::with_codec(echo, payload, Codec::new().max_size(MESSAGE_BYTES_MAX))))
}

/// A connection.
struct Echo {
    connection: Rc<Connection>,
    verdict: SharedFrameError,
    /// The message whose fragments have begun to come.
    begun: Option<PendingFanout>,
}

struct PendingFanout {
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
            Item::FirstText(bytes) => self.begun = Some(PendingFanout { is_text: true, bytes: bytes.as_ref().into() }),
            Item::FirstBinary(bytes) => self.begun = Some(PendingFanout { is_text: false, bytes: bytes.as_ref().into() }),
            Item::Continue(bytes) => self.gather(&bytes, ctx),
            Item::Last(bytes) => {
                self.gather(&bytes, ctx);
                if let Some(PendingFanout { is_text, bytes }) = self.begun.take() {
                    send(is_text, bytes.freeze(), ctx);
                }
            }
        }
    }

    fn end(&self, code: Option<ws::CloseCode>, ctx: &mut Context) {
        self.connection.timer().end_within(Timeouts::default().goodbye);
        ctx.close(code.map(Into::into));
        ctx.stop();
    }

    fn gather(&mut self, bytes: &Bytes, ctx: &mut Context) {
        match &mut self.begun {
            Some(begun) if begun.bytes.len() + bytes.len() <= MESSAGE_BYTES_MAX => begun.bytes.extend_from_slice(bytes),
            _ => {
                self.begun = None;
                self.end(Some(FrameError::TooBig.code().into()), ctx);
            }
        }
    }
}

fn send(is_text: bool, bytes: Bytes, ctx: &mut Context) {
    if is_text {
        ctx.text(String::from_utf8(bytes.into()).expect("the guard lets only text through"));
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
            Ok(ws::Message::Close(reason)) => self.end(reason.map(|reason| reason.code), ctx),
            Err(_) => match self.verdict.get() {
                Some(fault) => self.end(Some(fault.code().into()), ctx),
                None => ctx.stop(),
            },
        }
    }
}
