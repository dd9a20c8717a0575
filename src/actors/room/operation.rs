//! Requests of operators to a room.

use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::{ActorContext, AsyncContext, Context, Handler};
use ipnet::{IpNet, Ipv6Net};
use log::info;
use tickcast_game::Simulation;
use tickcast_protocol::CloseReason;
use tickcast_room::{Departure, SessionId};

use super::commits::Commits;
use super::{Phase, RoomActor, RoomSession};
use crate::actors::messages::{ClientReport, CloseSessions, Operation, RoomReport, RunOperation};
use crate::admission::control::bans::{Ban, BanTarget};
use crate::telemetry::RoomEnd;

/// Length of the prefix of an IPv6 address that a ban of a client should include: that of one subscriber.
const IPV6_PREFIX: u8 = 64;
/// Interval in which a paused room handles the messages of its clients. Otherwise, they would occupy more and more memory.
const PAUSED_EVENTS_INTERVAL: Duration = Duration::from_secs(1);

impl<S: Simulation> RoomActor<S> {
    fn pause_ticks(&mut self, ctx: &mut Context<Self>) {
        self.shared.status.is_paused.store(true, Ordering::Relaxed);
        if let Some(timer) = self.next_tick.take() {
            ctx.cancel_future(timer);
        }
        self.commits.iter_mut().for_each(Commits::request_checkpoint);
        self.commit();
        self.events_without_ticks.get_or_insert_with(|| {
            ctx.run_interval(PAUSED_EVENTS_INTERVAL, |room, _| {
                room.handle_events();
                if room.phase != Phase::Stopped {
                    room.commit();
                }
            })
        });
    }

    fn resume_ticks(&mut self, ctx: &mut Context<Self>) {
        self.shared.status.is_paused.store(false, Ordering::Relaxed);
        if let Some(timer) = self.events_without_ticks.take() {
            ctx.cancel_future(timer);
        }
        if self.next_tick.is_none() && self.pause.is_none() {
            self.restart_clock(ctx);
        }
    }

    fn close_room(&mut self, ctx: &mut Context<Self>) {
        self.handle_events();
        self.room.end_stays(self.now());
        self.phase = Phase::Closed(RoomEnd::Operator);
        ctx.stop();
    }

    /// Closes sessions. The seats of their players become free.
    fn remove_sessions(&mut self, sessions: &[SessionId], reason: CloseReason, ctx: &mut Context<Self>) {
        self.handle_events();
        for session in sessions {
            let Some(RoomSession { worker, .. }) = self.sessions.remove(session) else { continue };
            self.room.handle_leave(*session, Departure::Left, self.now());
            self.workers[&worker].relay.close.do_send(CloseSessions(vec![(*session, reason)]));
        }
        if self.next_tick.is_none() {
            self.commit();
        }
        self.publish_status();
        self.follow_request(ctx);
    }

    /// Frees the seats that are kept for a banned user, who could otherwise resume them without a ticket.
    fn give_up_seats(&mut self, ban: &Ban) {
        let BanTarget::Subject(banned) = &ban.target else { return };
        let now = self.now();
        for (player, _) in self.users.iter().filter(|(_, user)| *user == banned) {
            self.room.give_up_seat(*player, now);
        }
        self.commit();
        self.publish_status();
    }

    fn report(&self) -> RoomReport {
        let clients = self.room.clients().filter_map(|(session, player)| {
            let RoomSession { identity, .. } = self.sessions.get(&session)?;
            Some(ClientReport {
                session: session.0,
                player: player.map(|(player, _)| player),
                name: player.map(|(_, name)| name.clone()),
                network: banned_network(identity.address),
                subject: identity.subject.clone(),
            })
        });
        let paused = self.shared.status.is_paused.load(Ordering::Relaxed);
        RoomReport { paused, tick: self.room.tick().0, clients: clients.collect() }
    }
}

/// The network that a ban of this client should include.
fn banned_network(address: IpAddr) -> IpNet {
    match address {
        IpAddr::V4(_) => address.into(),
        IpAddr::V6(address) => Ipv6Net::new_assert(address, IPV6_PREFIX).trunc().into(),
    }
}

impl<S: Simulation> Handler<RunOperation> for RoomActor<S> {
    type Result = Option<RoomReport>;

    fn handle(&mut self, RunOperation(operation): RunOperation, ctx: &mut Context<Self>) -> Self::Result {
        if matches!(self.phase, Phase::Open | Phase::Resuming(_)) {
            if operation != Operation::Inspect {
                info!("room {}: an operator requests {operation:?}", self.log_name());
            }
            match operation {
                Operation::Inspect => {}
                Operation::Pause => self.pause_ticks(ctx),
                Operation::Resume => self.resume_ticks(ctx),
                Operation::Close => self.close_room(ctx),
                Operation::Kick(session) => self.remove_sessions(&[session], CloseReason::Removed, ctx),
                Operation::CloseBanned(ban) => {
                    let banned = self.sessions.iter().filter(|(_, session)| ban.includes(&session.identity));
                    let banned: Vec<_> = banned.map(|(session, _)| *session).collect();
                    self.remove_sessions(&banned, CloseReason::Banned, ctx);
                    self.give_up_seats(&ban);
                }
            }
        }
        Some(self.report())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ban_includes_an_ipv4_address_or_the_prefix_of_an_ipv6_address() {
        for (address, network) in [("192.0.2.7", "192.0.2.7/32"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")] {
            assert_eq!(banned_network(address.parse().expect("an address")).to_string(), network);
        }
    }
}
