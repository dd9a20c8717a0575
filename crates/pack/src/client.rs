//! Compiles the WebAssembly client of a game, for the build script of the game's program.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::compress::write_compressed;
use crate::{PackError, at, read};

const TARGET: &str = "wasm32-unknown-unknown";
/// Settings for a small module. A panic ends the client, so nothing unwinds.
const PROFILE: [&str; 5] = ["opt-level='s'", "lto='fat'", "codegen-units=1", "panic='abort'", "strip=true"];
/// Variables by which cargo describes the outer build. They do not apply to the build of the client.
const OUTER_BUILD: [&str; 5] =
    ["CARGO_BUILD_TARGET", "CARGO_ENCODED_RUSTFLAGS", "CARGO_TARGET_DIR", "RUSTC_WORKSPACE_WRAPPER", "RUSTFLAGS"];

/// Reason why a client was not compiled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The compiler has no standard library for WebAssembly.
    #[error("the target {TARGET} is missing; install it with `rustup target add {TARGET}`")]
    TargetMissing,
    /// The compiler has rejected the code.
    #[error("the client in {} does not compile:\n{output}", folder.display())]
    Rejected {
        /// Folder of the client.
        folder: PathBuf,
        /// Output of the compiler.
        output: String,
    },
    /// Cargo or the compiler cannot be started.
    #[error("{program} cannot be started: {error}")]
    Start {
        /// The program.
        program: String,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] PackError),
}

/// Compiles the client of a game in a build script: the package in `folder`, a `cdylib` whose name is that of the folder. Writes
/// `game.wasm` and its compressed copies `game.wasm.br` and `game.wasm.gz` to `OUT_DIR`. In the program, the macro
/// `tickcast::compiled_client!` embeds these files.
///
/// If the client cannot be compiled, prints one error, which makes cargo fail. Cargo runs the build script again when a source file
/// of the client or of a crate in the same workspace has changed.
///
/// The client is compiled in the folder `client` of the target directory. A build locks its own folder only, so the two builds do
/// not wait for each other.
pub fn build_client(folder: impl AsRef<Path>) {
    let destination = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    if let Err(error) = build(folder.as_ref(), &destination) {
        println!("cargo::error={}", error.to_string().replace('\n', "\ncargo::error="));
    }
}

fn build(folder: &Path, destination: &Path) -> Result<(), ClientError> {
    println!("cargo::rerun-if-changed={}", folder.join("Cargo.toml").display());
    require_target()?;
    let target_folder = target_folder(destination).join("client");
    compile(folder, &target_folder)?;
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or("client").replace('-', "_");
    let compiled = target_folder.join(TARGET).join("release").join(name);
    let sources = read(&compiled.with_extension("d"))?;
    sources_of(&sources).for_each(|path| println!("cargo::rerun-if-changed={path}"));
    let module = compiled.with_extension("wasm");
    let content = std::fs::read(&module).map_err(at(&module))?;
    Ok(write_compressed(&destination.join("game.wasm"), &content)?)
}

/// Checks that the compiler can compile for WebAssembly.
fn require_target() -> Result<(), ClientError> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let arguments = ["--print", "target-libdir", "--target", TARGET];
    let printed = Command::new(&rustc).args(arguments).output().map_err(starting(&rustc))?;
    let library = PathBuf::from(String::from_utf8_lossy(&printed.stdout).trim());
    if library.is_dir() { Ok(()) } else { Err(ClientError::TargetMissing) }
}

fn compile(folder: &Path, target_folder: &Path) -> Result<(), ClientError> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(&cargo);
    command.args(["build", "--release", "--lib", "--target", TARGET, "--manifest-path"]).arg(folder.join("Cargo.toml"));
    command.arg("--target-dir").arg(target_folder);
    for setting in PROFILE {
        command.arg("--config").arg(format!("profile.release.{setting}"));
    }
    for variable in OUTER_BUILD {
        command.env_remove(variable);
    }
    let output = command.output().map_err(starting(&cargo))?;
    if output.status.success() {
        return Ok(());
    }
    let output = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(ClientError::Rejected { folder: folder.to_owned(), output })
}

/// The target directory of the outer build, in which cargo keeps a certain file. Without it, the folder of the build script's
/// output.
fn target_folder(destination: &Path) -> &Path {
    destination.ancestors().find(|folder| folder.join(".rustc_info.json").is_file()).unwrap_or(destination)
}

/// The source files in a dependency file of cargo, `output: source source …`. A backslash precedes a space in a path.
fn sources_of(dependencies: &str) -> impl Iterator<Item = String> {
    let sources = dependencies.split_once(": ").map_or("", |(_, sources)| sources).trim_end();
    sources.replace("\\ ", "\0").split(' ').map(|path| path.replace('\0', " ")).collect::<Vec<_>>().into_iter()
}

fn starting(program: &OsString) -> impl FnOnce(std::io::Error) -> ClientError + use<> {
    let program = program.to_string_lossy().into_owned();
    |error| ClientError::Start { program, error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sources_of_a_client_are_those_in_the_dependency_file() {
        let sources: Vec<_> = sources_of("/t/client.wasm: /a/my\\ game/lib.rs /b/lib.rs\n").collect();
        assert_eq!(sources, ["/a/my game/lib.rs", "/b/lib.rs"]);
    }
}
