//! The rules as the client of the page, compiled to WebAssembly. The build script of `server` compiles this crate.

tickcast_client::client!(rules::MyGame);
