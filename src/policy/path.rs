//! Request paths, as an origin would read them.

use std::borrow::Cow;
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
    /// Whether a path, read by [`read`], matches.
    pub(super) fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exact(text) => path == text,
            Self::Prefix(text) => path.starts_with(text.as_str()),
        }
    }
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

/// The path that an origin acts on: escapes decoded once, slashes merged, dot segments resolved. Without this,
/// `/%61dmin`, `//admin` and `/x/../admin` would slip past a policy for `/admin`. Escapes that are no text stay as they
/// are written; those beside them are decoded all the same, as origins do that decode piece by piece.
pub(super) fn read(path: &str) -> Cow<'_, str> {
    if !path.contains('%') && !path.contains("//") && !path.contains("/.") {
        return Cow::Borrowed(path);
    }
    let decoded = decode(path);
    let mut segments: Vec<&str> = Vec::new();
    let mut ends_in_slash = false;
    for segment in decoded.split('/') {
        ends_in_slash = matches!(segment, "" | "." | "..");
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    let mut read = String::with_capacity(decoded.len());
    for segment in &segments {
        read.push('/');
        read.push_str(segment);
    }
    if ends_in_slash || segments.is_empty() {
        read.push('/');
    }
    Cow::Owned(read)
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

    #[test]
    fn a_path_is_read_as_an_origin_reads_it() {
        for (path, expected) in [
            ("/admin", "/admin"),
            ("/%61dmin", "/admin"),
            ("/%41dmin", "/Admin"),
            ("//admin//users/", "/admin/users/"),
            ("/x/../admin", "/admin"),
            ("/x/%2e%2e/admin", "/admin"),
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
        ] {
            assert_eq!(read(path), expected, "{path}");
        }
    }
}
