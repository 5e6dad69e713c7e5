//! Payloads in place of a name, or of what other headers say: injected code, templates that were never filled in, paths.

use super::input::{MAX_BYTES, WINDOW};
use super::kinds::Kinds;
use crate::request::{Header, Http};

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
    is_injected_at(text, may_begin)
}

/// Headers beside the user agent that tell a client. Their syntax has quotation marks, with anything behind them, and none of
/// the other bytes that payloads begin with.
const TELLING: [Header; 7] = [
    Header::Accept,
    Header::AcceptLanguage,
    Header::AcceptEncoding,
    Header::XRequestedWith,
    Header::SecChUa,
    Header::SecChUaFullVersionList,
    Header::SecChUaPlatform,
];

/// Whether another header carries one.
///
/// A page elsewhere chooses the `Referer` of who follows its links, and must not make an attacker of them. So in that one
/// only counts what no browser writes into an address: they escape blanks, quotes and angle brackets, and braces in front
/// of the query (URL standard, §1.3).
pub fn in_headers(http: &Http<'_>) -> bool {
    let is_telling = |text: &str| has(text, b"<$'{|%") && is_injected_in_header(text);
    TELLING.iter().any(|header| http.header(*header).is_some_and(is_telling))
        || http.header(Header::Referer).is_some_and(|text| has(text, b"<\"'${") && is_written_by_hand(text))
}

#[inline(never)]
fn is_injected_in_header(text: &str) -> bool {
    is_injected_at(text, |byte, next| byte != b'"' && may_begin(byte, next))
}

#[inline(never)]
fn is_written_by_hand(address: &str) -> bool {
    let path = address.split('?').next().unwrap_or_default();
    is_injected_at(address, |byte, next| matches!(byte, b'<' | b'"') || byte == b'\'' && next == b' ')
        || is_injected_at(path, |byte, next| byte == b'{' || byte == b'$' && next == b'{')
}

/// Whether a text has one of some bytes, which are among the rare ones. Nearly none has.
fn has(text: &str, bytes: &[u8]) -> bool {
    let read = text.as_bytes().get(..MAX_BYTES).unwrap_or(text.as_bytes());
    read.chunks(WINDOW).any(|chunk| {
        let mut window = [0; WINDOW];
        if let Some(begin) = window.get_mut(..chunk.len()) {
            begin.copy_from_slice(chunk);
        }
        let mut rare = Kinds::of(&window).rare;
        while rare != 0 {
            if chunk.get(rare.trailing_zeros() as usize).is_some_and(|byte| bytes.contains(byte)) {
                return true;
            }
            rare &= rare - 1;
        }
        false
    })
}

fn is_injected_at(text: &str, may_begin: impl Fn(u8, u8) -> bool) -> bool {
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
            // A shell's function (CVE-2014-6271): `() { :; };`.
            (b'{', _) => {
                let before = bytes.get(..at).unwrap_or_default();
                matches!(before.last(), Some(b'#' | b'%' | b'{')) || before.trim_ascii_end().ends_with(b"()")
            }
            (b'<', [b's' | b'S', b'c' | b'C', ..]) => begins(rest, b"script"),
            (b'<', [b's' | b'S', b'v' | b'V', b'g' | b'G', ..]) => true,
            (b'<', [b'i' | b'I', b'm' | b'M', ..]) => begins(rest, b"img"),
            (b'<', [b'i' | b'I', b'f' | b'F', ..]) => begins(rest, b"iframe"),
            (b'<', [b'e' | b'E', ..]) => begins(rest, b"esi:"),
            (b'<', [b'?', ..]) => begins(rest, b"?php") || begins(rest, b"?="),
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
    use super::{in_headers, is_injected};
    use crate::request::{Http, Text};

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
            "<?=7*7?>",
            "<esi:include src=x/>",
            "@eval($_POST['x'])",
            "() { :; }; x",
        ] {
            assert!(is_injected(payload), "{payload}");
        }
        for innocent in [
            "{density=2.0,width=1080}",
            "Example (x) {y}",
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

    fn heard(name: &str, value: &str) -> bool {
        let headers = [(Text::from(name), Text::from(value))].into_iter().collect();
        in_headers(&Http { headers: Some(headers), ..Http::default() })
    }

    #[test]
    fn payloads_in_other_headers_are_told_from_what_browsers_write() {
        for (name, value) in [
            ("accept-language", "en' or 1=1--"),
            ("accept-language", "${jndi:ldap://x}"),
            ("accept", "../../etc/passwd{{"),
            ("x-requested-with", "<script>alert(1)</script>"),
            ("sec-ch-ua", r#""Chromium";v="140", "<script src=x>";v="1""#),
            ("sec-ch-ua-platform", r#""${env:HOME}""#),
            ("referer", "${jndi:dns://x}"),
            ("referer", "https://app.example/{{7*7}}"),
            ("referer", "https://app.example/?q=<script>x</script>"),
            ("referer", "https://app.example/?id=1' and 1=1"),
        ] {
            assert!(heard(name, value), "{name}: {value}");
        }
        for (name, value) in [
            ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            ("accept-language", "nb-NO,nb;q=0.9,*;q=0.5"),
            ("accept-language", r#""en";q=1"#),
            ("accept", r#"application/ld+json;profile="https://www.w3.org/ns/activitystreams";q=0.9"#),
            ("x-requested-with", "XMLHttpRequest"),
            ("sec-ch-ua", r#"";Not A Brand";v="99", "Chromium";v="94""#),
            ("sec-ch-ua", r#""(Not(A:Brand";v="8", "Chromium";v="140""#),
            ("sec-ch-ua-full-version-list", r#""Not)A;Brand";v="8.0.0.0""#),
            ("sec-ch-ua-platform", r#""Chrome OS""#),
            // What a page elsewhere may have in its own address, or a form in a query.
            ("referer", "https://attacker.example/';alert('x')//?x=${jndi:ldap://x}&y={{1}}"),
            ("referer", "https://app.example/notes?text=one%0D%0Atwo"),
            ("referer", "https://shop.example/?utm_campaign={{campaign.name}}&id=${ID}"),
            ("referer", "https://app.example/it's/or/and"),
            // It may be anybody's business.
            ("x-note", "<script>"),
        ] {
            assert!(!heard(name, value), "{name}: {value}");
        }
    }
}
