//! Parts of tickcast that differ between operating systems, each with a portable fallback. Depends on no other crate of the
//! workspace. No other crate has `cfg(unix)` or `cfg(target_os)` outside its tests and benchmarks.
//!
//! | item | Linux | other Unix | Windows |
//! | --- | --- | --- | --- |
//! | [`raise_open_files_limit`] | `setrlimit` | `setrlimit` | no such limit |
//! | [`open_files`] | `/dev/fd` | `/dev/fd` | `None` |
//! | [`listen`] | `TCP_USER_TIMEOUT`, `TCP_NOTSENT_LOWAT` | plain listener | plain listener |
//! | [`inherited_listeners`] | `LISTEN_FDS` | `LISTEN_FDS` | none |
//! | [`has_loopback_network`]: whether all of 127.0.0.0/8 is usable | yes | no | no |
//! | [`is_connect_in_progress`] | `EINPROGRESS` | `EINPROGRESS` | `WSAEWOULDBLOCK` |
//! | [`ShutdownSignals`] | SIGINT, SIGTERM | SIGINT, SIGTERM | Ctrl-C |
//! | [`ReloadSignals`] | SIGHUP | SIGHUP | none |
//! | [`create_private_folder`], [`create_private_file`] | for the user only | for the user only | permissions of the folder above |
//! | [`lower_thread_priority`] | nice value 19 | no effect | no effect |
//! | CPU time, memory | yes | yes | yes |

mod open_files;
mod private_folder;
mod reload_signals;
mod resource_usage;
mod shutdown_signals;
mod sockets;
mod thread_priority;

pub use open_files::{open_files, open_files_max, raise_open_files_limit};
pub use private_folder::{create_private_file, create_private_folder};
pub use reload_signals::ReloadSignals;
pub use resource_usage::{process_cpu_time, resident_bytes, thread_cpu_time};
pub use shutdown_signals::ShutdownSignals;
pub use sockets::{
    ListenOptions, bind_udp, configure_listener, has_loopback_network, inherited_listeners, is_connect_in_progress, listen,
};
pub use thread_priority::lower_thread_priority;
