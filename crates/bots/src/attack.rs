//! Attack simulation: hostile clients, and their effect on honest ones.
//!
//! Honest bots play twice for the same duration: first alone, then alongside hostile clients that flood, send garbage,
//! stall and reconnect continuously. Hostile clients write raw bytes to TCP connections, so they can violate any rule of
//! the protocol.
//!
//! The report compares the two measurements of the honest bots, counts how the server ended the hostile connections, and
//! includes the server's own metrics.

mod attacker;
mod hostile_clients;
mod kind;
mod options;
mod raw_connection;
mod report;
mod response_parser;
mod scrape;
mod traffic;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tickcast_game::Playable;

use crate::{BotsError, Report};
use hostile_clients::HostileClients;
use report::Scrapes;
use scrape::Scrape;

pub use kind::Kind;
pub use options::AttackOptions;
pub use report::{AttackReport, AttackerStats, KindStats, ServerFigures};

/// Time that the server has for cleaning up, between the end of the attack and the last scrape.
const RECOVERY_TIME: Duration = Duration::from_secs(3);

/// Runs an attack simulation.
///
/// # Errors
/// [`BotsError`] if the target is not permitted or nothing could be measured.
pub fn run<G: Playable>(options: &AttackOptions) -> Result<AttackReport, BotsError> {
    let target = options.target()?;
    let scrape = || options.metrics.and_then(|address| Scrape::fetch(address).ok());
    let start = scrape();
    let calm = crate::run::<G>(&options.honest_bots())?;
    let attack_start = scrape();
    let (attacked, hostile) = run_attack::<G>(options, target)?;
    let attack_end = scrape();
    thread::sleep(RECOVERY_TIME);
    let server = match (start, attack_start, attack_end, scrape()) {
        (Some(start), Some(attack_start), Some(attack_end), Some(end)) => {
            ServerFigures::new(&Scrapes { start, attack_start, attack_end, end })
        }
        _ => ServerFigures::default(),
    };
    Ok(AttackReport { calm, attacked, hostile, server })
}

/// Runs honest bots on this thread and hostile clients on another.
fn run_attack<G: Playable>(options: &AttackOptions, target: SocketAddr) -> Result<(Report, AttackerStats), BotsError> {
    let is_over = Arc::<AtomicBool>::default();
    let hostile_clients = HostileClients::<G>::new(options, target)?;
    let attack = thread::spawn({
        let is_over = Arc::clone(&is_over);
        move || hostile_clients.run(&is_over)
    });
    let attacked = crate::run::<G>(&options.honest_bots());
    is_over.store(true, Ordering::Release);
    let hostile = attack.join().map_err(|_| io::Error::other("the thread of the hostile clients panicked"))??;
    Ok((attacked?, hostile))
}
