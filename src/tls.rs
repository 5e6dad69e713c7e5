//! TLS clients by fingerprint, as far as a client keeps its own.

use std::fmt;

/// The part of a JA4 fingerprint that a client keeps: transport, version, number and hash of the cipher suites,
/// ALPN. Left out are the extensions, which differ between a client's own connections: a resumed one carries
/// `pre_shared_key`, and browsers try extensions on some of their users. A text that is no JA4 is compared whole.
///
/// ```
/// use edgeward::tls::TlsFamily;
/// let (first, resumed) = ("t13d1516h2_8daaf6152771_02713d6af862", "t13d1517h2_8daaf6152771_b1ff8ab2d16f");
/// assert_eq!(TlsFamily::of(first), TlsFamily::of(resumed));
/// assert_eq!(TlsFamily::of(first).to_string(), "t13d15h2_8daaf6152771");
/// assert_ne!(TlsFamily::of(first), TlsFamily::of("t13d1715h2_5b57614c22b0_3d5424432f57"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TlsFamily<'a> {
    head: &'a str,
    alpn: &'a str,
    ciphers: &'a str,
}

impl<'a> TlsFamily<'a> {
    /// Reads a JA4 fingerprint.
    #[must_use]
    pub fn of(ja4: &'a str) -> Self {
        // All parts are of one length: what searches for marks takes longer to set up than this to end.
        let parts = || {
            let (first, rest) = ja4.split_at_checked(10)?;
            let (ciphers, _) =
                rest.strip_prefix('_')?.split_at_checked(12).filter(|(_, rest)| rest.starts_with('_'))?;
            Some(Self { head: first.get(..6)?, alpn: first.get(8..)?, ciphers })
        };
        parts().unwrap_or(Self { head: ja4, alpn: "", ciphers: "" })
    }

    /// Hash of the cipher suites; empty where it is no JA4.
    #[must_use]
    pub const fn ciphers(&self) -> &'a str {
        self.ciphers
    }

    /// What the family is written as, in parts.
    pub(crate) const fn parts(&self) -> [&'a str; 4] {
        [self.head, self.alpn, if self.ciphers.is_empty() { "" } else { "_" }, self.ciphers]
    }

    /// Whether `text` is what the family is written as.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        let rest = text.strip_prefix(self.head).and_then(|rest| rest.strip_prefix(self.alpn));
        match rest {
            Some(rest) if self.ciphers.is_empty() => rest.is_empty(),
            Some(rest) => rest.strip_prefix('_') == Some(self.ciphers),
            None => false,
        }
    }
}

impl fmt::Display for TlsFamily<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts().iter().try_for_each(|part| formatter.write_str(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_knows_what_it_is_written_as() {
        for ja4 in ["t13d1516h2_8daaf6152771_02713d6af862", "a", "", "t13d1516h2_short_02713d6af862", "é_é_é"]
        {
            let family = TlsFamily::of(ja4);
            assert!(family.is(&family.to_string()), "{ja4}");
            assert!(!family.is(&format!("{family}x")), "{ja4}");
        }
    }
}
