//! Payloads in place of a name: injected code, templates that were never filled in, paths.

use super::input::MAX_BYTES;

/// Whether a text carries one. Called only when the tokeniser saw a byte that no genuine user agent has, and looks
/// only behind such bytes. Sources: OWASP Core Rule Set, families 932 (commands), 934 (templates), 941 (scripts), 942
/// (queries), 944 (look-ups). Payloads without such a byte are vocabulary: `etc/passwd`, `union select`.
pub fn is_injected(text: &str) -> bool {
    let bytes = text.as_bytes();
    let bytes = bytes.get(..MAX_BYTES).unwrap_or(bytes);
    bytes.iter().enumerate().any(|(at, byte)| {
        let rest = bytes.get(at + 1..).unwrap_or_default();
        match byte {
            b'$' => matches!(rest, [b'{' | b'(', ..]),
            b'#' | b'%' | b'{' => matches!(rest, [b'{', ..]),
            b'<' => match rest {
                [b's' | b'S', ..] => begins(rest, b"script") || begins(rest, b"svg"),
                [b'i' | b'I', ..] => begins(rest, b"img") || begins(rest, b"iframe"),
                _ => rest.starts_with(b"?php") || rest.starts_with(b"!--"),
            },
            b'\'' | b'"' => match rest {
                [b' ', ..] => begins(rest, b" or ") || begins(rest, b" and "),
                _ => matches!(rest, [b';', ..] | [b'|', b'|', ..]),
            },
            _ => false,
        }
    })
}

fn begins(text: &[u8], payload: &[u8]) -> bool {
    text.get(..payload.len()).is_some_and(|text| text.eq_ignore_ascii_case(payload))
}

#[cfg(test)]
mod tests {
    use super::is_injected;

    #[test]
    fn payloads_are_told_from_punctuation() {
        for payload in
            ["${jndi:x}", "x' OR 1=1--", "<ScRiPt>alert(1)</script>", "%{User-Agent}i", "{{7*7}}", "\" and 1"]
        {
            assert!(is_injected(payload), "{payload}");
        }
        for innocent in
            ["{density=2.0,width=1080}", "Don't Waste My Time!", "\"Mozilla/5.0\"", "50% off", "a<b"]
        {
            assert!(!is_injected(innocent), "{innocent}");
        }
    }
}
