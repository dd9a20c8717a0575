//! The optional part of a game in which entities affect each other.

use tickcast_protocol::Entities;

use super::Game;

/// Entities that affect each other: discs that collide, magnets that attract each other, …
///
/// Server and clients both compute the interactions, so they cost no bandwidth, and clients predict them: a player's own disc
/// bounces off another one without delay. Because each disc may depend on all others, clients predict all entities, not only
/// the player's own. They assume that the other players hold their controls, and correct what they have predicted when a
/// player changes them.
///
/// A client can compute this only if it has all entities. A game with [`Space`](super::Space) therefore cannot have
/// interactions. This does not compile:
///
/// ```compile_fail
/// # use tickcast_game::protocol::{Entities, Lifecycle, PlayerId, Position};
/// # use tickcast_game::{CoastContext, Game, Interact, Setup, Space, World, game};
/// # #[derive(serde::Serialize, serde::Deserialize)]
/// # struct Sumo;
/// # impl Game for Sumo {
/// #     type Controls = ();
/// #     type Entity = u32;
/// #     fn new(_: &mut World<Self>, _: u64) -> Self { Self }
/// #     fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<u32> { None }
/// #     fn step(&mut self, _: &mut World<Self>) {}
/// #     fn coast(_: &mut u32, _: &mut CoastContext<'_, Self>) -> Lifecycle { Lifecycle::Alive }
/// # }
/// # impl Interact for Sumo {
/// #     fn interact(_: &Setup<()>, _: &mut Entities<'_, u32>) {}
/// # }
/// # impl Space for Sumo {
/// #     fn extent(_: &Setup<()>) -> Position { Position::at_units(1, 1) }
/// #     fn position(_: &u32) -> Position { Position::default() }
/// # }
/// game!(Sumo: Interact, Space);
/// ```
///
/// Without `Space`, it does:
///
/// ```
/// # use tickcast_game::protocol::{Lifecycle, PlayerId};
/// # use tickcast_game::{CoastContext, Game, World};
/// use tickcast_game::protocol::Entities;
/// use tickcast_game::{Interact, Setup, game};
///
/// # #[derive(serde::Serialize, serde::Deserialize)]
/// # struct Sumo;
/// # impl Game for Sumo {
/// #     type Controls = ();
/// #     type Entity = i32;
/// #     fn new(_: &mut World<Self>, _: u64) -> Self { Self }
/// #     fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<i32> { None }
/// #     fn step(&mut self, _: &mut World<Self>) {}
/// #     fn coast(_: &mut i32, _: &mut CoastContext<'_, Self>) -> Lifecycle { Lifecycle::Alive }
/// # }
/// game!(Sumo: Interact);
///
/// /// Distance between the centres of two discs that touch.
/// const CONTACT: i32 = 40;
///
/// impl Interact for Sumo {
///     /// Discs on a line push each other apart.
///     fn interact(_: &Setup<()>, discs: &mut Entities<'_, i32>) {
///         discs.for_each_pair(|(_, left), (_, right)| {
///             let overlap = CONTACT - (*right - *left).abs();
///             if overlap > 0 {
///                 let push = (overlap + 1) / 2;
///                 let (low, high) = if left <= right { (left, right) } else { (right, left) };
///                 *low -= push;
///                 *high += push;
///             }
///         });
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(note = "write `game!({Self});`, or `game!({Self}: Interact);` if it implements `Interact`")]
pub trait Interact: Game {
    /// Whether entities interact. Only [`game!`](crate::game!) sets it to `false`.
    #[doc(hidden)]
    const INTERACTS: bool = true;

    /// Lets the entities affect each other. Called in each tick after all entities have coasted, and before [`Game::step`].
    ///
    /// The result depends on `setup` and the entities only. Entities come in ascending order of id, so the order of their
    /// interactions is the same on the server and on all clients. Entities cannot appear or disappear here. An entity that
    /// is to disappear can store so in its state, and [expire](tickcast_protocol::Lifecycle::Expired) in the next
    /// [`Game::coast`]. Handle every state that the type can represent, as in [`Game::coast`].
    fn interact(setup: &Self::PublicSetup, entities: &mut Entities<'_, Self::Entity>);
}
