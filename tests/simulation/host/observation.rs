//! Receives everything that the server sends, and passes it to the oracles.

use std::collections::BTreeSet;
use std::hash::Hash;

use tickcast_arena::Arena;
use tickcast_protocol::{
    CloseReason, PlayerKind, Replica, ResumeToken, Role, Seat, ServerMessage, Snapshot, Welcome, codec,
};
use tokio::task::yield_now;

use super::super::choices::Choices;
use super::super::line::StepNumber;
use super::super::oracles::{ConnectionId, End};
use super::{Connection, Host, LAGGING_WORKER, ToClient, uncertainty};

/// Seconds after the end of a lag for which the server may still count as overloaded, and refuse clients. The server
/// measures the load of a thread in windows. A window lasts longer than a second if the thread has little to do, but a
/// window of 3 s or more makes the thread count as idle. The window in which the lag ends may be the one that reveals the
/// overload. The thread then counts as overloaded until two windows without a lag have followed. Each of these three
/// windows takes less than 3 s.
const OVERLOADED_AFTER_LAG_S: StepNumber = 3 * 3;

impl Host {
    /// Receives what the server has sent, and passes it to the oracles. Data of sessions that have ended comes first, then
    /// data of new sessions, then data of all others. The order matters, because a new session may get the seat of a
    /// session that has just ended.
    pub(super) async fn observe_clients(&mut self, choices: &mut impl Choices) {
        let mut received = self.drain(choices).await;
        let joining: BTreeSet<_> = received.iter().filter(|(_, item)| item.is_welcome()).map(|(id, _)| *id).collect();
        let is_end = |(_, item): &&(ConnectionId, ToClient)| matches!(item, ToClient::Closed(_));
        let ending: BTreeSet<_> = received.iter().filter(is_end).map(|(id, _)| *id).collect();
        received.sort_by_key(|(id, _)| match (joining.contains(id), ending.contains(id)) {
            (false, true) => (0, *id),
            (true, _) => (1, *id),
            (false, false) => (2, *id),
        });
        for (id, item) in received {
            self.now.hash(&mut self.received);
            id.hash(&mut self.received);
            match item {
                ToClient::Closed(reason) => self.observe_end(id, reason),
                ToClient::Message(bytes) => self.observe_message(id, &bytes),
            }
        }
        let (tick, now, is_lagging) = (self.tick(), self.now, self.is_lagging());
        for connection in self.connections.values_mut() {
            connection.blocked_since =
                if connection.is_blocked { connection.blocked_since.or(Some(now - 1)) } else { None };
            if (connection.is_blocked || (is_lagging && connection.worker == LAGGING_WORKER))
                && let Some(snapshots) = &mut connection.snapshots
            {
                snapshots.handle_disturbance(tick);
            }
        }
    }

    /// Reads from all pipes until the server has nothing more to send.
    async fn drain(&mut self, choices: &mut impl Choices) -> Vec<(ConnectionId, ToClient)> {
        let (mut received, mut quiet_rounds) = (Vec::new(), 0);
        while quiet_rounds < 2 {
            quiet_rounds += 1;
            for (id, connection) in &mut self.connections {
                if connection.read() {
                    quiet_rounds = 0;
                }
                let items = connection.decode(self.now, choices);
                received.extend(items.into_iter().map(|item| (*id, item)));
            }
            yield_now().await;
        }
        received
    }

    fn observe_end(&mut self, id: ConnectionId, reason: Option<CloseReason>) {
        reason.map(CloseReason::code).hash(&mut self.received);
        let (now, rate) = (self.now, self.rate());
        self.handle_closed_claims(id, reason);
        let is_uncertain = uncertainty(&self.connections, self.is_lagging());
        match reason {
            Some(CloseReason::RoomFull) => {
                self.check_spectators(id);
                self.seats.handle_full_room(id, &is_uncertain);
            }
            Some(CloseReason::TooManyPlayers | CloseReason::TooManyJoins) => {
                _ = self.seats.handle_refusal(id, &is_uncertain);
            }
            Some(CloseReason::Overloaded) => {
                assert!(
                    self.now <= self.lag_until + OVERLOADED_AFTER_LAG_S * rate,
                    "{id:?} was refused although no worker lags"
                );
                _ = self.seats.handle_refusal(id, &is_uncertain);
            }
            _ => {}
        }
        let is_lagging = self.is_lagging();
        let connection = self.connections.get_mut(&id).expect("only open connections are read");
        let end = match reason {
            None | Some(CloseReason::IdleTimeout | CloseReason::SlowConsumer) => End::Lost,
            Some(CloseReason::SessionReplaced) => End::Replaced,
            Some(CloseReason::Left) if connection.is_reloading => End::Lost,
            Some(_) => End::Left,
        };
        let is_lagging = is_lagging && connection.worker == LAGGING_WORKER;
        let earliest = connection.blocked_since.unwrap_or(now - 1) - if is_lagging { 8 * rate } else { 0 };
        let ended = self.seats.handle_end(id, end, earliest, now);
        connection.end = Some(ended.end);
        connection.is_end_uncertain = is_lagging || connection.blocked_since.is_some() || ended.is_uncertain;
        if matches!(connection.role, Some(Role::Spectator)) {
            self.left_spectators.push(now);
        }
        if let Some(player) = ended.unseen {
            self.inputs.handle_unseen_session(player);
        }
    }

