//! The bundle that edges load from here: two files, read again when they change.
//!
//! Threat: a deployment writes two files, not one, and a request may come between. A pair that does not belong
//! together is never served; the last good one stays until the pair is whole again.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use axum::body::Bytes;
use edgeward::bundle::{Bundle, PublicKey, SignatureEnvelope};

/// A bundle with its signature, as served.
#[derive(Debug)]
pub struct SignedBundle {
    /// The exact bytes that were signed.
    pub bytes: Bytes,
    /// Version the bundle states; decimal numbers and dots.
    pub version: String,
    /// The signature as JSON on one line.
    pub signature: String,
}

/// Where the pair is kept.
#[derive(Debug)]
pub struct BundleFile {
    bundle: PathBuf,
    signature: PathBuf,
    keys: Vec<PublicKey>,
    last: Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    looked_at: Option<(Stamp, Stamp)>,
    good: Option<Arc<SignedBundle>>,
}

/// What tells that a file changed.
type Stamp = (Option<SystemTime>, u64);

impl BundleFile {
    /// Names the two files. With `keys`, only what one of them signed is served; without, the pair must be a
    /// valid bundle and a signature, and the edges alone check that they belong together.
    #[must_use]
    pub fn new(bundle: PathBuf, signature: PathBuf, keys: Vec<PublicKey>) -> Self {
        Self { bundle, signature, keys, last: Mutex::default() }
    }

    /// The pair as it is now, or the last good one while it is not whole. `None`: there never was a good one.
    pub fn current(&self) -> Option<Arc<SignedBundle>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let stamps = stamp(&self.bundle).and_then(|bundle| Ok((bundle, stamp(&self.signature)?)));
        match stamps {
            Ok(stamps) if last.looked_at == Some(stamps) => {}
            Ok(stamps) => match self.read(last.good.as_deref()) {
                Ok(read) => {
                    tracing::info!(version = read.version, "serving bundle");
                    *last = Last { looked_at: Some(stamps), good: Some(Arc::new(read)) };
                }
                Err(why) => {
                    tracing::warn!(why, "bundle refused; the last good one stays");
                    last.looked_at = Some(stamps);
                }
            },
            Err(error) => {
                if last.looked_at.take().is_some() || last.good.is_none() {
                    tracing::warn!(%error, "bundle files can not be read");
                }
            }
        }
        last.good.clone()
    }

    fn read(&self, good: Option<&SignedBundle>) -> Result<SignedBundle, String> {
        let bytes = std::fs::read(&self.bundle).map_err(|error| at(&self.bundle, &error))?;
        let envelope = std::fs::read(&self.signature).map_err(|error| at(&self.signature, &error))?;
        let envelope: SignatureEnvelope =
            serde_json::from_slice(&envelope).map_err(|error| at(&self.signature, &error))?;
        let bundle = if self.keys.is_empty() {
            Bundle::unsigned(&bytes)
        } else {
            Bundle::open(&bytes, &envelope, &self.keys)
        };
        let bundle = bundle.map_err(|error| at(&self.bundle, &error))?;
        let signature = serde_json::to_string(&envelope).map_err(|error| at(&self.signature, &error))?;
        if let Some(good) = good
            && good.signature == signature
            && good.bytes != bytes
        {
            return Err("new bytes under the old signature: the pair is half written".to_owned());
        }
        Ok(SignedBundle { version: bundle.version().to_string(), bytes: bytes.into(), signature })
    }
}

fn stamp(path: &Path) -> io::Result<Stamp> {
    let of = |metadata: Metadata| (metadata.modified().ok(), metadata.len());
    std::fs::metadata(path)
        .map(of)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

fn at(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}
