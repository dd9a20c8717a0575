//! Resume tokens: which token resumes which seat, and until when. Time is measured in ticks.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use tickcast_protocol::{PlayerId, ResumeToken, Tick};

use super::SessionId;

/// Seconds for which the seat of a lost connection is kept.
pub(super) const RESUME_GRACE_S: u32 = 30;

/// Resume tokens of human players' seats. Only SHA-256 hashes are stored, so a memory dump of the server reveals no valid
/// token.
#[derive(Debug)]
pub(super) struct ResumeTokens {
    grace_ticks: i32,
    players: BTreeMap<TokenHash, PlayerId>,
    entries: BTreeMap<PlayerId, Entry>,
}

/// Tokens and holder of one seat.
#[derive(Debug)]
struct Entry {
    newest: TokenHash,
    /// The token with which the client last resumed this seat. It stays valid until the client proves that it received the
    /// newest token, because the connection may be lost before the newest token arrives. The proof is that the client
    /// acknowledges a snapshot, or resumes with the newest token. `None` if the seat was never resumed, or if a snapshot was
    /// acknowledged since.
    presented: Option<TokenHash>,
    holder: Holder,
}

/// Holder of a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// The holder is connected with this session.
    Connected(SessionId),
    /// The holder has been disconnected since this tick.
    Disconnected(Tick),
}

type TokenHash = [u8; 32];

impl ResumeTokens {
    pub(super) fn new(tick_rate: u16) -> Self {
        let grace_ticks = (RESUME_GRACE_S * u32::from(tick_rate)) as i32;
        Self { grace_ticks, players: BTreeMap::new(), entries: BTreeMap::new() }
    }

    /// The player whose seat the token resumes, and the holder of the seat.
    pub(super) fn find(&self, token: &ResumeToken) -> Option<(PlayerId, Holder)> {
        let player = self.players.get(&hash(token))?;
        Some((*player, self.entries[player].holder))
    }

    /// Issues `token` for a seat that `session` now holds. `presented` is the token with which the client resumed the seat,
    /// if any. All other tokens of the seat become invalid.
    pub(super) fn issue(
        &mut self,
        player: PlayerId,
        session: SessionId,
        presented: Option<&ResumeToken>,
        token: &ResumeToken,
    ) {
        let (presented, newest) = (presented.map(hash), hash(token));
        self.revoke(player);
        self.players.extend(presented.into_iter().chain([newest]).map(|token| (token, player)));
        self.entries.insert(player, Entry { newest, presented, holder: Holder::Connected(session) });
    }

    /// Records that the client has received the newest token. The token with which the client resumed becomes invalid.
    pub(super) fn confirm(&mut self, player: PlayerId) {
        if let Some(presented) = self.entries.get_mut(&player).and_then(|entry| entry.presented.take()) {
            self.players.remove(&presented);
        }
    }

    /// Records that the holder of a seat lost its connection at tick `now`.
    pub(super) fn handle_disconnect(&mut self, player: PlayerId, now: Tick) {
        if let Some(entry) = self.entries.get_mut(&player) {
            entry.holder = Holder::Disconnected(now);
        }
    }

    /// Invalidates all tokens of a seat.
    pub(super) fn revoke(&mut self, player: PlayerId) {
        if let Some(entry) = self.entries.remove(&player) {
            for token in entry.presented.into_iter().chain([entry.newest]) {
                self.players.remove(&token);
            }
        }
    }

    /// Players who have been disconnected for longer than the grace period.
    pub(super) fn expired(&self, now: Tick) -> Vec<PlayerId> {
        let is_expired =
            |entry: &Entry| matches!(entry.holder, Holder::Disconnected(since) if now.since(since) > self.grace_ticks);
        self.entries.iter().filter(|(_, entry)| is_expired(entry)).map(|(player, _)| *player).collect()
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

    /// One seat with token 1.
    fn resume_tokens() -> ResumeTokens {
        let mut tokens = ResumeTokens::new(10);
        tokens.issue(PLAYER, SESSION, None, &token(1));
        tokens
    }

    /// Resumes the seat with one token, and issues another.
    fn resume(tokens: &mut ResumeTokens, presented: u8, issued: u8) {
        assert!(tokens.find(&token(presented)).is_some());
        tokens.issue(PLAYER, SESSION, Some(&token(presented)), &token(issued));
    }

    fn valid_tokens(tokens: &ResumeTokens) -> Vec<u8> {
        (0..99).filter(|number| tokens.find(&token(*number)).is_some()).collect()
    }

    #[test]
    fn only_the_issued_token_finds_the_seat() {
        let tokens = resume_tokens();
        assert_eq!(tokens.find(&token(1)), Some((PLAYER, Holder::Connected(SESSION))));
        assert_eq!(tokens.find(&token(2)), None);
    }

    #[test]
    fn the_presented_token_stays_valid_until_the_newest_is_confirmed() {
        let mut tokens = resume_tokens();
        resume(&mut tokens, 1, 2);
        assert_eq!(valid_tokens(&tokens), [1, 2]);
        tokens.confirm(PLAYER);
        assert_eq!(valid_tokens(&tokens), [2]);
    }

    #[test]
    fn repeated_loss_of_new_tokens_locks_no_client_out() {
        let mut tokens = resume_tokens();
        (2..50).for_each(|issued| resume(&mut tokens, 1, issued));
        assert_eq!(valid_tokens(&tokens), [1, 49]);
    }

    #[test]
    fn presenting_a_token_invalidates_its_predecessor() {
        let mut tokens = resume_tokens();
        resume(&mut tokens, 1, 2);
        resume(&mut tokens, 2, 3);
        assert_eq!(valid_tokens(&tokens), [2, 3], "the client may not have received the third");
    }

    #[test]
    fn a_revoked_seat_leaves_no_tokens_behind() {
        let mut tokens = resume_tokens();
        resume(&mut tokens, 1, 2);
        tokens.revoke(PLAYER);
        assert!(tokens.players.is_empty() && tokens.entries.is_empty());
    }

    #[test]
    fn a_seat_is_kept_for_the_grace_period() {
        let mut tokens = resume_tokens();
        assert!(tokens.expired(Tick(5_000)).is_empty(), "the seat of a connected player never expires");
        tokens.handle_disconnect(PLAYER, Tick(100));
        assert!(tokens.expired(Tick(400)).is_empty());
        assert_eq!(tokens.expired(Tick(401)), [PLAYER]);
    }
}
