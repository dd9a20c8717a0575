//! Measures the memory of an account. Admission control uses an account to count what one client uses. SECURITY.md states
//! the limit on this memory.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tickcast::AdmissionOptions;
use tickcast::admission::AdmissionControl;

/// Number of clients whose memory is measured. The hash table of accounts doubles in size when it grows. With this number
/// of IPv4 clients, the table is half empty, so the measurement includes its unused space.
const CLIENTS: u32 = 1 << 14;

/// Connects a number of clients and disconnects them again. Returns the bytes that the accounts of each client still
/// occupy: the server keeps an account until its rate limits are fully available again.
async fn bytes_per_client(address: impl Fn(u32) -> IpAddr) -> usize {
    let control = AdmissionControl::new(AdmissionOptions::default());
    // The clock is paused, so the rate limits do not recover and the server keeps all accounts.
    let measured = allocation_counter::measure(|| {
        for number in 0..CLIENTS {
            let permit = control.handle_connect(address(number)).expect("the server has room");
            assert!(permit.handle_request([], []).is_ok());
        }
    });
    black_box(control);
    measured.bytes_current as usize / CLIENTS as usize
}

#[tokio::test(start_paused = true)]
async fn an_account_takes_at_most_576_bytes() {
    let ipv4 = bytes_per_client(|number| Ipv4Addr::from(number).into()).await;
    assert!((256..=576).contains(&ipv4), "{ipv4} bytes");
    let ipv6 = bytes_per_client(|number| Ipv6Addr::from(u128::from(number) << 80).into()).await;
    assert!((2 * 256..=3 * 576).contains(&ipv6), "{ipv6} bytes for a /64, a /56 and a /48");
}
