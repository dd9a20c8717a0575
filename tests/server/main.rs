//! Tests of a whole server over real sockets, on free ports.
#![allow(unreachable_pub, reason = "no other crate imports the modules of a test binary")]

mod actions;
mod admission;
mod attack;
mod client;
mod closing;
mod datagram_client;
mod datagrams;
mod example_client;
mod flow_control;
mod framing;
mod grace_periods;
mod http;
mod http_fallback;
mod joining;
mod laws;
mod limits;
mod log_recorder;
mod matchmaking;
mod metrics;
mod monitoring;
mod nim;
mod openapi;
mod operator;
mod overload;
mod playing;
mod profiles;
mod resuming;
mod room_events;
mod second_game;
mod shutdown;
mod spectator_delay;
mod teams;
mod test_server;
mod tickets;
mod timeouts;
mod tls;
mod tls_limits;
mod view_limits;
mod webhooks;

#[allow(dead_code, reason = "each test binary uses a part of it")]
#[path = "../certificate/test_certificate.rs"]
mod test_certificate;
#[path = "../certificate/tls_client.rs"]
mod tls_client;
