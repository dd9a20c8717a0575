//! The WebTransport endpoint.

use std::rc::Rc;

use actix_web::web;
use tickcast_game::Simulation;
use tokio::time::timeout;
use web_transport_quinn::{RecvStream, Request, SendStream, ServerError, Session as WebTransport};

use super::{SocketQuery, entrance};
use crate::actors::messages::InFlight;
use crate::actors::session::{CarriedSession, FromClient, Received, Session};
use crate::admission::{ConnectionPermit, Refusal, RequestScheme};
use crate::http::Site;
use crate::http::api::transports::WEBTRANSPORT_PATH;
use crate::transport::datagrams::{DatagramCarrier, FromDatagramClient};

/// Why no session was opened.
#[derive(Debug, thiserror::Error)]
enum OpenError {
    #[error("{0}")]
    Connection(#[from] quinn::ConnectionError),
    #[error("{0}")]
    WebTransport(#[from] ServerError),
    #[error("{0}")]
    Session(#[from] web_transport_quinn::SessionError),
    #[error("refused: {0:?}")]
    Refused(Refusal),
    #[error("not opened within the time limit")]
    Timeout(#[from] tokio::time::error::Elapsed),
}

/// Serves an admitted connection until it ends.
pub async fn serve<S: Simulation>(site: Rc<Site<S>>, incoming: quinn::Incoming, permit: ConnectionPermit) {
    let timeouts = *site.worker.timeouts();
    let opened = match timeout(timeouts.request, Box::pin(open(&site, incoming, &permit))).await {
        Ok(opened) => opened,
        Err(elapsed) => Err(elapsed.into()),
    };
    let Opened { transport, streams, joining: (entrance, room_name), _connection } = match opened {
        Ok(opened) => opened,
        Err(error) => return log::debug!("no WebTransport session: {error}"),
    };
    let carrier = Rc::new(DatagramCarrier::new(transport, permit, &timeouts, site.worker.metrics().datagrams.clone()));
    let session = Session::new(Rc::clone(&site.worker), entrance, room_name, Rc::clone(&carrier) as Rc<_>);
    drop(site);
    let actor = CarriedSession::start(session);
    let deliver = async |received| {
        // An error means that the session has ended. A session that ends also ends its carrier.
        let _ = actor.send(Received(from_client(received), InFlight::default())).await;
    };
    carrier.run(streams, deliver).await;
}

/// An accepted session.
struct Opened<S: Simulation> {
    transport: WebTransport,
    streams: (SendStream, RecvStream),
    joining: super::Joining<S>,
    _connection: ClosedOnDrop,
}

/// A connection that is closed when this value is dropped. Otherwise, tasks of the WebTransport library would keep it open.
struct ClosedOnDrop(quinn::Connection);

impl Drop for ClosedOnDrop {
    fn drop(&mut self) {
        self.0.close(quinn::VarInt::from_u32(0), b"");
    }
}

/// Performs the handshakes of QUIC, HTTP/3 and WebTransport, and accepts the session's stream.
async fn open<S: Simulation>(
    site: &Site<S>,
    incoming: quinn::Incoming,
    permit: &ConnectionPermit,
) -> Result<Opened<S>, OpenError> {
    let connection = ClosedOnDrop(incoming.accept()?.await?);
    let request = Request::accept(connection.0.clone()).await?;
    let joining = match admit(site, &request, permit).await {
        Ok(joining) => joining,
        Err(refusal) => {
            permit.control().count(refusal);
            let status = http::StatusCode::from_u16(refusal.status()).expect("refusals have valid status codes");
            request.reject(status).await?;
            // The client closes the connection after it has received the status.
            connection.0.closed().await;
            return Err(OpenError::Refused(refusal));
        }
    };
    let transport = request.ok().await?;
    let streams = transport.accept_bi().await?;
    Ok(Opened { transport, streams, joining, _connection: connection })
}

/// Checks a request in the same way as a request for a WebSocket.
async fn admit<S: Simulation>(
    site: &Site<S>,
    request: &Request,
    permit: &ConnectionPermit,
) -> Result<super::Joining<S>, Refusal> {
    let header = |name| request.headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("\0"));
    permit.handle_request(header("x-forwarded-for"), header("forwarded"))?;
    if site.health.is_shutting_down() {
        return Err(Refusal::ShuttingDown);
    }
    // A server that signs its certificate itself serves its page over plain HTTP.
    let is_self_signed = site.datagrams.as_ref().is_some_and(|offer| offer.certificate_hash.is_some());
    let scheme = if is_self_signed { RequestScheme::Unknown } else { RequestScheme::Https };
    permit.control().check_page(header("origin").next(), Some(request.url.authority()), scheme)?;
    let query_string = request.url.query().unwrap_or_default();
    let query = web::Query::<SocketQuery>::from_query(query_string).map_err(|_| Refusal::InvalidRoomName)?;
    if request.url.path() != WEBTRANSPORT_PATH {
        return Err(Refusal::InvalidRoomName);
    }
    entrance(site, query.into_inner(), query_string).await.map_err(|_| Refusal::InvalidRoomName)
}

/// What the session's actor handles, in this order.
fn from_client(received: FromDatagramClient) -> Vec<FromClient> {
    match received {
        FromDatagramClient::Message(message) => vec![FromClient::Message(message)],
        // A bundle counts as a message, or as the messages in it.
        FromDatagramClient::Bundle { bytes, acknowledged, messages } => {
            let counted = messages.is_empty().then_some(FromClient::Datagram(bytes));
            let acknowledged = acknowledged.map(FromClient::Acknowledgement);
            counted.into_iter().chain(acknowledged).chain(messages.into_iter().map(FromClient::Message)).collect()
        }
        FromDatagramClient::Violation(reason) => vec![FromClient::Violation(reason)],
        FromDatagramClient::Closed(code) => vec![FromClient::Close(code.try_into().unwrap_or(u16::MAX))],
        FromDatagramClient::Lost => vec![FromClient::Lost],
    }
}
