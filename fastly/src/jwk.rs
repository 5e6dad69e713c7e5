//! The public keys of an issuer (JSON Web Key Sets, RFC 7517) and the signatures they verify (RFC 7518 §3, RFC 8037).
//!
//! What the npm package accepts of itself, but for the larger curves (ES384, ES512): each of them is a curve more in front
//! of every login, and hardly an issuer signs with them. A token that asks for anything else does not verify.

use p256::ecdsa::signature::Verifier as _;
use rsa::sha2::digest::const_oid::AssociatedOid;
use rsa::sha2::digest::{Digest, FixedOutputReset};
use rsa::sha2::{Sha256, Sha384, Sha512};
use rsa::{BoxedUint, Pkcs1v15Sign, Pss};
use serde::Deserialize;
use serde_json::Value;

use crate::token::decode;

/// Sizes of RSA keys, bits: the least that RFC 7518 §3.3 allows, and the largest that is not a delay for everybody.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=4_096;

/// The keys of one issuer.
#[derive(Debug)]
pub struct Keys(Vec<Key>);

/// One of them.
#[derive(Debug)]
pub struct Key {
    id: Option<String>,
    algorithm: Option<String>,
    material: Material,
}

#[derive(Debug)]
enum Material {
    P256(p256::ecdsa::VerifyingKey),
    Ed25519(ed25519_compact::PublicKey),
    Rsa(rsa::PublicKey),
}

/// How a token may be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA over P-256.
    Es256,
    /// Ed25519, by either of its names.
    Ed25519,
    /// RSASSA-PKCS1-v1_5.
    Rs(Hash),
    /// RSASSA-PSS, its salt as long as the digest.
    Ps(Hash),
}

/// The digest of an RSA signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each says what it is")]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    /// By its name in a token's header.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "ES256" => Self::Es256,
            "EdDSA" | "Ed25519" => Self::Ed25519,
            "RS256" => Self::Rs(Hash::Sha256),
            "RS384" => Self::Rs(Hash::Sha384),
            "RS512" => Self::Rs(Hash::Sha512),
            "PS256" => Self::Ps(Hash::Sha256),
            "PS384" => Self::Ps(Hash::Sha384),
            "PS512" => Self::Ps(Hash::Sha512),
            _ => return None,
        })
    }
}

/// A key of a set as RFC 7517 writes it; members that say nothing here are passed over.
#[derive(Deserialize)]
struct Jwk {
    kty: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
}

impl Keys {
    /// Reads `{"keys":[…]}`. Keys for other purposes or of other kinds are passed over.
    ///
    /// # Errors
    /// It is no key set, or none of its keys can verify here.
    pub fn parse(set: &Value) -> Result<Self, String> {
        let keys = set.get("keys").and_then(Value::as_array).ok_or("is not a JSON Web Key Set")?;
        let usable: Vec<Key> =
            keys.iter().filter_map(|key| Key::read(&Jwk::deserialize(key).ok()?)).collect();
        if usable.is_empty() {
            return Err("has no public key of P-256, Ed25519 or RSA (2048 to 4096 bits)".to_owned());
        }
        Ok(Self(usable))
    }

    /// The one key that a token's header may mean; `name` is that of its `algorithm`. Several that fit are a doubt, and a
    /// doubt is no session.
    #[must_use]
    pub fn for_token(&self, name: &str, algorithm: Algorithm, id: Option<&str>) -> Option<&Key> {
        let mut candidates = self.0.iter().filter(|key| key.fits(name, algorithm, id));
        candidates.next().filter(|_| candidates.next().is_none())
    }
}

