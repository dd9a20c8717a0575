//! A tickcast game compiled to WebAssembly: the author's Rust is the replica and the prediction of the page.
//!
//! [`client!`] exports the client of a game as C functions, so that a plain `cargo build --target wasm32-unknown-unknown`
//! suffices. No generator is needed. A crate with `crate-type = ["cdylib"]` contains one line:
//!
//! ```
//! # mod rules {
//! #     use tickcast_game::prelude::*;
//! #     #[derive(serde::Serialize, serde::Deserialize)]
//! #     pub struct MyGame;
//! #     game!(MyGame);
//! #     impl Game for MyGame {
//! #         type Controls = ();
//! #         type Entity = u8;
//! #         fn new(_: &mut World<Self>, _: u64) -> Self { Self }
//! #         fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<u8> { None }
//! #         fn step(&mut self, _: &mut World<Self>) {}
//! #         fn coast(_: &mut u8, _: &mut CoastContext<'_, Self>) -> Lifecycle { Lifecycle::Alive }
//! #     }
//! # }
//! tickcast_client::client!(rules::MyGame);
//! ```
//!
//! ```sh
//! cargo build --release --target wasm32-unknown-unknown --target-dir target/client
//! ```
//!
//! # Interface
//!
//! An instance of the module is one client of one room: it has one replica, one prediction and one lead. A page creates an
//! instance for each connection. The garbage collector frees it, so there is nothing to release. All functions use two
//! buffers, which the instance owns:
//!
//! - the *input*: before a call with an argument `bytes`, reserve this number of bytes with `tickcast_input`, and write them to
//!   the address that it returns;
//! - the *output*: 32-bit words, little-endian. They are at the address that `tickcast_output` returns, until the next call.
//!
//! Both buffers may move in each call of a function, and the memory may grow, so addresses and JavaScript views of the memory
//! are valid until the next call only.
//!
//! | function | effect | output |
//! | --- | --- | --- |
//! | `tickcast_input(bytes)` | returns the address of the input; 0 if `bytes` exceeds the size of a server message | |
//! | `tickcast_output()` | returns the address of the output | |
//! | `tickcast_shape(number)` | returns the address of the description of a shape, see below | |
//! | `tickcast_shape_bytes(number)` | returns its length | |
//! | `tickcast_receive(bytes)` | applies the server message in the input | message |
//! | `tickcast_entities()` | | entities: all in view |
//! | `tickcast_extrapolate(ticks)` | coasts a copy of them by up to [`COASTED_TICKS_MAX`] ticks | entities |
//! | `tickcast_players()` | | players: all known |
//! | `tickcast_stamp()` | returns the stamp of an input that is sent now; see [`Lead`](tickcast_protocol::Lead) | |
//! | `tickcast_lead()` | returns the current lead in ticks | |
//! | `tickcast_controls(bytes)` | encodes the controls whose words are in the input | text: the last field of an Input |
//! | `tickcast_no_controls()` | | value: the controls of a player who holds nothing |
//! | `tickcast_record(tick, bytes)` | records that these controls were sent with the stamp `tick` | |
//! | `tickcast_action(bytes)` | encodes the action whose words are in the input | text: the last field of an Act |
//! | `tickcast_record_action(number, tick, bytes)` | records that an action with this stamp waits for its outcome | |
//! | `tickcast_pending()` | returns the number of unconfirmed inputs | |
//! | `tickcast_predict(tick)` | predicts the avatar, and what it spawns until this tick; all entities if they interact | entities |
//! | `tickcast_predict_own(tick)` | predicts also the other [own](Layout::is_own) entities | entities |
//! | `tickcast_avatar(player)` | returns the id of a player's avatar | |
//! | `tickcast_is_own(player, id)` | 1 if a page draws the entity ahead of the server (always if entities interact), or 0 | |
//! | `tickcast_panic()` | returns the address of the message of a panic, after a trap | text, at that address |
//! | `tickcast_fingerprint()` | returns the [fingerprint](tickcast_protocol::codec::fingerprint), lowest byte first | |
//! | `tickcast_version()` | returns the version of this interface, [`INTERFACE_VERSION`] | |
//!
//! A function with output returns the number of words. A negative result is an error: see [`Failure`].
//!
//! # Records in the output
//!
//! | record | words |
//! | --- | --- |
//! | text | number of bytes, then the bytes, four in each word |
//! | value | number of words, then the words of the value: see below |
//! | entity | id, value |
//! | introduction | player id, kind (0 human, 1 AI), text: the name |
//! | player | introduction, team or −1, 1 if ready, value: the standing |
//! | room event | 0 joined or 4 present: introduction; 1 left: player id; 2 standing: player id, value; 3 game: value |
//! | | 5 team: player id, team; 6 ready: player id, 1 if ready; 7 waiting: 1 if the room waits |
//! | outcome | 0 accepted; 1 refused: value; 2 rate limited |
//!
//! # Messages in the output
//!
//! - Welcome: 0, player id or −1, 1 if the seat was resumed, token (4 words), tick rate, pace (0 steady, 1 on demand), cell
//!   size, text: the room, value: the rules.
//! - Pong: 1, number.
//! - Drain: 2, milliseconds.
//! - Snapshot: 3, tick, flags (1 full, 2 report, 8 checksum, 128 outcomes of actions, 256 secret, 512 private events),
//!   stamp and margin of the report, number of despawned entities, these entities, number of room events, these events.
//!   Then, as far as the flags are set: number of the first action, number of outcomes, these outcomes; value: the secret;
//!   number of private events, and a value for each.
//!
//! # Values
//!
//! A value describes itself: the page reads it without knowing the types of the game. The lowest three bits of its first word are
//! its kind, and the other bits an argument:
//!
//! | kind | argument | further words |
//! | --- | --- | --- |
//! | 0 constant | 0 null, 1 false, 2 true | |
//! | 1 integer | the number, signed | |
//! | 2 number | 0 `i64`, 1 `u64`, 2 `f64` | the number, low word first |
//! | 3 text | number of bytes | the bytes, four in each word |
//! | 4 list | number of items | the items |
//! | 5 object | number of the shape | the values of its fields |
//! | 6 scaled | 0 position, 1 velocity, 2 angle | the value, in the units of the simulation |
//! | 7 variant | twice the number of the shape, plus 1 if a value follows | the value in the variant, if any |
//!
//! The description of a shape contains the name of the variant, which is empty for a struct, and the names of the fields, each
//! after a line feed. All names are those that serde knows. A shape never changes, so a page reads its description once.
//!
//! The page writes controls as values of the kinds 0, 2 with an `f64`, 3 and 4, and as objects whose argument is the number of
//! fields: for each field a text, the name, and the value. Names may be written in the style of JavaScript (`isIt` for `is_it`).
//! A variant is its name, or an object with its name in the field `kind`.
//!
//! With `client!(MyGame as WordLayout)`, values have the words of a [`WordLayout`] instead, which the game has written by hand.
//!
//! # Errors
//!
//! Bytes from a server never cause a panic. Other panics are faults of the game or of this crate; they abort the call
//! with a trap, and `tickcast_panic` then returns the message. Use no other function of that instance afterwards.

