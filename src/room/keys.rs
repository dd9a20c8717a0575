//! Who may take which seat again, with what, and until when.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use tickcast_protocol::{PlayerId, ResumeToken, Tick};

use super::SessionId;

/// How long the seat of somebody whose connection was lost is kept.
pub(super) const RESUME_GRACE_S: u32 = 30;

/// The keys to the seats of people. Of their tokens only hashes are kept, so that whoever reads the memory of a server, or a
/// dump of it, cannot sit down in anybody's place.
#[derive(Debug)]
pub(super) struct Keys {
    grace_ticks: i32,
    players: BTreeMap<TokenHash, PlayerId>,
    keys: BTreeMap<PlayerId, Key>,
}

#[derive(Debug)]
struct Key {
    token: TokenHash,
    /// The token that the client showed for the newest one, good until it is known to have got that: the connection may be
    /// lost in between, and more than once.
    previous: Option<TokenHash>,
    holder: Holder,
}

/// Where the holder of a seat is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// Connected.
    Present(SessionId),
    /// Lost since that tick.
    Absent(Tick),
}

type TokenHash = [u8; 32];

impl Keys {
    pub(super) fn new(tick_rate: u16) -> Self {
        let grace_ticks = (RESUME_GRACE_S * u32::from(tick_rate)) as i32;
        Self { grace_ticks, players: BTreeMap::new(), keys: BTreeMap::new() }
    }

    /// Whose seat the token is for, and where its holder is.
    pub(super) fn find(&self, token: &ResumeToken) -> Option<(PlayerId, Holder)> {
        let player = self.players.get(&hash(token))?;
        Some((*player, self.keys[player].holder))
    }

    /// The session now sits in that seat, for which it showed a token if it is not new, and is given `token` for it.
    pub(super) fn issue(&mut self, player: PlayerId, session: SessionId, shown: Option<&ResumeToken>, token: &ResumeToken) {
        let (previous, token) = (shown.map(hash), hash(token));
        self.revoke(player);
        self.players.extend(previous.into_iter().chain([token]).map(|token| (token, player)));
        self.keys.insert(player, Key { token, previous, holder: Holder::Present(session) });
    }

    /// The client has got the newest token: the one before is worth nothing any more.
    pub(super) fn confirm(&mut self, player: PlayerId) {
        if let Some(key) = self.keys.get_mut(&player) {
            let previous = key.previous.take();
            self.forget(previous);
        }
    }

    /// The connection of that seat's holder was lost.
    pub(super) fn note_lost(&mut self, player: PlayerId, now: Tick) {
        if let Some(key) = self.keys.get_mut(&player) {
            key.holder = Holder::Absent(now);
        }
    }

    /// Nobody has that seat any more.
    pub(super) fn revoke(&mut self, player: PlayerId) {
        if let Some(key) = self.keys.remove(&player) {
            self.forget(Some(key.token));
            self.forget(key.previous);
        }
    }

    /// Who has been away for too long.
    pub(super) fn overdue(&self, now: Tick) -> Vec<PlayerId> {
        let is_overdue = |key: &Key| matches!(key.holder, Holder::Absent(since) if now.since(since) > self.grace_ticks);
        self.keys.iter().filter(|(_, key)| is_overdue(key)).map(|(player, _)| *player).collect()
    }

    fn forget(&mut self, token: Option<TokenHash>) {
        if let Some(token) = token {
            self.players.remove(&token);
        }
    }
}

fn hash(token: &ResumeToken) -> TokenHash {
    Sha256::digest(token.0).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAYER: PlayerId = PlayerId(3);
    const SESSION: SessionId = SessionId(9);

    fn token(number: u8) -> ResumeToken {
        ResumeToken([number; 16])
    }

    fn keys() -> Keys {
        let mut keys = Keys::new(10);
        keys.issue(PLAYER, SESSION, None, &token(1));
        keys
    }

    #[test]
    fn a_token_finds_its_seat_and_no_other_does() {
        let keys = keys();
        assert_eq!(keys.find(&token(1)), Some((PLAYER, Holder::Present(SESSION))));
        assert_eq!(keys.find(&token(2)), None);
    }

    /// Resumes with one token, and is given another.
    fn resume(keys: &mut Keys, shown: u8, given: u8) {
        assert!(keys.find(&token(shown)).is_some());
        keys.issue(PLAYER, SESSION, Some(&token(shown)), &token(given));
    }

    fn good_tokens(keys: &Keys) -> Vec<u8> {
        (0..99).filter(|number| keys.find(&token(*number)).is_some()).collect()
    }

    #[test]
    fn the_token_that_was_shown_is_good_until_the_newest_has_arrived() {
        let mut keys = keys();
        resume(&mut keys, 1, 2);
        assert_eq!(good_tokens(&keys), [1, 2]);
        keys.confirm(PLAYER);
        assert_eq!(good_tokens(&keys), [2]);
    }

    #[test]
    fn nobody_is_locked_out_however_often_a_new_token_does_not_arrive() {
        let mut keys = keys();
        (2..50).for_each(|given| resume(&mut keys, 1, given));
        assert_eq!(good_tokens(&keys), [1, 49]);
    }

    #[test]
    fn a_token_that_was_shown_has_arrived() {
        let mut keys = keys();
        resume(&mut keys, 1, 2);
        resume(&mut keys, 2, 3);
        assert_eq!(good_tokens(&keys), [2, 3], "the client may not get the third");
    }

    #[test]
    fn of_a_seat_that_is_free_again_nothing_is_left() {
        let mut keys = keys();
        resume(&mut keys, 1, 2);
        keys.revoke(PLAYER);
        assert!(keys.players.is_empty() && keys.keys.is_empty());
    }

    #[test]
    fn a_seat_is_kept_for_the_grace_period() {
        let mut keys = keys();
        assert!(keys.overdue(Tick(5_000)).is_empty(), "who is there is never overdue");
        keys.note_lost(PLAYER, Tick(100));
        assert!(keys.overdue(Tick(400)).is_empty());
        assert_eq!(keys.overdue(Tick(401)), [PLAYER]);
    }
}
