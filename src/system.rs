//! The system a user agent names, as far as it tells one principal's devices from another's.

use crate::request::Request;

/// Longest name kept, bytes: real ones are half as long.
const LIMIT: usize = 96;

/// Where the version of a Gecko begins.
const REVISION: &str = "; rv:";

/// What a browser's first comment says of its system and device: `iPhone; CPU iPhone OS 18_6 like Mac OS X`. `None`
/// if there is none, or one longer than 96 bytes. Browsers freeze parts of it, so that many share a name; how many is
/// what a model's table of rarities knows.
///
/// ```
/// use edgeward::{Request, system};
/// let request: Request = serde_json::from_str(
///     r#"{"http":{"headers":[["user-agent","Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"]]}}"#,
/// )?;
/// // What names a version and not a system is left out: it changes every month.
/// assert_eq!(system::named_by(&request), Some("X11; Linux x86_64"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn named_by<'r>(request: &'r Request<'_>) -> Option<&'r str> {
    // Only there does it name the system: `AppleWebKit/537.36 (KHTML, like Gecko)` says nothing.
    let rest = request.http.user_agent().flatten()?.strip_prefix("Mozilla/5.0 (")?;
    // Byte by byte and once: what searches for texts takes longer to set up than this to end.
    let mut named = None;
    let end = rest.bytes().enumerate().find_map(|(at, byte)| {
        if byte == b';' && named.is_none() && rest.get(at..).is_some_and(|rest| rest.starts_with(REVISION)) {
            named = Some(at);
        }
        (byte == b')').then_some(at)
    })?;
    let named = rest.get(..named.unwrap_or(end))?;
    (!named.is_empty() && named.len() <= LIMIT).then_some(named)
}
