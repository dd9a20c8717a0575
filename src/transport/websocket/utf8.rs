//! UTF-8 validation of text that arrives in pieces.

use utf8::{DecodeError, Incomplete};

/// Validates text that arrives in pieces, and rejects it at the first invalid byte.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Utf8Validator {
    /// The beginning of a character whose other bytes have not arrived.
    incomplete: Option<Incomplete>,
}

impl Utf8Validator {
    /// Validates the next bytes. Returns false if the text is invalid, whatever follows these bytes.
    pub(super) fn accept(&mut self, mut bytes: &[u8]) -> bool {
        if bytes.is_empty() {
            return true;
        }
        if let Some(mut incomplete) = self.incomplete.take() {
            let Some((character, rest)) = incomplete.try_complete(bytes) else {
                self.incomplete = Some(incomplete);
                return true;
            };
            if character.is_err() {
                return false;
            }
            bytes = rest;
        }
        match utf8::decode(bytes) {
            Ok(_) => true,
            Err(DecodeError::Incomplete { incomplete_suffix, .. }) => {
                self.incomplete = Some(incomplete_suffix);
                true
            }
            Err(DecodeError::Invalid { .. }) => false,
        }
    }

    /// Whether the text may end here.
    pub(super) const fn is_complete(&self) -> bool {
        self.incomplete.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "κόσμε \u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff} end";

    #[test]
    fn valid_text_is_accepted_in_pieces_of_any_size() {
        for size in 1..=TEXT.len() {
            let mut text = Utf8Validator::default();
            assert!(TEXT.as_bytes().chunks(size).all(|piece| text.accept(piece)), "in pieces of {size}");
            assert!(text.is_complete());
        }
    }

    #[test]
    fn a_truncated_character_is_incomplete() {
        for end in 0..TEXT.len() {
            let mut text = Utf8Validator::default();
            assert!(text.accept(&TEXT.as_bytes()[..end]));
            assert_eq!(text.is_complete(), TEXT.is_char_boundary(end), "{end}");
        }
    }

    #[test]
    fn invalid_bytes_are_rejected_at_the_first_byte_that_cannot_continue_the_text() {
        let cases: [(&[u8], usize); 8] = [
            (&[0x80], 0),
            (&[b'a', 0xff], 1),
            (&[0xc0, 0x80], 0),
            (&[0xe2, 0x28, 0xa1], 1),
            (&[0xed, 0xa0, 0x80], 1),
            (&[0xf4, 0x90, 0x80, 0x80], 1),
            (&[0xf0, 0x80], 1),
            (&[0xce, 0xba, 0xce, b'a'], 3),
        ];
        for (bytes, expected) in cases {
            let mut text = Utf8Validator::default();
            let rejected = bytes.iter().position(|byte| !text.accept(&[*byte]));
            assert_eq!(rejected, Some(expected), "{bytes:x?}");
            assert!(!Utf8Validator::default().accept(bytes), "{bytes:x?}");
        }
    }
}
