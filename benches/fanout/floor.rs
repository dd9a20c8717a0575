//! The floor: what no server can do without.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

use crate::options::FanoutOptions;
use crate::{Outcome, child, process};

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 4096;
/// How many events are asked for at once.
const EVENTS_AT_ONCE: usize = 1024;
/// The token of the listener; the clients' are their places.
const LISTENER: u64 = u64::MAX;
/// An input on the wire: as long as one of tickcast's, which is a masked frame of 6 bytes and a message of about 9.
pub(crate) const INPUT_BYTES: usize = 15;
/// Where the number of an input stands in it, and in the frame that answers it. Before it is a WebSocket's frame header.
pub(crate) const STAMP: std::ops::Range<usize> = 2..4;

/// A server that reads an input of, and writes a ready frame to, each client and tick.
struct Floor {
    epoll: OwnedFd,
    listener: TcpListener,
    events: Vec<Event>,
    clients: Vec<Client>,
    frame: Vec<u8>,
}

struct Client {
    stream: TcpStream,
    /// The number of its newest input.
    stamp: [u8; 2],
}

/// Plays the floor until the parent is gone.
pub(crate) fn serve(options: &FanoutOptions) -> Outcome<()> {
    process::settle(options.server_core, options.clients)?;
    let mut floor = Floor::new(options.frame_bytes)?;
    child::announce(floor.listener.local_addr()?)?;
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
        let events = Vec::with_capacity(EVENTS_AT_ONCE);
        Ok(Self { epoll, listener, events, clients: Vec::new(), frame: vec![0; frame_bytes.max(STAMP.end)] })
    }

    /// Reads once from everyone who has sent something. Being edge-triggered, everyone is named once.
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
            if self.events.len() < EVENTS_AT_ONCE {
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
            self.clients.push(Client { stream, stamp: [0; 2] });
        }
    }

    /// Writes the frame to everyone. Frames are short, and clients read: what a socket does not take is not sent again.
    fn write_all(&mut self) {
        for client in &mut self.clients {
            self.frame[STAMP].copy_from_slice(&client.stamp);
            let _ = client.stream.write(&self.frame);
        }
    }
}

impl Client {
    fn read(&mut self) {
        let mut input = [0; 8 * INPUT_BYTES];
        if let Ok(read) = self.stream.read(&mut input)
            && let Some(newest) = input[..read].chunks_exact(INPUT_BYTES).last()
        {
            self.stamp.copy_from_slice(&newest[STAMP]);
        }
    }
}

fn listen() -> Outcome<TcpListener> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}
