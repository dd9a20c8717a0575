//! Load tests for tickcast servers: headless clients on real sockets, honest or hostile.
//!
//! A bot consists of a protocol client without I/O and a non-blocking WebSocket. The fleet drives thousands of bots on one
//! thread and summarizes their measurements in a [`Report`]. [`attack`] runs hostile clients alongside honest bots.
//! Everything is generic over the game. Bots decide with the
//! [`Brains`] of the game, or hold random controls. The crate depends on no part of the server: it observes the
//! server only through sockets.

pub mod attack;
mod client;
pub mod command;
pub mod endpoint;
mod error;
mod fleet;
pub mod options;
pub mod report;

pub use attack::AttackOptions;
pub use client::Brains;
pub use error::{BotsError, OptionError, TlsError};
use fleet::Fleet;
pub use fleet::InputSchedule;
pub use options::BotsOptions;
pub use report::{Report, Requirement};
use tickcast_protocol::GameProtocol;

/// Number of open files that the process needs in addition to the bots' sockets.
const OTHER_FILES: u64 = 64;

/// Runs a load test: connects the bots, lets them play, and measures. `brains` decide which controls the bots hold.
///
/// # Errors
/// [`BotsError`] if nothing could be measured.
pub fn run<G: GameProtocol>(options: &BotsOptions, brains: Brains<G>) -> Result<Report, BotsError> {
    check_open_files(options.count * options.transport.sockets())?;
    let mut fleet = Fleet::new(options, brains)?;
    fleet.join()?;
    let report = fleet.measure()?;
    fleet.close()?;
    Ok(report)
}

/// Raises the limit on open files, and checks whether it permits this number of bots.
fn check_open_files(bots: u32) -> Result<(), OptionError> {
    match tickcast_platform::raise_open_files_limit() {
        Some(limit) if limit < u64::from(bots) + OTHER_FILES => Err(OptionError::OpenFiles { bots, limit }),
        _ => Ok(()),
    }
}
