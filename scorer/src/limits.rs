//! Bounds of what the scorer takes in. Each is far above what an edge sends; past it, something is wrong.

use edgeward::assess::Subject;

use crate::problem::Problem;

/// Longest body of an assessment or a revocation, bytes.
pub const SMALL_BODY: usize = 16 * 1024;
/// Longest body of an identity, bytes.
pub const IDENTITY_BODY: usize = 256 * 1024;
/// Longest body of a batch of receipts, bytes.
pub const BATCH_BODY: usize = 2 * 1024 * 1024;
/// Most receipts in a batch.
pub const BATCH: usize = 500;

/// Longest id of a principal, session, device, group, role or application, bytes. OpenID Connect's `sub` has 255.
const ID: usize = 256;
/// Longest agent key, bytes. It may be the client's own words, of which the engine reads 512 bytes: a client must
/// not be able to write one that makes the scorer refuse the receipts beside it.
const AGENT: usize = 1024;
/// Longest address or prefix, bytes: `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128`.
const ADDRESS: usize = 50;
/// Most detections in one subject: more than there are kinds.
const DETECTIONS: usize = 32;

/// Checks an id: 1 to 256 bytes, no control characters.
///
/// # Errors
/// It is not.
pub fn id(path: &str, value: &str) -> Result<(), Problem> {
    text(path, value, ID)
}

/// Checks how many members a list has.
///
/// # Errors
/// More than `most`.
pub fn count(path: &str, members: usize, most: usize) -> Result<(), Problem> {
    if members <= most {
        return Ok(());
    }
    Err(Problem::value(path, format!("{members} members, the limit is {most}")))
}

/// Checks what an edge says a request is about; `at` is the path of the subject.
///
/// # Errors
/// The first member out of bounds, with its path.
pub fn subject(at: &str, about: &Subject<'_>) -> Result<(), Problem> {
    let ids = [
        ("principal", &about.principal),
        ("session", &about.session),
        ("device", &about.device),
        ("application", &about.application),
        ("tls", &about.tls),
    ];
    for (name, value) in ids {
        if let Some(value) = value {
            id(&format!("{at}.{name}"), value)?;
        }
    }
    if let Some(address) = &about.address {
        text(&format!("{at}.address"), address, ADDRESS)?;
    }
    if let Some(agent) = &about.agent
        && agent.len() > AGENT
    {
        return Err(too_long(&format!("{at}.agent"), agent, AGENT));
    }
    // Platforms have codes of their own beside ISO 3166-1, such as T1 for Tor.
    if let Some(country) = &about.country
        && !(country.len() == 2
            && country.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()))
    {
        return Err(Problem::value(format!("{at}.country"), "a country is two upper-case letters or digits"));
    }
    for (name, value, most) in
        [("latitudeE6", about.latitude_e6, 90_000_000), ("longitudeE6", about.longitude_e6, 180_000_000)]
    {
        if value.is_some_and(|degrees| !(-most..=most).contains(&degrees)) {
            return Err(Problem::value(format!("{at}.{name}"), format!("outside ±{most}")));
        }
    }
    count(&format!("{at}.detections"), about.detections.len(), DETECTIONS)
}

fn text(path: &str, value: &str, longest: usize) -> Result<(), Problem> {
    if value.is_empty() {
        return Err(Problem::value(path, "empty; leave the member out if it is unknown"));
    }
    if value.len() > longest {
        return Err(too_long(path, value, longest));
    }
    if value.chars().any(char::is_control) {
        return Err(Problem::value(path, "holds a control character"));
    }
    Ok(())
}

fn too_long(path: &str, value: &str, longest: usize) -> Problem {
    Problem::value(path, format!("{} bytes, the limit is {longest}", value.len()))
}
