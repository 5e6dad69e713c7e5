//! Sealed profiles across the boundary.

use super::{Instance, answer, json, parse_request, read};
use crate::agent;
use crate::error::Error;
use crate::identifier::decode_hex;
use crate::profile::{CookieUse, LineSeen, Profile, SealOutcome};
use crate::write::written;

/// What became of a sealed profile.
struct OpenAnswer {
    outcome: SealOutcome,
    key_id: Option<u32>,
    profile: Option<Profile<'static>>,
    cookie: Option<CookieUse>,
}

written!(OpenAnswer {
    "outcome" => outcome,
    "keyId" => ?key_id,
    "profile" => ?profile,
    "cookie" => ?cookie,
});

struct Renewed {
    sealed: Option<String>,
}

written!(Renewed { "sealed" => sealed, });

impl Instance {
    /// Opens the sealed profile that came with a request: `{"outcome","keyId"?,"profile"?,"cookie"?}`, where `outcome`
    /// is a [`SealOutcome`] and `cookie` a [`CookieUse`].
    #[must_use]
    pub fn open_profile(&self, request: &str, sealed: Option<&str>) -> String {
        answer(parse_request(request).map(|request| {
            match self.seals.open(sealed, &request, &agent::classify(&request)) {
                Ok(opened) => OpenAnswer {
                    outcome: SealOutcome::Opened,
                    key_id: Some(opened.key_id.into()),
                    profile: Some(opened.profile),
                    cookie: Some(opened.cookie),
                },
                Err(outcome) => OpenAnswer { outcome, key_id: None, profile: None, cookie: None },
            }
        }))
    }

    /// What to give a device in place of the sealed profile that came with an allowed request: `{"sealed"}`, `null`
    /// if that one may stay ([`Seals::renew`](crate::profile::Seals::renew)). `nonce` is 48 hexadecimal digits of the
    /// host's randomness, never used twice.
    #[must_use]
    pub fn renew_profile(&self, request: &str, sealed: Option<&str>, nonce: &str) -> String {
        answer(parse_request(request).and_then(|request| {
            let bytes = decode_hex(nonce).and_then(|nonce| nonce.try_into().ok());
            let bytes = bytes.ok_or_else(|| Error::Option {
                name: "nonce",
                why: "is not 48 hexadecimal digits".to_owned(),
            })?;
            Ok(Renewed { sealed: self.seals.renew(sealed, &request, &agent::classify(&request), &bytes) })
        }))
    }
}

/// What is remembered of a line of device cookies once one of them was presented: a [`LineSeen`] from the one before,
/// if there is one, and a [`CookieUse`]. `time` in milliseconds since the Unix epoch.
#[must_use]
pub fn follow_line(seen: Option<&str>, cookie: &str, time: i64) -> String {
    let followed = || -> Result<LineSeen, Error> {
        let before = seen.map(|seen| read(seen, "seen")).transpose()?;
        Ok(LineSeen::after(before, &read(cookie, "cookie")?, time))
    };
    match followed() {
        Ok(seen) => json(&seen),
        Err(error) => super::failure(&error),
    }
}
