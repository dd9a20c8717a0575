//! Whole rooms with bad lines, cheating clients, lost connections and restarts.

mod secrets;

use tickcast_game::Simulation;
use tickcast_protocol::Viewport;
use tickcast_room::RoomOptions;

use crate::arbitrary::Random;
use crate::play::{Controls, Setup, choose_action, has_actions};
use crate::trial::{Trial, Violation, require};
use crate::virtual_room::{ClientId, Line, VirtualRoom};

/// Once in this many ticks, on average, the room is recovered from its journal.
const RESTARTED_ONCE_IN: u32 = 150;
/// Maximum length of a stall in seconds. It exceeds the 3 s after which a room holds snapshots back.
const STALL_S_MAX: u32 = 5;
const SPECTATORS_MAX: u16 = 2;

pub(super) use secrets::check as check_secrets;

pub(super) fn check<S: Simulation>(setup: &Setup<S>, trial: &Trial) -> Result<(), Violation> {
    let mut random = Random::new(trial.seed);
    let options = RoomOptions::default().with(|room| {
        (room.tick_rate, room.seats, room.spectators, room.ai_players) =
            (setup.tick_rate, setup.players, SPECTATORS_MAX, 2);
        room.view_size = 256 + random.below(1_024) as u16;
    });
    let mut room = VirtualRoom::<S>::with_room_options(options, &setup.options, trial.seed);
    let disturbances = Disturbances { setup, clients_max: usize::from(setup.players + SPECTATORS_MAX) };
    for tick in 1..=setup.ticks {
        trial.reach(tick);
        if random.one_in(RESTARTED_ONCE_IN) {
            room.try_restart()?;
        }
        disturbances.disturb(&mut room, &mut random);
        room.try_step()?;
    }
    let compared: u32 = room.clients().map(|(_, client)| client.compared()).sum();
    require(compared > 0, || Violation::new("no client has received a snapshot; does `Examination` allow any players?"))
}

struct Disturbances<'a, S: Simulation> {
    setup: &'a Setup<S>,
    clients_max: usize,
}

impl<S: Simulation> Disturbances<'_, S> {
    /// Adds a client, or lets one of the clients do something.
    fn disturb(&self, room: &mut VirtualRoom<S>, random: &mut Random) {
        let count = room.clients().len();
        if count == 0 || (count < self.clients_max && random.one_in(12)) {
            let line = Line { delay_ticks: random.below(8), jitter_ticks: random.below(4) };
            let is_spectator = random.one_in(5);
            let _ = if is_spectator { room.watch_over(line) } else { room.join_over(&format!("Player {count}"), line) };
        }
        let chosen = random.below(room.clients().len() as u32) as usize;
        let clients: Vec<_> = room.clients().map(|(id, client)| (id, client.is_connected())).collect();
        match clients[chosen] {
            (client, true) => self.disturb_connected(room, client, random),
            (client, false) if random.one_in(8) => room.connect(client),
            _ => {}
        }
    }

    fn disturb_connected(&self, room: &mut VirtualRoom<S>, client: ClientId, random: &mut Random) {
        match random.below(64) {
            0 => room.leave(client),
            1 | 2 => room.disconnect(client),
            3 => room.connect(client),
            4 | 5 => room.stall(client, random.below(STALL_S_MAX * u32::from(self.setup.tick_rate))),
            6 => room.drop_snapshot(client),
            7 => room.request_resync(client),
            8..12 => {
                let [width, height] = [0; 2].map(|_| random.below(1_500) as u16);
                room.resize(client, Viewport { width, height });
            }
            12..20 => self.cheat(room, client, random),
            20..44 => room.hold(client, self.controls(random)),
            44..54 if has_actions::<S>() => self.act(room, client, random),
            _ => {}
        }
    }

    /// Acts as the player of the client, if it has one.
    fn act(&self, room: &mut VirtualRoom<S>, client: ClientId, random: &mut Random) {
        let Some(player) = room.client(client).player() else { return };
        if let Some(action) = choose_action(room.world(), player, random) {
            // Fails before the first snapshot. The client then does without the action.
            let _ = room.act(client, action);
        }
    }

    /// Sends inputs with stamps that are late, far ahead, or equal.
    fn cheat(&self, room: &mut VirtualRoom<S>, client: ClientId, random: &mut Random) {
        let stamp = match random.below(4) {
            0 => room.tick().plus(random.number() as i32),
            1 => room.tick().plus(-20),
            2 => room.tick().plus(1_000),
            _ => room.tick().plus(3),
        };
        for _ in 0..=random.below(3) {
            room.send_input(client, stamp, self.controls(random));
        }
    }

    fn controls(&self, random: &mut Random) -> Controls<S> {
        self.setup.choose_controls(random)
    }
}
