//! Liar's Dice as a WebAssembly client.

tickcast_client::client!(dice_rules::LiarsDice);
