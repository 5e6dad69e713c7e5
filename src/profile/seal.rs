//! A profile sealed for carriage by its device, where nobody but the edges can read or change it.
//!
//! `version ‖ key id ‖ nonce ‖ XChaCha20-Poly1305(line, counter, time, profile)`, base64url without padding: 256
//! bytes, which are 342 characters, at most. The additional data names the purpose and the principal, so that a cookie is worth nothing for
//! another principal or in another place. The nonce is 24 random bytes of the host's, long enough never to repeat
//! (draft-irtf-cfrg-xchacha-03, section 2.1).
//!
//! Threat: the client holds these bytes. It can drop, keep, copy and damage them. Dropped and damaged count as a
//! device that has none, which is a bin of its own and no better than an unknown device; kept and copied ones show in
//! the line's counter ([`LineSeen`](super::LineSeen)).

use chacha20poly1305::aead::{AeadInOut as _, KeyInit as _};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};

use super::Profile;
use super::compact::{Marks, decode, minutes, take, time_of};
use super::line::CookieUse;
use crate::agent::Agent;
use crate::base64::URL;
use crate::error::Error;
use crate::identifier::{IdentifierKind, Identifiers, decode_hex, encode_hex};
use crate::read::record;
use crate::request::{DeviceCookie, Request, Text};
use crate::vocabulary::vocabulary;

const VERSION: u8 = 3;
const NONCE: usize = 24;
/// A nonce begins with the cookie's stamp.
const STAMP: usize = 4;
/// Longest text looked at; the longest written is 342.
const TEXT_LIMIT: usize = 512;
/// A profile not renewed for so long is forgotten, milliseconds: 180 days. Older history tells no owner from a thief
/// (Wiefling et al., TOPS 2022).
const RETENTION: i64 = 180 * 24 * 3_600_000;
/// Clocks of edges differ, milliseconds.
const AHEAD: i64 = 24 * 3_600_000;
/// A session teaches while it is so young, milliseconds: what comes later may be replayed from elsewhere.
const FRESH: i64 = 10 * 60_000;
/// A cookie in use is replaced after so long, milliseconds: the sooner, the earlier a copy shows.
const ROTATION: i64 = 3_600_000;

/// A key that seals profiles, as a host states it.
#[derive(Debug, Clone, Default)]
pub struct ProfileKey {
    /// Names the key in what it sealed.
    pub id: u8,
    /// 64 hexadecimal digits.
    pub key: String,
}

record!(strict ProfileKey {
    "id" => Whole(id),
    "key" => String(key),
} requires {
    "key" => key,
});

vocabulary! {
    /// What became of a sealed profile. All but the first count as none.
    pub enum SealOutcome {
        /// It opened.
        Opened = "opened",
        /// There is none.
        Missing = "missing",
        /// It is no sealed profile: not base64url, too long or too short.
        Malformed = "malformed",
        /// A newer edge sealed it.
        FutureVersion = "futureVersion",
        /// It is sealed with a key that is not here (any more).
        UnknownKey = "unknownKey",
        /// It was changed, cut or forged, or it is another principal's: a seal can not tell these apart.
        Unauthentic = "unauthentic",
        /// It is older than 180 days, or from the future.
        Outdated = "outdated",
    }
}

/// A profile that opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// Id of the key that sealed it.
    pub key_id: u8,
    /// When it was sealed, milliseconds since the Unix epoch, rounded up to the minute.
    pub sealed_at: i64,
    /// Which cookie of its line it is.
    pub cookie: CookieUse,
    /// The history.
    pub profile: Profile<'static>,
    /// Stamp of the cookies that replace this one. They have one in common, because a page that asks for several things at
    /// once is given a cookie with each of the answers, and keeps the last.
    successor: [u8; STAMP],
}

impl Opened {
    /// Whether an allowed request teaches it something: the first of a session that was established since.
    fn learns_from(&self, request: &Request<'_>) -> bool {
        is_fresh(request)
            && request.session.established_at.is_some_and(|established| established > self.sealed_at)
    }
}

/// Seals and opens profiles.
#[derive(Default)]
pub struct Seals {
    keys: Vec<(u8, [u8; 32])>,
    identifiers: Identifiers,
}

impl std::fmt::Debug for Seals {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Seals({} keys)", self.keys.len())
    }
}