mod failure;
mod instance;
mod layout;
mod panic;
mod records;
mod values;
mod words;

pub use failure::Failure;
pub use instance::{COASTED_TICKS_MAX, INTERFACE_VERSION, Instance};
pub use layout::{Described, Fixed, Layout};
pub use tickcast_protocol::WordLayout;
pub use words::Words;

#[doc(hidden)]
pub use panic::{keep_panic_message, panic_words};

/// Exports the client of a game, a type that implements [`Game`](tickcast_game::Game). `client!(MyGame as WordLayout)` exports
/// that of a type that implements [`WordLayout`]. See the [crate documentation](crate) for the functions.
#[macro_export]
macro_rules! client {
    ($game:ty) => {
        $crate::client!(@client $crate::Described<$game>);
    };
    ($game:ty as WordLayout) => {
        $crate::client!(@client $crate::Fixed<$game>);
    };
    (@client $layout:ty) => {
        const _: () = {
            use ::std::cell::RefCell;

            thread_local! {
                static CLIENT: RefCell<$crate::Instance<$layout>> = {
                    $crate::keep_panic_message();
                    RefCell::new($crate::Instance::new())
                };
            }

            fn with<T>(call: impl FnOnce(&mut $crate::Instance<$layout>) -> T) -> T {
                CLIENT.with_borrow_mut(call)
            }

            $crate::client!(@export
                fn tickcast_version() -> u32 { $crate::INTERFACE_VERSION }
                fn tickcast_fingerprint() -> u32 { with(|client| client.fingerprint()) }
                fn tickcast_input(bytes: usize) -> *mut u8 { with(|client| client.input(bytes)) }
                fn tickcast_output() -> *const i32 { with(|client| client.output()) }
                fn tickcast_shape(number: u32) -> *const u8 { with(|client| client.shape(number)) }
                fn tickcast_shape_bytes(number: u32) -> usize { with(|client| client.shape_bytes(number)) }
                fn tickcast_receive(bytes: usize) -> i32 { with(|client| client.receive(bytes)) }
                fn tickcast_entities() -> i32 { with(|client| client.entities()) }
                fn tickcast_players() -> i32 { with(|client| client.players()) }
                fn tickcast_extrapolate(ticks: u32) -> i32 { with(|client| client.extrapolate(ticks)) }
                fn tickcast_stamp() -> u32 { with(|client| client.stamp()) }
                fn tickcast_lead() -> i32 { with(|client| client.lead()) }
                fn tickcast_controls(bytes: usize) -> i32 { with(|client| client.controls(bytes)) }
                fn tickcast_no_controls() -> i32 { with(|client| client.no_controls()) }
                fn tickcast_record(tick: u32, bytes: usize) -> i32 { with(|client| client.record(tick, bytes)) }
                fn tickcast_action(bytes: usize) -> i32 { with(|client| client.action(bytes)) }
                fn tickcast_record_action(number: u32, tick: u32, bytes: usize) -> i32 {
                    with(|client| client.record_action(number, tick, bytes))
                }
                fn tickcast_pending() -> u32 { with(|client| client.pending()) }
                fn tickcast_predict(tick: u32) -> i32 { with(|client| client.predict(tick)) }
                fn tickcast_predict_own(tick: u32) -> i32 { with(|client| client.predict_own(tick)) }
                fn tickcast_avatar(player: u32) -> u32 { with(|client| client.avatar(player)) }
                fn tickcast_is_own(player: u32, id: u32) -> u32 { with(|client| client.is_own(player, id)) }
                fn tickcast_panic() -> *const i32 { $crate::panic_words() }
            );
        };
    };
    (@export $(fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty $body:block)*) => {
        $(
            #[unsafe(no_mangle)]
            extern "C" fn $name($($argument: $type),*) -> $result $body
        )*
    };
}
