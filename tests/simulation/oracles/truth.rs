//! The exact world of each tick, replayed from the journal.

use std::collections::{BTreeMap, VecDeque};

use tickcast_arena::{Arena, Entity, Options, Standing, World};
use tickcast_game::{Command, Simulation};
use tickcast_protocol::{EntityId, EntityMap, GameProtocol, Grid, PlayerId, Position, Replica, Tick};
use tickcast_room::RoomOptions;

use super::super::memory_server::recorder::RecordedTick;
use super::TickCount;

/// Interval in ticks at which the server sends changed standings. Between these ticks, the standings in a replica may be
/// out of date.
const STANDINGS_TICKS: u32 = 8;
/// Seconds after which a player who joined must be announced to all clients.
const ANNOUNCED_AFTER_S: TickCount = 3;
/// Seconds for which past worlds are kept. The server closes the session of a client before the client lags this far
/// behind. Snapshots that the server has already sent may still arrive more than `HISTORY_S` seconds after their tick, if
/// their line stalls several times in succession.
const HISTORY_S: usize = 25;

/// The exact world of each recent tick, replayed from the journal.
pub(crate) struct Truth {
    grid: Grid,
    world: World,
    now: Tick,
    count: TickCount,
    /// The tick in which each player joined.
    joined: BTreeMap<PlayerId, TickCount>,
    announced_after: TickCount,
    moments_max: usize,
    /// Recent worlds, in tick order.
    moments: VecDeque<Moment>,
}

/// The world of one tick.
#[derive(Debug)]
struct Moment {
    entities: EntityMap<Entity>,
    standings: BTreeMap<PlayerId, Standing>,
    /// The players whom all clients must know.
    announced: Vec<PlayerId>,
    /// The centre of each player's view.
    focuses: BTreeMap<PlayerId, Position>,
}

impl Truth {
    pub(crate) fn new(options: &RoomOptions, world: &Options, seed: u64, now: Tick) -> Self {
        let world = World::new(world, options.tick_rate, seed);
        let grid = Grid::new(Arena::extent(world.rules()), 128).expect("the world has few cells");
        let moments_max = HISTORY_S * usize::from(options.tick_rate);
        let announced_after = ANNOUNCED_AFTER_S * TickCount::from(options.tick_rate);
        let (joined, moments) = (BTreeMap::new(), VecDeque::new());
        Self { grid, world, now, count: 0, joined, announced_after, moments_max, moments }
    }

    /// The cells of the world.
    pub(crate) const fn grid(&self) -> &Grid {
        &self.grid
    }

    /// The last tick.
    pub(crate) const fn now(&self) -> Tick {
        self.now
    }

    /// Number of ticks so far.
    pub(crate) const fn count(&self) -> TickCount {
        self.count
    }

    /// Whether the player must stay in the world, because the ship was damaged a short time ago.
    pub(crate) fn must_stay(&self, player: PlayerId) -> bool {
        !self.world.may_leave(player)
    }

    /// Converts the number of a recent tick to a tick count.
    pub(crate) fn count_at(&self, tick: Tick) -> TickCount {
        self.count + TickCount::from(tick.since(self.now))
    }

    /// Replays a tick.
    pub(crate) fn replay(&mut self, recorded: &RecordedTick) {
        assert_eq!(recorded.tick, self.now.next(), "every tick is recorded once and in order");
        self.world.step(&recorded.commands);
        self.count += 1;
        for command in &recorded.commands {
            match command {
                Command::Leave(player) => drop(self.joined.remove(player)),
                Command::Join(player) | Command::JoinTeam(player, _) => drop(self.joined.insert(*player, self.count)),
                Command::Controls(..) | Command::Act(..) => {}
            }
        }
        if self.moments.len() == self.moments_max {
            self.moments.pop_front();
        }
        let standings: BTreeMap<_, _> = self.world.standings().into_iter().collect();
        let focuses = standings.keys().map(|player| (*player, self.world.focus(*player))).collect();
        let is_announced = |(_, joined): &(&PlayerId, &TickCount)| self.count - **joined > self.announced_after;
        let announced = self.joined.iter().filter(is_announced).map(|(player, _)| *player).collect();
        self.moments.push_back(Moment { entities: self.world.entities().clone(), standings, announced, focuses });
        self.now = recorded.tick;
    }

