//! JSON in, JSON out: the one surface that every binding shares.
//!
//! A failure is an answer, not an exception: `{"error":{"code","message"}}`, with `"issues"` beside it where
//! a bundle's policies are at fault.

mod crossing;
mod profiles;
mod question;

pub use crossing::classify_packed;
pub use profiles::follow_line;
pub use question::Question;

use crate::agent;
use crate::bundle::{Bundle, PublicKey, SignatureEnvelope, Version};
use crate::engine::Engine;
use crate::error::Error;
use crate::identifier::{IdentifierKind, Identifiers};
use crate::packed::Tables;
use crate::policy::{self, WhatIfBody};
use crate::profile::{ProfileKey, Seals};
use crate::read::{Record, Slot, from_json, record};
use crate::request::Request;
use crate::write::{self, Pairs, Value, Write, written};

/// Largest request read, bytes: more than any host's header limit, with room for groups and a profile.
pub const REQUEST_LIMIT: usize = 256 << 10;

/// What a host sets up once.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Keys trusted to sign bundles.
    pub public_keys: Vec<PublicKey>,
    /// Key of the hashes that identifiers leave the edge as, at least 32 hexadecimal digits; plain without.
    pub identifier_key: Option<String>,
    /// Keys that seal profiles; the first seals, all open.
    pub profile_keys: Vec<ProfileKey>,
    /// Believe bundles without a signature: for the demo page and tests.
    pub allow_unsigned: bool,
}

record!(strict Options {
    "publicKeys" => Records(public_keys),
    "identifierKey" => Optional(identifier_key),
    "profileKeys" => Records(profile_keys),
    "allowUnsigned" => Switch(allow_unsigned),
} requires {});

/// One engine and the bundle it decides by.
#[derive(Debug)]
pub struct Instance {
    engine: Option<Engine>,
    public_keys: Vec<PublicKey>,
    identifiers: Identifiers,
    seals: Seals,
    fail_safe: bool,
    allow_unsigned: bool,
}

struct Loaded<'a> {
    version: &'a Version,
    policies: usize,
    agent_directories: Vec<String>,
}

written!(Loaded<'_> {
    "version" => version,
    "policies" => policies,
    "agentDirectories" => agent_directories,
});

impl Instance {
    /// Sets up an instance without a bundle.
    ///
    /// # Errors
    /// [`Error::Json`] or [`Error::Option`].
    pub fn new(options: &str) -> Result<Self, Error> {
        let options: Options = read(options, "options")?;
        let identifiers =
            options.identifier_key.as_deref().map_or(Ok(Identifiers::plain()), Identifiers::keyed)?;
        Ok(Self {
            engine: None,
            public_keys: options.public_keys,
            seals: Seals::new(&options.profile_keys, &identifiers)?,
            identifiers,
            fail_safe: false,
            allow_unsigned: options.allow_unsigned,
        })
    }

    /// Loads a compiled bundle: `{"version","policies","agentDirectories"}`, the directories being those whose keys
    /// the host may fetch. If it is refused, the one at work stays.
    pub fn load(&mut self, bundle: &str, signature: Option<&str>) -> String {
        answer(self.try_load(bundle, signature))
    }

    fn try_load(&mut self, bundle: &str, signature: Option<&str>) -> Result<Loaded<'_>, Error> {
        let bundle = match signature {
            Some(signature) => {
                let envelope: SignatureEnvelope = read(signature, "signature")?;
                Bundle::open_compiled(bundle.as_bytes(), &envelope, &self.public_keys)?
            }
            None if self.allow_unsigned => Bundle::unsigned_compiled(bundle.as_bytes())?,
            None => {
                return Err(Error::Signature {
                    why: "there is none, and unsigned bundles are not allowed".to_owned(),
                });
            }
        };
        match &mut self.engine {
            Some(engine) => engine.replace(bundle)?,
            empty => *empty = Some(Engine::new(bundle, self.identifiers.clone())?),
        }
        self.set_fail_safe(self.fail_safe);
        let bundle = self.engine()?.bundle();
        Ok(Loaded {
            version: bundle.version(),
            policies: bundle.policies().policies().len(),
            agent_directories: bundle.agents.fetched().collect(),
        })
    }

    /// Stops or starts relying on the model ([`Engine::set_fail_safe`]), now and with every bundle to come.
    pub const fn set_fail_safe(&mut self, fail_safe: bool) {
        self.fail_safe = fail_safe;
        if let Some(engine) = &mut self.engine {
            engine.set_fail_safe(fail_safe);
        }
    }

    /// What the indices of a packed answer stand for: [`Tables`].
    #[must_use]
    pub fn tables(&self) -> String {
        json(&Tables::of(self.engine.as_ref()))
    }

    /// An identifier as it leaves the edge; `kind` is `principal`, `session` or `device`.
    ///
    /// # Errors
    /// [`Error::Option`] for another kind.
    pub fn identifier(&self, kind: &str, value: &str) -> Result<String, Error> {
        let kind = IdentifierKind::parse(kind).ok_or_else(|| Error::Option {
            name: "kind",
            why: format!("`{kind}` is none of principal, session, device"),
        })?;
        Ok(self.identifiers.of(kind, value).to_string())
    }

    fn engine(&self) -> Result<&Engine, Error> {
        self.engine.as_ref().ok_or(Error::NoBundle)
    }
}