    fn observe_message(&mut self, id: ConnectionId, bytes: &[u8]) {
        match codec::decode_server(bytes).expect("the server sends valid messages") {
            ServerMessage::Welcome(welcome) => {
                let token = ResumeToken([0; 16]);
                let seat = welcome.seat.map(|seat| Seat { token, ..seat });
                codec::encode_server::<Arena>(&ServerMessage::Welcome(Welcome { seat, ..welcome.clone() }))
                    .hash(&mut self.received);
                self.observe_welcome(id, &welcome);
            }
            ServerMessage::Snapshot(snapshot) => {
                bytes.hash(&mut self.received);
                let composed = codec::encode_server(&ServerMessage::Snapshot(snapshot.clone()));
                assert_eq!(composed, bytes, "a snapshot composed of encoded parts equals one encoded at once");
                self.observe_snapshot(id, &snapshot);
            }
            ServerMessage::Pong(number) => number.hash(&mut self.received),
            ServerMessage::Drain(_) => panic!("the server does not shut down"),
        }
    }

    fn observe_welcome(&mut self, id: ConnectionId, welcome: &Welcome<Arena>) {
        self.grant_claims(id);
        let is_uncertain = uncertainty(&self.connections, self.is_lagging());
        if let Some(seat) = &welcome.seat {
            self.seats.handle_welcome(id, seat, &is_uncertain);
            self.inputs.handle_welcome(id, seat.player, self.truth.count(), &is_uncertain);
        }
        let connection = self.connections.get_mut(&id).expect("only open connections are read");
        assert!(!std::mem::replace(&mut connection.is_welcomed, true), "a second Welcome");
        assert_eq!(welcome.seat.is_none(), matches!(connection.role, Some(Role::Spectator)));
        if let Some(watcher) = self.watcher.as_mut().filter(|watcher| watcher.connection == id) {
            watcher.replica = Some(Replica::new(welcome).expect("the Welcome is valid"));
        }
    }

    fn observe_snapshot(&mut self, id: ConnectionId, snapshot: &Snapshot<Arena>) {
        let connection = self.connections.get_mut(&id).expect("only open connections are read");
        assert_eq!(connection.end, None, "nothing is sent after the end of a session");
        assert!(connection.is_welcomed, "the Welcome comes first");
        let snapshots = connection.snapshots.as_mut().expect("a Hello was sent");
        let tick = snapshots.tick_of(snapshot);
        snapshots.check(snapshot, self.seats.player(id), &self.truth);
        let (report, count) = (snapshot.header.report, self.truth.count_at(tick));
        // If another connection has resumed the seat, the oracle for inputs no longer tracks this connection, and does not
        // know which reports the server still sends to it.
        let is_known = self.inputs.has_session(id);
        assert!(
            !is_known || self.inputs.is_report(id, count, report),
            "the report {report:?} in {tick:?} is not on the last input that was due"
        );
        if let Some(watcher) = self.watcher.as_mut().filter(|watcher| watcher.connection == id) {
            let replica = watcher.replica.as_mut().expect("the Welcome comes first");
            replica.apply(snapshot).expect("the snapshot applies");
            assert_eq!(self.truth.difference(replica), None, "the watcher's replica");
            let humans = replica.players().values().filter(|player| player.kind == PlayerKind::Human).count();
            assert!(humans <= usize::from(self.options.seats), "more players than seats");
            let ai_players = replica.players().len() - humans;
            assert!(ai_players <= usize::from(self.options.ai_players), "{ai_players} AI players");
            assert!(connection.down.receive(self.now, usize::MAX).len() <= 2);
        }
    }

    /// Asserts that a spectator was refused only if all places for spectators may have been taken.
    fn check_spectators(&mut self, id: ConnectionId) {
        if !matches!(self.connections[&id].role, Some(Role::Spectator)) {
            return;
        }
        let recently = self.now - 2;
        self.left_spectators.retain(|left| *left >= recently);
        let is_open = |(other, it): &(&ConnectionId, &Connection)| {
            **other != id && matches!(it.role, Some(Role::Spectator)) && it.end.is_none()
        };
        let held = self.connections.iter().filter(is_open).count() + self.left_spectators.len();
        assert!(held >= usize::from(self.options.spectators), "a spectator was refused although there are only {held}");
    }
}
