//! Clients that perform a TLS handshake and disconnect.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustls::{ClientConfig, ClientConnection};

use super::Outcome;
use super::test_certificate::server_name;

/// Number of threads. Each performs one handshake at a time.
const THREADS: u32 = 4;
/// Time limit for each step of a handshake.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Performs handshakes on separate threads until [`Handshakes::stop`] is called.
pub(crate) struct Handshakes {
    start: Instant,
    is_over: Arc<AtomicBool>,
    count: Arc<AtomicU64>,
    threads: Vec<JoinHandle<()>>,
}

impl Handshakes {
    /// Starts this number of handshakes per second. No handshake resumes a TLS session.
    pub(crate) fn start(address: SocketAddr, mut config: ClientConfig, per_second: u32) -> Self {
        config.resumption = rustls::client::Resumption::disabled();
        let (config, start) = (Arc::new(config), Instant::now());
        let (is_over, count) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let period = Duration::from_secs(THREADS.into()) / per_second;
        let thread = |_| {
            let (config, is_over, count) = (Arc::clone(&config), Arc::clone(&is_over), Arc::clone(&count));
            thread::spawn(move || {
                let mut due = Instant::now();
                while !is_over.load(Ordering::Relaxed) {
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                    due += period;
                    count.fetch_add(u64::from(handshake(address, &config).is_ok()), Ordering::Relaxed);
                }
            })
        };
        let threads = (0..THREADS).map(thread).collect();
        Self { start, is_over, count, threads }
    }

    /// Ends the threads. Returns the number of completed handshakes per second.
    pub(crate) fn stop(self) -> Outcome<f64> {
        self.is_over.store(true, Ordering::Relaxed);
        let per_second = self.count.load(Ordering::Relaxed) as f64 / self.start.elapsed().as_secs_f64();
        for thread in self.threads {
            thread.join().map_err(|_| "a thread of the handshakes has panicked")?;
        }
        Ok(per_second)
    }
}

fn handshake(address: SocketAddr, config: &Arc<ClientConfig>) -> Outcome<()> {
    let mut socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(TIMEOUT))?;
    let mut client = ClientConnection::new(Arc::clone(config), server_name())?;
    while client.is_handshaking() {
        client.complete_io(&mut socket)?;
    }
    Ok(())
}
