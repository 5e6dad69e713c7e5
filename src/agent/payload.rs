//! Payloads in place of a name: injected code, templates that were never filled in, paths.

use super::input::MAX_BYTES;

/// Whether a byte is one that payloads begin with, or with the one before it. Of escapes those that end a line.
pub const fn may_begin(byte: u8, next: u8) -> bool {
    matches!(byte, b'<' | b'$' | b'"' | b'\'' | b'{' | b'|') || byte == b'%' && next == b'0'
}

/// Places that are looked at: more there are in no user agent, payload or not, but to cost time.
const PLACES: usize = 32;

/// Whether a text carries one. Called only when the tokeniser saw a byte that may begin one, and looks only there.
/// Sources: OWASP Core Rule Set, families 932 (commands), 934 (templates), 941 (scripts), 942
/// (queries), 944 (look-ups), and 921 (split headers). Payloads without such a byte are vocabulary: `etc/passwd`,
/// `union select`, `sleep(`.
pub fn is_injected(text: &str) -> bool {
    let bytes = text.as_bytes();
    let bytes = bytes.get(..MAX_BYTES).unwrap_or(bytes);
    let begin = |(at, byte): &(usize, &u8)| may_begin(**byte, bytes.get(at + 1).copied().unwrap_or_default());
    bytes.iter().enumerate().filter(begin).take(PLACES).any(|(at, byte)| {
        let rest = bytes.get(at + 1..).unwrap_or_default();
        match (byte, rest) {
            (b'$', [b'{' | b'(' | b'_', ..]) | (b'"' | b'\'', [b';', ..] | [b'|', b'|', ..]) => true,
            // A command where a name belongs: `|id|`.
            (b'|', _) => at == 0,
            (b'%', _) => begins(rest, b"0d%0a"),
            (b'{', _) => matches!(bytes.get(at.wrapping_sub(1)), Some(b'#' | b'%' | b'{')),
            (b'<', [b's' | b'S', b'c' | b'C', ..]) => begins(rest, b"script"),
            (b'<', [b's' | b'S', b'v' | b'V', b'g' | b'G', ..]) => true,
            (b'<', [b'i' | b'I', b'm' | b'M', ..]) => begins(rest, b"img"),
            (b'<', [b'i' | b'I', b'f' | b'F', ..]) => begins(rest, b"iframe"),
            (b'<', [b'e' | b'E', ..]) => begins(rest, b"esi:"),
            (b'<', [b'?', ..]) => begins(rest, b"?php"),
            (b'<', [b'!', b'-', b'-', ..] | [b'%', ..]) => true,
            // The end of a text in a query, and what queries go on with.
            (b'"' | b'\'', [b')', more @ ..] | more) => {
                [&b" or "[..], b" and ", b" xor", b" union"].iter().any(|word| begins(more, word))
            }
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
        for payload in [
            "${jndi:x}",
            "x' OR 1=1--",
            "<ScRiPt>alert(1)</script>",
            "%{User-Agent}i",
            "{{7*7}}",
            "\" and 1",
            "x' XOR(if(1,2,3))",
            "x') or 9=(select 9",
            "|id|",
            "x%0d%0aSet-Cookie:y=1",
            "<%= 7*7 %>",
            "<esi:include src=x/>",
            "@eval($_POST['x'])",
        ] {
            assert!(is_injected(payload), "{payload}");
        }
        for innocent in [
            "{density=2.0,width=1080}",
            "Don't Waste My Time!",
            "\"Mozilla/5.0\"",
            "50% off",
            "a<b",
            "x|y",
            "Today%20Weather/1",
            "The Artist's (or Band's) App",
            "x%0",
        ] {
            assert!(!is_injected(innocent), "{innocent}");
        }
    }
}
