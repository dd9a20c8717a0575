//! A run of a law, and what it has found.

use std::cell::Cell;
use std::fmt;

use tickcast_protocol::EntityId;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) entity: Option<EntityId>,
    pub(crate) what: String,
}

impl Violation {
    pub(crate) fn new(what: impl fmt::Display) -> Self {
        Self { entity: None, what: what.to_string() }
    }

    pub(crate) fn of(entity: EntityId, what: impl fmt::Display) -> Self {
        Self { entity: Some(entity), what: what.to_string() }
    }
}

/// Returns a violation unless the condition holds.
pub(crate) fn require(condition: bool, violation: impl FnOnce() -> Violation) -> Result<(), Violation> {
    if condition { Ok(()) } else { Err(violation()) }
}

/// A run of a law with one seed. It records the tick, so that a failure can name it, even after a panic.
#[derive(Debug)]
pub(crate) struct Trial {
    pub(crate) seed: u64,
    tick: Cell<u32>,
}

impl Trial {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed, tick: Cell::new(0) }
    }

    /// Records that the run has reached this tick.
    pub(crate) fn reach(&self, tick: u32) {
        self.tick.set(tick);
    }

    pub(crate) const fn tick(&self) -> u32 {
        self.tick.get()
    }
}
