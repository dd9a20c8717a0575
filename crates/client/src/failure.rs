//! Why an exported function fails.

/// Why a call failed: the negative result of an exported function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Failure {
    /// The input is not a valid server message. Close the connection.
    Malformed = -1,
    /// No Welcome has been received.
    NotJoined = -2,
    /// The cells of the Welcome do not fit the world. Close the connection.
    InvalidGrid = -3,
    /// A full snapshot is needed. Send a Resync.
    ExpectedFull = -4,
    /// A change refers to an unknown entity. Send a Resync. The output contains the tick and the id of the entity.
    UnknownEntity = -5,
    /// The checksum differs. Send a Resync. The output contains the tick.
    Desync = -6,
    /// The words in the input are not valid controls, or a spectator has recorded controls. The output contains the reason, as
    /// text.
    InvalidControls = -7,
    /// One of three errors: the words in the input are not a valid action, the encoded action is too long, or too many
    /// actions are recorded. For the first two, the output contains the reason, as text.
    InvalidAction = -8,
}
