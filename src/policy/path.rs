//! Request paths, as an origin would read them.

use std::fmt::Write;

use crate::compiled::{Bytes, Compiled};

/// A request path: exact, or everything that begins with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PathPattern {
    /// The whole path.
    Exact(String),
    /// Written with a final `*`.
    Prefix(String),
}

impl PathPattern {
    /// Whether one of the [`readings`] of a path matches. Express, ASP.NET and IIS route `/ADMIN` and `/admin/` to what answers
    /// `/admin`, so for a policy they are one.
    pub(super) fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exact(text) => without_slash(path).eq_ignore_ascii_case(without_slash(text)),
            Self::Prefix(text) => {
                path.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text))
            }
        }
    }
}

fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

impl Compiled for PathPattern {
    fn write(&self, into: &mut Vec<u8>) {
        let (is_prefix, text) = match self {
            Self::Exact(text) => (false, text),
            Self::Prefix(text) => (true, text),
        };
        is_prefix.write(into);
        text.write(into);
    }

    fn read(from: &mut Bytes<'_>) -> Option<Self> {
        Some(if bool::read(from)? {
            Self::Prefix(String::read(from)?)
        } else {
            Self::Exact(String::read(from)?)
        })
    }
}

/// A path that has more bytes and can be read in several ways is taken for every path. Making all its readings takes time that
/// whoever writes it chooses, and no page is called so.
const LONGEST: usize = 2_048;

/// Calls `visit` with everything that an origin may take a path for; `false` if that may be anything, without a call.
///
/// Without this, `/%61dmin`, `//admin` and `/x/../admin` would slip past a policy for `/admin`. But origins differ: Express
/// routes by what is written, so that `/admin/x/../../public` is one of `/admin`'s pages there; a URL parser resolves dots
/// before it decodes, a proxy after; some merge slashes first, some take `\` for one (URL standard, §4.4) or strip a segment's
/// parameters (`/admin;x/users`, RFC 3986 §3.3; Tomcat). Edgeward can not know which one is behind it, so a policy for a path
/// is one for every path that anybody may read as that.
///
/// Escapes are decoded once. Those that are no text stay as they are written; those beside them are decoded all the same,
/// as origins do that decode piece by piece.
pub(super) fn readings(path: &str, mut visit: impl FnMut(&str)) -> bool {
    if !path.contains(['%', '\\', ';']) && !path.contains("//") && !path.contains("/.") {
        visit(path);
        return true;
    }
    if path.len() > LONGEST {
        return false;
    }
    let decoded = decode(path);
    visit(&decoded);
    let resolved = |text: &str, visit: &mut dyn FnMut(&str)| {
        let both: &[&[char]] = if text.contains('\\') { &[&['/'], &['/', '\\']] } else { &[&['/']] };
        for separators in both {
            visit(&resolve(text, separators, true));
            if text.contains("//") || separators.len() > 1 {
                visit(&resolve(text, separators, false));
            }
        }
    };
    let all = |text: &str, visit: &mut dyn FnMut(&str)| {
        resolved(text, visit);
        if text.contains(';') {
            resolved(&without_parameters(text), visit);
        }
    };
    all(&decoded, &mut visit);
    // Only where something is resolved does it matter whether that came first.
    if decoded.contains("..") && path.contains('%') {
        all(path, &mut |text| visit(&decode(text)));
    }
    true
}

/// Resolves dot segments (RFC 3986 §5.2.4), escaped ones too. `merges`: an empty segment is none.
fn resolve(path: &str, separators: &[char], merges: bool) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let mut ends_in_slash = false;
    for segment in path.strip_prefix(separators).unwrap_or(path).split(separators) {
        let dots = dots(segment);
        let is_left_out = merges && segment.is_empty();
        ends_in_slash = dots.is_some() || is_left_out;
        match dots {
            Some(2) => drop(segments.pop()),
            None if !is_left_out => segments.push(segment),
            _ => {}
        }
    }
    let mut read = String::with_capacity(path.len());
    for segment in &segments {
        read.push('/');
        read.push_str(segment);
    }
    if ends_in_slash || segments.is_empty() {
        read.push('/');
    }
    read
}

/// How many dots a segment is, if it is one or two and nothing else.
fn dots(segment: &str) -> Option<u8> {
    let mut rest = segment.as_bytes();
    let mut dots = 0;
    while !rest.is_empty() {
        rest = match rest {
            [b'.', rest @ ..] | [b'%', b'2', b'e' | b'E', rest @ ..] if dots < 2 => rest,
            _ => return None,
        };
        dots += 1;
    }
    (dots > 0).then_some(dots)
}

