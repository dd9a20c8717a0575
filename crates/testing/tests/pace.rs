//! Rooms with pace on demand in virtual time.

use serde::{Deserialize, Serialize};
use tickcast_game::prelude::*;
use tickcast_game::protocol::Pace;
use tickcast_game::{Hosted, Standings};
use tickcast_room::RoomOptions;
use tickcast_testing::{Line, VirtualRoom};

/// Players turn a wheel by holding another number. Each turn scores a point.
#[derive(Serialize, Deserialize)]
struct Wheel;

game!(Wheel: Standings);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Hand {
    held: u8,
    shown: u8,
}

impl Game for Wheel {
    type Controls = u8;
    type Entity = Hand;

    const PACE: Pace = Pace::OnDemand;

    fn new(_: &mut World<Self>, _: u64) -> Self {
        Self
    }

    fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<Hand> {
        Some(Hand { held: 0, shown: 0 })
    }

    fn coast(_: &mut Hand, _: &mut CoastContext<'_, Self>) -> Lifecycle {
        Lifecycle::Alive
    }

    fn step(&mut self, world: &mut World<Self>) {
        for player in world.players().collect::<Vec<_>>() {
            let Some(hand) = world.avatar_mut(player).filter(|hand| hand.held != hand.shown) else { continue };
            hand.shown = hand.held;
            *world.standing_mut(player).expect("the player has a standing") += 1;
        }
    }

    fn controls_mut(hand: &mut Hand) -> Option<&mut u8> {
        Some(&mut hand.held)
    }
}

impl Standings for Wheel {
    type Standing = u32;
}

tickcast_testing::examine!(Hosted<Wheel>);

#[test]
fn a_room_with_pace_on_demand_ticks_for_each_input_and_otherwise_once_per_second() {
    const RATE: u32 = 20;
    let options = RoomOptions::default().with(|room| (room.tick_rate, room.ai_players) = (RATE as u16, 0));
    let mut room = VirtualRoom::<Hosted<Wheel>>::with_room_options(options, &(), 1);
    let ada = room.join("Ada");
    let bob = room.join_over("Bob", Line { delay_ticks: 3, jitter_ticks: 0 });
    room.run(RATE);
    let idle = |room: &mut VirtualRoom<Hosted<Wheel>>| {
        let before = room.tick();
        room.run(10 * RATE);
        room.tick().since(before)
    };
    assert_eq!(idle(&mut room), 10);
    let before = room.tick();
    for number in 1..=5 {
        room.hold(ada, number);
        room.run(2);
    }
    // An idle tick may be due at the beginning and at the end.
    let ticks = room.tick().since(before);
    assert!((5..=7).contains(&ticks), "{ticks} ticks for five inputs in ten periods");
    room.restart();
    [ada, bob].into_iter().for_each(|client| room.connect(client));
    room.run(2 * RATE);
    let replica = room.client(bob).replica().expect("Bob has a replica");
    let player = room.client(ada).player().expect("Ada has a seat");
    // The recovered room has released the number, and the client has sent it again.
    assert_eq!(replica.players()[&player].standing, 7);
    assert_eq!(idle(&mut room), 10, "clients do not repeat their controls");
}
