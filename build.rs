//! Packs what the program embeds: the demo page, and the JavaScript client for pages of other games.

fn main() {
    #[cfg(feature = "arena")]
    pack_demo_page();
    #[cfg(feature = "client")]
    pack_client();
}

#[cfg(any(feature = "arena", feature = "client"))]
fn output() -> std::path::PathBuf {
    std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR").into()
}

#[cfg(feature = "client")]
fn pack_client() {
    println!("cargo:rerun-if-changed=web/netcode");
    if let Err(error) = tickcast_pack::pack_module("web/netcode/index.js".as_ref(), &output().join("tickcast.js")) {
        println!("cargo::error=the JavaScript client cannot be packed: {error}");
    }
}

#[cfg(feature = "arena")]
fn pack_demo_page() {
    println!("cargo:rerun-if-changed=web");
    let destination = output().join("web");
    if let Err(error) = tickcast_pack::pack("web".as_ref(), &destination) {
        println!("cargo::error=the demo page cannot be packed: {error}");
    }
}
