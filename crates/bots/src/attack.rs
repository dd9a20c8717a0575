//! Attack simulation: hostile clients, and their effect on honest ones.
//!
//! Honest bots join and are measured while they play alone. Then the honest bots are measured again while hostile clients
//! attack. By default, all kinds of hostile clients attack at once. With [`AttackOptions::each_kind`], each kind attacks
//! alone instead, in a measurement of its own. During each measurement, newcomers join to show whether new players still
//! get a seat. Hostile clients write raw bytes to TCP connections, so they can violate any rule of the protocol.
//!
//! The report compares the measurements of the honest bots, counts what the hostile clients achieved and how the server ended
//! their connections, and includes the server's own metrics.

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
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tickcast_protocol::GameProtocol;

use crate::fleet::Fleet;
use crate::{BotsError, Brains, Report};
use hostile_clients::HostileClients;
use report::Scrapes;
use scrape::Scrape;

pub use kind::Kind;
pub use options::AttackOptions;
pub use report::{Attack, AttackReport, AttackerStats, KindStats, Ratios, ServerFigures};

/// Time that the server has for cleaning up, between the end of the attack and the last scrape.
const RECOVERY_TIME: Duration = Duration::from_secs(3);
/// Pause after the attack of each kind, so that the attacks of two kinds do not overlap on the server. During the pause,
/// the honest bots play but are not measured.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs an attack simulation.
///
/// # Errors
/// [`BotsError`] if the target is not permitted or nothing could be measured.
pub fn run<G: GameProtocol>(options: &AttackOptions, brains: Brains<G>) -> Result<AttackReport, BotsError> {
    let connector = options.hostile_connector()?;
    crate::check_open_files(options.honest + options.hostile)?;
    let scrape = || options.metrics.and_then(|address| Scrape::fetch(address).ok());
    let honest_options = options.honest_bots();
    let mut honest = Fleet::new(&honest_options, brains)?;
    let start = scrape();
    honest.join()?;
    let calm_start = scrape();
    let mut report = AttackReport { calm: honest.measure()?, ..AttackReport::default() };
    let attack_start = scrape();
    let attack = |honest: &mut Fleet<'_, G>, kinds: &[Kind]| {
        let hostile = HostileClients::<G>::new(options, kinds, connector.clone())?;
        let (attacked, stats) = measure_attack(honest, hostile)?;
        Ok::<_, BotsError>(Attack::new(&report.calm, attacked, stats))
    };
    if options.each_kind {
        for kind in &options.kinds {
            report.each_kind.insert(*kind, attack(&mut honest, &[*kind])?);
            honest.play(PAUSE)?;
        }
    } else {
        report.combined = Some(attack(&mut honest, &options.kinds)?);
    }
    let attack_end = scrape();
    honest.close()?;
    thread::sleep(RECOVERY_TIME);
    if let (Some(start), Some(calm_start), Some(attack_start), Some(attack_end), Some(end)) =
        (start, calm_start, attack_start, attack_end, scrape())
    {
        report.server = ServerFigures::new(&Scrapes { start, calm_start, attack_start, attack_end, end });
    }
    Ok(report)
}

/// Measures the honest bots while hostile clients attack from another thread.
fn measure_attack<G: GameProtocol>(
    honest: &mut Fleet<'_, G>,
    hostile: HostileClients<G>,
) -> Result<(Report, AttackerStats), BotsError> {
    let is_over = Arc::<AtomicBool>::default();
    let attack = thread::spawn({
        let is_over = Arc::clone(&is_over);
        move || hostile.run(&is_over)
    });
    let attacked = honest.measure();
    is_over.store(true, Ordering::Release);
    let stats = attack.join().map_err(|_| io::Error::other("the thread of the hostile clients panicked"))??;
    Ok((attacked?, stats))
}
