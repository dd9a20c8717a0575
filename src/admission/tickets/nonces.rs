//! Remembers the nonces of used tickets at least until the tickets expire.

use std::collections::HashMap;

use super::{Nonce, TicketError};

/// Maximum number of remembered nonces. Each takes about 100 bytes.
const NONCES_MAX: usize = 100_000;

/// The nonces of used tickets, each with the Unix time at which its ticket expires.
#[derive(Debug, Default)]
pub(super) struct Nonces(HashMap<Nonce, u64>);

impl Nonces {
    /// Records the use of a nonce; fails if it was used before.
    pub(super) fn take(&mut self, nonce: &Nonce, expires_s: u64, now_s: u64) -> Result<(), TicketError> {
        if self.0.get(nonce).is_some_and(|expires_s| *expires_s > now_s) {
            return Err(TicketError::AlreadyUsed);
        }
        if self.0.len() >= NONCES_MAX {
            self.0.retain(|_, expires_s| *expires_s > now_s);
        }
        if self.0.len() >= NONCES_MAX {
            return Err(TicketError::TooMany);
        }
        self.0.insert(nonce.clone(), expires_s);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_accepted_once_and_memory_is_bounded() {
        let mut nonces = Nonces::default();
        let mut take = |number: usize, expires_s, now_s| {
            let nonce = format!("{number:016}").parse().expect("a nonce");
            nonces.take(&nonce, expires_s, now_s)
        };
        assert_eq!((take(0, 10, 5), take(0, 10, 6)), (Ok(()), Err(TicketError::AlreadyUsed)));
        assert!((1..NONCES_MAX).all(|number| take(number, 20, 6).is_ok()));
        assert_eq!(take(NONCES_MAX, 20, 6), Err(TicketError::TooMany));
        assert_eq!(take(NONCES_MAX, 20, 10), Ok(()), "the first has expired");
        assert_eq!(take(1, 20, 10), Err(TicketError::AlreadyUsed));
    }
}
