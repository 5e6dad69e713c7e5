//! Web Bot Auth: agents that sign their requests (RFC 9421, tag `web-bot-auth`;
//! draft-ietf-webbotauth-httpsig-protocol).
//!
//! Threats: another directory named than the one whose key signed (keys are looked up by directory *and* key);
//! headers lifted from one request onto another (the base is made again from this request; the authority has to be
//! covered, and the directory too); replay within the signature's lifetime, which only a memory of nonces can catch:
//! the nonce is reported for the host to keep. At most two signatures of a request are verified, and only under
//! keys the bundle leads to, so that nobody can buy more of the edge's time than two verifications.

mod base;
#[cfg(test)]
mod tests;

use super::key::Key;
use super::registry::{Directory, KEY_LIMIT, Registry, origin};
use crate::base64::STANDARD;
use crate::request::{Header, Request};
use crate::structured::{self, Bare, Dictionary, List, Member};
use crate::vocabulary::vocabulary;
use crate::write::written;

/// Signatures looked at.
const SIGNATURE_LIMIT: usize = 2;
/// How far a signer's clock may be ahead, seconds.
const SKEW: i64 = 60;

vocabulary! {
    /// What became of a signature.
    pub enum SignatureStatus {
        /// It holds, under a key of the directory it names.
        Verified = "verified",
        /// It does not hold under the very key it names: the request was altered, or the signature is another's.
        Invalid = "invalid",
        /// Its time is over. Innocent causes: a signer's clock that is behind, a queue.
        Expired = "expired",
        /// Its time has not come. Innocent causes: a signer's clock that is ahead.
        NotYetValid = "notYetValid",
        /// One of its headers is no structured field, or it covers what no request has.
        Malformed = "malformed",
        /// It leaves out what every such signature has: `created`, `expires`, `keyid`, `@authority` or `@target-uri`,
        /// `signature-agent`.
        Incomplete = "incomplete",
        /// It uses another algorithm than Ed25519, or covers what the host does not report.
        Unsupported = "unsupported",
        /// It came over plain HTTP, where anybody on the way could have taken it.
        Insecure = "insecure",
        /// The host did not say what time it is.
        TimeUnknown = "timeUnknown",
        /// The bundle does not know the directory it names.
        UnknownDirectory = "unknownDirectory",
        /// The directory is known, and has no such key that is valid now.
        UnknownKey = "unknownKey",
    }
}

impl SignatureStatus {
    /// Whether the signer is at fault, and not what is known here.
    pub(super) const fn is_fault(self) -> bool {
        matches!(self, Self::Expired | Self::NotYetValid | Self::Malformed | Self::Incomplete)
    }
}

/// A signature of the request, as it claims to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// What became of it.
    pub status: SignatureStatus,
    /// The directory it names, as `https://agent.example`.
    pub directory: Option<String>,
    /// Thumbprint of its key.
    pub key_id: Option<String>,
    /// Its nonce. The engine remembers nothing: a host that wants each signature used once keeps these.
    pub nonce: Option<String>,
    /// Milliseconds since the epoch: how long a nonce has to be kept.
    pub expires: Option<i64>,
}

written!(Signature {
    "status" => status,
    "directory" => ?directory,
    "keyId" => ?key_id,
    "nonce" => ?nonce,
    "expires" => ?expires,
});

impl Signature {
    const fn of(status: SignatureStatus) -> Self {
        Self { status, directory: None, key_id: None, nonce: None, expires: None }
    }
}

/// A signature, and the directory that backs it if it holds.
pub(super) type Checked<'a> = (Signature, Option<&'a Directory>);

/// Checks the signatures of a request, and tells of the best: one that holds, else one that does not, else what
/// keeps them from being checked. `None` if there is none.
pub(super) fn check<'a>(request: &Request<'_>, registry: &'a Registry) -> Option<Checked<'a>> {
    request.http.header(Header::SignatureInput)?;
    check_signed(request, registry)
}

#[inline(never)]
fn check_signed<'a>(request: &Request<'_>, registry: &'a Registry) -> Option<Checked<'a>> {
    let text = base::field(&request.http, "signature-input")?;
    let Ok(inputs) = structured::dictionary(&text) else {
        return text.contains("web-bot-auth").then(|| (Signature::of(SignatureStatus::Malformed), None));
    };
    let ours = inputs.iter().filter_map(|(label, member)| match member {
        Member::List(list) if list.parameters.get("tag") == Some(Bare::Text("web-bot-auth")) => {
            Some((*label, list))
        }
        _ => None,
    });
    let mut best: Option<Checked<'a>> = None;
    for (label, list) in ours.take(SIGNATURE_LIMIT) {
        let checked = Attempt { request, label, list }.check(registry);
        if best.as_ref().is_none_or(|(held, _)| checked.0.status < held.status) {
            best = Some(checked);
        }
    }
    best
}

