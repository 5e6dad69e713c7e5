//! Points in time, as log exports write them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::Offset;

/// Milliseconds since the Unix epoch. Read are RFC 3339 with any number of fraction digits, the same without an
/// offset (logs are in UTC), and what the Azure portal exports: `5/4/2021, 10:01:42.741 AM`, month first, UTC.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp.as_millisecond());
    }
    let civil = text
        .parse::<DateTime>()
        .ok()
        .or_else(|| strtime::parse("%m/%d/%Y, %I:%M:%S%.f %p", text).ok()?.to_datetime().ok())?;
    Some(Offset::UTC.to_timestamp(civil).ok()?.as_millisecond())
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
            "5/4/2021, 10:01:42.741 AM",
        ] {
            assert_eq!(parse(text), Some(1_620_122_502_741), "{text}");
        }
        assert_eq!(parse("5/4/2021, 12:01:42 AM"), parse("2021-05-04T00:01:42Z"));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in ["", "yesterday", "31/12/2021, 1:00:00 PM", "2021-02-30T00:00:00Z", "10:00"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
