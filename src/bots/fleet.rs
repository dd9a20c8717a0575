//! All bots, on one thread.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};
use tungstenite::ClientRequestBuilder;

use super::bot::{Bot, Stage};
use super::client::{Client, Orders};
use super::connection::Connection;
use super::progress::Progress;
use super::tally::{Tally, Window};
use super::{BotsError, BotsOptions, Playable, Report, limits};

/// How many sockets are looked after between two looks at the clock.
const EVENTS_AT_ONCE: usize = 1024;
/// How long what arrives is gathered. Bots that sleep whenever they have read all there is would have to be woken for nearly
/// every snapshot, which costs a server on the same machine as much as a good part of sending it.
const GATHERING: Duration = Duration::from_millis(1);
/// How often every bot is asked whether it has waited too long.
const ROUND_EVERY: Duration = Duration::from_millis(50);
/// How long a server may take to say goodbye.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(1);

/// All bots, on one thread: they wait in one poll, and whoever has something to read gets its turn.
#[derive(Debug)]
pub(super) struct Fleet<'a, G: Playable> {
    options: &'a BotsOptions,
    address: SocketAddr,
    request: ClientRequestBuilder,
    poll: Poll,
    events: Events,
    /// A bot's token is its place here.
    bots: Vec<Bot<G>>,
    /// How many have been sent off, with or without success.
    launched: u32,
    next_turn: Instant,
    next_round: Instant,
    tally: Tally,
    progress: Progress,
}

/// What a turn went on to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// Those with something to read.
    Short,
    /// A round of all bots, too.
    Round,
}

impl<'a, G: Playable> Fleet<'a, G> {
    pub(super) fn new(options: &'a BotsOptions) -> Result<Self, BotsError> {
        let address = options.url.resolve().map_err(|error| BotsError::Options(format!("--url: {error}")))?;
        Ok(Self {
            options,
            address,
            request: options.url.request(options.room.as_ref()),
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS_AT_ONCE),
            bots: Vec::with_capacity(options.count as usize),
            launched: 0,
            next_turn: Instant::now(),
            next_round: Instant::now(),
            tally: Tally::default(),
            progress: Progress::joining(options.count),
        })
    }

    /// Lets all bots join, measures, and reports.
    pub(super) fn run(mut self) -> Result<Report, BotsError> {
        self.assemble()?;
        if self.tally.connected == 0 {
            self.progress.finish();
            return Err(BotsError::Nobody(self.tally.main_remark().unwrap_or("no reason is known").to_owned()));
        }
        self.settle()?;
        let (elapsed, cpu) = self.measure()?;
        let report = std::mem::take(&mut self.tally).report(elapsed, cpu);
        self.disband()?;
        self.progress.finish();
        Ok(report)
    }

    /// Sends the bots off one after the other, and waits until each has had its first snapshot or has failed.
    fn assemble(&mut self) -> Result<(), BotsError> {
        let start = Instant::now();
        while self.tally.connected + self.tally.failed < self.options.count.into() {
            let due = |launched: u32| start + Duration::from_secs(1) * launched / self.options.ramp;
            while self.launched < self.options.count && due(self.launched) <= Instant::now() {
                self.launch();
            }
            let next = if self.launched < self.options.count { due(self.launched) } else { self.next_round };
            if self.turn(next)? == Turn::Round {
                self.progress.joined(self.tally.connected + self.tally.failed);
            }
        }
        Ok(())
    }

    fn launch(&mut self) {
        let orders = Orders::new(self.options, self.launched);
        self.launched += 1;
        let token = Token(self.bots.len());
        match Connection::start(self.address, &self.request, self.poll.registry(), token) {
            Ok(connection) => self.bots.push(Bot::new(connection, Client::new(orders), Instant::now())),
            Err(farewell) => {
                self.tally.failed += 1;
                self.tally.remark(&farewell.0);
            }
        }
    }

    /// Lets all bots play for a while before anything is measured.
    fn settle(&mut self) -> Result<(), BotsError> {
        let end = Instant::now() + Duration::from_secs(self.options.settle.into());
        while Instant::now() < end {
            self.turn(end)?;
        }
        Ok(())
    }

    /// Watches for as long as the options say; tells how long that was, and what it cost.
    fn measure(&mut self) -> Result<(Duration, Duration), BotsError> {
        let whole = Duration::from_secs(self.options.seconds.into());
        self.progress.measuring(whole);
        let snapshots_due_per_second = self.bots.iter().map(Bot::snapshots_due_per_second).sum();
        self.tally.window = Some(Window { snapshots_due_per_second, ..Window::default() });
        let (start, cpu) = (Instant::now(), limits::cpu_time());
        while start.elapsed() < whole {
            if self.turn(start + whole)? == Turn::Round {
                let snapshots = self.tally.window.as_ref().map_or(0, |window| window.snapshots);
                self.progress.measured(start.elapsed(), snapshots);
            }
        }
        Ok((start.elapsed(), limits::cpu_time().saturating_sub(cpu)))
    }

    /// Lets all bots leave, and waits a little until the server has said goodbye too.
    fn disband(&mut self) -> Result<(), BotsError> {
        self.bots.iter_mut().for_each(Bot::leave);
        let end = Instant::now() + GOODBYE_TIMEOUT;
        while Instant::now() < end && self.bots.iter().any(|bot| bot.stage() != Stage::Gone) {
            self.turn(end)?;
        }
        Ok(())
    }

    /// Waits for something to happen, no longer than until then, and deals with it.
    fn turn(&mut self, until: Instant) -> Result<Turn, BotsError> {
        std::thread::sleep(self.next_turn.saturating_duration_since(Instant::now()));
        let wait = until.min(self.next_round).saturating_duration_since(Instant::now());
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        self.next_turn = Instant::now() + GATHERING;
        for event in &self.events {
            if let Some(bot) = self.bots.get_mut(event.token().0) {
                bot.handle_event(event, Instant::now(), &mut self.tally);
            }
        }
        let now = Instant::now();
        if now < self.next_round {
            return Ok(Turn::Short);
        }
        self.next_round = now + ROUND_EVERY;
        self.bots.iter_mut().for_each(|bot| bot.handle_time(now, &mut self.tally));
        Ok(Turn::Round)
    }
}
