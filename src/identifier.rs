//! Keyed hashes of identifiers: what leaves the edge instead of names.
//!
//! A plain hash of a user id is no protection, because ids can be enumerated; with a key that only the edges
//! and the scorer hold, a leaked log or database names nobody.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hmac_sha256::HMAC;

use crate::error::Error;
use crate::request::Text;

/// What an identifier names. Part of the hash, so that equal texts of two kinds do not look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentifierKind {
    /// A user, workload or agent.
    Principal,
    /// A session.
    Session,
    /// A device.
    Device,
}

impl IdentifierKind {
    /// Reads the JSON name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Principal, Self::Session, Self::Device].into_iter().find(|kind| kind.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Principal => "principal",
            Self::Session => "session",
            Self::Device => "device",
        }
    }
}

/// How identifiers are written when they leave the edge: keyed hashes with a key, plain without.
#[derive(Clone, Default)]
pub struct Identifiers {
    /// With the key read in, which is a quarter of a hash.
    mac: Option<HMAC>,
}

impl fmt::Debug for Identifiers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.is_keyed() { "Identifiers(keyed)" } else { "Identifiers(plain)" })
    }
}

impl Identifiers {
    /// Shortest key, bytes: the strength of the truncated hash.
    const KEY_BYTES: usize = 16;

    /// Plain identifiers.
    #[must_use]
    pub const fn plain() -> Self {
        Self { mac: None }
    }

    /// Hashes keyed by `hex`, at least 32 hexadecimal digits.
    ///
    /// # Errors
    /// [`Error::Option`] if the key is short or not hexadecimal.
    pub fn keyed(hex: &str) -> Result<Self, Error> {
        let key =
            decode_hex(hex).filter(|key| key.len() >= Self::KEY_BYTES).ok_or_else(|| Error::Option {
                name: "identifierKey",
                why: format!("needs at least {} hexadecimal digits", Self::KEY_BYTES * 2),
            })?;
        Ok(Self { mac: Some(HMAC::new(key)) })
    }

    /// Whether identifiers are hashed.
    #[must_use]
    pub const fn is_keyed(&self) -> bool {
        self.mac.is_some()
    }

    /// The identifier as it leaves the edge: 32 hexadecimal digits of HMAC-SHA256 over kind, 0 and value.
    ///
    /// ```
    /// use edgeward::identifier::{IdentifierKind, Identifiers};
    /// let keyed = Identifiers::keyed("000102030405060708090a0b0c0d0e0f").unwrap();
    /// assert_eq!(keyed.of(IdentifierKind::Principal, "u1").len(), 32);
    /// assert_ne!(keyed.of(IdentifierKind::Principal, "u1"), keyed.of(IdentifierKind::Session, "u1"));
    /// assert_eq!(&*Identifiers::plain().of(IdentifierKind::Principal, "u1"), "u1");
    /// ```
    #[must_use]
    pub fn of<'a>(&self, kind: IdentifierKind, value: &'a str) -> Text<'a> {
        if !self.is_keyed() {
            return value.into();
        }
        let digest = self.digest(&[kind.name(), value]);
        Text(encode_hex(digest.get(..16).unwrap_or(&digest)).into())
    }

    /// HMAC-SHA256 over parts with 0 between them; without a key, under an empty one.
    pub(crate) fn digest(&self, parts: &[&str]) -> [u8; 32] {
        let mut mac = self.mac.clone().unwrap_or_else(|| HMAC::new([]));
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                mac.update([0]);
            }
            mac.update(part);
        }
        mac.finalize()
    }
}

/// The network an address belongs to: /24 of IPv4, /48 of IPv6. Tells networks apart and not people.
///
/// ```
/// use edgeward::identifier::AddressPrefix;
/// let prefix = |ip: &str| AddressPrefix::of(ip.parse().unwrap()).to_string();
/// assert_eq!(prefix("203.0.113.7"), "203.0.113.0/24");
/// assert_eq!(prefix("2001:db8:1:2::3"), "2001:db8:1::/48");
/// assert!(AddressPrefix::of("203.0.113.7".parse().unwrap()).is("203.0.113.0/24"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressPrefix(IpAddr);

impl AddressPrefix {
    /// The network of an address.
    #[must_use]
    pub const fn of(ip: IpAddr) -> Self {
        Self(match ip {
            IpAddr::V4(ip) => IpAddr::V4(Ipv4Addr::from_bits(ip.to_bits() & !0xff)),
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 80 << 80)),
        })
    }

    /// Whether `text` is what the network is written as; allocates nothing.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.read(text).is_some_and(|address| address == self.0)
    }

    /// Whether `text` is a network of the same /20, or /44 of IPv6: the pool that addresses are leased from.
    pub(crate) fn is_near(&self, text: &str) -> bool {
        match (self.0, self.read(text)) {
            (IpAddr::V4(one), Some(IpAddr::V4(other))) => (one.to_bits() ^ other.to_bits()) >> 12 == 0,
            (IpAddr::V6(one), Some(IpAddr::V6(other))) => (one.to_bits() ^ other.to_bits()) >> 84 == 0,
            _ => false,
        }
    }

    /// A network of the same family, as [`AddressPrefix`] writes it.
    fn read(&self, text: &str) -> Option<IpAddr> {
        let (address, length) = match self.0 {
            IpAddr::V4(_) => (text.strip_suffix("/24")?, 15),
            IpAddr::V6(_) => (text.strip_suffix("/48")?, 39),
        };
        address.parse().ok().filter(|_| address.len() <= length)
    }
}

impl fmt::Display for AddressPrefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = if self.0.is_ipv4() { 24 } else { 48 };
        write!(formatter, "{}/{length}", self.0)
    }
}

/// Lower-case hexadecimal digits.
#[must_use]
pub fn encode_hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Bytes of hexadecimal digits; `None` if there is anything else or half a byte.
#[must_use]
pub fn decode_hex(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        hex.chars().map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_hmac_sha256_cut_to_128_bits() {
        // Computed with `printf 'principal\0u1' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0001…0f`.
        let keyed = Identifiers::keyed("000102030405060708090a0b0c0d0e0f").unwrap();
        assert_eq!(&*keyed.of(IdentifierKind::Principal, "u1"), "a37175dbb2a28c82d6ffa0e78baac0af");
    }

    #[test]
    fn weak_and_broken_keys_are_refused() {
        for bad in ["", "00", "zz0102030405060708090a0b0c0d0e0f", "00010203040506070809 0a0b0c0d0e0f", "0"] {
            assert!(Identifiers::keyed(bad).is_err(), "{bad}");
        }
    }
}
