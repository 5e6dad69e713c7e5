//! Points in time, as log exports write them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::Offset;

/// How Azure's portal and services write dates in American English: month first.
const AMERICAN: [&str; 5] = [
    "%m/%d/%Y, %I:%M:%S%.f %p",
    "%m/%d/%Y %I:%M:%S%.f %p",
    "%m/%d/%Y %H:%M:%S%.f",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %H:%M",
];

/// Milliseconds since the Unix epoch. Read are RFC 3339 with any number of fraction digits, the same without an
/// offset (logs are in UTC), RFC 2822, what Azure writes in American English (`5/4/2021, 10:01:42.741 AM`, month first,
/// with an offset or in UTC), what .NET and PowerShell write into JSON (`/Date(1620122502741)/`), and the epoch's own
/// milliseconds (13 digits) and seconds (10 digits).
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp.as_millisecond());
    }
    let text = text.strip_suffix("UTC").map_or(text, str::trim_end);
    let utc = |civil: DateTime| Some(Offset::UTC.to_timestamp(civil).ok()?.as_millisecond());
    let american =
        || AMERICAN.iter().find_map(|format| strtime::parse(format, text).ok()?.to_datetime().ok());
    let with_offset = || {
        let mut formats = AMERICAN.iter().map(|format| format!("{format} %:z"));
        formats.find_map(|format| strtime::parse(format, text).ok()?.to_timestamp().ok())
    };
    let mail = || rfc2822::parse(text).ok().map(|zoned| zoned.timestamp());
    if let Some(civil) = text.parse().ok().or_else(american) {
        return utc(civil);
    }
    since_epoch(text).or_else(|| Some(with_offset().or_else(mail)?.as_millisecond()))
}

/// A count since the epoch, in the notation of .NET or by its length. The offset that may follow the former says where the
/// moment was written, not when it was.
fn since_epoch(text: &str) -> Option<i64> {
    let dotted = text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/"));
    let is_count = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let milliseconds: i64 = match (dotted, text.len()) {
        (Some(count), _) => {
            let offset = count.char_indices().skip(1).find(|(_, sign)| matches!(sign, '+' | '-'));
            count.get(..offset.map_or(count.len(), |(end, _)| end))?.parse().ok()?
        }
        (None, 13) if is_count => text.parse().ok()?,
        (None, 10) if is_count => text.parse::<i64>().ok()? * 1000,
        _ => return None,
    };
    // No count of years that no calendar has.
    Some(Timestamp::from_millisecond(milliseconds).ok()?.as_millisecond())
}

/// Reads a moment given as an argument.
///
/// # Errors
/// It is none; for people.
pub fn argument(text: &str) -> Result<i64, String> {
    parse(text).ok_or_else(|| "is no time such as 2020-02-03T00:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notation_of_one_moment() {
        for text in [
            "2021-05-04T10:01:42.741Z",
            "2021-05-04T12:01:42.7417469+02:00",
            "2021-05-04T10:01:42.741000",
            "2021-05-04 10:01:42.741746900",
            "2021-05-04 10:01:42.741 UTC",
            "5/4/2021, 10:01:42.741 AM",
            "05/04/2021 10:01:42.741 AM",
            "05/04/2021 10:01:42.741",
            "5/4/2021 12:01:42.741 PM +02:00",
            "/Date(1620122502741)/",
            "/Date(1620122502741+0200)/",
            "1620122502741",
        ] {
            assert_eq!(parse(text), Some(1_620_122_502_741), "{text}");
        }
        for text in ["1620122502", "Tue, 04 May 2021 10:01:42 GMT", "5/4/2021 10:01:42 AM"] {
            assert_eq!(parse(text), Some(1_620_122_502_000), "{text}");
        }
        assert_eq!(parse("5/4/2021 10:01"), parse("5/4/2021 10:01 AM"));
        assert_eq!(parse("/Date(-1000)/"), Some(-1000));
        assert_eq!(parse("5/4/2021, 12:01:42 AM"), parse("2021-05-04T00:01:42Z"));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "yesterday",
            "31/12/2021, 1:00:00 PM",
            "2021-02-30T00:00:00Z",
            "10:00",
            "/Date()/",
            "/Date(1",
            "16201225027",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
