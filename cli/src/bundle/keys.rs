//! Keys and signatures: Ed25519 (RFC 8032) over the exact bytes of a bundle.
//!
//! Threat: whoever holds the private key decides for every edge that trusts it. It is made from the operating
//! system's randomness, readable by its owner only, never printed, and no existing file is ever overwritten.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding as _};
use clap::Args;
use ed25519_compact::{KeyPair, Seed};
use edgeward::Error;
use edgeward::bundle::{Algorithm, Bundle, PublicKey, SignatureEnvelope};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::signature_beside;
use crate::Done;
use crate::failure::{Failure, Status, report};
use crate::input::{self, Document};
use crate::load;
use crate::output::Output;

/// Make a key pair for signing bundles
///
/// Writes `bundle.key` (private, readable by its owner only) and `bundle.pub` (for every edge, and for `verify`) to
/// a directory. Files that are there already are left alone, and nothing is written.
#[derive(Args)]
#[command(after_help = "Example:\n  edgeward bundle keygen --out keys")]
pub struct Keygen {
    /// Directory for the two files; made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Sign a bundle
///
/// Writes `{"keyId","algorithm","signature"}` beside the bundle, with `.sig` added to its name. The bundle is checked
/// first: one that is wrong is not signed. Edges load what `compile` made: a source is signed for `evaluate` and
/// `whatif`, and standard error says so.
#[derive(Args)]
#[command(after_help = "Example:\n  edgeward bundle sign --key keys/bundle.key bundle.edge.json")]
pub struct Sign {
    /// Private key, from `keygen`
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Bundle to sign
    bundle: PathBuf,
}

/// Check that a bundle is signed by a key and can be loaded
///
/// Edges load what `compile` made: standard error says so of a source.
#[derive(Args)]
#[command(after_help = "Example:\n  edgeward bundle verify --public-key keys/bundle.pub bundle.edge.json")]
pub struct Verify {
    /// Public key, from `keygen`
    #[arg(long, value_name = "FILE")]
    public_key: PathBuf,
    /// Signature; the bundle's name with `.sig` added if left out
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Bundle to check
    bundle: PathBuf,
}

/// A private key at rest.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PrivateKey {
    /// Id of the public key that belongs to it.
    id: String,
    /// 32 bytes, base64.
    seed: String,
}

/// Makes a key pair.
pub fn keygen(arguments: &Keygen) -> Done {
    let mut seed = [0; Seed::BYTES];
    getrandom::fill(&mut seed).map_err(|why| Failure::input("the operating system's randomness", why))?;
    let pair = KeyPair::from_seed(Seed::new(seed));
    let public = PublicKey::new(&pair.pk);
    let private = PrivateKey { id: public.id.clone(), seed: Base64::encode_string(&seed) };

    let directory = &arguments.out;
    fs::create_dir_all(directory).map_err(|why| Failure::io(directory, why))?;
    let paths = [directory.join("bundle.key"), directory.join("bundle.pub")];
    if let Some(taken) = paths.iter().find(|path| path.exists()) {
        return Err(Failure::input(&taken.display().to_string(), "is there already, and is not overwritten"));
    }
    let [private_path, public_path] = &paths;
    write_new(private_path, &private, 0o600)?;
    write_new(public_path, &public, 0o644)?;

    let mut output = Output::new();
    output.line(&json!({"keyId": public.id, "privateKey": private_path, "publicKey": public_path}))?;
    output.flush()?;
    Ok(Status::Clean)
}

/// Signs a bundle.
pub fn sign(arguments: &Sign) -> Done {
    let path = signature_beside(&arguments.bundle)?;
    let private: PrivateKey = input::read_json(&arguments.key)?;
    let refused = |why: &str| Failure::input(&input::name(Some(&arguments.key)), why);
    let seed = Base64::decode_vec(&private.seed)
        .ok()
        .and_then(|seed| Seed::from_slice(&seed).ok())
        .ok_or_else(|| refused("seed: is not 32 bytes of base64"))?;
    let pair = KeyPair::from_seed(seed);
    let public = PublicKey::new(&pair.pk);
    if public.id != private.id {
        return Err(refused("id: does not belong to the seed"));
    }
    let bundle = Document::exact(&arguments.bundle)?;
    load::unsigned(&bundle)?;
    warn_of_source(&bundle);
    let envelope = SignatureEnvelope {
        key_id: public.id,
        algorithm: Algorithm::Ed25519,
        signature: Base64::encode_string(&*pair.sk.sign(&bundle.text, None)),
    };
    // A signature is made anew with every change of its bundle.
    let file = File::create(&path).map_err(|why| Failure::io(&path, why))?;
    write_json(file, &path, &envelope)?;
    let mut output = Output::new();
    output.line(&json!({"keyId": envelope.key_id, "signature": path}))?;
    output.flush()?;
    Ok(Status::Clean)
}

/// Checks a signed bundle.
pub fn verify(arguments: &Verify) -> Done {
    let signed = SignedBundle {
        bundle: &arguments.bundle,
        signature: arguments.signature.as_deref(),
        public_key: &arguments.public_key,
    };
    let document = Document::exact(&arguments.bundle)?;
    let bundle = signed.open(&document)?;
    warn_of_source(&document);
    let mut output = Output::new();
    output.line(
        &json!({"version": bundle.version().to_string(), "policies": bundle.policies().policies().len()}),
    )?;
    output.flush()?;
    Ok(Status::Clean)
}

/// A bundle that is believed only by its signature.
pub struct SignedBundle<'a> {
    /// Its file.
    pub bundle: &'a Path,
    /// Its signature; beside it if `None`.
    pub signature: Option<&'a Path>,
    /// The key that is trusted.
    pub public_key: &'a Path,
}

impl SignedBundle<'_> {
    /// Opens what was read of its file.
    pub fn open(&self, document: &Document) -> Result<Bundle, Failure> {
        let key: PublicKey = input::read_json(self.public_key)?;
        let envelope: SignatureEnvelope = match self.signature {
            Some(signature) => input::read_json(signature)?,
            None => input::read_json(&signature_beside(self.bundle)?)?,
        };
        Bundle::open(document.text.as_bytes(), &envelope, &[key])
            .map_err(|why| Failure::refused(&document.name, &why))
    }
}

/// Whoever signs a bundle means edges to load it, and these have no compiler.
fn warn_of_source(bundle: &Document) {
    if matches!(Bundle::unsigned_compiled(bundle.text.as_bytes()), Err(Error::NotCompiled)) {
        report(
            &bundle.name,
            "is the source of a bundle, which no edge loads: `edgeward bundle compile` makes what they do",
        );
    }
}

fn write_new(path: &Path, value: &impl Serialize, mode: u32) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let file = options.open(path).map_err(|why| Failure::io(path, why))?;
    write_json(file, path, value)
}

fn write_json(mut file: File, path: &Path, value: &impl Serialize) -> Result<(), Failure> {
    let mut json = serde_json::to_vec(value).map_err(|why| Failure::io(path, why.into()))?;
    json.push(b'\n');
    file.write_all(&json).and_then(|()| file.sync_all()).map_err(|why| Failure::io(path, why))
}
