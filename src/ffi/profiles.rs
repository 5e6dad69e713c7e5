//! Sealed profiles across the boundary.

use super::{Instance, answer, json, parse_request, read};
use crate::agent;
use crate::error::Error;
use crate::identifier::decode_hex;
use crate::packed::PackedRequest;
use crate::profile::{CookieUse, LineSeen, Profile, SealOutcome, Seals};
use crate::request::Request;
use crate::write::written;

/// What became of a sealed profile.
struct OpenAnswer {
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

struct Renewed {
    sealed: Option<String>,
}

written!(Renewed { "sealed" => sealed, });

impl Instance {
    /// Opens the sealed profile that came with a request: `{"outcome","keyId"?,"profile"?,"cookie"?,"isDue"}`, where
    /// `outcome` is a [`SealOutcome`] and `cookie` a [`CookieUse`]. Only if `isDue` is there another to give the device
    /// ([`Seals::is_due`]), or if its cookie turns out to be a copy.
    #[must_use]
    pub fn open_profile(&self, request: &str, sealed: Option<&str>) -> String {
        answer(parse_request(request).map(|request| self.opened(&request, sealed)))
    }

    /// [`Self::open_profile`] for a packed request; `None` for what does not fit and is for the JSON way.
    #[must_use]
    pub fn open_profile_packed(&self, request: PackedRequest<'_>, sealed: Option<&str>) -> Option<String> {
        let mut facts = Request::default();
        request.read(&mut facts)?;
        Some(json(&self.opened(&facts, sealed)))
    }

    /// What to give a device in place of the sealed profile that came with an allowed request: `{"sealed"}`, `null`
    /// if that one may stay ([`Seals::renew`]). `nonce` is 48 hexadecimal digits of the
    /// host's randomness, never used twice.
    #[must_use]
    pub fn renew_profile(&self, request: &str, sealed: Option<&str>, nonce: &str) -> String {
        answer(parse_request(request).and_then(|request| self.renewed(&request, sealed, nonce)))
    }

    /// [`Self::renew_profile`] for a packed request; `None` for what does not fit and is for the JSON way.
    #[must_use]
    pub fn renew_profile_packed(
        &self,
        request: PackedRequest<'_>,
        sealed: Option<&str>,
        nonce: &str,
    ) -> Option<String> {
        let mut facts = Request::default();
        request.read(&mut facts)?;
        Some(answer(self.renewed(&facts, sealed, nonce)))
    }

    fn opened(&self, request: &Request<'_>, sealed: Option<&str>) -> OpenAnswer {
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

    fn renewed(&self, request: &Request<'_>, sealed: Option<&str>, nonce: &str) -> Result<Renewed, Error> {
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
