//! The engine with a bundle from a file.

use std::path::PathBuf;

use clap::Args;
use edgeward::Engine;
use edgeward::bundle::Bundle;
use edgeward::identifier::Identifiers;
use edgeward::policy::{Sources, Written};

use crate::bundle::SignedBundle;
use crate::failure::Failure;
use crate::input::Document;

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
        self.open(&Document::exact(&self.bundle)?)
    }

    fn open(&self, document: &Document) -> Result<Engine, Failure> {
        let bundle = match &self.public_key {
            Some(public_key) => {
                SignedBundle { bundle: &self.bundle, signature: self.signature.as_deref(), public_key }
                    .open(document)?
            }
            None => unsigned(document)?,
        };
        engine(bundle, &document.name)
    }

    /// Opens the bundle, too, and answers its policies as their authors wrote them, which it must be the source of.
    pub fn written(&self) -> Result<(Written, Sources), Failure> {
        let document = Document::exact(&self.bundle)?;
        self.open(&document)?;
        Bundle::written(&document.text).map_err(|why| Failure::refused(&document.name, &why))
    }
}

/// Takes a bundle as it is, signed or not.
pub fn unsigned(document: &Document) -> Result<Bundle, Failure> {
    Bundle::unsigned(document.text.as_bytes()).map_err(|why| Failure::refused(&document.name, &why))
}

/// Puts a bundle to work; it must answer its own test vectors right. Identifiers stay as they are: nothing leaves.
pub fn engine(bundle: Bundle, name: &str) -> Result<Engine, Failure> {
    Engine::new(bundle, Identifiers::plain()).map_err(|why| Failure::refused(name, &why))
}
