//! The servers take turns.

use crate::child::Child;
use crate::measured::{Delivered, Measured};
use crate::meter::Meter;
use crate::options::{FanoutOptions, Part};
use crate::{Outcome, crowd, process, table, tickcast_server};

/// One turn of each server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    /// The real one.
    pub(crate) tickcast: Measured,
    /// The floor, with frames as long as the real one's were.
    pub(crate) floor: Measured,
}

impl Round {
    /// How many times as much as the floor's a snapshot of the real server costs.
    pub(crate) fn ratio(&self) -> f64 {
        self.tickcast.cpu_us / self.floor.cpu_us
    }

    /// What others used of the servers' core.
    fn others(&self) -> f64 {
        self.tickcast.shares.others.max(self.floor.shares.others)
    }
}

/// Lets the servers take turns, and prints what they used.
pub(crate) fn run(options: &FanoutOptions) -> Outcome<()> {
    process::settle(options.client_core, options.clients)?;
    table::print_head(options);
    let mut rounds = Vec::new();
    for _ in 0..options.rounds {
        let tickcast = measure(Part::Tickcast, 0, options, |child| tickcast_server::play(child.address(), options))?;
        table::print_row("tickcast", &tickcast);
        let frame_bytes = tickcast.frame_bytes();
        let floor = measure(Part::Floor, frame_bytes, options, |child| play_floor(child, frame_bytes, &tickcast, options))?;
        table::print_row("floor", &floor);
        rounds.push(Round { tickcast, floor });
    }
    let quiet: Vec<_> = rounds.iter().copied().filter(|round| round.others() <= options.others_max).collect();
    table::print_summary(if quiet.is_empty() { &rounds } else { &quiet }, quiet.len());
    Ok(())
}

/// Starts a server, lets its clients play, and looks at what that costs it.
fn measure(
    part: Part,
    frame_bytes: usize,
    options: &FanoutOptions,
    play: impl FnOnce(&Child) -> Outcome<Delivered>,
) -> Outcome<Measured> {
    let child = Child::start(part, frame_bytes)?;
    let meter = Meter::start(child.process(), options)?;
    let delivered = play(&child)?;
    Ok(Measured::new(delivered, meter.finish()?, options.clients, process::load_average()?))
}

fn play_floor(child: &Child, frame_bytes: usize, like: &Measured, options: &FanoutOptions) -> Outcome<Delivered> {
    let seen = crowd::play(child.address(), frame_bytes, options)?;
    Ok(Delivered {
        snapshots_per_second: seen.frames as f64 / seen.elapsed.as_secs_f64(),
        snapshots_due_per_second: f64::from(options.clients) * f64::from(options.rate),
        bytes: like.bytes.round(),
        input_latency_p99_ms: seen.input_latency_p99_ms,
    })
}
