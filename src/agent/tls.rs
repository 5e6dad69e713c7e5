//! The TLS fingerprint against the engine that the user agent claims.
//!
//! A tool that forges the user agent rarely forges the handshake below it. Innocent causes: antivirus products and
//! company proxies that terminate TLS and speak with a library of their own.

use super::claims::Claims;
use super::table::{FINGERPRINTS_OF_TLS, Mark};
use crate::request::{Platform, Tls};
use crate::tls::TlsFamily;

/// What speaks TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stack {
    Chromium,
    Firefox,
    Safari,
    Library,
}

/// Whether a fingerprint belongs to another stack than the one claimed. Unknown fingerprints belong to none. Of JA4
/// the part about cipher suites counts; JA3 counts whole, and for libraries only: browsers shuffle what it is made of.
pub fn contradicts(tls: &Tls<'_>, claims: &Claims) -> bool {
    let ciphers = tls.ja4.as_deref().map(|ja4| TlsFamily::of(ja4).ciphers());
    let known =
        |print: &str| FINGERPRINTS_OF_TLS.iter().find(|(known, _)| *known == print).map(|(_, stack)| *stack);
    let stack = ciphers.and_then(known).or_else(|| tls.ja3.as_deref().and_then(known));
    stack.is_some_and(|stack| claimed(claims).is_some_and(|claimed| claimed != stack))
}

/// The stack of the browser claimed. Every browser on iOS speaks through the system's.
fn claimed(claims: &Claims) -> Option<Stack> {
    if claims.platform == Some(Platform::Ios) && claims.engine() {
        Some(Stack::Safari)
    } else if claims.chrome > 0 {
        Some(Stack::Chromium)
    } else if claims.firefox > 0 {
        Some(Stack::Firefox)
    } else if claims.platform == Some(Platform::MacOs) && claims.marks.has(Mark::Safari) {
        Some(Stack::Safari)
    } else {
        None
    }
}