impl Seals {
    /// The first key seals, all open: a new key is added in front, and the old one leaves when what it sealed has
    /// been renewed.
    ///
    /// # Errors
    /// [`Error::Option`] if a key is not 64 hexadecimal digits, two have one id, or identifiers are not keyed:
    /// profiles hold hashes only.
    pub fn new(keys: &[ProfileKey], identifiers: &Identifiers) -> Result<Self, Error> {
        let refused = |why: String| Error::Option { name: "profileKeys", why };
        if !keys.is_empty() && !identifiers.is_keyed() {
            return Err(refused("need an identifierKey: profiles hold keyed hashes".to_owned()));
        }
        let mut read: Vec<(u8, [u8; 32])> = Vec::with_capacity(keys.len());
        for ProfileKey { id, key } in keys {
            let bytes = decode_hex(key).and_then(|key| key.try_into().ok());
            let bytes = bytes.ok_or_else(|| refused(format!("key {id} is not 64 hexadecimal digits")))?;
            if read.iter().any(|(taken, _)| taken == id) {
                return Err(refused(format!("state key {id} twice")));
            }
            read.push((*id, bytes));
        }
        Ok(Self { keys: read, identifiers: identifiers.clone() })
    }

    /// Opens the sealed profile that came with a request. Values that the request shows are named in the profile, all
    /// others stay marks, which equal nothing.
    ///
    /// # Errors
    /// What became of it instead.
    pub fn open(
        &self,
        sealed: Option<&str>,
        request: &Request<'_>,
        agent: &Agent<'_>,
    ) -> Result<Opened, SealOutcome> {
        let mut opened = self.open_for(sealed, request)?;
        self.marks(request).recognise(&mut opened.profile, request, agent);
        Ok(opened)
    }

    fn open_for(&self, sealed: Option<&str>, request: &Request<'_>) -> Result<Opened, SealOutcome> {
        let sealed = sealed.ok_or(SealOutcome::Missing)?;
        if sealed.len() > TEXT_LIMIT {
            return Err(SealOutcome::Malformed);
        }
        let bytes = URL.decode(sealed).ok_or(SealOutcome::Malformed)?;
        let mut rest = bytes.as_slice();
        let [version, key_id] = *take(&mut rest).ok_or(SealOutcome::Malformed)?;
        if version > VERSION {
            return Err(SealOutcome::FutureVersion);
        }
        let nonce = *take::<NONCE>(&mut rest).filter(|_| version == VERSION).ok_or(SealOutcome::Malformed)?;
        let cipher = self.cipher(key_id).ok_or(SealOutcome::UnknownKey)?;
        let mut text = rest.to_vec();
        cipher
            .decrypt_in_place(&XNonce::from(nonce), &self.purpose(request, key_id), &mut text)
            .map_err(|_| SealOutcome::Unauthentic)?;
        let opened = read(&text, key_id, nonce).ok_or(SealOutcome::Malformed)?;
        let age = request.time.unwrap_or_default().saturating_sub(opened.sealed_at);
        if !(-AHEAD..=RETENTION).contains(&age) {
            return Err(SealOutcome::Outdated);
        }
        Ok(opened)
    }

    /// Whether there is another to give the device, should the request be allowed, in place of the profile that came with
    /// it; of one that did not open, `None`.
    #[must_use]
    pub fn is_due(opened: Option<&Opened>, request: &Request<'_>) -> bool {
        let Some(time) = request.time else { return false };
        match opened {
            Some(opened) => opened.learns_from(request) || time.saturating_sub(opened.sealed_at) >= ROTATION,
            None => is_fresh(request),
        }
    }

