//! The clients of the minimal epoll server (the floor). All clients run on one thread.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use tickcast_bots::InputSchedule;

use super::{INPUT_BYTES, STAMP};
use crate::linux::Outcome;
use crate::linux::meter::MARGIN;
use crate::linux::options::FanoutOptions;

/// Maximum number of events per poll.
const EVENTS_MAX: usize = 1024;
/// Minimum interval between polls, as in tickcast's bots: frames that arrive in between are handled together.
const POLL_INTERVAL: Duration = Duration::from_millis(1);
/// Maximum number of bytes per read, as in tickcast's bots.
const READ_BYTES_MAX: usize = 4 << 10;
/// Time limit within which all clients must receive their first frame.
const JOIN_TIMEOUT: Duration = Duration::from_secs(60);
/// Upper bound of the latency histogram.
const LATENCY_US_MAX: u64 = 60_000_000;

/// Observations of all clients.
#[derive(Debug)]
pub(crate) struct FloorReport {
    /// Frames that arrived.
    pub(crate) frames: u64,
    /// Duration of the measurement.
    pub(crate) elapsed: Duration,
    /// Median and 99th percentile of the time from sending an input to the first frame that answers it, in milliseconds.
    pub(crate) input_latency_ms: [f64; 2],
}

/// All clients of the minimal epoll server.
struct Clients {
    poll: Poll,
    events: Events,
    next_poll: Instant,
    clients: Vec<Client>,
    /// Number of clients that have received a frame.
    joined: usize,
    frames: u64,
    latency_us: Histogram<u64>,
    frame_bytes: usize,
    inputs: InputSchedule,
}

struct Client {
    stream: TcpStream,
    /// The received part of an incomplete frame.
    incomplete: Vec<u8>,
    frames: u64,
    input: Input,
}

/// The newest input of a client.
struct Input {
    stamp: u16,
    /// `None` once the input was answered.
    sent_at: Option<Instant>,
}

/// Connects the clients, lets them play, and disconnects them. They play for the duration of the measurement, and for
/// [`MARGIN`] before and after the measurement.
pub(crate) fn run(address: SocketAddr, frame_bytes: usize, options: &FanoutOptions) -> Outcome<FloorReport> {
    let mut clients = Clients::new(frame_bytes, options)?;
    clients.join_all(address, options)?;
    clients.measure(MARGIN * 2 + Duration::from_secs(options.seconds.into()))
}

impl Clients {
    fn new(frame_bytes: usize, options: &FanoutOptions) -> Outcome<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS_MAX),
            next_poll: Instant::now(),
            clients: Vec::new(),
            joined: 0,
            frames: 0,
            latency_us: Histogram::new_with_max(LATENCY_US_MAX, 3)?,
            frame_bytes,
            inputs: InputSchedule::new(options.clients().into(), options.floor_inputs(), Instant::now()),
        })
    }

    fn join_all(&mut self, address: SocketAddr, options: &FanoutOptions) -> Outcome<()> {
        let start = Instant::now();
        while self.joined < usize::from(options.clients()) {
            let due = (start.elapsed().as_secs_f64() * f64::from(options.ramp)) as usize;
            while self.clients.len() < due.min(options.clients().into()) {
                self.connect(address)?;
            }
            self.poll_until(Instant::now() + Duration::from_millis(1))?;
            if start.elapsed() > JOIN_TIMEOUT {
                return Err("not all clients have received a frame from the floor".into());
            }
        }
        Ok(())
    }

    fn connect(&mut self, address: SocketAddr) -> Outcome<()> {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        let index = self.clients.len();
        self.poll.registry().register(&mut stream, Token(index), Interest::READABLE)?;
        let input = Input { stamp: 0, sent_at: None };
        self.clients.push(Client { stream, incomplete: Vec::new(), frames: 0, input });
        Ok(())
    }

    fn measure(mut self, duration: Duration) -> Outcome<FloorReport> {
        self.frames = 0;
        self.latency_us.reset();
        let start = Instant::now();
        while start.elapsed() < duration {
            self.poll_until(start + duration)?;
        }
        let input_latency_ms = [0.5, 0.99].map(|quantile| self.latency_us.value_at_quantile(quantile) as f64 / 1e3);
        Ok(FloorReport { frames: self.frames, elapsed: start.elapsed(), input_latency_ms })
    }

    /// Waits for frames until `deadline` at the latest, and handles those that have arrived. Sends the inputs that are due.
    fn poll_until(&mut self, deadline: Instant) -> Outcome<()> {
        std::thread::sleep(self.next_poll.saturating_duration_since(Instant::now()));
        let deadline = deadline.min(self.inputs.next_due());
        match self.poll.poll(&mut self.events, Some(deadline.saturating_duration_since(Instant::now()))) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        self.next_poll = Instant::now() + POLL_INTERVAL;
        for event in &self.events {
            let client = &mut self.clients[event.token().0];
            let is_first = client.frames == 0;
            let frames = client.read(self.frame_bytes, &mut self.latency_us)?;
            self.frames += frames;
            self.joined += usize::from(is_first && frames > 0);
        }
        let now = Instant::now();
        while let Some(index) = self.inputs.poll(now) {
            if let Some(client) = self.clients.get_mut(index) {
                client.send()?;
            }
        }
        Ok(())
    }
}

impl Client {
    /// Reads everything that has arrived. Returns the number of frames that have now arrived completely.
    fn read(&mut self, frame_bytes: usize, latency_us: &mut Histogram<u64>) -> Outcome<u64> {
        let mut buffer = [0; READ_BYTES_MAX];
        let before = self.frames;
        loop {
            let length = match self.stream.read(&mut buffer) {
                Ok(0) => return Err("the floor has closed a connection".into()),
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            };
            self.incomplete.extend_from_slice(&buffer[..length]);
            let complete = self.incomplete.len() / frame_bytes * frame_bytes;
            for frame in self.incomplete[..complete].chunks_exact(frame_bytes) {
                self.frames += 1;
                self.input.handle_answer([frame[STAMP.start], frame[STAMP.start + 1]], latency_us);
            }
            self.incomplete.drain(..complete);
            if length < buffer.len() {
                break;
            }
        }
        Ok(self.frames - before)
    }

    fn send(&mut self) -> Outcome<()> {
        let mut bytes = [0; INPUT_BYTES];
        bytes[STAMP].copy_from_slice(&self.input.next().to_le_bytes());
        match self.stream.write(&bytes) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Input {
    /// Records that the next input is sent now, and returns its number.
    fn next(&mut self) -> u16 {
        self.stamp = self.stamp.wrapping_add(1);
        self.sent_at = Some(Instant::now());
        self.stamp
    }

    fn handle_answer(&mut self, stamp: [u8; 2], latency_us: &mut Histogram<u64>) {
        if u16::from_le_bytes(stamp) == self.stamp
            && let Some(sent_at) = self.sent_at.take()
        {
            latency_us.saturating_record(sent_at.elapsed().as_micros() as u64);
        }
    }
}
