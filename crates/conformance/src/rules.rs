//! The rules of PROTOCOL.md that the examiner checks. Contains no logic.

/// Defines the rules in one table, so that `ALL` and every method cover each of them.
macro_rules! rules {
    ($($name:ident = $id:literal, $section:literal, $text:literal;)*) => {
        /// A rule of PROTOCOL.md for clients.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = $text] $name,)*
        }

        impl Rule {
            /// All rules, in the order of the specification.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name of the rule in reports and options.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)*
                }
            }

            /// The section of PROTOCOL.md that contains the rule.
            #[must_use]
            pub const fn section(self) -> &'static str {
                match self {
                    $(Self::$name => $section,)*
                }
            }

            /// The rule in words.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

rules! {
    Subprotocol = "subprotocol", "Connecting", "offers the subprotocol tickcast.1";
    Hello = "hello", "Connecting", "sends a Hello with this fingerprint within 3 s, preceded only by Pings";
    Frames = "frames", "Connecting", "sends each message as one unfragmented binary frame";
    Messages = "messages", "Client messages", "sends only messages that are valid and allowed at that time";
    FirstSnapshot = "first-snapshot", "Client messages", "sends no Input, Acknowledge or Resync before the first snapshot";
    MessageRate = "message-rate", "Limits", "sends at most 150 messages per second, in bursts of up to 300";
    StaysConnected = "stays-connected", "Connecting", "stays connected until the server ends the connection";
    FullSnapshot = "full-snapshot", "Applying a snapshot", "continues with the full snapshot after a gap or a Resync";
    Checksum = "checksum", "Applying a snapshot", "sends Resync after a wrong checksum";
    UnknownEntity = "unknown-entity", "Applying a snapshot", "sends Resync after a change of an unknown entity";
    RepeatedResync = "repeated-resync", "Applying a snapshot", "repeats the Resync once per second";
    NeedlessResync = "needless-resync", "Applying a snapshot", "sends no Resync unless a snapshot has an error";
    StampAhead = "stamp-ahead", "Stamping inputs", "stamps inputs with later ticks than the newest one applied";
    StampLimit = "stamp-limit", "Limits", "stamps inputs at most one second ahead";
    StampOrder = "stamp-order", "Stamping inputs", "never decreases the stamp";
    Lead = "lead", "Stamping inputs", "increases the lead until inputs arrive in time again";
    PaceStamp = "pace-stamp", "Pace", "with pace on demand, stamps inputs with the newest tick + 1";
    PaceRepeat = "pace-repeat", "Pace", "with pace on demand, does not repeat unchanged controls";
    FirstAcknowledgement = "first-acknowledgement", "Acknowledging", "acknowledges the first snapshot at once";
    AcknowledgementTimer = "acknowledgement-timer", "Acknowledging", "acknowledges once per second, also without snapshots";
    AcknowledgementBytes = "acknowledgement-bytes", "Acknowledging", "acknowledges after 8 KiB";
    Acknowledgements = "acknowledgements", "Acknowledging", "acknowledges only applied ticks, and never an older one";
    Reconnects = "reconnects", "Close codes", "reconnects after a lost connection and after a Drain";
    ResumeRoom = "resume-room", "Resuming", "reconnects to the room of the Welcome";
    ResumeToken = "resume-token", "Resuming", "resumes the seat with the newest token";
    DrainDelay = "drain-delay", "Server messages", "waits for the delay of the Drain before it reconnects";
    FinalCode = "final-code", "Close codes", "does not reconnect after a final close code";
}

impl std::str::FromStr for Rule {
    type Err = UnknownRule;

    fn from_str(text: &str) -> Result<Self, UnknownRule> {
        Self::ALL.iter().copied().find(|rule| rule.id() == text).ok_or(UnknownRule)
    }
}

/// There is no rule of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule of this name")]
pub struct UnknownRule;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specification_lists_each_rule_and_has_its_section() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../PROTOCOL.md");
        let specification = std::fs::read_to_string(path).expect("the specification exists");
        for rule in Rule::ALL {
            let (id, section, text) = (rule.id(), rule.section(), rule.text());
            let anchor = section.to_lowercase().replace(' ', "-");
            let row = format!("| `{id}` | [{section}](#{anchor}) | {text} |\n");
            assert!(specification.contains(&format!("# {section}\n")), "PROTOCOL.md has no section {section}");
            assert!(specification.contains(&row), "PROTOCOL.md does not contain: {row}");
        }
    }

    #[test]
    fn the_name_of_a_rule_identifies_it() {
        for rule in Rule::ALL {
            assert_eq!(rule.id().parse(), Ok(*rule));
        }
        assert_eq!("politeness".parse::<Rule>(), Err(UnknownRule));
    }
}