    /// The sealed profile to give the device in place of the one that came with an *allowed* request; `None` if that
    /// one may stay. Never call it for a request that was not allowed, or was allowed because nobody could be asked.
    ///
    /// It learns from the first request of a session that was established within the last ten minutes, and renews
    /// hourly what it does not change. A device that has none is given one only by such a sign-in; so is one whose
    /// cookie was copied, in a line of its own.
    #[must_use]
    pub fn renew(
        &self,
        sealed: Option<&str>,
        request: &Request<'_>,
        agent: &Agent<'_>,
        nonce: &[u8; NONCE],
    ) -> Option<String> {
        let (time, principal) = (request.time?, request.principal.id.as_ref()?);
        let is_copied = request.device.cookie == Some(DeviceCookie::Forked);
        let opened = self.open_for(sealed, request).ok().filter(|_| !is_copied);
        if !Self::is_due(opened.as_ref(), request) {
            return None;
        }
        let learns = opened.as_ref().is_none_or(|opened| opened.learns_from(request));
        let mut nonce = *nonce;
        let (mut profile, line, counter) = match opened {
            Some(opened) => {
                // Twenty bytes of chance are left: no nonce comes twice.
                if let Some(stamp) = nonce.first_chunk_mut() {
                    *stamp = opened.successor;
                }
                let next = u16::try_from(opened.cookie.counter).unwrap_or(u16::MAX).checked_add(1);
                let line = decode_hex(&opened.cookie.line).and_then(|line| line.try_into().ok());
                // A line that has run out of numbers ends, and another begins.
                let (line, counter) = next.zip(line).map_or((None, 0), |(next, line)| (Some(line), next));
                (opened.profile, line, counter)
            }
            None => (request.profile.clone().map(owned).unwrap_or_default(), None, 0),
        };
        if learns {
            self.marks(request).recognise(&mut profile, request, agent);
            profile.learn(request, agent, &self.identifiers);
        }
        let line: [u8; 4] = line.or_else(|| nonce.first_chunk().copied())?;
        let mut text: Vec<u8> = line.into_iter().chain(counter.to_be_bytes()).chain(minutes(time)).collect();
        text.extend(Marks { identifiers: &self.identifiers, principal }.encode(&profile));
        self.seal(text, request, &nonce)
    }

    fn seal(&self, mut text: Vec<u8>, request: &Request<'_>, nonce: &[u8; NONCE]) -> Option<String> {
        let (key_id, _) = *self.keys.first()?;
        let purpose = self.purpose(request, key_id);
        self.cipher(key_id)?.encrypt_in_place(&XNonce::from(*nonce), &purpose, &mut text).ok()?;
        let bytes: Vec<u8> = [VERSION, key_id].into_iter().chain(*nonce).chain(text).collect();
        Some(URL.encode(&bytes))
    }

    fn cipher(&self, id: u8) -> Option<XChaCha20Poly1305> {
        let (_, key) = self.keys.iter().find(|(known, _)| *known == id)?;
        Some(XChaCha20Poly1305::new(&Key::from(*key)))
    }

    /// The additional data: what the sealed bytes are, and whose.
    fn purpose(&self, request: &Request<'_>, key_id: u8) -> Vec<u8> {
        let principal = request.principal.id.as_deref().unwrap_or_default();
        let principal = self.identifiers.of(IdentifierKind::Principal, principal);
        [b"edgeward profile\0".as_slice(), &[VERSION, key_id], principal.as_bytes()].concat()
    }

    fn marks<'a>(&'a self, request: &'a Request<'_>) -> Marks<'a> {
        Marks {
            identifiers: &self.identifiers,
            principal: request.principal.id.as_deref().unwrap_or_default(),
        }
    }
}

/// Whether the session is so young that it teaches.
fn is_fresh(request: &Request<'_>) -> bool {
    let age =
        request.time.zip(request.session.established_at).map(|(time, since)| time.saturating_sub(since));
    age.is_some_and(|age| (-AHEAD..=FRESH).contains(&age))
}

fn read(text: &[u8], key_id: u8, nonce: [u8; NONCE]) -> Option<Opened> {
    let mut rest = text;
    let line = take::<4>(&mut rest)?;
    let counter = u16::from_be_bytes(*take(&mut rest)?);
    let sealed_at = time_of(*take(&mut rest)?);
    let (stamp, behind) = nonce.split_first_chunk::<STAMP>()?;
    let cookie = CookieUse { line: encode_hex(line), counter: counter.into(), stamp: encode_hex(stamp) };
    Some(Opened { key_id, sealed_at, cookie, profile: decode(rest)?, successor: *behind.first_chunk()? })
}

fn owned(profile: Profile<'_>) -> Profile<'static> {
    let texts = |list: Vec<Text<'_>>| list.into_iter().map(|text| Text(text.0.into_owned().into())).collect();
    Profile {
        count: profile.count,
        networks: texts(profile.networks),
        asns: profile.asns,
        countries: texts(profile.countries),
        cities: texts(profile.cities),
        agents: texts(profile.agents),
        systems: texts(profile.systems),
        tls: texts(profile.tls),
        devices: texts(profile.devices),
        hours: profile.hours,
        last: profile.last,
        counts: profile.counts,
    }
}
