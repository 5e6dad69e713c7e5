//! Cookies by their name: those of `js/src/cookies.ts`.
//!
//! A comma separates as well as a semicolon: some hosts join repeated headers with it, and who reads them behind us will.

/// A longer `Cookie` is not read: characters.
const HEADER_LIMIT: usize = 16_384;

/// First value of a cookie.
#[must_use]
pub fn first<'h>(header: &'h str, name: &str) -> Option<&'h str> {
    if is_too_long(header) { None } else { values(header, name).next() }
}

/// Every value of a cookie, `limit` at most; `None` if there are more, or the header is too long to be read.
#[must_use]
pub fn every<'h>(header: &'h str, name: &str, limit: usize) -> Option<Vec<&'h str>> {
    if is_too_long(header) {
        return None;
    }
    let values: Vec<&str> = values(header, name).take(limit + 1).collect();
    (values.len() <= limit).then_some(values)
}

/// A header without the cookies of a name whose value is not to be kept; `None` if nothing is left of it.
#[must_use]
pub fn without(header: &str, name: &str, keep: &[&str]) -> Option<String> {
    if is_too_long(header) {
        return None;
    }
    let stays = |pair: &&str| value(pair, name).is_none_or(|value| keep.contains(&value));
    let left: String = pairs(header).filter(stays).collect();
    let left = left.trim();
    let left = left.strip_suffix(SEPARATORS).map_or(left, str::trim_end);
    (!left.is_empty()).then(|| left.to_owned())
}

const SEPARATORS: [char; 2] = [';', ','];

fn is_too_long(header: &str) -> bool {
    header.len() > HEADER_LIMIT && header.chars().nth(HEADER_LIMIT).is_some()
}

fn values<'h>(header: &'h str, name: &str) -> impl Iterator<Item = &'h str> {
    pairs(header).filter_map(move |pair| value(pair, name))
}

/// Each with its separator.
fn pairs(header: &str) -> impl Iterator<Item = &str> {
    header.split_inclusive(SEPARATORS)
}

fn value<'p>(pair: &'p str, name: &str) -> Option<&'p str> {
    let (key, value) = pair.strip_suffix(SEPARATORS).unwrap_or(pair).split_once('=')?;
    (key.trim_matches([' ', '\t']) == name).then(|| value.trim())
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
