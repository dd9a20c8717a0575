//! A client on a connection.

use std::time::{Duration, Instant};

use mio::event::Event;
use tickcast_protocol::codec;

use super::Playable;
use super::client::Client;
use super::connection::{Connection, Farewell, Opening};
use super::tally::Tally;

/// How long a bot waits for its first snapshot.
const JOIN_TIMEOUT: Duration = Duration::from_secs(10);

/// A client on a connection.
#[derive(Debug)]
pub(super) struct Bot<G: Playable> {
    connection: Connection,
    client: Client<G>,
    stage: Stage,
}

/// How far a bot has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It waits for its first snapshot, since then.
    Joining(Instant),
    /// It has had one.
    Playing,
    /// It has said goodbye, and waits for the server to do so.
    Leaving,
    /// It has no connection any more.
    Gone,
}

impl<G: Playable> Bot<G> {
    pub(super) const fn new(connection: Connection, client: Client<G>, now: Instant) -> Self {
        Self { connection, client, stage: Stage::Joining(now) }
    }

    pub(super) const fn stage(&self) -> Stage {
        self.stage
    }

    /// How many snapshots are due each second: none for a bot that is not connected.
    pub(super) fn snapshots_due_per_second(&self) -> u64 {
        if self.stage == Stage::Playing { self.client.tick_rate().into() } else { 0 }
    }

    /// Takes an event of the socket: reads what there is, and answers.
    pub(super) fn handle_event(&mut self, event: &Event, now: Instant, tally: &mut Tally) {
        if let Err(farewell) = self.try_handle_event(event, now, tally) {
            self.lose(&farewell, tally);
        }
    }

    fn try_handle_event(&mut self, event: &Event, now: Instant, tally: &mut Tally) -> Result<(), Farewell> {
        if self.connection.handle_event(event)? == Opening::Now {
            self.client.handle_open();
        }
        while let Some(bytes) = self.connection.receive()? {
            if self.stage == Stage::Leaving {
                continue;
            }
            self.client.handle_message(&bytes, now, tally);
        }
        if matches!(self.stage, Stage::Joining(_)) && self.client.has_seen_the_world() {
            self.stage = Stage::Playing;
            tally.connected += 1;
        }
        self.send()
    }

    /// Time has passed.
    pub(super) fn handle_time(&mut self, now: Instant, tally: &mut Tally) {
        if matches!(self.stage, Stage::Leaving | Stage::Gone) {
            return;
        }
        let is_overdue = matches!(self.stage, Stage::Joining(since) if now - since >= JOIN_TIMEOUT);
        self.client.handle_time(now);
        let sent = if is_overdue { Err(Farewell("no snapshot came in time".to_owned())) } else { self.send() };
        if let Err(farewell) = sent {
            self.lose(&farewell, tally);
        }
    }

    /// Says goodbye.
    pub(super) fn leave(&mut self) {
        if self.stage == Stage::Playing {
            self.connection.close();
            self.stage = Stage::Leaving;
        }
    }

    fn send(&mut self) -> Result<(), Farewell> {
        let messages = self.client.poll_messages();
        if messages.len() == 0 {
            return Ok(());
        }
        for message in messages {
            self.connection.send(codec::encode_client(&message))?;
        }
        self.connection.flush()
    }

    fn lose(&mut self, Farewell(reason): &Farewell, tally: &mut Tally) {
        let count = match self.stage {
            Stage::Joining(_) => Some(&mut tally.failed),
            Stage::Playing => Some(&mut tally.disconnects),
            Stage::Leaving | Stage::Gone => None,
        };
        if let Some(count) = count {
            *count += 1;
            tally.remark(reason);
        }
        self.connection.drop_socket();
        self.stage = Stage::Gone;
    }
}
