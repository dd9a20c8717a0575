//! Output on the terminal.

use std::time::Duration;

use crate::setting::{Costs, Setting};

/// Prints the column headings.
pub(crate) fn print_head() {
    println!("{:>32} │{:^32}│{:^33}│", "", "once per tick", "for each client");
    print!("{:>9}{:>9}{:>6}{:>8} │", "entities", "clients", "view", "visible");
    print!("{:>10}{:>10}{:>11} │", "step µs", "encode µs", "ns/entity");
    println!("{:>10}{:>12}{:>10} │{:>9}", "bytes", "compose ns", "ns/byte", "tick ms");
}

/// Prints the variable that grows in the following rows.
pub(crate) fn print_group(variable: &str) {
    println!("more {variable}");
}

/// Prints a setting and its costs.
pub(crate) fn print_row(setting: Setting, costs: &Costs) {
    let Setting { entities, clients, view_size } = setting;
    let Costs { step, encode, compose, visible_entities, bytes } = costs;
    let once = *step + *encode;
    let tick_ms = nanoseconds(once + *compose) / 1e6;
    let visible = if clients == 0 { String::new() } else { format!("{visible_entities:.1}") };
    print!("{entities:>9}{clients:>9}{view_size:>6}{visible:>8} │");
    print!("{:>10.1}{:>10.1}", nanoseconds(*step) / 1e3, nanoseconds(*encode) / 1e3);
    print!("{:>11.1} │", nanoseconds(once) / f64::from(entities));
    if clients == 0 {
        println!("{:>33}│{tick_ms:>9.3}", "");
        return;
    }
    let compose_ns = nanoseconds(*compose) / f64::from(clients);
    println!("{bytes:>10.1}{compose_ns:>12.0}{:>10.1} │{tick_ms:>9.3}", compose_ns / bytes);
}

fn nanoseconds(duration: Duration) -> f64 {
    duration.as_nanos() as f64
}
