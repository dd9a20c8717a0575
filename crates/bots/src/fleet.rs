//! All bots, driven by one thread.

mod bot;
mod client_socket;
mod input_schedule;
mod newcomers;
mod progress;
mod socket;

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token, Waker};
use tickcast_protocol::{GameProtocol, RoomName};

pub use input_schedule::InputSchedule;

use crate::client::{BotConfig, Brains, Client};
use crate::endpoint::{Connector, SourceAddresses, quic};
use crate::options::Transport;
use crate::report::{Measurements, Window};
use crate::{BotsError, BotsOptions, OptionError, Report};
use bot::{Bot, BotState};
use client_socket::{ClientSocket, DatagramNetwork, DisconnectReason, Network};
use newcomers::Newcomers;
use progress::Progress;
use socket::Readiness;

/// Capacity of the event buffer.
const EVENTS_MAX: usize = 1024;
/// Batching interval for arriving data. Without it, the thread would be woken for nearly every snapshot, which would slow down
/// a server on the same machine noticeably.
const BATCH_INTERVAL: Duration = Duration::from_millis(1);
/// Interval at which the timeouts of all bots are checked.
const TIMER_INTERVAL: Duration = Duration::from_millis(50);
/// Time limit for the server's answers to close frames.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// Maximum time after the end of a measurement in which newcomers can finish joining.
const NEWCOMERS_TIMEOUT: Duration = Duration::from_secs(1);
/// Token of the events with which [`Network`] interrupts the poll. No socket has it.
const NETWORK_TOKEN: Token = Token(usize::MAX);

/// All bots. One thread polls their sockets.
#[derive(Debug)]
pub(crate) struct Fleet<'a, G: GameProtocol> {
    options: &'a BotsOptions,
    brains: Brains<G>,
    connector: Connector,
    network: Network,
    poll: Poll,
    events: Events,
    /// The bots that are measured. The index of a bot is the token of its socket.
    bots: Vec<Bot<G>>,
    newcomers: Newcomers<G>,
    /// When each bot sends its inputs, if the bots send inputs at a fixed rate. Otherwise `None`.
    inputs: Option<InputSchedule>,
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
    /// Events of sockets, and the inputs that were due.
    Events,
    /// Events of sockets, the inputs that were due, and the timers of all bots.
    EventsAndTimers,
}

impl<'a, G: GameProtocol> Fleet<'a, G> {
    pub(crate) fn new(options: &'a BotsOptions, brains: Brains<G>) -> Result<Self, BotsError> {
        let address = options.url.resolve().map_err(OptionError::UnknownHost)?;
        let encryption = options.url.encryption(options.tls_ca.as_deref()).map_err(OptionError::from)?;
        let poll = Poll::new()?;
        let network = match options.transport {
            Transport::Websocket => Network::WebSocket,
            Transport::Http => Network::Http,
            Transport::Datagrams => {
                let offer = options.url.datagram_offer(options.tls_ca.as_deref())?;
                let config = quic::client_config(options.tls_ca.as_deref(), offer.certificate_sha256.clone());
                let config = config.map_err(OptionError::from)?;
                let waker = Waker::new(poll.registry(), NETWORK_TOKEN)?;
                Network::Datagrams(DatagramNetwork::start(offer, config, waker)?)
            }
        };
        Ok(Self {
            options,
            brains,
            connector: Connector::new(address, encryption, options.addresses.map(SourceAddresses::honest))?,
            network,
            poll,
            events: Events::with_capacity(EVENTS_MAX),
            bots: Vec::with_capacity(options.count as usize),
            newcomers: Newcomers::default(),
            inputs: options.inputs_per_second.map(|rate| InputSchedule::new(options.count, rate, Instant::now())),
            started: 0,
            next_poll: Instant::now(),
            next_timers: Instant::now(),
            measurements: Measurements::default(),
            progress: Progress::joining(options.count),
        })
    }

    /// Starts the bots at the configured rate, waits until each has received its first snapshot or has failed, and lets them
    /// play for the configured time.
    ///
    /// # Errors
    /// [`BotsError::NoneJoined`] if every bot failed.
    pub(crate) fn join(&mut self) -> Result<(), BotsError> {
        let start = Instant::now();
        while self.measurements.connected + self.measurements.failed < self.options.count.into() {
            while self.may_start_bot() && due(start, self.started, self.options.ramp) <= Instant::now() {
                self.start_bot();
            }
            let next = if self.may_start_bot() { due(start, self.started, self.options.ramp) } else { self.next_timers };
            if self.poll(next)? == Handled::EventsAndTimers {
                self.progress.joined(self.measurements.connected + self.measurements.failed);
            }
        }
        self.measurements.joined_after = start.elapsed();
        if self.measurements.connected == 0 {
            self.progress.finish();
            let problem = self.measurements.main_problem().unwrap_or("the reason is unknown");
            return Err(BotsError::NoneJoined(problem.to_owned()));
        }
        self.play(Duration::from_secs(self.options.settle.into()))
    }

    /// Lets all bots play without a measurement.
    pub(crate) fn play(&mut self, duration: Duration) -> Result<(), BotsError> {
        let end = Instant::now() + duration;
        while Instant::now() < end {
            self.poll(end)?;
        }
        Ok(())
    }

