//! Which profile belongs to a player.

use sha2::{Digest, Sha256};
use tickcast_protocol::ProfileSecret;
use tickcast_store::ProfileId;

/// These contexts make the hashes differ from each other, and from other uses of SHA-256. A user can thus never choose a
/// name that leads to the profile of another player's secret.
const SECRET_CONTEXT: &[u8] = b"tickcast profile of secret";
const USER_CONTEXT: &[u8] = b"tickcast profile of user";

/// The profile of a player with this secret.
#[must_use]
pub fn profile_of_secret(secret: &ProfileSecret) -> ProfileId {
    ProfileId(Sha256::new_with_prefix(SECRET_CONTEXT).chain_update(secret.0).finalize().into())
}

/// The profile of the user that a ticket names.
#[must_use]
pub fn profile_of_user(user: &str) -> ProfileId {
    ProfileId(Sha256::new_with_prefix(USER_CONTEXT).chain_update(user).finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_users_have_different_profiles() {
        let text = "0123456789abcdef";
        let secret = |byte| profile_of_secret(&ProfileSecret([byte; 16]));
        assert_ne!(secret(1), secret(2));
        let secret = ProfileSecret(text.as_bytes().try_into().expect("16 bytes"));
        assert_ne!(profile_of_secret(&secret), profile_of_user(text));
    }
}
