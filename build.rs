//! Packs the demo page, which the program embeds.

fn main() {
    #[cfg(feature = "cli")]
    pack_demo_page();
}

#[cfg(feature = "cli")]
fn pack_demo_page() {
    println!("cargo:rerun-if-changed=web");
    let destination = std::path::PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("web");
    if let Err(error) = tickcast_pack::pack("web".as_ref(), &destination) {
        println!("cargo::error=the demo page cannot be packed: {error}");
    }
}