    /// Measures for the configured time. The report includes joins and errors since the end of the previous measurement.
    pub(crate) fn measure(&mut self) -> Result<Report, BotsError> {
        // Handles the snapshots that arrived while the fleet was not polled: they do not belong to this measurement.
        self.poll(Instant::now())?;
        let duration = Duration::from_secs(self.options.seconds.into());
        self.progress.measuring(duration);
        let snapshots_due_per_second = self.bots.iter().map(Bot::snapshots_due_per_second).sum();
        self.measurements.window = Some(Window { snapshots_due_per_second, ..Window::default() });
        let (start, cpu) = (Instant::now(), tickcast_platform::process_cpu_time());
        let mut newcomers: u32 = 0;
        while start.elapsed() < duration {
            while due(start, newcomers, self.options.newcomers) <= Instant::now() {
                newcomers += 1;
                self.start_newcomer();
            }
            let next = due(start, newcomers, self.options.newcomers).min(start + duration);
            if self.poll(next)? == Handled::EventsAndTimers {
                let snapshots = self.measurements.window.as_ref().map_or(0, |window| window.snapshots);
                self.progress.measured(start.elapsed(), snapshots);
            }
        }
        let (elapsed, cpu) = (start.elapsed(), tickcast_platform::process_cpu_time().saturating_sub(cpu));
        let mut measurements = std::mem::take(&mut self.measurements);
        self.measurements.connected = self.bots.iter().filter(|bot| bot.state() == BotState::Playing).count() as u64;
        self.poll_until(NEWCOMERS_TIMEOUT, |fleet| !fleet.newcomers.are_joining())?;
        measurements.add_newcomers(self.newcomers.finish(Instant::now()));
        Ok(measurements.report(elapsed, cpu))
    }

    /// Closes all connections, and waits for the server to close them too.
    pub(crate) fn close(mut self) -> Result<(), BotsError> {
        self.bots.iter_mut().for_each(Bot::close);
        self.poll_until(CLOSE_TIMEOUT, |fleet| fleet.bots.iter().all(|bot| bot.state() == BotState::Closed))?;
        self.progress.finish();
        Ok(())
    }

    /// Whether there is another bot to start, and fewer bots are joining than allowed.
    fn may_start_bot(&self) -> bool {
        let joining = u64::from(self.started) - self.measurements.connected - self.measurements.failed;
        self.started < self.options.count && self.options.joining.is_none_or(|joining_max| joining < joining_max.into())
    }

    fn start_bot(&mut self) {
        match self.connect(Token(self.bots.len())) {
            Ok(bot) => self.bots.push(bot),
            Err(reason) => self.measurements.record_failure(&reason.to_string()),
        }
    }

    fn start_newcomer(&mut self) {
        let token = self.newcomers.free_token();
        let bot = self.connect(token);
        self.newcomers.add(token, bot);
    }

    fn connect(&mut self, token: Token) -> Result<Bot<G>, DisconnectReason> {
        let number = self.started;
        self.started += 1;
        let socket = self.start_socket(number, self.options.room.as_ref(), token)?;
        let client = Client::new(BotConfig::new(self.options, number), self.brains);
        Ok(Bot::new(number, socket, client, Instant::now()))
    }

    fn start_socket(&self, number: u32, room: Option<&RoomName>, token: Token) -> Result<ClientSocket, DisconnectReason> {
        let target = (&self.options.url, room);
        ClientSocket::start(&self.network, &self.connector, number, target, (self.poll.registry(), token))
    }

    /// Reconnects the bots whose connection was lost and whose next attempt is due.
    fn reconnect_bots(&mut self, now: Instant) {
        for index in 0..self.bots.len() {
            if let Some((number, room)) = self.bots[index].poll_reconnect(now) {
                let socket = self.start_socket(number, room.as_ref(), Token(index));
                self.bots[index].reconnect(socket, now, &mut self.measurements);
            }
        }
    }

    /// Polls until the condition holds, at most for `timeout`.
    fn poll_until(&mut self, timeout: Duration, is_reached: impl Fn(&Self) -> bool) -> Result<(), BotsError> {
        let end = Instant::now() + timeout;
        while Instant::now() < end && !is_reached(self) {
            self.poll(end)?;
        }
        Ok(())
    }

    /// Waits for socket events, but only until `deadline`, or until inputs or timers are due. Then handles the events,
    /// sends the inputs that are due, and handles the timers of all bots if they are due.
    fn poll(&mut self, deadline: Instant) -> Result<Handled, BotsError> {
        std::thread::sleep(self.next_poll.saturating_duration_since(Instant::now()));
        let next_input = self.inputs.as_ref().map_or(deadline, InputSchedule::next_due);
        let wait = deadline.min(self.next_timers).min(next_input).saturating_duration_since(Instant::now());
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        self.next_poll = Instant::now() + BATCH_INTERVAL;
        let ready = self.network.take_ready().into_iter().map(|token| (token, Readiness::default()));
        for (token, readiness) in self.events.iter().map(|event| (event.token(), event.into())).chain(ready) {
            match self.bots.get_mut(token.0) {
                Some(bot) => bot.handle_event(readiness, Instant::now(), &mut self.measurements),
                None => self.newcomers.handle_event(token, readiness, Instant::now()),
            }
        }
        let now = Instant::now();
        while let Some(index) = self.inputs.as_mut().and_then(|inputs| inputs.poll(now)) {
            if let Some(bot) = self.bots.get_mut(index) {
                bot.send_input(Instant::now(), &mut self.measurements);
            }
        }
        if now < self.next_timers {
            return Ok(Handled::Events);
        }
        self.next_timers = now + TIMER_INTERVAL;
        self.bots.iter_mut().for_each(|bot| bot.handle_time(now, &mut self.measurements));
        self.reconnect_bots(now);
        self.newcomers.handle_time(now);
        Ok(Handled::EventsAndTimers)
    }
}

/// Time at which the client with this number is started. If the rate `per_second` is 0, no client is ever due.
fn due(start: Instant, number: u32, per_second: u32) -> Instant {
    const NEVER: Duration = Duration::from_hours(24 * 365);
    start + (Duration::from_secs(1) * number).checked_div(per_second).unwrap_or(NEVER)
}
