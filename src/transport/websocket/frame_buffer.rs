//! Frames that the server sends: binary, unfragmented and unmasked (RFC 6455, section 5.2).

/// Length of the longest unmasked frame header.
const HEADER_BYTES_MAX: usize = 10;
const FINAL_BINARY: u8 = 0x82;

/// A message in a frame.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'b> {
    bytes: &'b [u8],
    header_length: usize,
}

impl<'b> Frame<'b> {
    /// The frame: header and payload.
    #[must_use]
    pub const fn bytes(self) -> &'b [u8] {
        self.bytes
    }

    /// The payload: the message without framing.
    #[must_use]
    pub fn payload(self) -> &'b [u8] {
        &self.bytes[self.header_length..]
    }
}

/// A reusable buffer in which frames are built one after the other.
#[derive(Debug, Default)]
pub struct FrameBuffer(Vec<u8>);

impl FrameBuffer {
    /// Builds a frame. First, `write` appends the payload. The length of the header depends on the payload, so the header
    /// is then placed right before the payload.
    pub fn binary(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Frame<'_> {
        let Self(bytes) = self;
        bytes.clear();
        bytes.resize(HEADER_BYTES_MAX, 0);
        write(bytes);
        let begin = match bytes.len() - HEADER_BYTES_MAX {
            short @ 0..=125 => {
                bytes[9] = short as u8;
                8
            }
            medium @ 126..=0xffff => {
                bytes[7] = 126;
                bytes[8..10].copy_from_slice(&(medium as u16).to_be_bytes());
                6
            }
            long => {
                bytes[1] = 127;
                bytes[2..10].copy_from_slice(&(long as u64).to_be_bytes());
                0
            }
        };
        bytes[begin] = FINAL_BINARY;
        Frame { bytes: &bytes[begin..], header_length: HEADER_BYTES_MAX - begin }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_declares_the_payload_length() {
        let mut buffer = FrameBuffer::default();
        for (length, header) in [
            (0x1_0000, &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0][..]),
            (0, &[0x82, 0]),
            (125, &[0x82, 125]),
            (126, &[0x82, 126, 0, 126]),
            (0xffff, &[0x82, 126, 0xff, 0xff]),
        ] {
            let frame = buffer.binary(|payload| payload.resize(payload.len() + length, 9));
            assert_eq!(frame.bytes(), [header, &vec![9; length]].concat());
            assert_eq!(frame.payload(), vec![9; length]);
        }
    }
}
