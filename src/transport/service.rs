//! The service of a listener: admits connections, starts their timers and serves HTTP/1 on them.

mod proxy_protocol;

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::body::{BoxBody, MessageBody};
use actix_http::error::DispatchError;
use actix_http::{ConnectionType, Extensions, HttpService, Payload, Request, Response};
use actix_server::GracefulShutdownSignal;
use actix_service::{IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, fn_factory, fn_service};
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};

use super::byte_stream::{ByteStream, ReadAhead, ResponseBody};
use super::{Connection, ConnectionTimer, Stream, Timeouts, TimerService, upgrade};
use crate::admission::{AdmissionControl, Refusal};

/// Time to send an error response on a connection over the limit.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);
/// Time for which the server reads and discards a client's data before it closes a connection. Closing with unread data
/// would reset the connection, and the client could lose the response.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Admits the connections of one HTTP worker.
#[derive(Clone)]
pub struct Acceptor {
    timeouts: Timeouts,
    admission: Arc<AdmissionControl>,
    timers: Rc<TimerService>,
}

impl Acceptor {
    /// Starts the timer service on this thread.
    #[must_use]
    pub fn start(timeouts: Timeouts, admission: Arc<AdmissionControl>) -> Self {
        Self { timeouts, admission, timers: TimerService::start() }
    }

    async fn accept_tcp(self, stream: TcpStream) -> io::Result<(ByteStream, Peer)> {
        let peer = stream.peer_addr()?;
        stream.set_nodelay(true)?;
        self.accept(Stream::Tcp(stream), peer).await
    }

    /// Admits a connection. If a trusted proxy must send the address of the client first, waits for the address.
    async fn accept(self, mut stream: Stream, mut peer: SocketAddr) -> io::Result<(ByteStream, Peer)> {
        if self.admission.expects_proxy_header(peer.ip()) {
            // On the heap, because the future would enlarge the tasks of all connections.
            peer = Box::pin(self.read_source(&mut stream, peer)).await?;
        }
        self.admit(stream, peer)
    }

    /// Reads the PROXY protocol header.
    async fn read_source(&self, stream: &mut Stream, peer: SocketAddr) -> io::Result<SocketAddr> {
        let source = timeout(self.timeouts.request, proxy_protocol::read_source(stream, peer));
        source.await.map_err(io::Error::from).flatten().inspect_err(|error| {
            log::debug!("{peer} has sent no valid PROXY protocol header: {error}");
            self.admission.count(Refusal::InvalidProxyHeader);
        })
    }

    /// Admits a connection, or drops it without a response if the server or the peer's address is far over its limit.
    fn admit(&self, stream: Stream, peer: SocketAddr) -> io::Result<(ByteStream, Peer)> {
        let now = Instant::now();
        let permit = self.admission.handle_connect(peer.ip()).ok_or(io::ErrorKind::ConnectionRefused)?;
        let timer = ConnectionTimer::new(&self.timeouts, now);
        if permit.is_refused() {
            timer.close_within(REFUSAL_TIMEOUT);
        }
        let connection = Rc::new(Connection::new(stream, timer, permit));
        self.timers.add(&connection);
        Ok((ByteStream::new(connection), Some(peer)))
    }
}

/// Serves an app on each admitted connection. Uses the HTTP/1 service of actix-http, and passes upgraded connections to
/// [`upgrade`].
pub fn service<I, S, B>(
    app: I,
    acceptor: Acceptor,
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
    let timeouts = acceptor.timeouts;
    let accept = fn_service(move |stream: TcpStream| {
        let accepted = acceptor.clone().accept_tcp(stream);
        async move { accepted.await.map_err(DispatchError::Io) }
    });
    accept.and_then(http_factory(app, timeouts, Some(stopping)))
}