/// Reads a request.
///
/// # Errors
/// [`Error::TooLarge`] or [`Error::Json`].
pub fn parse_request(json: &str) -> Result<Request<'_>, Error> {
    bounded(json, "request")
}

/// Classifies a client and tells which tokens and rules led there: an [`Explanation`](agent::Explanation).
#[must_use]
pub fn explain(probe: &str) -> String {
    match parse_probe(probe) {
        Ok(request) => json(&agent::explain(&request)),
        Err(error) => failure(&error),
    }
}

/// Compiles the source of a bundle: `{"bundle":…,"warnings":[…]}`, the text being what edges load, to be signed.
#[must_use]
pub fn compile(source: &str) -> String {
    match Bundle::compile(source.as_bytes()) {
        Ok(compiled) => write::json(Value::Object(&Pairs(&[
            ("bundle", Value::Text(&compiled.text)),
            ("warnings", compiled.warnings.value()),
        ]))),
        Err(error) => failure(&error),
    }
}

/// What is wrong or doubtful in a bundle: `{"issues":[…]}`, or the failure that kept it from being read.
#[must_use]
pub fn lint(bundle: &str) -> String {
    match Bundle::lint(bundle.as_bytes(), None) {
        Ok(issues) => write::json(Value::Object(&Pairs(&[("issues", issues.value())]))),
        Err(error) => failure(&error),
    }
}

/// Answers Graph's What If by the source of a bundle, whose origin the caller vouches for: a [`WhatIf`](crate::policy::WhatIf).
#[must_use]
pub fn what_if(bundle: &str, body: &str) -> String {
    try_what_if(bundle, body).unwrap_or_else(|error| failure(&error))
}

fn try_what_if(bundle: &str, body: &str) -> Result<String, Error> {
    let (written, sources) = Bundle::written(bundle)?;
    let body = bounded::<WhatIfBody<'_>>(body, "what-if body")?;
    Ok(policy::what_if(&written, &sources, body)?.to_json())
}

fn parse_probe(json: &str) -> Result<Request<'_>, Error> {
    limit(json, "request")?;
    agent::probe::read(json).map_err(|why| Error::json("request", &why))
}

const fn limit(json: &str, input: &'static str) -> Result<(), Error> {
    if json.len() > REQUEST_LIMIT {
        return Err(Error::TooLarge { input, size: json.len(), limit: REQUEST_LIMIT });
    }
    Ok(())
}

fn bounded<'de, T: Record<'de> + Default>(json: &'de str, input: &'static str) -> Result<T, Error> {
    limit(json, input)?;
    read(json, input)
}

fn read<'de, T: Record<'de> + Default>(json: &'de str, input: &'static str) -> Result<T, Error> {
    let mut record = T::default();
    from_json(json, Slot::Record(&mut record)).map_err(|why| Error::json(input, &why))?;
    Ok(record)
}

fn json(value: &impl Write) -> String {
    write::json(value.value())
}

fn answer(result: Result<impl Write, Error>) -> String {
    match result {
        Ok(value) => json(&value),
        Err(error) => failure(&error),
    }
}

/// The JSON form of a failure.
#[must_use]
pub fn failure(error: &Error) -> String {
    let details = Pairs(&[("code", Value::Text(error.code())), ("message", Value::Shown(error))]);
    let mut members = vec![("error", Value::Object(&details))];
    if let Error::Policies { issues } = error {
        members.push(("issues", issues.value()));
    }
    write::json(Value::Object(&Pairs(&members)))
}
