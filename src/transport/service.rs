//! The service of a listener: admits connections, performs TLS handshakes, starts timers and serves HTTP/1.

mod proxy_protocol;
mod request_body;
mod timer_service;

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::body::{BoxBody, MessageBody};
use actix_http::error::DispatchError;
use actix_http::{ConnectionType, Extensions, HttpService, Request, Response};
use actix_server::GracefulShutdownSignal;
use actix_service::{IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, fn_factory, fn_service};
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::Instant;

#[cfg(feature = "tls")]
use super::TlsAcceptor;
use super::byte_stream::{ByteStream, ReadAhead, RequestBody, ResponseBody};
use super::{Connection, ConnectionTimer, Stream, Timeouts, upgrade};
use crate::admission::{AdmissionControl, ConnectionPermit, Refusal};
use timer_service::TimerService;

/// Maximum lifetime of a connection that exceeds a limit. The server sends only an error response on it.
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
    #[cfg(feature = "tls")]
    tls: Option<TlsAcceptor>,
}

/// An admitted connection, on which no request was read yet.
struct Admitted {
    stream: Stream,
    peer: SocketAddr,
    connected_at: Instant,
    timer: ConnectionTimer,
    permit: ConnectionPermit,
}

impl Acceptor {
    /// Starts the timer service on this thread.
    #[must_use]
    pub fn start(timeouts: Timeouts, admission: Arc<AdmissionControl>) -> Self {
        Self {
            timeouts,
            admission,
            timers: TimerService::start(),
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// Requires TLS on all connections if `config` is given. Otherwise, TLS is not used.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(mut self, config: Option<Arc<rustls::ServerConfig>>) -> Self {
        self.tls = config.map(TlsAcceptor::new);
        self
    }

    async fn accept_tcp(self, stream: TcpStream) -> io::Result<(ByteStream, Peer)> {
        let peer = stream.peer_addr()?;
        stream.set_nodelay(true)?;
        self.accept(Stream::Tcp(stream), peer).await
    }

    /// Admits a connection and prepares it for HTTP. If a trusted proxy must send the client's address in a PROXY protocol
    /// header, this header comes first and is not encrypted. If TLS is configured, a handshake with the client follows.
    async fn accept(self, stream: Stream, peer: SocketAddr) -> io::Result<(ByteStream, Peer)> {
        // These futures run only before the first request. They are boxed, because they would otherwise enlarge the task of
        // the connection for its whole lifetime.
        let mut admitted = self.admit(stream, peer, Instant::now())?;
        if self.admission.expects_proxy_header(peer.ip()) {
            admitted = Box::pin(self.admit_source(admitted)).await?;
        }
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            admitted = Box::pin(admitted.encrypt(tls)).await?;
        }
        let Admitted { stream, peer, timer, permit, .. } = admitted;
        let connection = Rc::new(Connection::new(stream, timer, permit));
        self.timers.add(&connection);
        Ok((ByteStream::new(connection), Some(peer)))
    }

    /// Admits a connection. A connection over a limit stays open for up to [`REFUSAL_TIMEOUT`] and receives an error
    /// response. If too many such connections are open, further ones are dropped without a response.
    fn admit(&self, stream: Stream, peer: SocketAddr, connected_at: Instant) -> io::Result<Admitted> {
        let permit = self.admission.handle_connect(peer.ip()).ok_or(io::ErrorKind::ConnectionRefused)?;
        let timer = ConnectionTimer::new(&self.timeouts, connected_at);
        if permit.is_refused() {
            timer.close_within(REFUSAL_TIMEOUT);
        }
        Ok(Admitted { stream, peer, connected_at, timer, permit })
    }

    /// Reads the PROXY protocol header. Then counts the connection for the client that the header names, not for the proxy.
    async fn admit_source(&self, admitted: Admitted) -> io::Result<Admitted> {
        let Admitted { mut stream, peer, connected_at, timer, permit } = admitted;
        let source = timer.timeout(proxy_protocol::read_source(&mut stream, peer)).await.inspect_err(|error| {
            log::debug!("{peer} has sent no valid PROXY protocol header: {error}");
            self.admission.count(Refusal::InvalidProxyHeader);
        })?;
        // Release the proxy's permit first: `admit` counts the connection again, for the client.
        drop(permit);
        self.admit(stream, source, connected_at)
    }
}

#[cfg(feature = "tls")]
impl Admitted {
    /// Performs the TLS handshake.
    async fn encrypt(self, tls: &TlsAcceptor) -> io::Result<Self> {
        let stream = self.timer.timeout(tls.accept(self.stream)).await.inspect_err(|error| {
            log::debug!("TLS handshake failed: {error}");
            self.permit.control().count(Refusal::TlsHandshake);
        })?;
        Ok(Self { stream, ..self })
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
    let shutdown = stopping.clone();
    let accept = fn_service(move |stream: TcpStream| {
        let accepted = acceptor.clone().accept_tcp(stream);
        let shutdown = shutdown.clone();
        async move {
            tokio::select! {
                biased;
                accepted = accepted => accepted.map_err(DispatchError::Io),
                () = shutdown.notified() => Err(DispatchError::Io(io::ErrorKind::ConnectionAborted.into())),
            }
        }
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
    let (upgraded, shutdown) = (Rc::clone(&app), stopping.clone());
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
        .h1(fn_service(move |mut request| {
            if let Some(shutdown) = &shutdown {
                request_body::abort_at_shutdown(&mut request, shutdown);
            }
            respond(Rc::clone(&app), request)
        }))
}

/// Passes a request to the app.
async fn respond<A, B>(app: Rc<A>, mut request: Request) -> Result<Response<ResponseBody>, Response<BoxBody>>
where
    A: Service<Request, Response: Into<Response<B>>, Error: Into<actix_web::Error>>,
    B: MessageBody + 'static,
{
    let body = RequestBody::of(&mut request);
    let read_ahead = Rc::clone(request.conn_data::<Rc<ReadAhead>>().expect("each connection registers its read-ahead"));
    let open = read_ahead.begin_request(body);
    if read_ahead.is_turn_over() {
        yield_now().await;
    }
    let mut response = match app.call(request).await {
        Ok(response) => response.into().map_body(|_, body| body.boxed()),
        Err(error) => error.into().error_response().into(),
    };
    if body == RequestBody::Long {
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response.map_body(|_, body| ResponseBody { body, _request: open }))
}
