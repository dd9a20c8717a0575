//! The request of a webhook: body, headers and signature.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;
use ureq::Agent;

use super::WebhookOptions;
use crate::admission::tickets::Secret;
use crate::telemetry::RoomEvent;

/// The request that delivers an event. Every attempt has the same id, so the backend can recognize repeated ones.
pub(super) struct WebhookRequest {
    id: String,
    body: String,
}

/// The body of a request.
#[derive(Serialize)]
struct Body<'a> {
    /// Unix time of the event, in seconds.
    time: u64,
    #[serde(flatten)]
    event: &'a RoomEvent,
}

impl WebhookRequest {
    /// The request for an event that happened at this Unix time.
    pub(super) fn new(event: &RoomEvent, time_s: u64) -> Self {
        let body = serde_json::to_string(&Body { time: time_s, event }).expect("an event is plain data");
        Self { id: format!("msg_{:032x}", rand::random::<u128>()), body }
    }

    /// Sends the request. Blocks.
    ///
    /// # Errors
    /// The reason for the failure.
    pub(super) fn send(&self, agent: &Agent, options: &WebhookOptions, now_s: u64) -> Result<(), String> {
        let request = agent
            .post(options.url.as_str())
            .header("Content-Type", "application/json")
            .header("Webhook-Id", &self.id)
            .header("Webhook-Timestamp", now_s.to_string())
            .header("Webhook-Signature", self.signature(&options.secret, now_s));
        let response = request.send(&self.body).map_err(|error| error.to_string())?;
        if response.status().is_success() { Ok(()) } else { Err(format!("status {}", response.status())) }
    }

    /// The signature of this request at this time: HMAC-SHA-256 over id, time and body, separated by dots.
    fn signature(&self, secret: &Secret, now_s: u64) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(secret.bytes()).expect("HMAC accepts keys of any length");
        let Self { id, body } = self;
        let signature = mac.chain_update(format!("{id}.{now_s}.{body}")).finalize().into_bytes();
        format!("v1,{}", BASE64.encode(&signature))
    }
}

#[cfg(test)]
mod tests {
    use tickcast_store::MatchId;

    use super::*;
    use crate::telemetry::room_events::{PlayerResult, RoomEnd};

    fn room() -> tickcast_protocol::RoomName {
        "duel".parse().expect("a name")
    }

    #[test]
    fn the_body_describes_the_event() {
        let opened = RoomEvent::Opened { room: room(), match_id: None, seats: 2, tick_rate: 30 };
        assert_eq!(
            WebhookRequest::new(&opened, 7).body,
            r#"{"time":7,"type":"room.opened","room":"duel","match":null,"seats":2,"tick_rate":30}"#
        );
        let name = "Ada".to_owned();
        let result =
            PlayerResult { name, seat: 1, team: None, first_tick: 9, play_ms: 500, score: 30, kills: 2, deaths: 1 };
        let (reason, match_id) = (RoomEnd::Empty, Some(MatchId([10; 16])));
        let closed = RoomEvent::Closed { room: room(), match_id, reason, results: vec![result] };
        assert_eq!(
            WebhookRequest::new(&closed, 8).body,
            concat!(
                r#"{"time":8,"type":"room.closed","room":"duel","match":"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a","#,
                r#""reason":"empty","results":[{"name":"Ada","seat":1,"first_tick":9,"play_ms":500,"#,
                r#""score":30,"kills":2,"deaths":1}]}"#
            )
        );
    }

    #[test]
    fn the_signature_is_that_of_standard_webhooks() {
        let request = WebhookRequest { id: "msg_1".to_owned(), body: "{}".to_owned() };
        let secret: Secret = "0123456789abcdef0123456789abcdef".parse().expect("long enough");
        assert_eq!(request.signature(&secret, 1_700_000_000), SIGNATURE);
    }

    /// `printf 'msg_1.1700000000.{}' | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef -binary | base64`
    const SIGNATURE: &str = "v1,2c4VI0bO4Wd5svqP2unEA9pCk0dTAXr/elrHCJ+/efk=";
}
