//! Public keys of agents: JSON Web Keys (RFC 7517) of Ed25519 (RFC 8037), named by their thumbprint (RFC 7638).

use serde::Serialize;

use crate::base64::URL;
use crate::compiled::{Bytes, Compiled};
use crate::read::record;
use crate::request::Text;

/// Thumbprint of the published test key of RFC 9421 §B.1.4: anybody can sign with it.
const TEST_KEY: &str = "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U";

/// A key as it stands in a directory. Other members are ignored, as RFC 7517 §4 has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Jwk<'a> {
    /// `OKP`.
    pub kty: Option<Text<'a>>,
    /// `Ed25519`.
    pub crv: Option<Text<'a>>,
    /// 32 bytes, base64url without padding.
    pub x: Option<Text<'a>>,
    /// Not used before, seconds since the epoch; directories that write milliseconds exist and are understood.
    pub nbf: Option<i64>,
    /// Not used from then on, as `nbf`.
    pub exp: Option<i64>,
}

record!(Jwk<'a> {
    "kty" => Text(kty),
    "crv" => Text(crv),
    "x" => Text(x),
    "nbf" => Whole(nbf),
    "exp" => Whole(exp),
});

/// A key to verify with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    bytes: [u8; 32],
    thumbprint: String,
    not_before: Option<i64>,
    expires: Option<i64>,
}

impl Key {
    /// Reads a key; tells why it is none to verify with.
    pub(super) fn read(jwk: &Jwk<'_>) -> Result<Self, &'static str> {
        if jwk.kty.as_deref() != Some("OKP") || jwk.crv.as_deref() != Some("Ed25519") {
            return Err("is not a key of kty `OKP` and crv `Ed25519`");
        }
        let x = jwk.x.as_deref().unwrap_or_default();
        let bytes = URL.decode(x).and_then(|bytes| bytes.try_into().ok());
        let bytes: [u8; 32] = bytes.ok_or("has no `x` of 32 bytes in base64url without padding")?;
        Ok(Self::new(bytes, jwk.nbf.map(seconds), jwk.exp.map(seconds)))
    }

    fn new(bytes: [u8; 32], not_before: Option<i64>, expires: Option<i64>) -> Self {
        // Every key has one text, so it is the one that was read.
        let x = URL.encode(&bytes);
        let digest =
            hmac_sha256::Hash::hash(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#).as_bytes());
        Self { bytes, thumbprint: URL.encode(&digest), not_before, expires }
    }

    /// The same, but for keys that somebody else holds too.
    pub(super) fn trusted(jwk: &Jwk<'_>) -> Result<Self, &'static str> {
        let key = Self::read(jwk)?;
        if key.is_secret() {
            return Ok(key);
        }
        Err("is the published test key of RFC 9421, with which anybody can sign")
    }

    /// Whether only its owner can sign by it, as far as is known here.
    fn is_secret(&self) -> bool {
        self.thumbprint != TEST_KEY
    }

    /// Whether it is the key of that `keyid`, at that time in seconds.
    pub(super) fn is(&self, id: &str, now: i64) -> bool {
        self.thumbprint == id
            && self.not_before.is_none_or(|first| first <= now)
            && self.expires.is_none_or(|end| now < end)
    }

    /// Whether it made the signature (RFC 8032).
    pub(super) fn verifies(&self, message: &[u8], signature: [u8; 64]) -> bool {
        let key = ed25519_compact::PublicKey::new(self.bytes);
        key.verify(message, &ed25519_compact::Signature::new(signature)).is_ok()
    }
}

/// A key that is trusted: by its thumbprint alone nobody verifies, so it is worked out again.
impl Compiled for Key {
    fn write(&self, into: &mut Vec<u8>) {
        self.bytes.write(into);
        self.not_before.write(into);
        self.expires.write(into);
    }

    fn read(from: &mut Bytes<'_>) -> Option<Self> {
        let key = Self::new(Compiled::read(from)?, Compiled::read(from)?, Compiled::read(from)?);
        key.is_secret().then_some(key)
    }
}

/// Seconds, of seconds or milliseconds: the year 5138 is far enough.
const fn seconds(time: i64) -> i64 {
    if time >= 100_000_000_000 { time.div_euclid(1_000) } else { time }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of [`TEST_KEY`].
    const PUBLISHED: &str = "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs";

    pub(crate) fn jwk(x: &'static str) -> Jwk<'static> {
        Jwk { kty: Some("OKP".into()), crv: Some("Ed25519".into()), x: Some(x.into()), ..Jwk::default() }
    }

    #[test]
    fn a_key_is_named_by_its_thumbprint() {
        // RFC 8037 §A.3.
        let key = Key::read(&jwk("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")).unwrap();
        assert_eq!(key.thumbprint, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_key_has_its_time_in_seconds_or_milliseconds() {
        let id = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
        for (nbf, exp) in [(1_700_000_000, 1_700_000_100), (1_700_000_000_000, 1_700_000_100_000)] {
            let timed =
                Jwk { nbf: Some(nbf), exp: Some(exp), ..jwk("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo") };
            let key = Key::read(&timed).unwrap();
            let at = |now| key.is(id, now);
            assert_eq!(
                [1_699_999_999, 1_700_000_000, 1_700_000_099, 1_700_000_100].map(at),
                [false, true, true, false]
            );
        }
    }

    #[test]
    fn what_is_no_key_says_why() {
        let other = Jwk { crv: Some("X25519".into()), ..jwk(PUBLISHED) };
        assert!(Key::read(&other).unwrap_err().contains("crv"));
        for x in ["", "AAAA", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "!"] {
            assert!(Key::read(&jwk(x)).unwrap_err().contains("32 bytes"), "{x}");
        }
        assert!(Key::trusted(&jwk(PUBLISHED)).unwrap_err().contains("test key"));
    }
}
