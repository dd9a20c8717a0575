//! The WebSocket endpoint.

use std::rc::Rc;
use std::time::Instant;

use actix_web::error::ErrorBadRequest;
use actix_web::http::header::SEC_WEBSOCKET_PROTOCOL;
use actix_web::{HttpRequest, HttpResponse, web};
use actix_web_actors::ws::{self, WebsocketContext};
use serde::Deserialize;
use tickcast_protocol::RoomName;
use tickcast_protocol::codec::{CLIENT_MESSAGE_BYTES_MAX, SUBPROTOCOL};

use super::Site;
use super::visitor::Visitor;
use crate::actors::frames::{FrameRules, Takes};
use crate::actors::guard::Guarded;
use crate::actors::session::Session;
use crate::admission::Refusal;
use crate::simulation::Simulation;

const FRAMES: FrameRules = FrameRules { takes: Takes::WholeBinary, payload_bytes_max: CLIENT_MESSAGE_BYTES_MAX as u64 };

/// What the address may ask for.
#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    /// The room to join or make; without it, one with a free seat.
    room: Option<String>,
}

/// Turns a request into a session, or refuses it.
pub(super) async fn open<S: Simulation>(
    request: HttpRequest,
    payload: web::Payload,
    wish: web::Query<Wish>,
) -> Result<HttpResponse, actix_web::Error> {
    let visitor = Visitor::of(&request);
    let site = request.app_data::<Rc<Site<S>>>().expect("every route has its site");
    if site.health.is_draining() {
        return Ok(visitor.refuse(Refusal::Draining, format!("{}\n", Refusal::Draining.text())));
    }
    let room = match wish.into_inner().room.map(RoomName::try_from).transpose() {
        Ok(room) => room,
        Err(why) => return Ok(visitor.refuse(Refusal::BadRoom, format!("{}: {why}\n", Refusal::BadRoom.text()))),
    };
    if !offers_our_protocol(&request) {
        return Ok(visitor.refuse(Refusal::Subprotocol, format!("{} {SUBPROTOCOL}\n", Refusal::Subprotocol.text())));
    }
    let mut response = ws::handshake_with_protocols(&request, &[SUBPROTOCOL])?;
    if !visitor.connection().is_taken_over() {
        return Err(ErrorBadRequest("a request for a WebSocket asks for nothing else, and has no body\n"));
    }
    if let Err(refusal) = visitor.ask_to_join(Instant::now()) {
        return Ok(visitor.refuse(refusal, format!("{}\n", refusal.text())));
    }
    let payload = Guarded::new(payload, FRAMES);
    let (worker, lobby) = (Rc::clone(&site.worker), site.lobby.clone());
    let session = Session::new(worker, lobby, room, Rc::clone(visitor.connection()), payload.verdict());
    let codec = actix_http::ws::Codec::new().max_size(CLIENT_MESSAGE_BYTES_MAX);
    Ok(response.streaming(WebsocketContext::with_codec(session, payload, codec)))
}

/// actix-web-actors agrees to a handshake whatever is offered.
fn offers_our_protocol(request: &HttpRequest) -> bool {
    request
        .headers()
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .filter_map(|offer| offer.to_str().ok())
        .any(|offers| offers.split(',').any(|offer| offer.trim() == SUBPROTOCOL))
}
