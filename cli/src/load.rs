//! The engine with a bundle from a file.

use std::path::PathBuf;

use clap::Args;
use edgeward::Engine;
use edgeward::bundle::Bundle;
use edgeward::identifier::Identifiers;
use edgeward::policy::{Sources, Written};

use crate::bundle::SignedBundle;
use crate::failure::Failure;
use crate::input;

/// Which bundle to decide by
#[derive(Args)]
pub struct BundleArguments {
    /// Bundle to decide by
    #[arg(long, value_name = "FILE")]
    bundle: PathBuf,
    /// Public key the bundle must be signed by; without it the file is taken as it is
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// Signature of the bundle; the bundle's name with `.sig` added if left out
    #[arg(long, value_name = "FILE", requires = "public_key")]
    signature: Option<PathBuf>,
}

impl BundleArguments {
    /// Opens the bundle and puts it to work.
    pub fn engine(&self) -> Result<Engine, Failure> {
        let name = self.bundle.display().to_string();
        let bundle = match &self.public_key {
            Some(public_key) => {
                SignedBundle { bundle: &self.bundle, signature: self.signature.as_deref(), public_key }
                    .open()?
            }
            None => Bundle::unsigned(&input::read_bytes(&self.bundle)?)
                .map_err(|why| Failure::input(&name, why))?,
        };
        engine(bundle, &name)
    }

    /// The policies as their authors wrote them, which the bundle must be the source of.
    pub fn written(&self) -> Result<(Written, Sources), Failure> {
        let fail = |why| Failure::input(&self.bundle.display().to_string(), why);
        Bundle::written(&input::read_document(&self.bundle)?).map_err(fail)
    }
}

/// Puts a bundle to work; it must answer its own test vectors right. Identifiers stay as they are: nothing leaves.
pub fn engine(bundle: Bundle, name: &str) -> Result<Engine, Failure> {
    Engine::new(bundle, Identifiers::plain()).map_err(|why| Failure::input(name, why))
}
