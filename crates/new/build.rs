//! Makes cargo compile this crate again if a template has changed: the macro that embeds the templates does not.

fn main() {
    println!("cargo:rerun-if-changed=templates");
}