impl Key {
    fn read(jwk: &Jwk) -> Option<Self> {
        let for_verifying = jwk.purpose.as_ref().is_none_or(|purpose| purpose == "sig")
            && jwk.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|one| one == "verify"));
        let (id, algorithm) = (jwk.kid.clone(), jwk.alg.clone());
        for_verifying.then_some(Self { id, algorithm, material: Material::read(jwk)? })
    }

    /// The algorithm is the key's to say, not the token's.
    fn fits(&self, name: &str, algorithm: Algorithm, id: Option<&str>) -> bool {
        let of_its_kind = matches!(
            (&self.material, algorithm),
            (Material::P256(_), Algorithm::Es256)
                | (Material::Ed25519(_), Algorithm::Ed25519)
                | (Material::Rsa(_), Algorithm::Rs(_) | Algorithm::Ps(_))
        );
        of_its_kind
            && self.algorithm.as_ref().is_none_or(|algorithm| algorithm == name)
            && (id.is_none() || id == self.id.as_deref())
    }

    /// Whether `signature` is the holder's, over `message`.
    #[must_use]
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match (&self.material, algorithm) {
            (Material::P256(key), Algorithm::Es256) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            (Material::Ed25519(key), Algorithm::Ed25519) => ed25519_compact::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            (Material::Rsa(key), Algorithm::Rs(hash)) => match hash {
                Hash::Sha256 => verifies_pkcs1::<Sha256>(key, message, signature),
                Hash::Sha384 => verifies_pkcs1::<Sha384>(key, message, signature),
                Hash::Sha512 => verifies_pkcs1::<Sha512>(key, message, signature),
            },
            (Material::Rsa(key), Algorithm::Ps(hash)) => match hash {
                Hash::Sha256 => verifies_pss::<Sha256>(key, message, signature),
                Hash::Sha384 => verifies_pss::<Sha384>(key, message, signature),
                Hash::Sha512 => verifies_pss::<Sha512>(key, message, signature),
            },
            _ => false,
        }
    }
}

impl Material {
    fn read(jwk: &Jwk) -> Option<Self> {
        let member = |value: &Option<String>| decode(value.as_deref()?);
        match (jwk.kty.as_deref()?, jwk.crv.as_deref()) {
            ("EC", Some("P-256")) => {
                let point = [&[4], member(&jwk.x)?.as_slice(), member(&jwk.y)?.as_slice()].concat();
                Some(Self::P256(p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok()?))
            }
            ("OKP", Some("Ed25519")) => {
                Some(Self::Ed25519(ed25519_compact::PublicKey::from_slice(&member(&jwk.x)?).ok()?))
            }
            ("RSA", _) => {
                let [modulus, exponent] =
                    [member(&jwk.n)?, member(&jwk.e)?].map(|bytes| BoxedUint::from_be_slice_vartime(&bytes));
                rsa::PublicKey::new_with_size_limits(modulus, exponent, RSA_BITS).ok().map(Self::Rsa)
            }
            _ => None,
        }
    }
}

fn verifies_pkcs1<D: Digest + AssociatedOid>(key: &rsa::PublicKey, message: &[u8], signature: &[u8]) -> bool {
    key.verify(Pkcs1v15Sign::new::<D>(), &D::digest(message), signature).is_ok()
}

fn verifies_pss<D: Digest + FixedOutputReset>(
    key: &rsa::PublicKey,
    message: &[u8],
    signature: &[u8],
) -> bool {
    key.verify(Pss::<D>::new(), &D::digest(message), signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::tests::Issuer;
    use serde_json::json;

    #[test]
    fn a_set_without_a_key_for_us_is_refused() {
        let fixture: Value = serde_json::from_str(include_str!("token/rsa.json")).unwrap();
        for (set, why) in [
            (json!({}), "is not a JSON Web Key Set"),
            (json!({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}), "has no public key"),
            (json!({"keys": [{"kty": "RSA", "n": "", "e": ""}]}), "has no public key"),
            (json!({"keys": [{"kty": "RSA", "n": fixture["jwk"]["n"], "e": "AQ"}]}), "has no public key"),
            (json!({"keys": [{"kty": "RSA", "n": fixture["jwk"]["n"], "e": "AQAA"}]}), "has no public key"),
            (json!({"keys": [fixture["short"]]}), "has no public key"),
            (json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}), "has no public key"),
        ] {
            assert!(Keys::parse(&set).unwrap_err().starts_with(why), "{set}");
        }
        let mut for_encryption = Issuer::new(7).jwk("one");
        for_encryption["use"] = json!("enc");
        assert!(Keys::parse(&json!({"keys": [for_encryption]})).is_err());
    }
}
