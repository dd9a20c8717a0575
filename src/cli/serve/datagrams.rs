//! Flags of datagrams.

use std::net::SocketAddr;

use clap::{Args, ValueEnum};

use crate::DatagramListen;

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Datagrams")]
pub(super) struct DatagramArgs {
    /// Accept WebTransport, with which clients play through packet loss. `auto`: unless another program uses the UDP port
    #[arg(long, env = "TICKCAST_DATAGRAMS", value_name = "MODE", default_value = "auto")]
    datagrams: Mode,
    /// UDP address for WebTransport. Default: the address and port on which the server listens for TCP
    #[arg(long, env = "TICKCAST_DATAGRAMS_LISTEN", value_name = "ADDRESS")]
    datagrams_listen: Option<SocketAddr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mode {
    Auto,
    On,
    Off,
}

impl DatagramArgs {
    pub(super) const fn listen(&self) -> DatagramListen {
        match (self.datagrams, self.datagrams_listen) {
            (Mode::Off, _) => DatagramListen::Off,
            (Mode::Auto, None) => DatagramListen::IfFree,
            (Mode::Auto | Mode::On, address) => DatagramListen::At(address),
        }
    }
}
