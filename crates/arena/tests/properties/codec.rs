//! Values round-trip through the codec, and invalid bytes are rejected.

use proptest::prelude::*;
use tickcast_arena::Arena;
use tickcast_game::protocol::codec::{self, CLIENT_MESSAGE_BYTES_MAX, DecodeError};

use super::any;

proptest! {
    #[test]
    fn client_messages_round_trip(message in any::client_message()) {
        let bytes = codec::encode_client(&message);
        prop_assert!(bytes.len() <= CLIENT_MESSAGE_BYTES_MAX);
        prop_assert_eq!(codec::decode_client(&bytes), Ok(message));
    }

    #[test]
    fn truncated_messages_are_rejected(message in any::client_message(), cut: prop::sample::Index) {
        let bytes = codec::encode_client(&message);
        let decoded = codec::decode_client::<Arena>(&bytes[..cut.index(bytes.len())]);
        prop_assert!(matches!(decoded, Err(DecodeError::InvalidMessage(_))), "{decoded:?}");
    }

    #[test]
    fn trailing_bytes_are_rejected(message in any::client_message(), extra: u8) {
        let mut bytes = codec::encode_client(&message);
        bytes.push(extra);
        prop_assert!(codec::decode_client::<Arena>(&bytes).is_err());
    }

    #[test]
    fn bytes_decode_to_a_message_that_round_trips_or_are_rejected(bytes in any::bytes()) {
        if let Ok(message) = codec::decode_client::<Arena>(&bytes) {
            prop_assert_eq!(codec::decode_client(&codec::encode_client(&message)), Ok(message));
        }
        if let Ok(message) = codec::decode_server::<Arena>(&bytes) {
            prop_assert_eq!(codec::decode_server(&codec::encode_server(&message)), Ok(message));
        }
    }

    #[test]
    fn entities_round_trip(entity in any::entity(16_383)) {
        prop_assert_eq!(codec::decode(&codec::encode(&entity)), Ok(entity));
    }
}