/// The path without what stands behind a `;` in each segment.
fn without_parameters(path: &str) -> String {
    let mut inside = false;
    let outside = |letter: &char| {
        inside = *letter == ';' || inside && *letter != '/';
        !inside
    };
    path.chars().filter(outside).collect()
}

fn decode(path: &str) -> String {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => digit(*high).zip(digit(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    let mut decoded = String::with_capacity(path.len());
    for chunk in bytes.utf8_chunks() {
        decoded.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(decoded, "%{byte:02x}");
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(path: &str) -> Vec<String> {
        let mut all = Vec::new();
        assert!(readings(path, |reading| all.push(reading.to_owned())));
        all
    }

    #[test]
    fn a_path_is_read_as_any_origin_reads_it() {
        for (path, expected) in [
            ("/admin", "/admin"),
            ("/%61dmin", "/admin"),
            ("/%41dmin", "/Admin"),
            ("//admin//users/", "/admin/users/"),
            ("/x/../admin", "/admin"),
            ("/x/%2e%2E/admin", "/admin"),
            ("/x%2Fadmin", "/x/admin"),
            ("/../../etc", "/etc"),
            ("/a/.", "/a/"),
            ("/.well-known/x", "/.well-known/x"),
            ("/100%", "/100%"),
            ("/%zz", "/%zz"),
            ("/%ff", "/%ff"),
            ("/%61dmin/%FF", "/admin/%ff"),
            ("/x/../%61dmin//%ff%c3%a9", "/admin/%ff\u{e9}"),
            ("/%2561dmin", "/%61dmin"),
            ("/", "/"),
            // As it is written.
            ("/admin/x/../../public", "/admin/x/../../public"),
            ("/admin/x%2f..%2f..%2fpublic", "/admin/x/../../public"),
            ("/admin/x\\..\\..\\public", "/admin/x\\..\\..\\public"),
            // As a URL parser reads it, that resolves before it decodes and merges nothing.
            ("/x%2fy/../admin", "/admin"),
            ("/admin//../public", "/admin/public"),
            ("/x/%2e%2e/a//b/..", "/a//"),
            ("/x\\..\\admin", "/admin"),
            ("/x%5c..%5cadmin", "/admin"),
            ("\\admin", "/admin"),
            // As Tomcat reads it.
            ("/admin;a=b/users", "/admin/users"),
            ("/x/..;/admin", "/admin"),
            ("/x/..;a%2fb/admin", "/admin"),
        ] {
            assert!(all(path).iter().any(|reading| reading == expected), "{path}: {:?}", all(path));
        }
    }

    #[test]
    fn case_and_a_final_slash_tell_no_paths_apart() {
        let exact = PathPattern::Exact("/admin".to_owned());
        assert!(["/admin", "/ADMIN", "/Admin/"].iter().all(|path| exact.matches(path)));
        assert!(["/admi", "/admin//", "/admin/x", "/", ""].iter().all(|path| !exact.matches(path)));
        let prefix = PathPattern::Prefix("/Admin/".to_owned());
        assert!(prefix.matches("/ADMIN/x") && prefix.matches("/admin/"));
        assert!(["/admin", "/ad", "/adm\u{ef}n/"].iter().all(|path| !prefix.matches(path)));
        assert!(PathPattern::Exact("/".to_owned()).matches("/"));
    }

    #[test]
    fn what_is_too_long_to_be_read_in_every_way_may_be_anything() {
        let may_be_anything = |path: &str| {
            let mut all = 0;
            let is_read = readings(path, |_| all += 1);
            assert_eq!(is_read, all > 0);
            !is_read
        };
        let long = "/a".repeat(LONGEST / 2);
        for (more, expected) in
            [("", false), ("a", false), ("%", true), (";", true), ("//", true), ("/.", true), ("\\", true)]
        {
            assert_eq!(may_be_anything(&format!("{long}{more}")), expected, "{more}");
        }
        assert!(!may_be_anything(&long.replacen("/a", "/%", 1)), "to the last byte");
    }

    #[test]
    fn what_most_paths_are_has_one_reading() {
        for path in ["/", "/items/1", "/a.b/c-d_e~f", "*", ""] {
            assert_eq!(all(path), [path]);
        }
        assert_eq!(all("/caf%C3%A9")[0], "/caf\u{e9}");
        assert!(all("/caf%C3%A9").iter().all(|reading| reading == "/caf\u{e9}"));
    }
}
