//! Attacks on a server, and what honest players feel of them.
//!
//! Honest bots play twice for equally long: in peace, and beside a crowd of attackers that flood, send garbage, stall and churn.
//! An attacker is a script on a bare TCP connection: nothing keeps it from breaking the rules. The report sets what the
//! honest felt side by side, tells how the attackers were ended, and what the server's own metrics say.

mod attacker;
mod crowd;
mod frames;
mod kind;
mod line;
pub mod options;
pub mod report;
mod scrape;
mod script;

use std::fs::File;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::bots::{self, BotsError, Playable};
use crowd::Crowd;
pub use kind::Kind;
pub use options::AttackOptions;
pub use report::AttackReport;
use report::ServerFigures;
use scrape::Scrape;

/// How long the server is left alone before it is looked at for what the attack has left behind.
const AFTERMATH: Duration = Duration::from_secs(3);

/// Attacks a server, and measures.
///
/// # Errors
/// [`BotsError`], if there was nothing to measure, or the server is not one to be attacked.
pub fn run<G: Playable>(options: &AttackOptions) -> Result<AttackReport, BotsError> {
    let target = options.target().map_err(BotsError::Options)?;
    let honest = options.honest_bots();
    let look = || options.metrics.and_then(|address| Scrape::read(address).ok());
    let before = look();
    let calm = bots::run::<G>(&honest)?;
    let between = look();
    let is_over = Arc::<AtomicBool>::default();
    let crowd = Crowd::<G>::new(options, target)?;
    let attack = thread::spawn({
        let is_over = Arc::clone(&is_over);
        move || crowd.run(&is_over)
    });
    let attacked = bots::run::<G>(&honest);
    is_over.store(true, Ordering::Release);
    let hostile = attack.join().map_err(|_| io::Error::other("the attackers broke"))??;
    let after = look();
    thread::sleep(AFTERMATH);
    let looks = [before, between, after, look()].into_iter().collect::<Option<Vec<_>>>();
    let server = looks.map(|looks| ServerFigures::new(&looks)).unwrap_or_default();
    Ok(AttackReport { calm, attacked: attacked?, hostile, server })
}

/// The `attack` subcommand: runs, prints the report, and says by its status whether it met the requirements, as
/// [`bots::command`] does.
pub fn command<G: Playable>(options: &AttackOptions) -> ExitCode {
    bots::exit_code(run_and_tell::<G>(options))
}

fn run_and_tell<G: Playable>(options: &AttackOptions) -> Result<bool, BotsError> {
    let json = options.json.as_deref().map(bots::create).transpose()?;
    let report = run::<G>(options)?;
    write!(io::stdout().lock(), "{report}")?;
    bots::finish(&report, json as Option<File>, &options.require)
}
