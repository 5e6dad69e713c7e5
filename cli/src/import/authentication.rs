//! How a person authenticated, from the steps Entra logs.
//!
//! Entra's wording is mapped to RFC 8176 methods; `mfa` is added where Entra says the requirement was met. A method
//! with another wording is left out of the list, which then still says what is known of the sign-in.

use std::borrow::Cow;

use edgeward::request::Text;
use serde_json::Value;

use super::entra_signins::words_joined;
use super::moment;
use super::row::{Row, member};

/// Wording of AuthenticationDetails and of Graph's authentication methods, and the RFC 8176 value.
const METHODS: [(&str, &str); 19] = [
    ("password", "pwd"),
    ("cloudonlypassword", "pwd"),
    ("phs", "pwd"),
    ("pass-through authentication", "pwd"),
    ("pta", "pwd"),
    ("text message", "sms"),
    ("phone call", "tel"),
    ("oath verification code", "otp"),
    ("mobile app verification code", "otp"),
    ("temporary access pass", "otp"),
    ("mobile app notification", "swk"),
    ("authenticator app", "swk"),
    ("passwordless phone sign-in", "swk"),
    ("fido2 security key", "hwk"),
    ("passkey", "hwk"),
    ("windows hello for business", "ngcmfa"),
    ("x.509 certificate", "hwk"),
    ("certificate", "hwk"),
    ("integrated windows authentication", "wia"),
];

/// Methods of a successful sign-in, `None` if the log does not tell, and when the first factor was given anew.
pub fn methods(row: &mut Row) -> (Option<Vec<Text<'static>>>, Option<i64>) {
    let required = row.text("AuthenticationRequirement");
    let status = row.text("Status.additionalDetails");
    let steps = row.value("AuthenticationDetails").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut amr: Vec<&'static str> = Vec::new();
    let mut given_at = None;
    let mut is_complete = false;
    for step in steps {
        let stated = |name| member(step, name).and_then(Value::as_str).unwrap_or_default();
        // A claim carried over says nothing about how it was earned.
        let method = stated("authenticationMethod");
        if member(step, "succeeded") != Some(&Value::Bool(true))
            || method.eq_ignore_ascii_case("previously satisfied")
        {
            continue;
        }
        let known = rfc8176(method);
        if let Some(value) = known
            && !amr.contains(&value)
        {
            amr.push(value);
        }
        if stated("authenticationStepRequirement").eq_ignore_ascii_case("primary authentication") {
            is_complete |= known.is_some();
            given_at = given_at.or_else(|| moment::parse(stated("authenticationStepDateTime")));
        }
    }
    // "Shows the highest level of authentication needed through all the sign-in steps for the sign-in to succeed."
    let is_multi_factor = required.is_some_and(|level| words_joined(&level) == "multifactorauthentication")
        || status.as_deref().is_some_and(states_multi_factor)
        || steps.iter().any(|step| {
            member(step, "authenticationStepResultDetail")
                .and_then(Value::as_str)
                .is_some_and(states_multi_factor)
        });
    if is_multi_factor {
        amr.push("mfa");
    }
    // Without a first factor given in this sign-in the list may lack what the token carries: then only `mfa` is
    // evidence, and a list without it is unknown.
    let amr = (is_complete || is_multi_factor)
        .then(|| amr.into_iter().map(|value| Text(Cow::Borrowed(value))).collect());
    (amr, given_at)
}

/// The longest wording that a method starts with: Entra adds details to some (`Passkey (device-bound)`).
fn rfc8176(method: &str) -> Option<&'static str> {
    let method = method.to_ascii_lowercase();
    METHODS
        .iter()
        .filter(|(wording, _)| method.starts_with(wording))
        .max_by_key(|(wording, _)| wording.len())
        .map(|(_, value)| *value)
}

/// `MFA completed in Azure AD`, `MFA requirement satisfied by claim in the token`; but not `MFA required in Azure
/// AD`, nor `MFA requirement skipped due to registered device`.
fn states_multi_factor(detail: &str) -> bool {
    let detail = detail.to_ascii_lowercase();
    ["mfa completed", "mfa successfully completed", "mfa requirement satisfied"]
        .iter()
        .any(|wording| detail.starts_with(wording))
}

/// The authentication context asked for. Several at once do not fit one request, and are left unknown.
pub fn context(row: &mut Row) -> Option<Text<'static>> {
    let references = match row.value("AuthenticationContextClassReferences")? {
        Value::String(json) => serde_json::from_str(json).ok()?,
        references => references.clone(),
    };
    let [reference] = references.as_array()?.as_slice() else { return None };
    let is_required = member(reference, "detail")?.as_str()? == "required";
    let id = member(reference, "id")?.as_str().filter(|_| is_required)?;
    Some(Text(Cow::Owned(id.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wordings_are_told_apart() {
        for (method, value) in [
            ("Password", Some("pwd")),
            ("Password Hash Sync", Some("pwd")),
            ("Passwordless phone sign-in", Some("swk")),
            ("Passkey (device-bound)", Some("hwk")),
            ("Phone call approval", Some("tel")),
            ("A method of tomorrow", None),
        ] {
            assert_eq!(rfc8176(method), value, "{method}");
        }
    }

    #[test]
    fn only_a_requirement_that_was_met_is_multi_factor() {
        assert!(states_multi_factor("MFA completed in Azure AD"));
        assert!(states_multi_factor("MFA requirement satisfied by strong authentication"));
        assert!(!states_multi_factor("MFA required in Azure AD"));
        assert!(!states_multi_factor("MFA requirement skipped due to registered device"));
    }
}
