//! Sessions on WebSockets.

use std::rc::Rc;

use actix::{Actor, ActorContext, Handler, Running, StreamHandler};
use actix_web_actors::ws::{self, WebsocketContext};
use tickcast_game::GameProtocol;
use tickcast_protocol::CloseReason;
use tickcast_room::Departure;

use super::actor::SessionActor;
use super::close_frame::is_deliberate;
use super::join_request::Joined;
use super::{Session, Step};
use crate::actors::messages::SessionCommand;
use crate::transport::Connection;
use crate::transport::websocket::{FrameError, SharedFrameError};

/// A session whose carrier is a WebSocket.
pub struct WebSocketSession<G: GameProtocol> {
    session: Session<G>,
    connection: Rc<Connection>,
    /// The error that ended the payload stream, if any.
    frame_error: SharedFrameError,
    /// Number of message streams that have not ended. The session starts with two: the stream of the client's messages, and
    /// the stream of the context's own decoder, which contains no messages.
    open_streams: u8,
}

type Context<G> = WebsocketContext<WebSocketSession<G>>;

impl<G: GameProtocol> WebSocketSession<G> {
    /// A session on an upgraded connection, which is also the carrier of `session`.
    pub const fn new(session: Session<G>, connection: Rc<Connection>, frame_error: SharedFrameError) -> Self {
        Self { session, connection, frame_error, open_streams: 2 }
    }

    fn handle_message(&mut self, message: Result<ws::Message, ws::ProtocolError>) -> Step<G> {
        if let Err(step) = self.session.admit_message(payload_bytes(&message)) {
            return step;
        }
        match message {
            Ok(ws::Message::Binary(bytes)) => self.session.handle_message(&bytes),
            Ok(ws::Message::Ping(payload)) => match self.session.admit_ping() {
                Ok(()) => {
                    self.connection.send_pong(&payload);
                    Step::Continue
                }
                Err(step) => step,
            },
            Ok(ws::Message::Pong(_) | ws::Message::Nop) => Step::Continue,
            Ok(ws::Message::Close(reason)) if is_deliberate(reason.as_ref()) => self.session.close(CloseReason::Left),
            Ok(ws::Message::Close(_)) => self.session.close_and_keep_seat(CloseReason::Left),
            Ok(ws::Message::Text(_) | ws::Message::Continuation(_)) => self.session.close(CloseReason::UnsupportedData),
            Err(_) => match self.frame_error.get() {
                Some(error) => self.handle_frame_error(error),
                // All frames were valid: the connection itself has failed.
                None => Step::Stop,
            },
        }
    }

    fn handle_frame_error(&mut self, error: FrameError) -> Step<G> {
        match error {
            FrameError::Protocol => self.session.close(CloseReason::ProtocolError),
            FrameError::Unsupported => self.session.close(CloseReason::UnsupportedData),
            FrameError::TooBig => self.session.close(CloseReason::MessageTooBig),
            // Text messages are rejected as `Unsupported`, so invalid text can occur only in a Close frame, as the text of
            // its reason. RFC 6455 specifies code 1007 for invalid text; `ProtocolError` has another code.
            FrameError::InvalidUtf8 => self.session.close_with(error.code(), CloseReason::ProtocolError, Departure::Left),
        }
    }
}

/// Number of payload bytes of a message.
fn payload_bytes(message: &Result<ws::Message, ws::ProtocolError>) -> usize {
    match message {
        Ok(ws::Message::Binary(bytes) | ws::Message::Ping(bytes) | ws::Message::Pong(bytes)) => bytes.len(),
        _ => 0,
    }
}

impl<G: GameProtocol> SessionActor<G> for WebSocketSession<G> {
    fn session(&mut self) -> &mut Session<G> {
        &mut self.session
    }
}

impl<G: GameProtocol> Actor for WebSocketSession<G> {
    type Context = Context<G>;

    fn started(&mut self, ctx: &mut Context<G>) {
        self.start_session(ctx);
    }

    fn stopping(&mut self, _: &mut Context<G>) -> Running {
        self.session.handle_stopped();
        Running::Stop
    }
}

impl<G: GameProtocol> StreamHandler<Result<ws::Message, ws::ProtocolError>> for WebSocketSession<G> {
    fn handle(&mut self, message: Result<ws::Message, ws::ProtocolError>, ctx: &mut Context<G>) {
        let step = self.handle_message(message);
        self.follow(step, ctx);
    }

    /// Called when one of the message streams ends.
    fn finished(&mut self, ctx: &mut Context<G>) {
        self.open_streams -= 1;
        if self.open_streams == 0 {
            ctx.stop();
        }
    }
}

impl<G: GameProtocol> Handler<Joined<G>> for WebSocketSession<G> {
    type Result = ();

    fn handle(&mut self, Joined(joined): Joined<G>, ctx: &mut Context<G>) {
        let step = self.session.handle_joined(joined);
        self.follow(step, ctx);
    }
}

impl<G: GameProtocol> Handler<SessionCommand> for WebSocketSession<G> {
    type Result = ();

    fn handle(&mut self, command: SessionCommand, ctx: &mut Context<G>) {
        let step = self.session.handle_command(command);
        self.follow(step, ctx);
    }
}
