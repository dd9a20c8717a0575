//! A hand-written server: one task per connection with a channel for its updates, and one task for all rooms, as in the examples
//! of tokio-tungstenite. All tasks run on one thread, because the server has one core.

use std::cell::RefCell;
use std::net::TcpListener;
use std::rc::Rc;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::LocalSet;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::TICK;
use super::arena::Arena;
use crate::Outcome;

type Rooms = RefCell<Vec<SharedRoom>>;
type SharedRoom = Rc<RefCell<Room>>;

#[derive(Default)]
struct Room {
    arena: Arena,
    clients: Vec<UnboundedSender<Message>>,
}

pub(super) fn serve(listener: TcpListener, room_size: u16) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let rooms = Rc::new(Rooms::default());
        tokio::task::spawn_local(tick(Rc::clone(&rooms)));
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let rooms = Rc::clone(&rooms);
            tokio::task::spawn_local(async move {
                // An error ends the connection.
                let _ = play(stream, &rooms, room_size.into()).await;
            });
        }
    })
}

/// Steps all rooms, and queues one update per client.
async fn tick(rooms: Rc<Rooms>) {
    let mut interval = tokio::time::interval(TICK);
    loop {
        interval.tick().await;
        for room in rooms.borrow().iter() {
            let Room { arena, clients } = &mut *room.borrow_mut();
            arena.step();
            let mut update = Vec::new();
            arena.pack(&mut update);
            let message = Message::Binary(Bytes::from(update));
            for client in clients {
                // If the connection was lost, its channel is closed. `send` then fails, and the update is dropped.
                let _ = client.send(message.clone());
            }
        }
    }
}

async fn play(stream: TcpStream, rooms: &Rooms, room_size: usize) -> Outcome<()> {
    let mut socket = tokio_tungstenite::accept_async(stream).await?;
    let (room, ship, mut updates) = join(rooms, room_size);
    socket.send(Message::binary(vec![ship])).await?;
    loop {
        tokio::select! {
            Some(update) = updates.recv() => socket.send(update).await?,
            message = socket.next() => match message {
                Some(Ok(Message::Binary(input))) => room.borrow_mut().arena.set_controls(ship, input.as_ref().try_into()?),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Ok(()),
            },
        }
    }
}

/// Adds a client to the last room. If the last room is full, adds the client to a new room.
fn join(rooms: &Rooms, room_size: usize) -> (SharedRoom, u8, UnboundedReceiver<Message>) {
    let mut rooms = rooms.borrow_mut();
    if rooms.last().is_none_or(|room| room.borrow().arena.len() == room_size) {
        rooms.push(SharedRoom::default());
    }
    let room = Rc::clone(rooms.last().expect("a room was added"));
    let (sender, updates) = mpsc::unbounded_channel();
    let ship = room.borrow_mut().arena.join();
    room.borrow_mut().clients.push(sender);
    (room, ship, updates)
}
