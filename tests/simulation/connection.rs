//! A session as its host keeps it, with its two lines.

use tickcast_protocol::{CloseReason, Tick};
use tickcast_room::replication::Delivery;

use super::line::{Line, Quality};
use super::view::Sight;

/// A session, with its two lines.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) up: Line<ToServer>,
    pub(super) down: Line<ToClient>,
    pub(super) phase: Phase,
    /// How many messages wait for the client before one is dropped.
    pub(super) outbox_max: usize,
    /// One was dropped, so that only a reset may follow.
    pub(super) is_broken: bool,
    /// The newest tick that the room told.
    told: Option<Tick>,
    /// The newest tick at which it started anew.
    began: Option<Tick>,
    /// The newest tick that was not made for it, so that it rests.
    pub(super) shed: Option<Tick>,
    /// Why it may start anew.
    pub(super) excuse: Option<Excuse>,
}

/// Why a client may start anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Excuse {
    /// It asked for that.
    Recover,
    /// A snapshot did not reach it.
    Overflowed,
}

#[derive(Debug)]
pub(super) enum Phase {
    Connected,
    Joined(Option<Sight>),
    Closed,
}

/// What a client's side of a line puts in.
#[derive(Clone, Debug)]
pub(crate) enum ToServer {
    Message(Vec<u8>),
    Goodbye,
    /// The connection is lost, and that is noticed.
    Lost,
}

/// What comes out at a client's side.
#[derive(Debug)]
pub(crate) enum ToClient {
    Message(Vec<u8>),
    Closed(CloseReason),
}

impl Connection {
    pub(super) const fn new(quality: Quality, outbox_max: usize, now: Tick) -> Self {
        Self {
            up: Line::new(quality, now),
            down: Line::new(quality, now),
            phase: Phase::Connected,
            outbox_max,
            is_broken: false,
            told: None,
            began: None,
            shed: None,
            excuse: None,
        }
    }

    /// A reset comes first, after a pause, which lasts a second if it is a rest, and when it was asked for, but then no more
    /// than one in a second; otherwise one tick follows the other.
    pub(super) fn check(&mut self, delivery: &Delivery, tick: Tick, tick_rate: i32) {
        let follows = self.told.map(Tick::next) == Some(tick);
        let excuse = self.excuse.take();
        if delivery.previous_view.is_none() {
            assert!(!follows || excuse.is_some(), "a reset that nobody asked for");
            let is_long_ago = |then: Option<Tick>| then.is_none_or(|then| tick.since(then) >= tick_rate);
            assert!(is_long_ago(self.began) || excuse != Some(Excuse::Recover), "a second reset within a second");
            assert!(is_long_ago(self.shed) || excuse.is_some(), "whoever was shed rests for a second");
            self.began = Some(tick);
        } else {
            assert!(follows, "tick {} follows on {:?} and is no reset", tick.0, self.told);
        }
        self.told = Some(tick);
    }
}
