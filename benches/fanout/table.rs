//! The table on the terminal.

use crate::measured::Measured;
use crate::meter::Shares;
use crate::options::{FanoutOptions, View};
use crate::trial::Round;

/// What is measured, and what the columns mean.
pub(crate) fn print_head(options: &FanoutOptions) {
    let FanoutOptions { clients, rate, seconds, view, rounds, .. } = options;
    let place = match view {
        View::Units(units) => format!("in one world with a view of ±{} units", units / 2),
        View::Rooms => "in rooms of 100 where all see all".to_owned(),
    };
    println!("{clients} clients {place}, {rate} ticks a second; {rounds} rounds of {seconds} s each");
    println!("the floor reads {} inputs a second of each client", options.floor_inputs());
    println!(
        "core, others, clients: what the server and what others used of its core, and how busy its clients' core was\n"
    );
    print!("{:<9}{:>12}{:>11}{:>8}{:>14}", "server", "µs/snapshot", "delivered", "bytes", "input p99 ms");
    print!("{:>12}{:>11}", "KiB/client", "of growth");
    println!("{:>7}{:>8}{:>9}{:>6}", "core", "others", "clients", "load");
}

/// One server's turn, or the median of many.
pub(crate) fn print_row(name: &str, measured: &Measured) {
    let Measured { cpu_us, delivered, bytes, input_latency_p99_ms, .. } = measured;
    let Measured { shares, resident_kib: [all, growth], load_average, .. } = measured;
    let [core, others, clients] = [shares.server, shares.others, shares.clients].map(|share| share * 100.0);
    print!("{name:<9}{cpu_us:>12.2}{:>9.2} %{bytes:>8.1}{input_latency_p99_ms:>14.1}", delivered * 100.0);
    println!("{all:>12.1}{growth:>11.1}{core:>5.0} %{others:>6.0} %{clients:>7.0} %{load_average:>6.2}");
}

/// The medians over the rounds that count, and how the servers compare.
pub(crate) fn print_summary(rounds: &[Round], quiet: usize) {
    println!("\nmedians of {} rounds ({quiet} were quiet)", rounds.len());
    print_row("tickcast", &medians(rounds, |round| round.tickcast));
    print_row("floor", &medians(rounds, |round| round.floor));
    let mut ratios: Vec<f64> = rounds.iter().map(Round::ratio).collect();
    ratios.sort_by(f64::total_cmp);
    let (least, most) = (ratios[0], ratios[ratios.len() - 1]);
    println!("\na snapshot costs {:.2} times the floor's ({least:.2} to {most:.2})", median(ratios.into_iter()));
}

fn medians(rounds: &[Round], server: fn(&Round) -> Measured) -> Measured {
    let of = |field: fn(&Measured) -> f64| median(rounds.iter().map(|round| field(&server(round))));
    Measured {
        cpu_us: of(|turn| turn.cpu_us),
        delivered: of(|turn| turn.delivered),
        bytes: of(|turn| turn.bytes),
        input_latency_p99_ms: of(|turn| turn.input_latency_p99_ms),
        shares: Shares {
            server: of(|turn| turn.shares.server),
            others: of(|turn| turn.shares.others),
            clients: of(|turn| turn.shares.clients),
        },
        resident_kib: [of(|turn| turn.resident_kib[0]), of(|turn| turn.resident_kib[1])],
        load_average: of(|turn| turn.load_average),
    }
}

/// The middle one; of an even number, the mean of the two in the middle.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) { f64::midpoint(values[middle - 1], values[middle]) } else { values[middle] }
}
