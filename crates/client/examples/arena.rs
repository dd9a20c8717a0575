//! Arena as a WebAssembly client.

tickcast_client::client!(tickcast_arena::ArenaGame as WordLayout);
