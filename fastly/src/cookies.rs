//! Cookies by their name: those of `js/src/cookies.ts`.
//!
//! A comma separates as well as a semicolon: some hosts join repeated headers with it, and who reads them behind us will.

/// A longer `Cookie` is not read: characters.
const HEADER_LIMIT: usize = 16_384;

/// Whether a header is short enough to be read.
#[must_use]
pub fn is_readable(header: &str) -> bool {
    header.len() <= HEADER_LIMIT || header.chars().nth(HEADER_LIMIT).is_none()
}

/// First value of a cookie.
#[must_use]
pub fn first<'h>(header: &'h str, name: &str) -> Option<&'h str> {
    let mut found = pairs(header).filter_map(|pair| find(pair, name)).filter(|_| is_readable(header));
    found.find_map(|Found(value)| value)
}

/// Every value of a cookie, `limit` at most; `None` if there are more, or the header is too long to be read. One that only
/// some would read under the name has the value that no cookie counts with: an empty one.
#[must_use]
pub fn every<'h>(header: &'h str, name: &str, limit: usize) -> Option<Vec<&'h str>> {
    if !is_readable(header) {
        return None;
    }
    let found = pairs(header).filter_map(|pair| find(pair, name)).take(limit + 1);
    let values: Vec<&str> = found.map(|Found(value)| value.unwrap_or_default()).collect();
    (values.len() <= limit).then_some(values)
}

/// A header without the cookies of a name whose value is not to be kept; `None` if nothing is left of it.
#[must_use]
pub fn without(header: &str, name: &str, keep: &[&str]) -> Option<String> {
    if !is_readable(header) {
        return None;
    }
    let stays = |pair: &&str| {
        find(pair, name).is_none_or(|Found(value)| value.is_some_and(|value| keep.contains(&value)))
    };
    let left: String = pairs(header).filter(stays).collect();
    let left = left.trim();
    let left = left.strip_suffix(SEPARATORS).map_or(left, str::trim_end);
    (!left.is_empty()).then(|| left.to_owned())
}

const SEPARATORS: [char; 2] = [';', ','];

/// Each with its separator.
fn pairs(header: &str) -> impl Iterator<Item = &str> {
    header.split_inclusive(SEPARATORS)
}

/// A cookie of the name; without a value if only some who read the header find one here: it is nobody's.
struct Found<'h>(Option<&'h str>);

fn find<'p>(pair: &'p str, name: &str) -> Option<Found<'p>> {
    let pair = pair.strip_suffix(SEPARATORS).unwrap_or(pair);
    if let Some((key, value)) = pair.split_once('=')
        && key.trim_matches(is_space) == name
    {
        return Some(Found(Some(value.trim())));
    }
    let mut names = pair.match_indices('=').filter_map(|(equals, _)| pair.get(..equals));
    names.any(|before| is_read_as(before.as_bytes(), name)).then_some(Found(None))
}

/// Whether somebody reads a name in what stands before a `=`: alone, or behind space, which Python takes for a separator.
fn is_read_as(before: &[u8], name: &str) -> bool {
    let Some(before) = name.bytes().rev().try_fold(without_space(before), |before, expected| {
        let (last, rest) = split_last(before)?;
        (folded(last) == folded(expected)).then_some(rest)
    }) else {
        return false;
    };
    before.is_empty() || without_space(before).len() < before.len()
}

fn without_space(mut text: &[u8]) -> &[u8] {
    while let Some((last, rest)) = split_last(text)
        && is_space(last.into())
    {
        text = rest;
    }
    text
}

/// The last character, percent-encoded or not: some decode names.
fn split_last(text: &[u8]) -> Option<(u8, &[u8])> {
    if let [rest @ .., b'%', high, low] = text
        && let (Some(high), Some(low)) = (digit(*high), digit(*low))
    {
        return Some((high * 16 + low, rest));
    }
    text.split_last().map(|(last, rest)| (*last, rest))
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// A character of a name as the most forgiving read it: PHP makes `_` of ` `, `.` and `[`, ASP.NET compares without case.
const fn folded(byte: u8) -> u8 {
    match byte {
        b' ' | b'.' | b'[' => b'_',
        _ => byte.to_ascii_lowercase(),
    }
}

/// What one language or another trims off a name: controls, and of what is no ASCII (NBSP, NEL, any more) all.
fn is_space(character: char) -> bool {
    character <= ' ' || character >= '\u{7f}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_wherever_it_stands() {
        let header = "=x; a = 1 ;b=2, c=3=4; a=5;aa=6; a";
        assert_eq!(first(header, "a"), Some("1"));
        assert_eq!(first(header, "c"), Some("3=4"));
        assert_eq!(first(header, "d"), None);
        assert_eq!(every(header, "a", 2), Some(vec!["1", "5"]));
        assert_eq!(every(header, "a", 1), None);
        assert_eq!(every("", "a", 1), Some(vec![]));
    }

    #[test]
    fn what_is_taken_away_leaves_the_rest_as_it_was() {
        for (header, left) in [
            ("a=b; s=1; c=d", Some("a=b; c=d")),
            ("s=1; a=b; s=2", Some("a=b; s=2")),
            ("a=b;s=1", Some("a=b")),
            ("a=b, s=1,c=d", Some("a=b,c=d")),
            ("s=1", None),
            ("s = 1 ; s=", None),
            ("ss=1; as=1", Some("ss=1; as=1")),
        ] {
            assert_eq!(without(header, "s", &["2"]).as_deref(), left, "{header}");
        }
    }

    #[test]
    fn space_is_whatever_an_application_takes_for_it() {
        for space in ["\u{a0}", "\u{c2}\u{a0}", "\u{1f}", "\u{7f}", "\u{2003}", " \t\u{b}"] {
            let header = format!("a=b;{space}s_id{space}=1");
            assert_eq!(
                (first(&header, "s_id"), every(&header, "s_id", 1)),
                (Some("1"), Some(vec!["1"])),
                "{header}"
            );
        }
    }

    #[test]
    fn what_only_some_read_under_the_name_is_nobodys_and_is_taken_away() {
        for key in [
            "a=b s_id",
            "a=b\u{a0}s_id ",
            "a=\"b\"\ts.id",
            "s.id",
            "s id",
            "s[id",
            "s%5Fid",
            "%73%5f%69d",
            "%20s_id%09",
            "%C2%A0s_id",
            "S_Id",
        ] {
            let header = format!("x=y; {key}=1; s_id=2");
            assert_eq!(first(&header, "s_id"), Some("2"), "{key}");
            assert_eq!(every(&header, "s_id", 2), Some(vec!["", "2"]), "{key}");
            assert_eq!(without(&header, "s_id", &["", "1", "2"]).as_deref(), Some("x=y; s_id=2"), "{key}");
        }
        for other in ["my_s_id", "s_id_2", "s-id", "x%5fs_id", "sid", "id", "=s_id"] {
            let header = format!("{other}=1");
            assert_eq!(every(&header, "s_id", 2), Some(vec![]), "{other}");
            assert_eq!(without(&header, "s_id", &[]).as_deref(), Some(&*header), "{other}");
        }
    }

    #[test]
    fn a_header_that_is_too_long_is_not_read_and_does_not_go_on() {
        let padded = |length: usize| format!("s=1; a={}", "\u{e9}".repeat(length - 7));
        assert_eq!(first(&padded(HEADER_LIMIT), "s"), Some("1"));
        let long = padded(HEADER_LIMIT + 1);
        assert_eq!(
            (first(&long, "s"), every(&long, "s", 4), without(&long, "s", &["1"])),
            (None, None, None)
        );
    }
}
