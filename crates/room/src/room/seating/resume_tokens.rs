//! Resume tokens: which token resumes which seat.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tickcast_protocol::{PlayerId, ResumeToken};

use crate::journal::TokenHash;

/// Resume tokens of human players' seats. Only SHA-256 hashes are stored, so a memory dump of the server reveals no valid
/// token.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct ResumeTokens {
    players: BTreeMap<TokenHash, PlayerId>,
    entries: BTreeMap<PlayerId, Entry>,
}

/// Tokens of one seat.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    newest: TokenHash,
    /// The token with which the client last resumed this seat. It stays valid until the client proves that it received the
    /// newest token, because the connection may be lost before the newest token arrives. The proof is that the client
    /// acknowledges a snapshot, or resumes with the newest token. `None` if the seat was never resumed, or if a snapshot was
    /// acknowledged since.
    presented: Option<TokenHash>,
}

impl ResumeTokens {
    /// The player whose seat the token resumes.
    pub(super) fn find(&self, token: &TokenHash) -> Option<PlayerId> {
        self.players.get(token).copied()
    }

    /// Issues the token `newest` for a seat. `presented` is the token with which the client resumed the seat, if any. All other
    /// tokens of the seat become invalid.
    pub(super) fn issue(&mut self, player: PlayerId, presented: Option<TokenHash>, newest: TokenHash) {
        self.revoke(player);
        self.players.extend(presented.into_iter().chain([newest]).map(|token| (token, player)));
        self.entries.insert(player, Entry { newest, presented });
    }

    /// Records that the client has received the newest token. The token with which the client resumed becomes invalid.
    pub(super) fn confirm(&mut self, player: PlayerId) {
        if let Some(presented) = self.entries.get_mut(&player).and_then(|entry| entry.presented.take()) {
            self.players.remove(&presented);
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
}

/// The hash of a token.
pub(in crate::room) fn token_hash(token: &ResumeToken) -> TokenHash {
    Sha256::digest(token.0).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAYER: PlayerId = PlayerId(3);

    fn token(number: u8) -> TokenHash {
        token_hash(&ResumeToken([number; 16]))
    }

    /// One seat with token 1.
    fn resume_tokens() -> ResumeTokens {
        let mut tokens = ResumeTokens::default();
        tokens.issue(PLAYER, None, token(1));
        tokens
    }

    /// Resumes the seat with one token, and issues another.
    fn resume(tokens: &mut ResumeTokens, presented: u8, issued: u8) {
        assert!(tokens.find(&token(presented)).is_some());
        tokens.issue(PLAYER, Some(token(presented)), token(issued));
    }

    fn valid_tokens(tokens: &ResumeTokens) -> Vec<u8> {
        (0..99).filter(|number| tokens.find(&token(*number)).is_some()).collect()
    }

    #[test]
    fn only_the_issued_token_finds_the_seat() {
        let tokens = resume_tokens();
        assert_eq!(tokens.find(&token(1)), Some(PLAYER));
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
}
