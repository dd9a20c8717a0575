//! The endpoints of sessions: WebSocket, and [`webtransport`].

#[cfg(feature = "datagrams")]
pub(super) mod webtransport;

use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use actix::AsyncContext;
use actix_http::ws::Parser;
use actix_web::error::ErrorBadRequest;
use actix_web::http::header::SEC_WEBSOCKET_PROTOCOL;
use actix_web::{HttpRequest, HttpResponse, web};
use actix_web_actors::ws::{self, WebsocketContext};
use bytes::BytesMut;
use futures_util::stream;
use serde::Deserialize;
use tickcast_game::Simulation;
use tickcast_protocol::codec::{CLIENT_MESSAGE_BYTES_MAX, SUBPROTOCOL};
use tickcast_protocol::{RoomName, Tick};

use super::replays::match_key;
use super::request_context::RequestContext;
use super::{Site, api};
use crate::actors::messages::{Entrance, FindMatch, FoundMatch, ReplayEntrance, RoomFilter};
use crate::actors::session::{Session, WebSocketSession};
use crate::admission::Refusal;
use crate::transport::websocket::{AcceptedFrames, FrameRules, MessageStream};

/// The path of the endpoint.
pub(super) const PATH: &str = "/ws";
/// Time in which the client must receive the explanation of a refusal and close the connection.
const EXPLANATION_TIMEOUT: Duration = Duration::from_secs(1);

const FRAME_RULES: FrameRules =
    FrameRules { accepted: AcceptedFrames::WholeBinary, payload_bytes_max: CLIENT_MESSAGE_BYTES_MAX as u64 };

/// The query of the endpoint.
#[derive(Debug, Deserialize)]
pub(super) struct SocketQuery {
    /// The room to join or create. Without a name, the client joins any room with a free seat.
    room: Option<String>,
    /// The match to watch: the name of its room, or its id.
    replay: Option<String>,
    /// The tick at which a replay starts.
    tick: Option<u32>,
}

/// `GET /ws`: upgrades the request to a session, or refuses it.
pub(super) async fn open<S: Simulation>(
    request: HttpRequest,
    payload: web::Payload,
    query: web::Query<SocketQuery>,
) -> Result<HttpResponse, actix_web::Error> {
    let (context, site) = (RequestContext::of(&request), Site::<S>::of(&request));
    if site.health.is_shutting_down() {
        return Ok(context.refuse(Refusal::ShuttingDown));
    }
    let (entrance, room_name) = match entrance(site, query.into_inner(), request.query_string()).await {
        Ok(entrance) => entrance,
        Err(error) => return Ok(context.refuse_with(Refusal::InvalidRoomName, &error)),
    };
    if !offers_subprotocol(&request) {
        let text = Refusal::SubprotocolMissing.text();
        return Ok(context.refuse_with(Refusal::SubprotocolMissing, &format!("{text} {SUBPROTOCOL}")));
    }
    let mut response = ws::handshake_with_protocols(&request, &[SUBPROTOCOL])?;
    if !context.connection().is_upgraded() {
        return Err(ErrorBadRequest("a WebSocket request has no body and upgrades to nothing else\n"));
    }
    if let Err(refusal) = context.check_page() {
        return Ok(context.refuse(refusal));
    }
    let messages = MessageStream::new(payload, FRAME_RULES);
    let worker = Rc::clone(&site.worker);
    let connection = Rc::clone(context.connection());
    let session = Session::new(worker, entrance, room_name, Rc::clone(&connection) as Rc<_>);
    let session = WebSocketSession::new(session, connection, messages.shared_error());
    // The context's own decoder gets an empty stream, because `messages` decodes the client's bytes. With an empty stream,
    // the decoder ends at once. With a pending stream, the decoder would be polled for each message.
    Ok(response.streaming(WebsocketContext::with_factory(stream::empty(), move |ctx| {
        ctx.add_stream(messages);
        session
    })))
}

/// Where a session joins, and the name of the room, if there is one.
#[cfg(feature = "datagrams")]
pub(super) type Joining<S> = (Entrance<<S as Simulation>::Game>, Option<RoomName>);

/// What the query asks for: a room or a replay, and the name of the room. A query that names neither a room nor a replay
/// contains conditions on rooms.
///
/// # Errors
/// The reason why the query is invalid.
pub(super) async fn entrance<S: Simulation>(
    site: &Site<S>,
    query: SocketQuery,
    query_string: &str,
) -> Result<(Entrance<S::Game>, Option<RoomName>), String> {
    let Some(which) = query.replay else {
        let room_name = query.room.map(RoomName::try_from).transpose();
        let room_name = room_name.map_err(|error| format!("{}: {error}", Refusal::InvalidRoomName.text()))?;
        // With a room name, unknown parameters are ignored.
        let filter = if room_name.is_none() { api::filter(query_string, &[])? } else { RoomFilter::default() };
        return Ok((Entrance::Lobby(site.lobby.clone().recipient(), filter), room_name));
    };
    if query.room.is_some() {
        return Err("the query contains both room and replay".to_owned());
    }
    let key = match_key(&which).map_err(|error| format!("replay: {error}"))?;
    let Some(replays) = &site.replays else { return Ok((Entrance::Replay(None), None)) };
    let found = replays.send(FindMatch(key)).await.ok().flatten();
    Ok(match found {
        None => (Entrance::Replay(None), None),
        Some(FoundMatch { id, room }) => {
            let start = query.tick.map(Tick);
            (Entrance::Replay(Some(ReplayEntrance { replays: replays.clone().recipient(), id, start })), Some(room))
        }
    })
}

/// Accepts the upgrade and explains the refusal with a close code, because scripts in a browser cannot read the HTTP status
/// of a refused upgrade. Returns `None` if the request does not upgrade to a WebSocket, if the refusal has no close code,
/// or if too many refusals were explained recently.
pub(super) fn explain(request: &HttpRequest, refusal: Refusal) -> Option<HttpResponse> {
    let context = RequestContext::of(request);
    let reason = refusal.close_reason().filter(|_| request.path() == PATH)?;
    let is_upgraded = context.connection().is_upgraded() && offers_subprotocol(request);
    let mut response = ws::handshake_with_protocols(request, &[SUBPROTOCOL]).ok().filter(|_| is_upgraded)?;
    if !context.permit().control().may_explain() {
        return None;
    }
    context.count(refusal);
    context.connection().timer().close_within(EXPLANATION_TIMEOUT);
    let mut frame = BytesMut::new();
    let description = Some(reason.text().to_owned());
    Parser::write_close(&mut frame, Some(ws::CloseReason { code: reason.code().into(), description }), false);
    Some(response.streaming(stream::iter([Ok::<_, Infallible>(frame.freeze())])))
}

/// Whether the client offers the subprotocol. actix-web-actors also accepts handshakes without it.
fn offers_subprotocol(request: &HttpRequest) -> bool {
    request
        .headers()
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .filter_map(|offer| offer.to_str().ok())
        .any(|offers| offers.split(',').any(|offer| offer.trim() == SUBPROTOCOL))
}