    /// Whether a player is in the world of the last tick.
    pub(crate) fn has_player(&self, player: PlayerId) -> bool {
        self.moments.back().is_some_and(|moment| moment.standings.contains_key(&player))
    }

    /// The centre of a player's view at a tick, if the world of that tick is still kept.
    pub(crate) fn focus(&self, player: PlayerId, tick: Tick) -> Option<Position> {
        self.moment(tick)?.focuses.get(&player).copied()
    }

    /// Whether a tick is so long ago that its world is not kept any more.
    pub(crate) fn has_forgotten(&self, tick: Tick) -> bool {
        usize::try_from(self.now.since(tick)).is_ok_and(|age| age >= self.moments_max)
    }

    /// Describes the first difference, within the replica's view, between the replica and the world of the replica's tick.
    pub(crate) fn difference(&self, replica: &Replica<Arena>) -> Option<String> {
        let (tick, view) = replica.tick().zip(replica.view())?;
        let Some(moment) = self.moment(tick) else { return Some(format!("tick {} is not in the journal", tick.0)) };
        let in_view = |(_, entity): &(EntityId, &Entity)| view.contains(self.grid.cell(entity.position()));
        let visible = moment.entities.iter().filter(in_view);
        let is_equal = visible.clone().eq(replica.entities().iter());
        let difference = if is_equal { None } else { first_difference(replica, visible) };
        let difference = difference.or_else(|| moment.standing_difference(tick, replica));
        difference.map(|what| format!("tick {}: {what}", tick.0))
    }

    fn moment(&self, tick: Tick) -> Option<&Moment> {
        let age = usize::try_from(self.now.since(tick)).ok()?;
        self.moments.len().checked_sub(age + 1).map(|index| &self.moments[index])
    }
}

impl Moment {
    fn standing_difference(&self, tick: Tick, replica: &Replica<Arena>) -> Option<String> {
        let players = replica.players();
        let is_unknown = |player: &&PlayerId| !players.contains_key(player);
        if let Some(player) = self.announced.iter().find(is_unknown) {
            return Some(format!("the replica does not know {player:?}"));
        }
        for (player, held) in players {
            let Some(truth) = self.standings.get(player) else { return Some(format!("{player:?} is not in the world")) };
            if tick.0.is_multiple_of(STANDINGS_TICKS) && held.standing != *truth {
                return Some(format!("the standing of {player:?} is {truth:?}, in the replica {:?}", held.standing));
            }
        }
        None
    }
}

/// Describes the first entity that differs.
fn first_difference<'a>(
    replica: &Replica<Arena>,
    mut visible: impl Iterator<Item = (EntityId, &'a Entity)> + Clone,
) -> Option<String> {
    let extra = replica.entities().iter().find(|(id, _)| !visible.clone().any(|(visible, _)| visible == *id));
    let differing = visible.find(|(id, truth)| replica.entities().get(*id) != Some(*truth));
    match (differing, extra) {
        (Some((id, truth)), _) => match replica.entities().get(id) {
            Some(held) => Some(format!("{id:?} differs in (replica, world): {:#?}", differing_fields(held, truth))),
            None => Some(format!("{id:?} is missing: {truth:?}")),
        },
        (None, Some(extra)) => Some(format!("the world has no {extra:?} in view")),
        (None, None) => None,
    }
}

fn differing_fields(held: &Entity, truth: &Entity) -> Vec<(String, String)> {
    let (held, truth) = (format!("{held:#?}"), format!("{truth:#?}"));
    let pairs = held.lines().zip(truth.lines()).map(|(one, other)| (one.to_owned(), other.to_owned()));
    pairs.filter(|(one, other)| one != other).collect()
}
