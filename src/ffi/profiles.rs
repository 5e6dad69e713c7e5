//! Sealed profiles across the boundary.

use super::{Instance, json, read};
use crate::agent;
use crate::error::Error;
use crate::identifier::decode_hex;
use crate::profile::{CookieUse, LineSeen, Profile, SealOutcome, Seals};
use crate::request::Request;
use crate::write::written;

/// What became of a sealed profile.
pub(super) struct OpenAnswer {
    outcome: SealOutcome,
    key_id: Option<u32>,
    profile: Option<Profile<'static>>,
    cookie: Option<CookieUse>,
    is_due: bool,
}

written!(OpenAnswer {
    "outcome" => outcome,
    "keyId" => ?key_id,
    "profile" => ?profile,
    "cookie" => ?cookie,
    "isDue" => is_due,
});

pub(super) struct Renewed {
    sealed: Option<String>,
}

written!(Renewed { "sealed" => sealed, });

impl Instance {
    #[inline(never)]
    pub(super) fn opened(&self, request: &Request<'_>, sealed: Option<&str>) -> OpenAnswer {
        let opened = self.seals.open(sealed, request, &agent::classify(request));
        let is_due = Seals::is_due(opened.as_ref().ok(), request);
        match opened {
            Ok(opened) => OpenAnswer {
                outcome: SealOutcome::Opened,
                key_id: Some(opened.key_id.into()),
                profile: Some(opened.profile),
                cookie: Some(opened.cookie),
                is_due,
            },
            Err(outcome) => OpenAnswer { outcome, key_id: None, profile: None, cookie: None, is_due },
        }
    }

    #[inline(never)]
    pub(super) fn renewed(
        &self,
        request: &Request<'_>,
        sealed: Option<&str>,
        nonce: &str,
    ) -> Result<Renewed, Error> {
        let bytes = decode_hex(nonce).and_then(|nonce| nonce.try_into().ok());
        let bytes = bytes
            .ok_or_else(|| Error::Option { name: "nonce", why: "is not 48 hexadecimal digits".to_owned() })?;
        Ok(Renewed { sealed: self.seals.renew(sealed, request, &agent::classify(request), &bytes) })
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
