//! The WebSocket endpoint.

use std::rc::Rc;

use actix_web::http::header::{ContentType, SEC_WEBSOCKET_PROTOCOL};
use actix_web::{HttpRequest, HttpResponse, web};
use actix_web_actors::ws::{self, WebsocketContext};
use serde::Deserialize;
use tickcast_protocol::RoomName;
use tickcast_protocol::codec::{CLIENT_MESSAGE_BYTES_MAX, SUBPROTOCOL};

use super::Site;
use crate::actors::body::SessionBody;
use crate::actors::guard::Guarded;
use crate::actors::session::Session;
use crate::simulation::Simulation;

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
    let room = match wish.into_inner().room.map(RoomName::try_from).transpose() {
        Ok(room) => room,
        Err(why) => return Ok(refuse(format!("room: {why}\n"))),
    };
    if !offers_our_protocol(&request) {
        let message = format!("offer the WebSocket subprotocol {SUBPROTOCOL}\n");
        return Ok(refuse(message));
    }
    let mut response = ws::handshake_with_protocols(&request, &[SUBPROTOCOL])?;
    let site = request.app_data::<Rc<Site<S>>>().expect("every route has its site");
    let (session, outbox) = Session::new(Rc::clone(&site.worker), site.lobby.clone(), room);
    let codec = actix_http::ws::Codec::new().max_size(CLIENT_MESSAGE_BYTES_MAX);
    let payload = Guarded::new(payload, CLIENT_MESSAGE_BYTES_MAX as u64);
    let actor = WebsocketContext::with_codec(session, payload, codec);
    Ok(response.streaming(SessionBody::new(actor, outbox)))
}

fn refuse(why: String) -> HttpResponse {
    HttpResponse::BadRequest().content_type(ContentType::plaintext()).body(why)
}

/// actix-web-actors agrees to a handshake whatever is offered.
fn offers_our_protocol(request: &HttpRequest) -> bool {
    request
        .headers()
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .filter_map(|offer| offer.to_str().ok())
        .any(|offers| offers.split(',').any(|offer| offer.trim() == SUBPROTOCOL))
}
