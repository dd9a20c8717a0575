//! Delivers messages to the server, and passes them to the oracles.

use tickcast_arena::Arena;
use tickcast_protocol::{ClientMessage, Role, Tick, codec};
use tokio::task::yield_now;

use super::super::choices::Choices;
use super::super::oracles::snapshots::Snapshots;
use super::super::oracles::{ConnectionId, End};
use super::{Host, LAGGING_WORKER, ToServer};

impl Host {
    /// Delivers everything that has arrived at the server's end of the lines.
    pub(crate) async fn deliver(&mut self, choices: &mut impl Choices) {
        let ids: Vec<_> = self.connections.keys().copied().collect();
        for id in ids {
            let Some(connection) = self.connections.get_mut(&id).filter(|connection| !connection.is_blocked) else {
                continue;
            };
            for item in connection.up.receive(self.now, usize::MAX) {
                self.deliver_item(id, item).await;
            }
        }
        self.keep_watcher_alive(choices);
        // Runs the server until it sends nothing more, so that it handles all delivered messages in this step.
        let mut quiet_rounds = 0;
        while quiet_rounds < 2 {
            quiet_rounds += 1;
            yield_now().await;
            for connection in self.connections.values_mut().filter(|connection| !connection.is_blocked) {
                if connection.read_all() {
                    quiet_rounds = 0;
                }
            }
        }
    }

    async fn deliver_item(&mut self, id: ConnectionId, item: ToServer) {
        let (now, is_lagging) = (self.now, self.is_lagging());
        let Some(connection) = self.connections.get_mut(&id) else { return };
        match &item {
            ToServer::Message(bytes) => {
                if connection.end.is_none()
                    && let Ok(message) = codec::decode_client::<Arena>(bytes)
                {
                    self.note_message(id, &message);
                }
            }
            ToServer::Close(code) => connection.is_reloading = *code != 1000,
            ToServer::Lost => {
                let connection = self.connections.remove(&id).expect("it was just there");
                self.handle_lost_claims(&connection);
                if matches!(connection.role, Some(Role::Spectator)) {
                    self.left_spectators.push(self.now);
                }
                if connection.end.is_none() {
                    let is_uncertain = connection.is_blocked || (is_lagging && connection.worker == LAGGING_WORKER);
                    let is_uncertain = is_uncertain || connection.has_sent_close;
                    let earliest = connection.blocked_since.unwrap_or(now) - if is_lagging { 8 * self.rate() } else { 0 };
                    let ended = self.seats.handle_end(id, End::Lost, earliest, now);
                    self.inputs.handle_end(id, ended.end, is_uncertain || ended.is_uncertain);
                    if let Some(player) = ended.unseen {
                        self.inputs.handle_unseen_session(player);
                    }
                    if connection.has_sent_close {
                        self.seats.handle_unanswered_close(id);
                    }
                }
                return;
            }
        }
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.has_sent_close |= matches!(item, ToServer::Close(_));
        connection.write(&item.frame()).await;
    }

    /// Passes a message to the oracles when it reaches the server.
    fn note_message(&mut self, id: ConnectionId, message: &ClientMessage<Arena>) {
        let (tick, count) = (self.tick(), self.truth.count());
        let connection = self.connections.get_mut(&id).expect("only open connections are written to");
        match message {
            ClientMessage::Hello(hello) => {
                if connection.role.is_none() {
                    let limit = matches!(hello.role, Role::Player(_)).then_some(self.options.view_size);
                    connection.role = Some(hello.role.clone());
                    connection.snapshots = Some(Snapshots::new(self.options.tick_rate, hello.viewport, limit));
                }
                self.seats.handle_hello(id, hello, self.now);
                self.claim_seat(id);
            }
            ClientMessage::Input(input) => {
                self.inputs.handle_input(id, input, tick, count);
                self.note_acknowledgement(id, input.acknowledged);
            }
            ClientMessage::Acknowledge(acknowledged) => self.note_acknowledgement(id, *acknowledged),
            ClientMessage::Viewport(viewport) => {
                if let Some(snapshots) = &mut connection.snapshots {
                    snapshots.handle_viewport(*viewport, tick);
                }
            }
            ClientMessage::Resync => {
                if let Some(snapshots) = &mut connection.snapshots {
                    snapshots.handle_resync(tick);
                }
            }
            // In an ordinary room, Seek, Speed and Pause close the session before they are delivered.
            ClientMessage::Act(act) => match act.action {},
            ClientMessage::Ping(_) | ClientMessage::Seek(_) | ClientMessage::Speed(_) | ClientMessage::Pause(_) => {}
            // The rooms of the simulation do not wait for their players.
            ClientMessage::Ready(_) => {}
        }
    }

    fn note_acknowledgement(&mut self, id: ConnectionId, acknowledged: Tick) {
        let tick = self.tick();
        if let Some(snapshots) = self.connections.get_mut(&id).and_then(|connection| connection.snapshots.as_mut()) {
            snapshots.handle_acknowledgement(acknowledged, tick);
            self.seats.handle_acknowledgement(id, self.now);
        }
    }
}
