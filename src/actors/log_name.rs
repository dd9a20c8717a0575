//! Names of rooms in the log.

use std::fmt;

use tickcast_protocol::RoomName;

/// Number of characters of an unlisted room's name that the log shows, after the prefix.
const SHOWN_CHARACTERS: usize = 4;

/// The name of a room for the log. Anyone who knows the name of an unlisted room can join the room, so only the beginning of
/// such a name is shown, followed by `~`, which no name contains.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogName<'a>(pub(super) &'a str);

impl<'a> From<&'a RoomName> for LogName<'a> {
    fn from(name: &'a RoomName) -> Self {
        Self(name.as_str())
    }
}

impl fmt::Display for LogName<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.strip_prefix(RoomName::UNLISTED_PREFIX) {
            Some(secret) => {
                let shown: String = secret.chars().take(SHOWN_CHARACTERS).collect();
                write!(formatter, "{}{shown}~", RoomName::UNLISTED_PREFIX)
            }
            None => formatter.write_str(self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_does_not_reveal_the_names_of_unlisted_rooms() {
        let logged = |name: &str| LogName::from(&name.parse().expect("a name")).to_string();
        assert_eq!(logged("unlisted-abcdefghijklmnopqrstuvw"), "unlisted-abcd~");
        assert_eq!(logged("unlisted"), "unlisted");
        assert_eq!(logged("main"), "main");
    }
}
