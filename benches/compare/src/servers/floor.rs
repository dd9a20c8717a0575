//! The floor: the minimum of work for a server with one thread and one write per client and tick. The server is an epoll
//! loop without a library for networking or WebSockets. Before each tick, it reads once from each socket that has data.
//! Then it steps the rooms and writes one frame to each client. It ignores Ping and Close frames, and supports no more of
//! WebSockets than the load generator uses.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::time::Instant;

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::TICK;
use super::arena::Arena;
use crate::Outcome;

const EVENTS_MAX: usize = 1024;
/// Length of an input: a header of two bytes, the mask, and the payload.
const INPUT_BYTES: usize = 8;
/// Longest request that is accepted.
const REQUEST_BYTES_MAX: usize = 4096;

struct Floor {
    epoll: OwnedFd,
    listener: TcpListener,
    events: Vec<Event>,
    room_size: usize,
    rooms: Vec<Room>,
}

#[derive(Default)]
struct Room {
    arena: Arena,
    clients: Vec<TcpStream>,
}

pub(super) fn serve(listener: TcpListener, room_size: u16) -> Outcome<()> {
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    let events = Vec::with_capacity(EVENTS_MAX);
    let mut floor = Floor { epoll, listener, events, room_size: room_size.into(), rooms: Vec::new() };
    let mut deadline = Instant::now();
    loop {
        deadline += TICK;
        floor.accept_until(deadline)?;
        floor.read_all()?;
        floor.rooms.iter_mut().for_each(Room::tick);
    }
}

impl Floor {
    /// Accepts connections until the next tick is due.
    fn accept_until(&mut self, deadline: Instant) -> Outcome<()> {
        loop {
            let timeout = Timespec::try_from(deadline.saturating_duration_since(Instant::now()))?;
            if poll(&mut [PollFd::new(&self.listener, PollFlags::IN)], Some(&timeout))? == 0 {
                return Ok(());
            }
            match self.listener.accept() {
                // A client that does not complete its request is ignored.
                Ok((stream, _)) => drop(self.join(stream)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn join(&mut self, mut stream: TcpStream) -> Outcome<()> {
        upgrade(&mut stream)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        if self.rooms.last().is_none_or(|room| room.clients.len() == self.room_size) {
            self.rooms.push(Room::default());
        }
        let number = self.rooms.len() - 1;
        let room = &mut self.rooms[number];
        let ship = room.arena.join();
        stream.write_all(&[0x82, 1, ship])?;
        let token = EventData::new_u64((number as u64) << 8 | u64::from(ship));
        epoll::add(&self.epoll, &stream, token, EventFlags::IN | EventFlags::ET)?;
        room.clients.push(stream);
        Ok(())
    }

    /// Reads once from each client that has sent something. The loop always ends, even if a client's data was not read
    /// completely: events are edge-triggered, so the unread data causes no further event until the client sends again.
    fn read_all(&mut self) -> Outcome<()> {
        loop {
            self.events.clear();
            epoll::wait(&self.epoll, spare_capacity(&mut self.events), Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
            for event in &self.events {
                let token = event.data.u64();
                self.rooms[(token >> 8) as usize].read(token as u8);
            }
            if self.events.len() < EVENTS_MAX {
                return Ok(());
            }
        }
    }
}

impl Room {
    /// Reads the inputs that have arrived from a client, and applies the newest of them.
    fn read(&mut self, ship: u8) {
        let mut inputs = [0; 8 * INPUT_BYTES];
        if let Ok(length) = self.clients[usize::from(ship)].read(&mut inputs)
            && let Some([_, _, mask_0, mask_1, _, _, low, high]) = inputs[..length].as_chunks::<INPUT_BYTES>().0.last()
        {
            self.arena.set_controls(ship, [low ^ mask_0, high ^ mask_1]);
        }
    }

    /// Steps the arena, and writes the frame to each client. Bytes that a socket does not accept are dropped. This is rare,
    /// because frames are short and clients keep reading.
    fn tick(&mut self) {
        self.arena.step();
        let mut frame = frame_header(self.arena.packed_len());
        self.arena.pack(&mut frame);
        for client in &mut self.clients {
            let _ = client.write(&frame);
        }
    }
}

/// Header of a binary frame.
fn frame_header(length: usize) -> Vec<u8> {
    let mut header = vec![0x82];
    if length < 126 {
        header.push(length as u8);
    } else {
        header.push(126);
        header.extend_from_slice(&(length as u16).to_be_bytes());
    }
    header
}

/// Answers the request of a WebSocket client. Blocks until the request has arrived.
fn upgrade(stream: &mut TcpStream) -> Outcome<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut buffer = [0; 1024];
        let length = stream.read(&mut buffer)?;
        request.extend_from_slice(&buffer[..length]);
        if length == 0 || request.len() > REQUEST_BYTES_MAX {
            return Err("no request".into());
        }
    }
    let text = String::from_utf8(request)?;
    let key = text.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).ok_or("no key")?;
    let accept = derive_accept_key(key.as_bytes());
    let head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept";
    stream.write_all(format!("{head}: {accept}\r\n\r\n").as_bytes())?;
    Ok(())
}
