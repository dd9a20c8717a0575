//! Whose seats there must be: the rules of joining, losing and resuming, told once more and as simply as can be.

use std::collections::{BTreeMap, VecDeque};

use tickcast_arena::{Arena, Standing};
use tickcast_game::Command;
use tickcast_protocol::{CloseReason, PlayerId, ResumeToken, Seat, Tick};
use tickcast_room::{Departure, SessionId};

use super::dice::Dice;

/// How long the seat of somebody whose connection was lost is kept.
const GRACE_S: i32 = 30;

/// How many of the tokens that were good once are remembered.
const SPENT_MAX: usize = 8;

/// Whose seats there must be.
#[derive(Debug)]
pub(crate) struct Seats {
    taken: BTreeMap<PlayerId, Taken>,
    /// Tokens that were good once, the newest first.
    spent: VecDeque<ResumeToken>,
    seats_max: usize,
    drones_max: usize,
    grace_ticks: i32,
}

#[derive(Debug)]
struct Taken {
    session: SessionId,
    /// What it is resumed with.
    newest: ResumeToken,
    /// What it was last resumed with, until the newest token is known to have arrived.
    shown: Option<ResumeToken>,
    lost: Option<Tick>,
    is_new: bool,
}

impl Seats {
    pub(crate) const fn new(seats_max: u16, drones_max: u16, tick_rate: u16) -> Self {
        let grace_ticks = GRACE_S * tick_rate as i32;
        let (seats_max, drones_max) = (seats_max as usize, drones_max as usize);
        Self { taken: BTreeMap::new(), spent: VecDeque::new(), seats_max, drones_max, grace_ticks }
    }

    /// How many people have one.
    pub(crate) fn people(&self) -> usize {
        self.taken.len()
    }

    /// Who sits there.
    pub(crate) fn player(&self, session: SessionId) -> Option<PlayerId> {
        self.taken.iter().find(|(_, taken)| taken.session == session).map(|(player, _)| *player)
    }

    /// Whose seat a token is for, if it is good.
    fn owner(&self, token: &ResumeToken) -> Option<PlayerId> {
        let is_good = |taken: &Taken| taken.newest == *token || taken.shown == Some(*token);
        self.taken.iter().find(|(_, taken)| is_good(taken)).map(|(player, _)| *player)
    }

    /// A player was welcomed who asked for the seat of the token `resume`.
    pub(crate) fn note_welcome(&mut self, session: SessionId, resume: Option<&ResumeToken>, seat: &Seat) {
        let owner = resume.and_then(|token| self.owner(token));
        assert_eq!(seat.resumed, owner.is_some(), "a good token gets its seat again, and no other does");
        if let Some(owner) = owner {
            assert_eq!(seat.player, owner, "who resumes gets the seat that was theirs");
            let taken = self.taken.get_mut(&owner).expect("the owner is there");
            let before = [Some(taken.newest), taken.shown];
            (taken.session, taken.lost) = (session, None);
            (taken.newest, taken.shown) = (seat.token, resume.copied());
            before.into_iter().flatten().filter(|token| Some(token) != resume).for_each(|token| self.note_spent(token));
        } else {
            let taken = Taken { session, newest: seat.token, shown: None, lost: None, is_new: true };
            let before = self.taken.insert(seat.player, taken);
            assert!(before.is_none(), "{:?} was given away while it was taken", seat.player);
        }
        assert!(self.people() <= self.seats_max, "there are {} seats", self.seats_max);
    }

    /// Somebody was sent away at the door.
    pub(crate) fn note_refusal(&self, resume: Option<&ResumeToken>, reason: CloseReason) {
        assert_eq!(reason, CloseReason::RoomFull);
        assert_eq!(resume.and_then(|token| self.owner(token)), None, "a seat that is kept is not taken by others");
    }

    /// A session has acknowledged something: the token of its welcome has arrived.
    pub(crate) fn note_arrival(&mut self, session: SessionId) {
        let taken = self.taken.values_mut().find(|taken| taken.session == session);
        if let Some(spent) = taken.and_then(|taken| taken.shown.take()) {
            self.note_spent(spent);
        }
    }

    fn note_spent(&mut self, token: ResumeToken) {
        self.spent.truncate(SPENT_MAX - 1);
        self.spent.push_front(token);
    }

    /// A token that somebody had once, and somebody else has found.
    pub(crate) fn stolen(&self, dice: &mut impl Dice) -> Option<ResumeToken> {
        self.spent.get(dice.roll(SPENT_MAX as u32) as usize).copied()
    }

    /// A session has ended.
    pub(crate) fn note_departure(&mut self, session: SessionId, departure: Departure, now: Tick) {
        let Some(player) = self.player(session) else { return };
        match departure {
            Departure::Left => drop(self.taken.remove(&player)),
            Departure::Lost => {
                self.taken.entry(player).and_modify(|taken| taken.lost = taken.lost.or(Some(now)));
            }
        }
    }

    /// The room is about to leave `now` behind.
    pub(crate) fn note_step(&mut self, now: Tick) {
        let grace_ticks = self.grace_ticks;
        self.taken.retain(|_, taken| taken.lost.is_none_or(|lost| now.since(lost) <= grace_ticks));
    }

    /// Fails unless everybody who has a seat was in the world before this tick, and still is.
    pub(crate) fn check(&mut self, commands: &[Command<Arena>], standings: &[(PlayerId, Standing)]) {
        for (player, taken) in &mut self.taken {
            assert!(standings.iter().any(|(there, _)| there == player), "{player:?} has a seat and is not in the world");
            let is_new = std::mem::take(&mut taken.is_new);
            let has_left = commands.contains(&Command::Leave(*player));
            assert!(is_new || !has_left, "{player:?} has a seat and lost the ship");
        }
        let drones = standings.len() - self.taken.len();
        assert!(drones <= self.drones_max, "{drones} others are in the world");
    }
}
