//! All bots, driven by one thread.

mod bot;
mod progress;
mod socket;
mod websocket;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};
use tickcast_game::Playable;
use tungstenite::ClientRequestBuilder;

use crate::client::{BotConfig, Client};
use crate::report::{Measurements, Window};
use crate::{BotsError, BotsOptions, OptionError, Report};
use bot::{Bot, BotState};
use progress::Progress;
use websocket::ClientSocket;

/// Capacity of the event buffer.
const EVENTS_MAX: usize = 1024;
/// Batching interval for arriving data. Without it, the thread would be woken for nearly every snapshot, which would slow down
/// a server on the same machine noticeably.
const BATCH_INTERVAL: Duration = Duration::from_millis(1);
/// Interval at which the timeouts of all bots are checked.
const TIMER_INTERVAL: Duration = Duration::from_millis(50);
/// Time limit for the server's answers to close frames.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// All bots. One thread polls their sockets.
#[derive(Debug)]
pub(crate) struct Fleet<'a, G: Playable> {
    options: &'a BotsOptions,
    address: SocketAddr,
    request: ClientRequestBuilder,
    poll: Poll,
    events: Events,
    /// The index of a bot is the token of its socket.
    bots: Vec<Bot<G>>,
    /// Number of attempts to connect, successful or not.
    started: u32,
    next_poll: Instant,
    next_timers: Instant,
    measurements: Measurements,
    progress: Progress,
}

/// What a call of [`Fleet::poll`] has handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handled {
    /// Events of sockets.
    Events,
    /// Events of sockets, and the timers of all bots.
    EventsAndTimers,
}

impl<'a, G: Playable> Fleet<'a, G> {
    pub(crate) fn new(options: &'a BotsOptions) -> Result<Self, BotsError> {
        let address = options.url.resolve().map_err(OptionError::UnknownHost)?;
        Ok(Self {
            options,
            address,
            request: options.url.request(options.room.as_ref()),
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS_MAX),
            bots: Vec::with_capacity(options.count as usize),
            started: 0,
            next_poll: Instant::now(),
            next_timers: Instant::now(),
            measurements: Measurements::default(),
            progress: Progress::joining(options.count),
        })
    }

    /// Connects all bots, measures, disconnects them, and reports.
    pub(crate) fn run(mut self) -> Result<Report, BotsError> {
        self.join_all()?;
        if self.measurements.connected == 0 {
            self.progress.finish();
            let problem = self.measurements.main_problem().unwrap_or("the reason is unknown");
            return Err(BotsError::NoneJoined(problem.to_owned()));
        }
        self.settle()?;
        let (elapsed, cpu) = self.measure()?;
        let report = std::mem::take(&mut self.measurements).report(elapsed, cpu);
        self.close_all()?;
        self.progress.finish();
        Ok(report)
    }

    /// Starts the bots at the configured rate, and waits until each has received its first snapshot or has failed.
    fn join_all(&mut self) -> Result<(), BotsError> {
        let start = Instant::now();
        while self.measurements.connected + self.measurements.failed < self.options.count.into() {
            let due = |started: u32| start + Duration::from_secs(1) * started / self.options.ramp;
            while self.started < self.options.count && due(self.started) <= Instant::now() {
                self.start_bot();
            }
            let next = if self.started < self.options.count { due(self.started) } else { self.next_timers };
            if self.poll(next)? == Handled::EventsAndTimers {
                self.progress.joined(self.measurements.connected + self.measurements.failed);
            }
        }
        Ok(())
    }

    fn start_bot(&mut self) {
        let config = BotConfig::new(self.options, self.started);
        self.started += 1;
        let token = Token(self.bots.len());
        match ClientSocket::start(self.address, &self.request, self.poll.registry(), token) {
            Ok(socket) => self.bots.push(Bot::new(socket, Client::new(config), Instant::now())),
            Err(reason) => {
                self.measurements.failed += 1;
                self.measurements.record_problem(&reason.to_string());
            }
        }
    }

    /// Lets all bots play for a while before the measurement.
    fn settle(&mut self) -> Result<(), BotsError> {
        let end = Instant::now() + Duration::from_secs(self.options.settle.into());
        while Instant::now() < end {
            self.poll(end)?;
        }
        Ok(())
    }

    /// Measures for the configured time. Returns the actual duration and the CPU time used by this process.
    fn measure(&mut self) -> Result<(Duration, Duration), BotsError> {
        let duration = Duration::from_secs(self.options.seconds.into());
        self.progress.measuring(duration);
        let snapshots_due_per_second = self.bots.iter().map(Bot::snapshots_due_per_second).sum();
        self.measurements.window = Some(Window { snapshots_due_per_second, ..Window::default() });
        let (start, cpu) = (Instant::now(), tickcast_platform::process_cpu_time());
        while start.elapsed() < duration {
            if self.poll(start + duration)? == Handled::EventsAndTimers {
                let snapshots = self.measurements.window.as_ref().map_or(0, |window| window.snapshots);
                self.progress.measured(start.elapsed(), snapshots);
            }
        }
        Ok((start.elapsed(), tickcast_platform::process_cpu_time().saturating_sub(cpu)))
    }

    /// Closes all connections, and waits for the server to close them too.
    fn close_all(&mut self) -> Result<(), BotsError> {
        self.bots.iter_mut().for_each(Bot::close);
        let end = Instant::now() + CLOSE_TIMEOUT;
        while Instant::now() < end && self.bots.iter().any(|bot| bot.state() != BotState::Closed) {
            self.poll(end)?;
        }
        Ok(())
    }

    /// Waits for socket events, at most until `deadline`. Handles them, and the timers of all bots if they are due.
    fn poll(&mut self, deadline: Instant) -> Result<Handled, BotsError> {
        std::thread::sleep(self.next_poll.saturating_duration_since(Instant::now()));
        let wait = deadline.min(self.next_timers).saturating_duration_since(Instant::now());
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        self.next_poll = Instant::now() + BATCH_INTERVAL;
        for event in &self.events {
            if let Some(bot) = self.bots.get_mut(event.token().0) {
                bot.handle_event(event, Instant::now(), &mut self.measurements);
            }
        }
        let now = Instant::now();
        if now < self.next_timers {
            return Ok(Handled::Events);
        }
        self.next_timers = now + TIMER_INTERVAL;
        self.bots.iter_mut().for_each(|bot| bot.handle_time(now, &mut self.measurements));
        Ok(Handled::EventsAndTimers)
    }
}
