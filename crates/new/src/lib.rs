//! Creates the workspace of a new game from a template.
#![doc = include_str!("../README.md")]

pub mod command;
mod name;
mod options;
mod project;
mod source;

pub use name::{GameName, GameNameError};
pub use options::NewOptions;
pub use project::{CreateError, Project};
pub use source::Source;
