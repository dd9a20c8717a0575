//! The floor's clients, all on one thread.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use mio::{Events, Interest, Poll, Token};

use crate::Outcome;
use crate::floor::{INPUT_BYTES, STAMP};
use crate::meter::LEAD;
use crate::options::FanoutOptions;

/// How many sockets are looked after between two looks at the clock.
const EVENTS_AT_ONCE: usize = 1024;
/// How long what arrives is gathered, as tickcast's bots do.
const GATHERING: Duration = Duration::from_millis(1);
/// How much is read at once, as tickcast's bots do.
const READ_BYTES: usize = 4 << 10;
/// How long everybody may take to have their first frame.
const JOIN_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest latency that is told apart from longer ones.
const LATENCY_US_MAX: u64 = 60_000_000;

/// What the clients previous_view.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Frames that arrived.
    pub(crate) frames: u64,
    /// How long was measured.
    pub(crate) elapsed: Duration,
    /// From sending an input to the first frame that was written after it was read: 99 of 100 took at most so long.
    pub(crate) input_latency_p99_ms: f64,
}

/// The floor's clients.
struct Crowd {
    poll: Poll,
    events: Events,
    next_turn: Instant,
    clients: Vec<Client>,
    /// Clients that have had a frame.
    joined: usize,
    frames: u64,
    latency_us: Histogram<u64>,
    frame_bytes: usize,
    /// An input is sent with every so-manieth frame.
    frames_per_input: u16,
}

struct Client {
    stream: mio::net::TcpStream,
    /// What has come of a frame that is not complete.
    part: Vec<u8>,
    frames: u64,
    input: Input,
}

/// The newest input.
struct Input {
    stamp: u16,
    /// Unless it was answered.
    sent_at: Option<Instant>,
    frames_to_next: u16,
}

/// Connects the clients, measures for as long as is asked and the meter needs, and lets them go.
pub(crate) fn play(address: SocketAddr, frame_bytes: usize, options: &FanoutOptions) -> Outcome<Seen> {
    let mut crowd = Crowd::new(frame_bytes, options.rate / options.floor_inputs())?;
    crowd.assemble(address, options)?;
    crowd.measure(LEAD * 2 + Duration::from_secs(options.seconds.into()))
}

impl Crowd {
    fn new(frame_bytes: usize, frames_per_input: u16) -> Outcome<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS_AT_ONCE),
            next_turn: Instant::now(),
            clients: Vec::new(),
            joined: 0,
            frames: 0,
            latency_us: Histogram::new_with_max(LATENCY_US_MAX, 3)?,
            frame_bytes,
            frames_per_input,
        })
    }

    fn assemble(&mut self, address: SocketAddr, options: &FanoutOptions) -> Outcome<()> {
        let start = Instant::now();
        while self.joined < usize::from(options.clients) {
            let due = (start.elapsed().as_secs_f64() * f64::from(options.ramp)) as usize;
            while self.clients.len() < due.min(options.clients.into()) {
                self.connect(address)?;
            }
            self.turn(Instant::now() + Duration::from_millis(1))?;
            if start.elapsed() > JOIN_TIMEOUT {
                return Err("the floor's clients did not all get in".into());
            }
        }
        Ok(())
    }

    fn connect(&mut self, address: SocketAddr) -> Outcome<()> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = mio::net::TcpStream::from_std(stream);
        let place = self.clients.len();
        self.poll.registry().register(&mut stream, Token(place), Interest::READABLE)?;
        let frames_to_next = place as u16 % self.frames_per_input;
        let input = Input { stamp: 0, sent_at: None, frames_to_next };
        self.clients.push(Client { stream, part: Vec::new(), frames: 0, input });
        Ok(())
    }

    fn measure(mut self, whole: Duration) -> Outcome<Seen> {
        self.frames = 0;
        self.latency_us.reset();
        let start = Instant::now();
        while start.elapsed() < whole {
            self.turn(start + whole)?;
        }
        let input_latency_p99_ms = self.latency_us.value_at_quantile(0.99) as f64 / 1e3;
        Ok(Seen { frames: self.frames, elapsed: start.elapsed(), input_latency_p99_ms })
    }

    /// Waits for frames, no longer than until then, and takes them in.
    fn turn(&mut self, until: Instant) -> Outcome<()> {
        std::thread::sleep(self.next_turn.saturating_duration_since(Instant::now()));
        match self.poll.poll(&mut self.events, Some(until.saturating_duration_since(Instant::now()))) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        self.next_turn = Instant::now() + GATHERING;
        for event in &self.events {
            let client = &mut self.clients[event.token().0];
            self.joined += usize::from(client.frames == 0);
            let arrived = client.read(self.frame_bytes, &mut self.latency_us)?;
            self.frames += arrived;
            self.joined -= usize::from(client.frames == 0);
            if arrived > 0 && client.input.is_due(self.frames_per_input) {
                client.send()?;
            }
        }
        Ok(())
    }
}

impl Client {
    /// Reads what there is; says how many frames that completed.
    fn read(&mut self, frame_bytes: usize, latency_us: &mut Histogram<u64>) -> Outcome<u64> {
        let mut buffer = [0; READ_BYTES];
        let before = self.frames;
        loop {
            let read = match self.stream.read(&mut buffer) {
                Ok(0) => return Err("the floor hung up".into()),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            };
            self.part.extend_from_slice(&buffer[..read]);
            let whole = self.part.len() / frame_bytes * frame_bytes;
            for frame in self.part[..whole].chunks_exact(frame_bytes) {
                self.frames += 1;
                self.input.handle_answer([frame[STAMP.start], frame[STAMP.start + 1]], latency_us);
            }
            self.part.drain(..whole);
            if read < buffer.len() {
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
    /// Whether an input goes with this frame.
    fn is_due(&mut self, frames_per_input: u16) -> bool {
        let is_due = self.frames_to_next == 0;
        self.frames_to_next = if is_due { frames_per_input } else { self.frames_to_next } - 1;
        is_due
    }

    /// The number of the next input, which is sent now.
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
