//! Names of games.

use std::fmt;
use std::str::FromStr;

/// Name of a game, which is also a valid name of a package, a program and a folder: lower-case letters, digits and single
/// hyphens, starting with a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GameName(String);

/// Reason for rejecting a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GameNameError {
    /// The name contains other characters, or is too long.
    #[error("a name consists of up to 32 lower-case letters, digits and single hyphens, and starts with a letter")]
    Invalid,
    /// Cargo, Rust or the template uses the name for something else.
    #[error("this name is reserved; choose another one")]
    Reserved,
}

/// Maximum length of a name in bytes.
const BYTES_MAX: usize = 32;

/// Keywords of Rust, crates that every program can use, crates of the templates, and folders of cargo.
const RESERVED: [&str; 65] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "build",
    "client",
    "con",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "nul",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "rules",
    "self",
    "serde",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "tickcast",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
];

impl FromStr for GameName {
    type Err = GameNameError;

    fn from_str(text: &str) -> Result<Self, GameNameError> {
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9'));
        let starts_with_letter = text.starts_with(|first: char| first.is_ascii_lowercase());
        if !starts_with_letter || text.len() > BYTES_MAX || !text.split('-').all(is_word) {
            return Err(GameNameError::Invalid);
        }
        if RESERVED.contains(&text) { Err(GameNameError::Reserved) } else { Ok(Self(text.to_owned())) }
    }
}

impl fmt::Display for GameName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_packages_are_accepted_and_others_are_not() {
        for name in ["discs", "liars-dice", "a", "tag2"] {
            assert_eq!(name.parse().map(|name: GameName| name.to_string()).as_deref(), Ok(name));
        }
        for name in ["", "Discs", "2fast", "-a", "a-", "a--b", "a_b", "../a", "a b", "ä", &"a".repeat(33)] {
            assert_eq!(name.parse::<GameName>(), Err(GameNameError::Invalid), "{name}");
        }
        for name in ["match", "test", "rules", "tickcast"] {
            assert_eq!(name.parse::<GameName>(), Err(GameNameError::Reserved), "{name}");
        }
    }
}
