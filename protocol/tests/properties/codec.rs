//! Messages come back as they were, and bytes that are none are refused.

use proptest::prelude::*;
use tickcast_protocol::arena::Arena;
use tickcast_protocol::codec::{self, CLIENT_MESSAGE_BYTES_MAX, DecodeError};

use super::any;

proptest! {
    #[test]
    fn a_client_message_comes_back(message in any::client_message()) {
        let bytes = codec::encode_client(&message);
        prop_assert!(bytes.len() <= CLIENT_MESSAGE_BYTES_MAX);
        prop_assert_eq!(codec::decode_client(&bytes), Ok(message));
    }

    #[test]
    fn a_message_that_breaks_off_is_none(message in any::client_message(), cut: prop::sample::Index) {
        let bytes = codec::encode_client(&message);
        let decoded = codec::decode_client::<Arena>(&bytes[..cut.index(bytes.len())]);
        prop_assert!(matches!(decoded, Err(DecodeError::Malformed(_))), "{decoded:?}");
    }

    #[test]
    fn bytes_left_over_are_refused(message in any::client_message(), more: u8) {
        let mut bytes = codec::encode_client(&message);
        bytes.push(more);
        prop_assert!(codec::decode_client::<Arena>(&bytes).is_err());
    }

    #[test]
    fn any_bytes_are_one_message_or_none(bytes in any::bytes()) {
        if let Ok(message) = codec::decode_client::<Arena>(&bytes) {
            prop_assert_eq!(codec::decode_client(&codec::encode_client(&message)), Ok(message));
        }
        if let Ok(message) = codec::decode_server::<Arena>(&bytes) {
            prop_assert_eq!(codec::decode_server(&codec::encode_server(&message)), Ok(message));
        }
    }

    #[test]
    fn an_entity_comes_back(entity in any::entity(16_383)) {
        prop_assert_eq!(codec::decode(&codec::encode(&entity)), Ok(entity));
    }
}
