//! The signature base: what was signed, made again from the request as the host reports it (RFC 9421 §2.5).

use std::borrow::Cow;
use std::fmt::Write as _;

use super::SignatureStatus;
use crate::request::Http;
use crate::structured::{self, Bare, Item, List};

/// Hosts cut longer header values, so what was signed can not be made again.
const VALUE_LIMIT: usize = 2_048;

/// All values of a header, combined as RFC 9421 §2.1 has it.
pub(super) fn field<'h>(http: &'h Http<'_>, name: &str) -> Option<Cow<'h, str>> {
    let headers = http.headers.as_ref()?;
    let mut values =
        headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
    let first = values.next()?;
    Some(values.fold(Cow::Borrowed(first), |combined, value| Cow::Owned(format!("{combined}, {value}"))))
}

/// Writes the base of a signature with these components and parameters.
///
/// # Errors
/// `Malformed` for what no request can cover, `Unsupported` for what can not be made again here.
pub(super) fn write(http: &Http<'_>, input: &List<'_>) -> Result<String, SignatureStatus> {
    let mut base = String::new();
    for (index, component) in input.items.iter().enumerate() {
        let covered_before = input.items.iter().take(index).any(|other| other == component);
        let name = component.bare.text().filter(|_| !covered_before).ok_or(SignatureStatus::Malformed)?;
        let value = match name.strip_prefix('@') {
            Some(derived) => derive(http, derived, component)?,
            None => header(http, name, component)?,
        };
        // A line break would end the line, and what follows would pass for another component.
        if !value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)) {
            return Err(SignatureStatus::Unsupported);
        }
        // Writing to a text does not fail.
        let _ = writeln!(base, "{component}: {value}");
    }
    let _ = write!(base, "\"@signature-params\": {input}");
    Ok(base)
}

fn derive<'h>(http: &'h Http<'_>, name: &str, component: &Item<'_>) -> Result<Cow<'h, str>, SignatureStatus> {
    const UNKNOWN: SignatureStatus = SignatureStatus::Unsupported;
    if component.parameters.iter().next().is_some() {
        return Err(if name == "query-param" { UNKNOWN } else { SignatureStatus::Malformed });
    }
    let path = || match http.path.as_deref() {
        Some("") => Ok("/"),
        path => path.ok_or(UNKNOWN),
    };
    let target = || {
        let query = http.query.as_deref().ok_or(UNKNOWN)?;
        let mark = if query.is_empty() { "" } else { "?" };
        Ok(format!("{}{mark}{query}", path()?))
    };
    let scheme = || http.scheme.as_deref().map(str::to_ascii_lowercase).ok_or(UNKNOWN);
    Ok(match name {
        "method" => http.method.as_deref().ok_or(UNKNOWN)?.into(),
        "authority" => authority(http).ok_or(UNKNOWN)?.into(),
        "scheme" => scheme()?.into(),
        "path" => path()?.into(),
        "query" => format!("?{}", http.query.as_deref().ok_or(UNKNOWN)?).into(),
        "request-target" => target()?.into(),
        "target-uri" => format!("{}://{}{}", scheme()?, authority(http).ok_or(UNKNOWN)?, target()?).into(),
        "query-param" => return Err(UNKNOWN),
        _ => return Err(SignatureStatus::Malformed),
    })
}

/// Host in lower case, with its port unless it is the scheme's own (RFC 9421 §2.2.3).
fn authority(http: &Http<'_>) -> Option<String> {
    let host = field(http, "host").or(http.host.as_deref().map(Cow::Borrowed))?.to_ascii_lowercase();
    let own = if http.scheme.as_deref() == Some("http") { ":80" } else { ":443" };
    Some(host.strip_suffix(own).map_or(host.clone(), str::to_owned))
}

fn header<'h>(http: &'h Http<'_>, name: &str, component: &Item<'_>) -> Result<Cow<'h, str>, SignatureStatus> {
    if name.is_empty() || name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(SignatureStatus::Malformed);
    }
    // Hosts withhold headers (cookies, credentials), so one that is not there may have been.
    let value = field(http, name).ok_or(SignatureStatus::Unsupported)?;
    if value.len() >= VALUE_LIMIT {
        return Err(SignatureStatus::Unsupported);
    }
    let mut parameters = component.parameters.iter();
    match (parameters.next(), parameters.next()) {
        (None, _) => Ok(value),
        (Some(("key", Bare::Text(key))), None) => {
            let members = structured::dictionary(&value).map_err(|_| SignatureStatus::Malformed)?;
            let member = members.iter().find(|(known, _)| *known == key);
            member.map(|(_, member)| member.to_string().into()).ok_or(SignatureStatus::Malformed)
        }
        // `sf` and `bs` exist; agents do not use them.
        _ => Err(SignatureStatus::Unsupported),
    }
}
