//! Sumo as a WebAssembly client.

tickcast_client::client!(sumo_rules::Sumo);
