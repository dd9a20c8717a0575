//! Hostile clients behind one address. They open connections, join, leave at once, subscribe to the list of rooms and
//! create rooms, up to the limits of a client and beyond.

use std::net::{IpAddr, Ipv4Addr};

use tickcast_arena::Arena;
use tickcast_protocol::{ClientMessage, Hello, Role, Viewport};

use super::choices::Choices;
use super::host::{Host, Request, ToServer};
use super::line::StepNumber;
use super::oracles::ConnectionId;

/// Maximum number of connections, including those that the server is about to refuse.
const CONNECTIONS_MAX: usize = 12;
/// Average number of new connections per second.
const CONNECTIONS_PER_SECOND: StepNumber = 5;
/// Number of kinds of connections.
const KINDS: u32 = 7;

/// Hostile clients behind one address.
#[derive(Debug)]
pub(crate) struct Visitors {
    address: IpAddr,
    connections: Vec<ConnectionId>,
}

impl Visitors {
    /// The visitors with this number.
    pub(crate) fn new(number: u8) -> Self {
        Self { address: Ipv4Addr::new(192, 0, 2, number).into(), connections: Vec::new() }
    }

    /// Acts for one step.
    pub(crate) fn act(&mut self, host: &mut Host, choices: &mut impl Choices) {
        self.connections.retain(|connection| {
            host.receive(*connection, usize::MAX);
            host.is_open(*connection)
        });
        let once_in = u32::try_from(host.rate() / CONNECTIONS_PER_SECOND).expect("rates are small");
        if self.connections.len() < CONNECTIONS_MAX && choices.one_in(once_in) {
            let connection = self.connect(host, choices);
            self.connections.push(connection);
        } else if !self.connections.is_empty() && choices.one_in(2 * once_in) {
            let index = choices.pick(self.connections.len() as u32) as usize;
            end(self.connections.swap_remove(index), host, choices);
        }
    }

    /// Ends all connections.
    pub(crate) fn leave(self, host: &mut Host, choices: &mut impl Choices) {
        self.connections.into_iter().for_each(|connection| end(connection, host, choices));
    }

    fn connect(&self, host: &mut Host, choices: &mut impl Choices) -> ConnectionId {
        let kind = choices.pick(KINDS);
        match kind {
            0 => host.request(self.address, Request::EventStream),
            1 => host.request(self.address, Request::NewRoom),
            2 => host.connect_from(self.address),
            _ => {
                let session = host.connect_from(self.address);
                let name = format!("Visitor {}", choices.pick(3)).try_into().expect("the name is short");
                let role = if choices.one_in(4) { Role::Spectator } else { Role::Player(name) };
                let hello = Hello::new::<Arena>(role, Viewport::default());
                host.send_message(session, &ClientMessage::Hello(hello), choices);
                // Some clients leave in the tick in which they join.
                match kind {
                    3 => host.send(session, ToServer::Close(1000), choices),
                    4 => host.send(session, ToServer::Lost, choices),
                    _ => {}
                }
                session
            }
        }
    }
}

/// Ends a connection, possibly with a Close frame. If the connection has a seat, the room does not keep the seat, because a
/// visitor never acknowledges a snapshot.
fn end(connection: ConnectionId, host: &mut Host, choices: &mut impl Choices) {
    if choices.one_in(3) {
        host.send(connection, ToServer::Close(1000), choices);
    }
    host.send(connection, ToServer::Lost, choices);
    host.end_request(connection);
}
