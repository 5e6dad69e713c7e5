//! Address ranges.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::compiled::{Bytes, Compiled};

/// The addresses of one CIDR block, as first and last address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressRange {
    /// IPv4.
    V4(u32, u32),
    /// IPv6.
    V6(u128, u128),
}

/// Why a text is not a CIDR block that a named location may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CidrError {
    /// No `/` and prefix length.
    NoPrefix,
    /// The part before `/` is no IP address.
    Address,
    /// The part after `/` is no prefix length of that address family.
    Prefix,
    /// The prefix covers more than Entra allows: it must be longer than /8.
    TooWide,
}

impl fmt::Display for CidrError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoPrefix => "a prefix length is missing",
            Self::Address => "the part before `/` is not an IP address",
            Self::Prefix => "the part after `/` is not a prefix length of that address family",
            Self::TooWide => "the prefix must be longer than /8",
        })
    }
}

impl AddressRange {
    /// Reads `203.0.113.0/24` or `2001:db8::/32`. Host bits are masked out; the flag tells that some were set.
    ///
    /// # Errors
    /// [`CidrError`] names what is wrong.
    ///
    /// ```
    /// use edgeward::net::{AddressRange, CidrError};
    /// let (range, host_bits) = AddressRange::parse("203.0.113.7/24").unwrap();
    /// assert!(range.contains("203.0.113.255".parse().unwrap()) && host_bits);
    /// assert_eq!(AddressRange::parse("10.0.0.0/8"), Err(CidrError::TooWide));
    /// ```
    pub fn parse(text: &str) -> Result<(Self, bool), CidrError> {
        let (address, prefix) = text.split_once('/').ok_or(CidrError::NoPrefix)?;
        let address: IpAddr = address.parse().map_err(|_| CidrError::Address)?;
        if prefix.is_empty() || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CidrError::Prefix);
        }
        Self::block(address, prefix.parse().map_err(|_| CidrError::Prefix)?)
    }

    fn block(address: IpAddr, prefix: u32) -> Result<(Self, bool), CidrError> {
        let width = if address.is_ipv4() { 32 } else { 128 };
        if prefix > width {
            return Err(CidrError::Prefix);
        }
        if prefix <= 8 {
            return Err(CidrError::TooWide);
        }
        Ok(match address {
            IpAddr::V4(address) => {
                let host = u32::MAX.checked_shr(prefix).unwrap_or(0);
                let bits = address.to_bits();
                (Self::V4(bits & !host, bits | host), bits & host != 0)
            }
            IpAddr::V6(address) => {
                let host = u128::MAX.checked_shr(prefix).unwrap_or(0);
                let bits = address.to_bits();
                (Self::V6(bits & !host, bits | host), bits & host != 0)
            }
        })
    }

    /// Whether the address is in the range. Families never mix: IPv4-mapped IPv6 is made IPv4 where requests are
    /// read.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::V4(first, last), IpAddr::V4(address)) => (first..=last).contains(&address.to_bits()),
            (Self::V6(first, last), IpAddr::V6(address)) => (first..=last).contains(&address.to_bits()),
            _ => false,
        }
    }

    /// Length of the prefix that all of its addresses share.
    const fn prefix(self) -> u32 {
        match self {
            Self::V4(first, last) => (first ^ last).leading_zeros(),
            Self::V6(first, last) => (first ^ last).leading_zeros(),
        }
    }

    /// The first address of the range.
    #[must_use]
    pub fn first(self) -> IpAddr {
        match self {
            Self::V4(first, _) => Ipv4Addr::from_bits(first).into(),
            Self::V6(first, _) => Ipv6Addr::from_bits(first).into(),
        }
    }
}

/// First address and length of the prefix.
impl Compiled for AddressRange {
    fn write(&self, into: &mut Vec<u8>) {
        match *self {
            Self::V4(first, _) => (false, first).write(into),
            Self::V6(first, _) => (true, first).write(into),
        }
        self.prefix().write(into);
    }

    fn read(from: &mut Bytes<'_>) -> Option<Self> {
        let address = if bool::read(from)? {
            Ipv6Addr::from_bits(u128::read(from)?).into()
        } else {
            Ipv4Addr::from_bits(u32::read(from)?).into()
        };
        let (range, has_host_bits) = Self::block(address, u32::read(from)?).ok()?;
        (!has_host_bits).then_some(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> AddressRange {
        AddressRange::parse(text).unwrap().0
    }

    #[test]
    fn prefix_bounds_both_ends_of_a_block() {
        for (block, inside, outside) in [
            ("192.0.2.0/32", "192.0.2.0", "192.0.2.1"),
            ("192.0.2.0/31", "192.0.2.1", "192.0.2.2"),
            ("198.18.0.0/9", "198.127.255.255", "198.128.0.0"),
            ("2001:db8::/32", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"),
            ("2001:db8::1/128", "2001:db8::1", "2001:db8::"),
        ] {
            assert!(range(block).contains(inside.parse().unwrap()), "{block} holds {inside}");
            assert!(!range(block).contains(outside.parse().unwrap()), "{block} does not hold {outside}");
        }
    }

    #[test]
    fn each_defect_has_its_own_error() {
        for (text, error) in [
            ("192.0.2.0", CidrError::NoPrefix),
            ("192.0.2/24", CidrError::Address),
            ("192.0.2.0/33", CidrError::Prefix),
            ("192.0.2.0/", CidrError::Prefix),
            ("192.0.2.0/+24", CidrError::Prefix),
            ("2001:db8::/129", CidrError::Prefix),
            ("10.0.0.0/8", CidrError::TooWide),
            ("2000::/3", CidrError::TooWide),
        ] {
            assert_eq!(AddressRange::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn only_blocks_are_compiled_and_read() {
        use crate::compiled::{from_bytes, to_bytes};
        for text in ["192.0.2.0/32", "198.18.0.0/9", "203.0.113.0/24", "2001:db8::/32", "2001:db8::1/128"] {
            assert_eq!(from_bytes(&to_bytes(&range(text))), Some(range(text)), "{text}");
        }
        for wide in [AddressRange::V4(0, u32::MAX), AddressRange::V6(0, u128::MAX), AddressRange::V4(1, 2)] {
            assert_eq!(from_bytes::<AddressRange>(&to_bytes(&wide)), None, "{wide:?}");
        }
        assert_eq!(from_bytes::<AddressRange>(&[0, 0, 33]), None, "a prefix longer than the address");
    }
}