struct Attempt<'r, 't> {
    request: &'r Request<'r>,
    label: &'t str,
    list: &'t List<'t>,
}

impl Attempt<'_, '_> {
    fn check<'a>(&self, registry: &'a Registry) -> Checked<'a> {
        let text = |name| self.list.parameters.get(name).and_then(Bare::text);
        let number = |name| match self.list.parameters.get(name) {
            Some(Bare::Integer(number)) => Some(number),
            _ => None,
        };
        let origin = self.directory();
        let mut signature = Signature {
            status: SignatureStatus::Verified,
            directory: origin.as_ref().map(|origin| format!("https://{origin}")),
            key_id: text("keyid").map(str::to_owned),
            nonce: text("nonce").map(str::to_owned),
            expires: number("expires").map(|seconds| seconds.saturating_mul(1_000)),
        };
        let verified = (|| {
            let (Some(origin), Some(id), Some(created), Some(expires)) =
                (origin, text("keyid"), number("created"), number("expires"))
            else {
                return Err(SignatureStatus::Incomplete);
            };
            if !self.covers("@authority") && !self.covers("@target-uri") {
                return Err(SignatureStatus::Incomplete);
            }
            if self.list.parameters.get("alg").is_some_and(|alg| alg != Bare::Text("ed25519")) {
                return Err(SignatureStatus::Unsupported);
            }
            if self.request.http.scheme.as_deref() == Some("http") {
                return Err(SignatureStatus::Insecure);
            }
            let now = self.request.time.ok_or(SignatureStatus::TimeUnknown)?.div_euclid(1_000);
            if created > now + SKEW || created >= expires {
                return Err(SignatureStatus::NotYetValid);
            }
            if expires <= now {
                return Err(SignatureStatus::Expired);
            }
            let directory = registry.directory(&origin).ok_or(SignatureStatus::UnknownDirectory)?;
            let fetched = self.fetched(directory, &origin);
            let mut keys = directory.keys.iter().chain(&fetched);
            let key = keys.find(|key| key.is(id, now)).ok_or(SignatureStatus::UnknownKey)?;
            let base = base::write(&self.request.http, self.list)?;
            if key.verifies(base.as_bytes(), self.bytes()?) {
                Ok(directory)
            } else {
                Err(SignatureStatus::Invalid)
            }
        })();
        match verified {
            Ok(directory) => (signature, Some(directory)),
            Err(status) => {
                signature.status = status;
                (signature, None)
            }
        }
    }

    fn covers(&self, name: &str) -> bool {
        self.list.items.iter().any(|item| item.bare == Bare::Text(name))
    }

    /// The origin of the directory named by the member of `Signature-Agent` that the signature covers; by the whole
    /// header where it is a bare string, as earlier drafts had it.
    fn directory(&self) -> Option<String> {
        let header = base::field(&self.request.http, "signature-agent")?;
        let mut covered = self.list.items.iter().filter(|item| item.bare == Bare::Text("signature-agent"));
        if header.starts_with('"') {
            covered.find(|item| item.parameters.get("key").is_none())?;
            return origin(structured::item(&header).ok()?.bare.text()?);
        }
        let members: Dictionary<'_> = structured::dictionary(&header).ok()?;
        // Labels may be changed on the way, keys of members may not: the covered key decides.
        let keys: Vec<&str> = covered
            .map(|item| item.parameters.get("key").map_or(Some(self.label), Bare::text).unwrap_or_default())
            .collect();
        let key = keys.iter().find(|key| **key == self.label).or(keys.first())?;
        let (_, member) = members.iter().find(|(known, _)| known == key)?;
        let Member::Item(item) = member else { return None };
        match item.parameters.get("type") {
            None | Some(Bare::Token("directory")) => origin(item.bare.text()?),
            // Other ways to find keys exist. A way that is not known must not be guessed.
            Some(_) => None,
        }
    }

    /// Keys that the host fetched from the directory, where the bundle lets it.
    fn fetched(&self, directory: &Directory, name: &str) -> Vec<Key> {
        let facts = &self.request.agent_directory;
        if !directory.fetch || facts.url.as_deref().and_then(origin).as_deref() != Some(name) {
            return Vec::new();
        }
        let keys = facts.keys.iter().take(KEY_LIMIT);
        keys.filter_map(|jwk| Key::trusted(jwk).ok()).collect()
    }

    fn bytes(&self) -> Result<[u8; 64], SignatureStatus> {
        let header = base::field(&self.request.http, "signature").ok_or(SignatureStatus::Malformed)?;
        let members = structured::dictionary(&header).map_err(|_| SignatureStatus::Malformed)?;
        let bytes = match members.iter().find(|(label, _)| *label == self.label) {
            Some((_, Member::Item(item))) => match item.bare {
                Bare::Bytes(text) => STANDARD.decode(text),
                _ => None,
            },
            _ => None,
        };
        bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(SignatureStatus::Malformed)
    }
}
