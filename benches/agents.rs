//! Cost of classifying user agents, natively.
//!
//! `cargo bench -p edgeward --bench agents -- FILE` prints nanoseconds for the user agents of a file, one a line, for 200
//! of them, and for strings that cost tokenisers most: the fastest of some rounds. Ratios between lines are what counts.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a file that can not be read ends the run")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use edgeward::agent::{self, probe};
use edgeward::request::Text;

const FEW: usize = 200;
const ROUNDS: usize = 41;
/// Calls of a round, about.
const CALLS: usize = 4_000;

/// What a browser sends beside its user agent when it asks for a page.
const PAGE: &[(&str, &str)] = &[
    ("sec-ch-ua", r#""Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140""#),
    ("sec-ch-ua-mobile", "?0"),
    ("sec-ch-ua-platform", r#""Windows""#),
    ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"),
    ("sec-fetch-site", "same-origin"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-user", "?1"),
    ("sec-fetch-dest", "document"),
    ("referer", "https://app.example/orders/2026?sort=date&page=4"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("accept-language", "nb-NO,nb;q=0.9,en;q=0.8"),
];

/// Nanoseconds a call over a list of user agents, each with some other headers.
fn race(agents: &[String], headers: &[(&str, &str)]) -> f64 {
    let request = |agent| {
        let mut request = probe::bare(agent);
        request.http.scheme = Some("https".into());
        let into = request.http.headers.get_or_insert_default();
        headers.iter().for_each(|(name, value)| into.push(Text::from(*name), Text::from(*value)));
        request
    };
    let requests: Vec<_> = agents.iter().map(|agent| request(agent.as_str())).collect();
    let turns = CALLS.div_ceil(requests.len());
    let round = |_| {
        let start = Instant::now();
        for _ in 0..turns {
            for request in &requests {
                black_box(agent::classify(black_box(request)));
            }
        }
        start.elapsed()
    };
    let fastest: Duration = (0..ROUNDS).map(round).min().unwrap();
    fastest.as_secs_f64() * 1e9 / (turns * requests.len()) as f64
}

fn main() {
    // Cargo adds `--bench`.
    if let Some(file) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")) {
        let text = std::fs::read_to_string(file).expect("a readable file");
        let agents: Vec<String> = text.lines().map(str::to_owned).collect();
        let few: Vec<String> = agents.iter().step_by(agents.len().div_ceil(FEW).max(1)).cloned().collect();
        println!("{:<28}{:>8.0} ns", format!("{} user agents", agents.len()), race(&agents, &[]));
        println!("{:<28}{:>8.0} ns", format!("{} user agents", few.len()), race(&few, &[]));
        println!("{:<28}{:>8.0} ns", "with the headers of a page", race(&few, PAGE));
    }
    let noise = (0..2_048_u32).map(|index| char::from(33 + ((index * index * 31 + index * 7) % 94) as u8));
    for (kind, agent) in [
        ("near misses of names", "googlebo bingbo ahrefsbo semrushbo crawle spide ".repeat(43)),
        ("beginnings of names", "google-".repeat(293)),
        ("one letter, one mark", "a-".repeat(1_024)),
        ("one keyword", "scan".repeat(512)),
        ("open comments", "Mozilla/5.0 (".repeat(158)),
        ("domains", "bot.example.org php-scan.ai/".repeat(74)),
        ("beginnings of payloads", "<s' ".repeat(512)),
        ("escapes", "a%20".repeat(512)),
        ("noise", noise.collect()),
    ] {
        println!("{kind:<28}{:>8.0} ns", race(&[agent], &[]));
    }
}