/// Like [`service`], but on in-memory pipes, for tests in virtual time.
#[cfg(any(test, feature = "internals"))]
pub fn memory_service<I, S, B>(
    app: I,
    acceptor: Acceptor,
) -> impl ServiceFactory<(tokio::io::DuplexStream, SocketAddr), Config = (), Response = (), Error = DispatchError, InitError = ()>
where
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    B: MessageBody + 'static,
{
    let timeouts = acceptor.timeouts;
    let accept = fn_service(move |(pipe, peer): (tokio::io::DuplexStream, SocketAddr)| {
        let accepted = acceptor.clone().accept(Stream::Memory(pipe), peer);
        async move { accepted.await.map_err(DispatchError::Io) }
    });
    accept.and_then(http_factory(app, timeouts, None))
}

type Peer = Option<SocketAddr>;

/// Creates the app, then the HTTP service around it.
fn http_factory<I, S, B>(
    app: I,
    timeouts: Timeouts,
    stopping: Option<GracefulShutdownSignal>,
) -> impl ServiceFactory<(ByteStream, Peer), Config = (), Response = (), Error = DispatchError, InitError = ()>
where
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    B: MessageBody + 'static,
{
    let app = app.into_factory();
    fn_factory(move || {
        let (app, stopping) = (app.new_service(AppConfig::default()), stopping.clone());
        async move {
            let app = Rc::new(app.await.map_err(|error| log::error!("the app does not start: {error:?}"))?);
            http_service(app, timeouts, stopping).new_service(()).await
        }
    })
}

/// The HTTP/1 service of an app. Upgraded connections are passed to [`upgrade`].
fn http_service<A, B>(
    app: Rc<A>,
    timeouts: Timeouts,
    stopping: Option<GracefulShutdownSignal>,
) -> impl ServiceFactory<(ByteStream, Peer), Config = (), Response = (), Error = DispatchError, InitError = ()>
where
    A: Service<Request, Response: Into<Response<B>>, Error: Into<actix_web::Error>> + 'static,
    B: MessageBody + 'static,
{
    let upgraded = Rc::clone(&app);
    HttpService::build()
        .graceful_shutdown_signal(move || {
            let stopping = stopping.clone();
            async move {
                match stopping {
                    Some(stopping) => stopping.notified().await,
                    None => std::future::pending().await,
                }
            }
        })
        .client_request_timeout(timeouts.request)
        .client_disconnect_timeout(DISCONNECT_TIMEOUT)
        .on_connect_ext(|ByteStream { connection, read_ahead, .. }, extensions: &mut Extensions| {
            extensions.insert(Rc::clone(connection));
            extensions.insert(Rc::clone(read_ahead));
        })
        .upgrade(fn_service(move |(request, framed)| {
            let app = Rc::clone(&upgraded);
            async move {
                if let Err(error) = upgrade::serve(app, request, framed).await {
                    log::debug!("connection ended: {error}");
                }
                Ok::<_, Infallible>(())
            }
        }))
        .h1(fn_service(move |request| respond(Rc::clone(&app), request)))
}

/// Passes a request to the app.
async fn respond<A, B>(app: Rc<A>, mut request: Request) -> Result<Response<ResponseBody>, Response<BoxBody>>
where
    A: Service<Request, Response: Into<Response<B>>, Error: Into<actix_web::Error>>,
    B: MessageBody + 'static,
{
    let has_body = !matches!(request.payload(), Payload::None);
    let read_ahead = Rc::clone(request.conn_data::<Rc<ReadAhead>>().expect("each connection registers its read-ahead"));
    let open = read_ahead.begin_request(has_body);
    if read_ahead.is_turn_over() {
        yield_now().await;
    }
    let mut response = match app.call(request).await {
        Ok(response) => response.into().map_body(|_, body| body.boxed()),
        Err(error) => error.into().error_response().into(),
    };
    if has_body {
        // The stream does not know where the body ends, so it cannot limit the head of a further request.
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response.map_body(|_, body| ResponseBody { body, _request: open }))
}
