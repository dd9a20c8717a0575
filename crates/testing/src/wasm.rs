//! Compares the client of a game in WebAssembly with the same client in native code.

use tickcast_client::{Described, Instance};
use tickcast_game::{Hostable, Hosted};
use tickcast_protocol::Replica;
use wasmi::{Engine, Linker, Memory, Module, Store, Val};

use crate::arbitrary::Random;
use crate::play::Setup;
use crate::virtual_room::{Line, VirtualRoom};

/// Ticks of the match.
const TICKS: u32 = 300;
/// Players of the match.
const PLAYERS: usize = 4;
/// Ticks by which entities are predicted.
const AHEAD: i32 = 12;

/// Plays a match, and passes what one client receives to the WebAssembly module of the game and to the same client in native code.
/// Compares what they compute: all entities, players and events, and the entities some ticks ahead.
///
/// `module` is `game.wasm`, which `tickcast_pack::build_client` has compiled.
///
/// # Panics
/// If the two compute different results, or if the module is not a client of this version of tickcast.
pub fn examine_client<G: Hostable>(module: &[u8]) {
    let mut clients = Clients::<G>::new(module);
    clients.compare("fingerprint", &[], |native| native.fingerprint().cast_signed());
    let mut random = Random::new(0);
    let mut room = VirtualRoom::<Hosted<G>>::new(&G::Options::default(), 0);
    let players: Vec<_> = (0..PLAYERS).map(|number| room.join_over(&format!("Player {number}"), Line::default())).collect();
    let setup = Setup::<Hosted<G>>::default();
    room.take_messages(players[0]);
    for _ in 0..TICKS {
        for player in &players {
            if random.one_in(8) {
                room.hold(*player, setup.choose_controls(&mut random));
            }
        }
        room.run(1);
        let messages = room.take_messages(players[0]);
        for message in messages {
            clients.receive(&message);
        }
        let Some(tick) = room.client(players[0]).replica().and_then(Replica::tick) else { continue };
        clients.compare("entities", &[], Instance::entities);
        clients.compare("players", &[], Instance::players);
        clients.compare("extrapolate", &[AHEAD], |native| native.extrapolate(AHEAD.cast_unsigned()));
        let to = tick.plus(AHEAD).0;
        clients.compare("predict_own", &[to.cast_signed()], |native| native.predict_own(to));
    }
}

/// The same client twice.
struct Clients<G: Hostable> {
    native: Instance<Described<G>>,
    store: Store<()>,
    wasm: wasmi::Instance,
    memory: Memory,
}

impl<G: Hostable> Clients<G> {
    fn new(module: &[u8]) -> Self {
        let engine = Engine::default();
        let module = Module::new(&engine, module).expect("the module is valid");
        let mut store = Store::new(&engine, ());
        let wasm = Linker::new(&engine).instantiate_and_start(&mut store, &module).expect("the module imports nothing");
        let memory = wasm.get_memory(&store, "memory").expect("a client exports its memory");
        Self { native: Instance::new(), store, wasm, memory }
    }

    /// Calls a function of the module.
    fn call(&mut self, name: &str, arguments: &[i32]) -> i32 {
        let name = format!("tickcast_{name}");
        let function = self.wasm.get_func(&self.store, &name).unwrap_or_else(|| panic!("the module has no {name}"));
        let arguments: Vec<_> = arguments.iter().copied().map(Val::I32).collect();
        let mut result = [Val::I32(0)];
        function.call(&mut self.store, &arguments, &mut result).unwrap_or_else(|error| panic!("{name}: {error}"));
        result[0].i32().expect("the functions of a client return integers")
    }

    /// Passes a message of the server to both.
    fn receive(&mut self, message: &[u8]) {
        let bytes = i32::try_from(message.len()).expect("a message is short");
        let address = self.call("input", &[bytes]).cast_unsigned() as usize;
        self.memory.write(&mut self.store, address, message).expect("the input is in the memory");
        self.native.write_input(message);
        self.compare("receive", &[bytes], |native| native.receive(message.len()));
    }

    /// Calls a function of both, and compares the results and the output.
    ///
    /// # Panics
    /// If they differ.
    fn compare(&mut self, name: &str, arguments: &[i32], native: impl FnOnce(&mut Instance<Described<G>>) -> i32) {
        let (wasm, native) = (self.call(name, arguments), native(&mut self.native));
        let outputs = (self.output(), self.native.output_words());
        let difference = outputs.0.iter().zip(outputs.1).position(|(wasm, native)| wasm != native);
        assert!(
            wasm == native && difference.is_none(),
            "{}: tickcast_{name}{arguments:?} gives {wasm} in WebAssembly and {native} in native code; the outputs differ at \
             {difference:?}. Do the rules compute with `usize`, or with anything else that depends on the machine?",
            G::NAME,
        );
    }

    /// As many words of the module's output as the native output has.
    fn output(&mut self) -> Vec<i32> {
        let address = self.call("output", &[]).cast_unsigned() as usize;
        let bytes = size_of_val(self.native.output_words());
        let output = &self.memory.data(&self.store)[address..][..bytes];
        output.as_chunks().0.iter().copied().map(i32::from_le_bytes).collect()
    }
}
