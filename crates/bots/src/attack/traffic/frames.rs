//! Writes WebSocket frames (RFC 6455, section 5.2), which may be invalid. Depends on no other part of this crate.

/// First byte of a binary frame that is a whole message.
pub(super) const BINARY: u8 = 0x82;
/// First byte of a close frame.
const CLOSE: u8 = 0x88;
/// First byte of a ping.
const PING: u8 = 0x89;
/// Flag of a masked payload, in the second byte.
const MASKED: u8 = 0x80;

/// Appends a masked binary frame.
pub(super) fn write_binary(payload: &[u8], bytes: &mut Vec<u8>) {
    write_header(BINARY, payload.len() as u64, bytes);
    bytes.extend(payload);
}

/// Appends a masked ping with at most 125 bytes of payload.
pub(super) fn write_ping(payload: &[u8], bytes: &mut Vec<u8>) {
    write_header(PING, payload.len() as u64, bytes);
    bytes.extend(payload);
}

/// Appends a masked close frame with this code.
pub(super) fn write_close(code: u16, bytes: &mut Vec<u8>) {
    write_header(CLOSE, 2, bytes);
    bytes.extend(code.to_be_bytes());
}

/// Appends the header of a frame. The payload may follow or be missing. The masking key is zero, which leaves the payload
/// unchanged.
pub(super) fn write_header(first_byte: u8, payload_length: u64, bytes: &mut Vec<u8>) {
    bytes.push(first_byte);
    match payload_length {
        0..=125 => bytes.push(MASKED | payload_length as u8),
        126..=0xffff => {
            bytes.push(MASKED | 126);
            bytes.extend((payload_length as u16).to_be_bytes());
        }
        _ => {
            bytes.push(MASKED | 127);
            bytes.extend(payload_length.to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
}
