//! Identifiers in tickets: strings that the operator's backend chooses.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The text is empty or too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text has 1 to 128 bytes")]
pub struct IdentifierError;

/// Defines string types whose values have 1 to 128 bytes.
macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Maximum length in bytes.
            pub const BYTES_MAX: usize = 128;

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdentifierError;

            fn try_from(text: String) -> Result<Self, IdentifierError> {
                if (1..=Self::BYTES_MAX).contains(&text.len()) { Ok(Self(text)) } else { Err(IdentifierError) }
            }
        }

        impl FromStr for $name {
            type Err = IdentifierError;

            fn from_str(text: &str) -> Result<Self, IdentifierError> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(identifier: $name) -> Self {
                identifier.0
            }
        }
    )*};
}

identifiers! {
    /// The user that a ticket was issued to (claim `sub`).
    Subject;
    /// The server that a ticket is for (claim `aud`).
    Audience;
    /// Makes a ticket unique (claim `jti`).
    TicketId;
    /// The name of a key (header parameter `kid`).
    KeyId;
}

impl TicketId {
    /// A new random value.
    #[must_use]
    pub fn random() -> Self {
        Self(format!("{:032x}", rand::random::<u128>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_have_1_to_128_bytes() {
        assert!("x".repeat(128).parse::<Subject>().is_ok());
        assert_eq!("".parse::<Subject>(), Err(IdentifierError));
        assert_eq!("x".repeat(129).parse::<Subject>(), Err(IdentifierError));
    }

    #[test]
    fn random_ids_differ() {
        assert_ne!(TicketId::random(), TicketId::random());
    }
}
