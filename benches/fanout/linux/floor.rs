//! The floor: a minimal epoll server.

pub(crate) mod clients;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use socket2::{Domain, Socket, Type};

use super::options::FanoutOptions;
use super::{Outcome, server_process, system};

/// Maximum number of connections that wait to be accepted.
const BACKLOG: i32 = 4096;
/// Maximum number of events per `epoll_wait`.
const EVENTS_MAX: usize = 1024;
/// The token of the listener. The token of a client is its index.
const LISTENER: u64 = u64::MAX;
/// Length of an input, about the same as in tickcast: a WebSocket header of 6 bytes and a message of about 9 bytes.
const INPUT_BYTES: usize = 15;
/// Byte range of an input's number, both in the input and in the frame that answers it. In the frame, the first 2 bytes
/// stand for the WebSocket header of a snapshot.
const STAMP: Range<usize> = 2..4;

/// A minimal server. At each tick, it reads the inputs that have arrived, and writes a prepared frame to each client. The frame
/// carries the number of the client's newest input.
struct Floor {
    epoll: OwnedFd,
    listener: TcpListener,
    events: Vec<Event>,
    clients: Vec<Client>,
    frame: Vec<u8>,
}

struct Client {
    stream: TcpStream,
    /// The number of the newest input.
    stamp: [u8; STAMP.end - STAMP.start],
}

/// Runs the minimal server in the child process. The child process ends when its parent ends.
pub(crate) fn serve(options: &FanoutOptions) -> Outcome<()> {
    system::prepare_process(options.server_core, options.clients())?;
    let mut floor = Floor::new(options.frame_bytes)?;
    server_process::announce(floor.listener.local_addr()?, None)?;
    let period = Duration::from_secs(1) / u32::from(options.rate);
    let mut deadline = Instant::now();
    loop {
        deadline += period;
        std::thread::sleep(deadline.saturating_duration_since(Instant::now()));
        floor.read_all()?;
        floor.write_all();
    }
}

impl Floor {
    fn new(frame_bytes: usize) -> Outcome<Self> {
        let listener = listen()?;
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN | EventFlags::ET)?;
        let events = Vec::with_capacity(EVENTS_MAX);
        Ok(Self { epoll, listener, events, clients: Vec::new(), frame: vec![0; frame_bytes.max(STAMP.end)] })
    }

    /// Reads once from each client that has sent something. The loop always ends, even if a client's data was not read
    /// completely: events are edge-triggered, so the unread data causes no further event until the client sends again.
    fn read_all(&mut self) -> Outcome<()> {
        loop {
            self.events.clear();
            epoll::wait(&self.epoll, spare_capacity(&mut self.events), Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
            for index in 0..self.events.len() {
                match self.events[index].data.u64() {
                    LISTENER => self.accept_all()?,
                    client => self.clients[client as usize].read(),
                }
            }
            if self.events.len() < EVENTS_MAX {
                return Ok(());
            }
        }
    }

    fn accept_all(&mut self) -> Outcome<()> {
        loop {
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            stream.set_nonblocking(true)?;
            stream.set_nodelay(true)?;
            let token = EventData::new_u64(self.clients.len() as u64);
            epoll::add(&self.epoll, &stream, token, EventFlags::IN | EventFlags::ET)?;
            self.clients.push(Client { stream, stamp: [0; STAMP.end - STAMP.start] });
        }
    }

    /// Writes the frame to each client. Bytes that a socket does not accept are dropped. This is rare, because frames are
    /// short and clients keep reading.
    fn write_all(&mut self) {
        for client in &mut self.clients {
            self.frame[STAMP].copy_from_slice(&client.stamp);
            let _ = client.stream.write(&self.frame);
        }
    }
}

impl Client {
    fn read(&mut self) {
        let mut inputs = [0; 8 * INPUT_BYTES];
        if let Ok(length) = self.stream.read(&mut inputs)
            && let Some(newest) = inputs[..length].chunks_exact(INPUT_BYTES).last()
        {
            self.stamp.copy_from_slice(&newest[STAMP]);
        }
    }
}

fn listen() -> Outcome<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}
