//! Compiles the rules for the page, to WebAssembly.

fn main() {
    #[cfg(feature = "page")]
    tickcast_pack::build_client("../client");
}
