//! What a listener's connections go through: each is let in or dropped, hung on a lifeline, and then speaks HTTP/1.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_http::body::MessageBody;
use actix_http::error::DispatchError;
use actix_http::{Extensions, HttpService, Request, Response};
use actix_server::GracefulShutdownSignal;
use actix_service::{IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, fn_factory, fn_service};
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;

use super::byte_stream::ByteStream;
use super::{Connection, Deadlines, Lifeline, Watch, takeover};
use crate::admission::Gate;

/// How long a connection that may not join has to be told so.
const REFUSAL: Duration = Duration::from_secs(1);
/// How long a client may go on sending what nobody reads any more, so that it sees the answer before the connection ends.
const DISCONNECT: Duration = Duration::from_secs(1);

/// Serves an app on each connection that is let in. It is `HttpServer`'s own service on connections of ours, and it hands those
/// that become WebSockets over (`takeover`).
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
    let watch = Watch::start();
    let app = app.into_factory();
    let http = fn_factory(move || {
        let (app, stopping) = (app.new_service(AppConfig::default()), stopping.clone());
        async move {
            let app = Rc::new(app.await.map_err(|why| log::error!("the app does not start: {why:?}"))?);
            http(app, deadlines, stopping).new_service(()).await
        }
    });
    fn_service(move |stream: TcpStream| {
        let connection = let_in(stream, &deadlines, &gate, &watch);
        async move { connection.map_err(DispatchError::Io) }
    })
    .and_then(http)
}

type Peer = Option<std::net::SocketAddr>;

/// HTTP/1, and what follows an upgrade.
fn http<A, B>(
    app: Rc<A>,
    deadlines: Deadlines,
    stopping: GracefulShutdownSignal,
) -> impl ServiceFactory<(ByteStream, Peer), Config = (), Response = (), Error = DispatchError, InitError = ()>
where
    A: Service<Request, Response: Into<Response<B>>, Error: Into<actix_web::Error>> + 'static,
    B: MessageBody + 'static,
{
    let upgraded = Rc::clone(&app);
    HttpService::build()
        .graceful_shutdown_signal(move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        })
        .client_request_timeout(deadlines.request)
        .client_disconnect_timeout(DISCONNECT)
        .on_connect_ext(|ByteStream { connection, .. }, extensions: &mut Extensions| {
            extensions.insert(Rc::clone(connection));
        })
        .upgrade(fn_service(move |(request, framed)| {
            let app = Rc::clone(&upgraded);
            async move {
                if let Err(why) = takeover::serve(app, request, framed).await {
                    log::debug!("a connection ends: {why}");
                }
                Ok::<_, Infallible>(())
            }
        }))
        .h1(fn_service(move |request| {
            let response = app.call(request);
            async move { response.await.map_err(|why| why.into().error_response()) }
        }))
}

fn let_in(stream: TcpStream, deadlines: &Deadlines, gate: &Arc<Gate>, watch: &Watch) -> io::Result<(ByteStream, Peer)> {
    let (peer, now) = (stream.peer_addr()?, Instant::now());
    let presence = gate.handle_connect(peer.ip(), now).ok_or(io::ErrorKind::ConnectionRefused)?;
    stream.set_nodelay(true)?;
    let lifeline = Lifeline::new(deadlines, now);
    if presence.is_refused() {
        lifeline.end_within(REFUSAL);
    }
    let connection = Rc::new(Connection::new(stream, lifeline, presence));
    watch.add(&connection);
    Ok((ByteStream::new(connection), Some(peer)))
}
