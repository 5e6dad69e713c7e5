//! `edgeward bundle`: what an edge decides by, made, signed and checked.

mod build;
mod canonical;
mod compile;
mod inspect;
mod keys;
mod model;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

pub use keys::SignedBundle;

use crate::Done;
use crate::failure::Failure;
use crate::input::{self, is_standard_input};

/// Make, sign and check bundles
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Build(build::Arguments),
    Compile(compile::Arguments),
    Keygen(keys::Keygen),
    Sign(keys::Sign),
    Verify(keys::Verify),
    Inspect(inspect::Arguments),
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Done {
    match &arguments.action {
        Action::Build(arguments) => build::run(arguments),
        Action::Compile(arguments) => compile::run(arguments),
        Action::Keygen(arguments) => keys::keygen(arguments),
        Action::Sign(arguments) => keys::sign(arguments),
        Action::Verify(arguments) => keys::verify(arguments),
        Action::Inspect(arguments) => inspect::run(arguments),
    }
}

/// Where the signature of a bundle stands unless told otherwise: beside it.
pub fn signature_beside(bundle: &Path) -> Result<PathBuf, Failure> {
    if is_standard_input(bundle) {
        return Err(Failure::input(&input::name(None), "is no file that a signature could stand beside"));
    }
    let mut path = bundle.as_os_str().to_owned();
    path.push(".sig");
    Ok(path.into())
}
