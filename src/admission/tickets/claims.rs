//! The claims of a ticket.

use serde::{Deserialize, Deserializer, Serialize};
use tickcast_protocol::{PlayerName, RoomName, Team};

use super::{Audience, Subject, TicketId};

/// The claims of a ticket (RFC 7519, section 4). Other claims are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user that the ticket was issued to.
    #[serde(rename = "sub", default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// The name that the player gets.
    pub name: PlayerName,
    /// The room that the ticket is for; any room if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomName>,
    /// The team that the player joins. If `None`, the player may ask for any team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<Team>,
    /// The server that the ticket is for. The claim is a JSON string, or an array of one string. A longer array is
    /// rejected, because a ticket for several servers could be used once on each of them.
    #[serde(rename = "aud", default, deserialize_with = "one_audience", skip_serializing_if = "Option::is_none")]
    pub audience: Option<Audience>,
    /// Time of issue, as Unix time in seconds.
    #[serde(rename = "iat")]
    pub issued_s: u64,
    /// Time of expiry, as Unix time in seconds.
    #[serde(rename = "exp")]
    pub expires_s: u64,
    /// Time before which the ticket is not valid yet, as Unix time in seconds.
    #[serde(rename = "nbf", default, skip_serializing_if = "Option::is_none")]
    pub not_before_s: Option<u64>,
    /// Makes the ticket unique.
    #[serde(rename = "jti")]
    pub id: TicketId,
    /// Whether the ticket permits playing. Default: true.
    #[serde(default = "permitted")]
    pub play: bool,
    /// Whether the ticket permits watching as a spectator. Default: false.
    #[serde(default)]
    pub spectate: bool,
    /// Whether the ticket permits creating a room with `POST /api/rooms`. Default: false.
    #[serde(default)]
    pub create: bool,
}

/// What a client presents a ticket for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Joining as a player.
    Play,
    /// Joining as a spectator.
    Spectate,
    /// Creating a room.
    Create,
}

impl Claims {
    /// Claims that permit playing in any room, with a random id.
    #[must_use]
    pub fn new(name: PlayerName, issued_s: u64, expires_s: u64) -> Self {
        Self {
            subject: None,
            name,
            room: None,
            team: None,
            audience: None,
            issued_s,
            expires_s,
            not_before_s: None,
            id: TicketId::random(),
            play: permitted(),
            spectate: false,
            create: false,
        }
    }

    /// Whether the ticket permits the action for which a client presents the ticket.
    #[must_use]
    pub const fn permits(&self, permission: Permission) -> bool {
        match permission {
            Permission::Play => self.play,
            Permission::Spectate => self.spectate,
            Permission::Create => self.create,
        }
    }
}

const fn permitted() -> bool {
    true
}

/// The two forms of the audience in JSON: a string, or an array of one string.
#[derive(Deserialize)]
#[serde(untagged)]
enum AudienceClaim {
    Text(Audience),
    List([Audience; 1]),
}

fn one_audience<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Audience>, D::Error> {
    let claim = Option::deserialize(deserializer)?;
    Ok(claim.map(|claim| match claim {
        AudienceClaim::Text(audience) | AudienceClaim::List([audience]) => audience,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parse(changes: &Value) -> Result<Claims, String> {
        let mut claims = json!({ "name": "Ada", "iat": 1, "exp": 61, "jti": "1" });
        let fields = claims.as_object_mut().expect("an object");
        fields.extend(changes.as_object().expect("an object").clone());
        fields.retain(|_, value| !value.is_null());
        serde_json::from_str(&claims.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_ticket_permits_only_playing_by_default() {
        let claims = parse(&json!({})).expect("all required claims are present");
        let permitted = |claims: &Claims| {
            [Permission::Play, Permission::Spectate, Permission::Create].map(|permission| claims.permits(permission))
        };
        assert_eq!(permitted(&claims), [true, false, false]);
        let claims = parse(&json!({ "play": false, "spectate": true, "create": true })).expect("valid claims");
        assert_eq!(permitted(&claims), [false, true, true]);
    }

    #[test]
    fn claims_survive_a_round_trip() {
        let ada = Claims::new("Ada".to_owned().try_into().expect("a name"), 1, 61);
        let full = Claims {
            subject: Some("user-1".parse().expect("a subject")),
            room: Some("duel".parse().expect("a room")),
            team: Some(Team(1)),
            audience: Some("eu-1".parse().expect("an audience")),
            not_before_s: Some(2),
            play: false,
            spectate: true,
            ..ada.clone()
        };
        for claims in [ada, full] {
            let text = serde_json::to_string(&claims).expect("claims are plain data");
            assert_eq!(serde_json::from_str::<Claims>(&text).expect("the claims are valid"), claims, "{text}");
        }
    }

    #[test]
    fn an_audience_is_one_text() {
        let audience = |value: Value| parse(&json!({ "aud": value })).map(|claims| claims.audience.map(String::from));
        assert_eq!(audience(json!("eu-1")), Ok(Some("eu-1".to_owned())));
        assert_eq!(audience(json!(["eu-1"])), Ok(Some("eu-1".to_owned())));
        assert!(audience(json!(["eu-1", "eu-2"])).is_err());
        assert!(audience(json!([])).is_err());
    }

    #[test]
    fn missing_claims_and_wrong_types_are_rejected() {
        for changes in [
            json!({ "name": null }),
            json!({ "iat": null }),
            json!({ "exp": null }),
            json!({ "jti": null }),
            json!({ "exp": "61" }),
            json!({ "exp": -1 }),
            json!({ "exp": 61.5 }),
            json!({ "iat": [1] }),
            json!({ "nbf": "2" }),
            json!({ "jti": 7 }),
            json!({ "jti": "" }),
            json!({ "sub": 7 }),
            json!({ "sub": "" }),
            json!({ "aud": 7 }),
            json!({ "name": "ü".repeat(33) }),
            json!({ "room": "a b" }),
            json!({ "team": 256 }),
            json!({ "play": "true" }),
            json!({ "spectate": 1 }),
        ] {
            assert!(parse(&changes).is_err(), "{changes}");
        }
        let twice = r#"{"name": "Ada", "iat": 1, "exp": 61, "exp": 99, "jti": "1"}"#;
        assert!(serde_json::from_str::<Claims>(twice).is_err());
    }
}
