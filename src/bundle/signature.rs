//! Ed25519 signatures (RFC 8032) beside a bundle.

use serde::Serialize;

use crate::base64::STANDARD;
use crate::error::Error;
use crate::read::record;
use crate::vocabulary::vocabulary;

/// A detached signature over a bundle's exact bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignatureEnvelope {
    /// Which key made it.
    pub key_id: String,
    /// `Ed25519`, the only one and so the one meant where none is stated.
    pub algorithm: Algorithm,
    /// 64 bytes, base64.
    pub signature: String,
}

record!(strict SignatureEnvelope {
    "keyId" => String(key_id),
    "algorithm" => OneOf(algorithm),
    "signature" => String(signature),
} requires {
    "keyId" => key_id,
    "signature" => signature,
});

vocabulary! {
    /// Signature algorithms.
    #[derive(Default)]
    pub enum Algorithm {
        /// RFC 8032.
        #[default]
        Ed25519 = "Ed25519",
    }
}

/// A key that an edge trusts to sign bundles.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PublicKey {
    /// Key id: the first 16 hexadecimal digits of the SHA-256 of the key.
    pub id: String,
    /// 32 bytes, base64.
    pub key: String,
}

record!(strict PublicKey {
    "id" => String(id),
    "key" => String(key),
} requires {
    "id" => id,
    "key" => key,
});

impl PublicKey {
    /// Wraps 32 bytes and names them.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        let digest = hmac_sha256::Hash::hash(key);
        let id = crate::identifier::encode_hex(digest.get(..8).unwrap_or(&digest));
        Self { id, key: STANDARD.encode(key) }
    }
}

impl SignatureEnvelope {
    /// Checks the signature against the trusted key of its id.
    pub(super) fn verify(&self, bytes: &[u8], keys: &[PublicKey]) -> Result<(), Error> {
        let refused = |why: String| Error::Signature { why };
        let trusted = keys
            .iter()
            .find(|key| key.id == self.key_id)
            .ok_or_else(|| refused(format!("key `{}` is not trusted", self.key_id)))?;
        let key = STANDARD
            .decode(&trusted.key)
            .and_then(|key| ed25519_compact::PublicKey::from_slice(&key).ok())
            .ok_or_else(|| refused(format!("trusted key `{}` is not 32 bytes of base64", trusted.id)))?;
        let signature = STANDARD
            .decode(&self.signature)
            .and_then(|signature| ed25519_compact::Signature::from_slice(&signature).ok())
            .ok_or_else(|| refused("the signature is not 64 bytes of base64".to_owned()))?;
        key.verify(bytes, &signature)
            .map_err(|_| refused(format!("it does not match the bytes under key `{}`", self.key_id)))
    }
}
