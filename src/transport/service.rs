//! What a listener's connections go through: each is let in or dropped, hung on a lifeline, and then speaks HTTP/1.

use std::fmt;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_http::body::MessageBody;
use actix_http::error::DispatchError;
use actix_http::{Extensions, HttpService, Request, Response};
use actix_server::GracefulShutdownSignal;
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;

use super::{Connection, Deadlines, Watch};
use crate::admission::Gate;

/// How much a connection gathers before it writes; see [`crate::actors::body`].
const WRITE_BUFFER_BYTES: usize = 2 << 10;
/// How long a connection that may not join has to be told so.
const REFUSAL: Duration = Duration::from_secs(1);
/// How long a client may go on sending what nobody reads any more, so that it sees the answer before the connection ends.
const DISCONNECT: Duration = Duration::from_secs(1);

/// Serves an app on each connection that is let in. It is `HttpServer`'s own service on connections of ours.
pub fn service<I, S, B>(
    app: I,
    gate: Arc<Gate>,
    deadlines: Deadlines,
    stopping: GracefulShutdownSignal,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()>
where
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    B: MessageBody + 'static,
{
    let watch = Watch::start(deadlines);
    let app = app.into_factory().map_err(|why| why.into().error_response());
    let http = HttpService::build()
        .graceful_shutdown_signal(move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        })
        .client_request_timeout(deadlines.request)
        .client_disconnect_timeout(DISCONNECT)
        .h1_write_buffer_size(WRITE_BUFFER_BYTES)
        .on_connect_ext(|connection: &Connection, extensions: &mut Extensions| {
            extensions.insert(Rc::clone(connection.lifeline()));
            extensions.insert(Rc::clone(connection.presence()));
        })
        .h1(map_config(app, |()| AppConfig::default()));
    fn_service(move |stream: TcpStream| {
        let connection = let_in(stream, &gate, &watch);
        async move { connection.map_err(DispatchError::Io) }
    })
    .and_then(http)
}

type Peer = Option<std::net::SocketAddr>;

fn let_in(stream: TcpStream, gate: &Arc<Gate>, watch: &Watch) -> io::Result<(Connection, Peer)> {
    let peer = stream.peer_addr()?;
    let presence = gate.handle_connect(peer.ip(), Instant::now()).ok_or(io::ErrorKind::ConnectionRefused)?;
    stream.set_nodelay(true)?;
    let lifeline = watch.lifeline();
    if presence.is_refused() {
        lifeline.end_within(REFUSAL);
    }
    Ok((Connection::new(stream, lifeline, Rc::new(presence)), Some(peer)))
}
