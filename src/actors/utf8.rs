//! Text whose bytes come in pieces.

/// Tells as early as can be told that bytes are no UTF-8, however they are cut.
#[derive(Clone, Copy, Debug, Default)]
pub struct Utf8 {
    /// The beginning of a character that has not come whole.
    begun: [u8; 4],
    length: usize,
}

impl Utf8 {
    /// Takes in the next bytes; false if they can belong to no text.
    pub fn allow(&mut self, mut bytes: &[u8]) -> bool {
        while let ([byte, after @ ..], 1..) = (bytes, self.length) {
            self.begun[self.length] = *byte;
            self.length += 1;
            bytes = after;
            match std::str::from_utf8(&self.begun[..self.length]) {
                Ok(_) => self.length = 0,
                Err(why) if why.error_len().is_none() => {}
                Err(_) => return false,
            }
        }
        let Err(why) = std::str::from_utf8(bytes) else { return true };
        let begun = &bytes[why.valid_up_to()..];
        if why.error_len().is_none() {
            self.begun[..begun.len()].copy_from_slice(begun);
            self.length = begun.len();
        }
        why.error_len().is_none()
    }

    /// Whether the text may end here.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.length == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "κόσμε \u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff} end";

    #[test]
    fn text_passes_in_whatever_pieces_it_comes() {
        for size in 1..=TEXT.len() {
            let mut text = Utf8::default();
            assert!(TEXT.as_bytes().chunks(size).all(|piece| text.allow(piece)), "in pieces of {size}");
            assert!(text.is_whole());
        }
    }

    #[test]
    fn half_a_character_is_not_whole() {
        for end in 0..TEXT.len() {
            let mut text = Utf8::default();
            assert!(text.allow(&TEXT.as_bytes()[..end]));
            assert_eq!(text.is_whole(), TEXT.is_char_boundary(end), "{end}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused_at_the_first_byte_that_shows_it() {
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
            let mut text = Utf8::default();
            let refused = bytes.iter().position(|byte| !text.allow(&[*byte]));
            assert_eq!(refused, Some(expected), "{bytes:x?}");
            assert!(!Utf8::default().allow(bytes), "{bytes:x?}");
        }
    }
}
