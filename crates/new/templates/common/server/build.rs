//! Compiles the rules for the page, to WebAssembly.

fn main() {
    tickcast_pack::build_client("../client");
}
