//! Tasks of this repository that cargo alone can not do. `cargo run -p xtask -- wasm` builds the module.

mod agents;
mod order;
mod pattern;
mod trap;
mod wasm;

use std::process::ExitCode;

use wasm::Names;

const USAGE: &str = "usage: cargo run -p xtask -- wasm [--names] | agents [NAME=FOLDER…]

  wasm      build js/wasm and js/compiler, optimise them and write js/dist; skips when nothing changed
  --names   keep function names, for profilers; the next run without it writes the real module again
  agents    draw names from the public lists of data/agents/sources.toml, for review as a diff
  NAME=FOLDER  read that list from a checkout instead of fetching it";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["wasm"] => wasm::build(Names::Removed),
        ["wasm", "--names"] => wasm::build(Names::Kept),
        ["agents", folders @ ..] => agents::refresh(folders),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
