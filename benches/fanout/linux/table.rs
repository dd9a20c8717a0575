//! Output on the terminal.

use super::lateness::TickLateness;
use super::measurement::{Joins, Measurement, Round};
use super::meter::CoreLoads;
use super::options::{FanoutOptions, ServerKind, View};

/// Prints the parameters of the benchmark and the column headings.
pub(crate) fn print_head(options: &FanoutOptions) {
    let FanoutOptions { rate, seconds, view, rounds, .. } = options;
    let clients = options.clients();
    let view = match view {
        View::Units(units) => format!("in one world with a view of ±{} units", units / 2),
        View::Rooms => "in rooms of 100 where all see all".to_owned(),
    };
    println!("{clients} clients {view}, {rate} ticks per second; {rounds} rounds of {seconds} s each");
    let inputs = options.inputs_per_second.map_or("about 1".to_owned(), |inputs| inputs.to_string());
    println!("each client sends {inputs} inputs per second to tickcast, {} to the floor", options.floor_inputs());
    println!("core, others: share of the servers' core used by the server and by other processes");
    println!("clients: load of the clients' core; load: load average of the machine\n");
    print!("{:<15}{:>12}{:>11}{:>8}{:>15}", "server", "µs/snapshot", "delivered", "bytes", "input p50, p99");
    print!("{:>12}{:>11}", "KiB/client", "of growth");
    print!("{:>15}", "late p99.9 ms");
    println!("{:>7}{:>8}{:>9}{:>6}", "core", "others", "clients", "load");
}

/// Prints one measurement, or the medians of several.
pub(crate) fn print_row(server: ServerKind, measurement: &Measurement) {
    let Measurement { cpu_us, delivered, bytes, input_latency_ms: [p50, p99], lateness_p999_ms, .. } = measurement;
    let Measurement { cores, resident_kib: [all, growth], load_average, .. } = measurement;
    let [core, others, clients] = [cores.server, cores.others, cores.clients].map(|load| load * 100.0);
    print!("{:<15}{cpu_us:>12.2}{:>9.2} %{bytes:>8.1}", server.name(), delivered * 100.0);
    print!("{p50:>8.1}{p99:>7.1}{all:>12.1}{growth:>11.1}{lateness_p999_ms:>15.2}");
    println!("{core:>5.0} %{others:>6.0} %{clients:>7.0} %{load_average:>6.2}");
}

/// Prints how the clients joined, and how late ticks were meanwhile.
pub(crate) fn print_joins(measurement: &Measurement) {
    if let Some(Joins { clients, seconds, duration_ms }) = measurement.joins {
        let [p50, p99, max] = [duration_ms.p50, duration_ms.p99, duration_ms.max];
        print!("{clients} joins in {seconds:.1} s, each within {p50:.0} ms (p50), {p99:.0} ms (p99), {max:.0} ms (max)");
    }
    if let Some(TickLateness { start_max_ms, fanout_max_ms, skipped, .. }) = measurement.lateness_joining {
        print!("; meanwhile, ticks started up to {start_max_ms:.1} ms late");
        print!(" and waited up to {fanout_max_ms:.1} ms to be sent; {skipped} were skipped");
    }
    println!();
}

/// Prints how long the storing of ticks took.
pub(crate) fn print_commits(measurement: &Measurement) {
    let [p50, p99] = measurement.commit_ms;
    println!("a tick was stored within {p50:.2} ms (p50), {p99:.2} ms (p99)");
}

/// Prints the medians of `rounds` and the ratio of the servers' costs. `quiet` is the number of rounds in which other
/// processes used little CPU time.
pub(crate) fn print_summary(rounds: &[Round], quiet: usize) {
    println!("\nmedians of {} rounds ({quiet} were quiet)", rounds.len());
    print_row(ServerKind::Tickcast, &medians(rounds, |round| round.tickcast));
    for (kind, server) in
        [(ServerKind::Stored, stored as Select), (ServerKind::Tls, tls), (ServerKind::TlsHandshakes, handshakes)]
    {
        if rounds.iter().all(|round| server(round).is_some()) {
            print_row(kind, &medians(rounds, |round| server(round).unwrap_or(round.tickcast)));
        }
    }
    print_row(ServerKind::Floor, &medians(rounds, |round| round.floor));
    print_ratio("\na snapshot costs", "the floor's", rounds.iter().map(Round::ratio).collect());
    if rounds.iter().all(|round| round.stored.is_some()) {
        print_ratio("with stored rooms, it costs", "that", rounds.iter().filter_map(Round::stored_ratio).collect());
        print_commits(&medians(rounds, |round| round.stored.unwrap_or(round.tickcast)));
    }
    if rounds.iter().all(|round| round.tls.is_some()) {
        print_ratio("with TLS, it costs", "that", rounds.iter().filter_map(Round::tls_ratio).collect());
    }
}

/// Selects a measurement of a round.
type Select = fn(&Round) -> Option<Measurement>;

const fn stored(round: &Round) -> Option<Measurement> {
    round.stored
}

const fn tls(round: &Round) -> Option<Measurement> {
    round.tls
}

const fn handshakes(round: &Round) -> Option<Measurement> {
    round.handshakes
}

/// Prints the median, the minimum and the maximum of ratios.
fn print_ratio(subject: &str, object: &str, mut ratios: Vec<f64>) {
    ratios.sort_by(f64::total_cmp);
    let (min, max) = (ratios[0], ratios[ratios.len() - 1]);
    println!("{subject} {:.2} times {object} ({min:.2} to {max:.2})", median(ratios));
}

/// The median of each field.
pub(crate) fn medians(rounds: &[Round], server: impl Fn(&Round) -> Measurement) -> Measurement {
    let of = |field: fn(&Measurement) -> f64| median(rounds.iter().map(|round| field(&server(round))).collect());
    Measurement {
        cpu_us: of(|it| it.cpu_us),
        delivered: of(|it| it.delivered),
        bytes: of(|it| it.bytes),
        input_latency_ms: [of(|it| it.input_latency_ms[0]), of(|it| it.input_latency_ms[1])],
        lateness_p999_ms: of(|it| it.lateness_p999_ms),
        commit_ms: [of(|it| it.commit_ms[0]), of(|it| it.commit_ms[1])],
        joins: None,
        lateness_joining: None,
        cores: CoreLoads {
            server: of(|it| it.cores.server),
            others: of(|it| it.cores.others),
            clients: of(|it| it.cores.clients),
        },
        resident_kib: [of(|it| it.resident_kib[0]), of(|it| it.resident_kib[1])],
        load_average: of(|it| it.load_average),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) { f64::midpoint(values[middle - 1], values[middle]) } else { values[middle] }
}
