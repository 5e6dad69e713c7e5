//! Verifies session tokens: JSON Web Tokens (RFC 7519) of an issuer whose public keys are configured.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::jwk::{Algorithm, Keys};

/// Verified claims.
pub type Claims = Map<String, Value>;

/// What it says of its signature.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// What a token has to say of itself.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Who must have issued it.
    pub issuer: &'a str,
    /// For whom.
    pub audience: &'a str,
    /// Milliseconds since the Unix epoch.
    pub now: i64,
    /// Tolerated difference of clocks, seconds.
    pub tolerance: u32,
}

impl Keys {
    /// The claims of a token, if it is one of the issuer's, meant for us, and of now.
    #[must_use]
    pub fn verify(&self, token: &str, expected: Expected<'_>) -> Option<Claims> {
        self.open(token).filter(|claims| expected.is_met_by(claims))
    }

    /// The claims of whatever one of the keys has signed.
    #[must_use]
    pub fn open(&self, token: &str) -> Option<Claims> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.').filter(|(_, payload)| !payload.contains('.'))?;
        let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
        // Extensions that must be understood, and are not.
        if header.crit.is_some() {
            return None;
        }
        let algorithm = Algorithm::parse(&header.alg)?;
        let key = self.for_token(&header.alg, algorithm, header.kid.as_deref())?;
        if !key.verifies(algorithm, signed.as_bytes(), &decode(signature)?) {
            return None;
        }
        serde_json::from_slice(&decode(payload)?).ok()
    }
}

impl Expected<'_> {
    fn is_met_by(self, claims: &Claims) -> bool {
        let is_ours = match claims.get("aud") {
            Some(Value::String(audience)) => audience == self.audience,
            Some(Value::Array(audiences)) => audiences.iter().any(|one| one == self.audience),
            _ => false,
        };
        let (now, tolerance) = (seconds(self.now), f64::from(self.tolerance));
        // A date that is there has to be one.
        let date = |name: &str| claims.get(name).map(Value::as_f64);
        let is_current = date("exp").flatten().is_some_and(|until| until > now - tolerance)
            && date("nbf").is_none_or(|from| from.is_some_and(|from| from <= now + tolerance))
            && date("iat").is_none_or(|at| at.is_some());
        is_ours && is_current && claims.get("iss").is_some_and(|issuer| issuer == self.issuer)
    }
}

#[expect(clippy::cast_precision_loss, reason = "whole seconds of any date fit 53 bits")]
pub(crate) fn seconds(milliseconds: i64) -> f64 {
    milliseconds.div_euclid(1000) as f64
}

pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use p256::ecdsa::signature::Signer as _;
    use serde_json::json;

    pub(crate) const NOW: i64 = 1_790_000_000_000;

    pub(crate) const EXPECTED: Expected<'static> =
        Expected { issuer: "https://id.example", audience: "app", now: NOW, tolerance: 5 };

    fn part(value: &Value) -> String {
        encode(value.to_string().as_bytes())
    }

    /// An issuer with a fixed key: a test needs no secret.
    pub(crate) struct Issuer(p256::ecdsa::SigningKey);

    impl Issuer {
        pub(crate) fn new(seed: u8) -> Self {
            Self(p256::ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap())
        }

        pub(crate) fn jwk(&self, kid: &str) -> Value {
            let point = self.0.verifying_key().to_sec1_point(false);
            let of = encode;
            json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid,
                   "x": of(&point.as_bytes()[1..33]), "y": of(&point.as_bytes()[33..])})
        }

        pub(crate) fn issue(&self, header: &Value, claims: &Value) -> String {
            let signed = format!("{}.{}", part(header), part(claims));
            let signature: p256::ecdsa::Signature = self.0.sign(signed.as_bytes());
            format!("{signed}.{}", Base64UrlUnpadded::encode_string(&signature.to_bytes()))
        }
    }

    fn good() -> Value {
        json!({"iss": "https://id.example", "aud": ["other", "app"], "sub": "u1", "exp": NOW / 1000 + 60})
    }

    #[test]
    fn a_token_of_the_issuer_is_read_and_every_other_is_not() {
        let issuer = Issuer::new(7);
        let keys =
            Keys::parse(&json!({"keys": [issuer.jwk("one"), Issuer::new(8).jwk("two"), {"kty": "RSA"}]}));
        let keys = keys.unwrap();
        let header = json!({"alg": "ES256", "kid": "one"});
        let token = issuer.issue(&header, &good());
        assert_eq!(keys.verify(&token, EXPECTED).unwrap()["sub"], "u1");

        for (what, header) in [
            ("no kid, two keys", json!({"alg": "ES256"})),
            ("unknown kid", json!({"alg": "ES256", "kid": "three"})),
            ("another's key", json!({"alg": "ES256", "kid": "two"})),
            ("none", json!({"alg": "none", "kid": "one"})),
            ("a secret made of a public key", json!({"alg": "HS256", "kid": "one"})),
            ("critical extension", json!({"alg": "ES256", "kid": "one", "crit": ["b64"], "b64": false})),
        ] {
            assert!(keys.verify(&issuer.issue(&header, &good()), EXPECTED).is_none(), "{what}");
        }
        for (what, name, value) in [
            ("another issuer", "iss", json!("https://other.example")),
            ("another audience", "aud", json!("apps")),
            ("no audience", "aud", json!(null)),
            ("expired", "exp", json!(NOW / 1000 - 5)),
            ("an expiry that is none", "exp", json!("tomorrow")),
            ("not yet", "nbf", json!(NOW / 1000 + 6)),
            ("an issue date that is none", "iat", json!("now")),
        ] {
            let mut claims = good();
            claims[name] = value;
            assert!(keys.verify(&issuer.issue(&header, &claims), EXPECTED).is_none(), "{what}");
        }
        let mut tolerated = good();
        tolerated["exp"] = json!(NOW / 1000 - 4);
        assert!(keys.verify(&issuer.issue(&header, &tolerated), EXPECTED).is_some());
    }

    #[test]
    fn no_bytes_of_a_client_are_believed_or_fatal() {
        let issuer = Issuer::new(7);
        let keys = Keys::parse(&json!({"keys": [issuer.jwk("one")]})).unwrap();
        let token = issuer.issue(&json!({"alg": "ES256", "kid": "one"}), &good());
        for end in 0..token.len() {
            let cut: String = token.chars().take(end).collect();
            assert!(keys.verify(&cut, EXPECTED).is_none(), "cut at {end}");
        }
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(keys.verify(&changed, EXPECTED).is_none(), "changed at {at}");
        }
        for other in ["", ".", "..", "...", "é.é.é", "e30.e30.", &format!("{token}.x"), &format!("{token}=")]
        {
            assert!(keys.verify(other, EXPECTED).is_none(), "{other}");
        }
    }

    #[test]
    fn ed25519_is_verified_too() {
        let pair = ed25519_compact::KeyPair::from_seed(ed25519_compact::Seed::new([7; 32]));
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": Base64UrlUnpadded::encode_string(&*pair.pk)});
        let keys = Keys::parse(&json!({"keys": [jwk]})).unwrap();
        for (algorithm, verifies) in [("EdDSA", true), ("Ed25519", true), ("ES256", false)] {
            let signed = format!("{}.{}", part(&json!({"alg": algorithm})), part(&good()));
            let signature = Base64UrlUnpadded::encode_string(&*pair.sk.sign(signed.as_bytes(), None));
            assert_eq!(keys.verify(&format!("{signed}.{signature}"), EXPECTED).is_some(), verifies);
        }
    }

    #[test]
    fn rsa_is_verified_as_each_algorithm_has_it() {
        // Made by OpenSSL (`node:crypto`).
        let fixture: Value = serde_json::from_str(include_str!("token/rsa.json")).unwrap();
        let keys = Keys::parse(&json!({"keys": [fixture["jwk"]]})).unwrap();
        for case in fixture["cases"].as_array().unwrap() {
            let token = case["token"].as_str().unwrap();
            let verified = keys.verify(token, EXPECTED).is_some();
            assert_eq!(verified, case["verifies"].as_bool().unwrap(), "{}", case["name"]);
        }
        let good = fixture["cases"][0]["token"].as_str().unwrap();
        let (signed, signature) = good.rsplit_once('.').unwrap();
        for wrong in ["", "AA", &format!("AAAA{signature}"), &"_".repeat(342), &"A".repeat(342)] {
            assert!(keys.verify(&format!("{signed}.{wrong}"), EXPECTED).is_none(), "{wrong}");
        }
        let mut pinned = fixture["jwk"].clone();
        pinned["alg"] = json!("PS256");
        let keys = Keys::parse(&json!({"keys": [pinned]})).unwrap();
        assert!(keys.verify(good, EXPECTED).is_none(), "the key is for another algorithm");
    }
}
