//! What is believed of agents: whose keys, and where they fetch from. A bundle's `agents`, and for host names what the
//! operators of crawlers document (`data/agents/hosts.toml`).
//!
//! Threat: a request may name any directory as its own. Only one that stands here can back a signature; of any
//! other, `Signature-Agent` is a claim and nothing more.

mod compiled;

use std::net::IpAddr;

use super::key::{Jwk, Key};
use super::table::{Entry, HOSTS};
use super::{AgentClass, Purpose};
use crate::error::Error;
use crate::net::AddressRange;
use crate::read::record;
use crate::request::Text;

/// Directories, and entries of addresses.
const ENTRY_LIMIT: usize = 256;
/// Keys of a directory.
pub(super) const KEY_LIMIT: usize = 32;
/// Ranges, and domains, of an entry.
const RANGE_LIMIT: usize = 2_000;

/// Everything an operator says of agents.
#[derive(Debug, Default)]
pub struct Registry {
    directories: Vec<Directory>,
    addresses: Vec<Addresses>,
}

/// Nobody said anything.
pub(super) static EMPTY: Registry = Registry { directories: Vec::new(), addresses: Vec::new() };

/// A directory of keys, and whose it is.
#[derive(Debug)]
pub(super) struct Directory {
    origin: String,
    pub name: String,
    pub operator: Option<String>,
    pub class: AgentClass,
    pub purpose: Option<Purpose>,
    /// Whether keys that the host fetched from it count.
    pub fetch: bool,
    pub keys: Vec<Key>,
}

/// Where an operator's agents fetch from.
#[derive(Debug)]
struct Addresses {
    operator: String,
    /// Only these of the operator's agents; all of them if empty.
    names: Vec<String>,
    ranges: Vec<AddressRange>,
    domains: Vec<String>,
}

/// `agents`, as it is written.
#[derive(Default)]
pub(crate) struct RegistryFile<'a> {
    directories: Vec<DirectoryFile<'a>>,
    addresses: Vec<AddressesFile<'a>>,
}

record!(strict RegistryFile<'a> {
    "directories" => Records(directories),
    "addresses" => Records(addresses),
} requires {});

#[derive(Default)]
struct DirectoryFile<'a> {
    url: String,
    name: String,
    operator: Option<String>,
    class: Option<AgentClass>,
    purpose: Option<Purpose>,
    fetch: bool,
    keys: Vec<Jwk<'a>>,
}

record!(strict DirectoryFile<'a> {
    "url" => String(url),
    "name" => String(name),
    "operator" => Optional(operator),
    "class" => OneOf(class),
    "purpose" => OneOf(purpose),
    "fetch" => Switch(fetch),
    "keys" => Records(keys),
} requires {
    "url" => url,
    "name" => name,
});

#[derive(Default)]
struct AddressesFile<'a> {
    operator: String,
    names: Vec<Text<'a>>,
    ranges: Vec<Text<'a>>,
    domains: Vec<Text<'a>>,
}

record!(strict AddressesFile<'a> {
    "operator" => String(operator),
    "names" => List(names),
    "ranges" => List(ranges),
    "domains" => List(domains),
} requires {
    "operator" => operator,
});

impl Registry {
    /// Checks what is written.
    ///
    /// # Errors
    /// [`Error::Bundle`] with the path of the member.
    pub(crate) fn new(file: &RegistryFile<'_>) -> Result<Self, Error> {
        let mut registry = Self::default();
        limit("agents.directories", file.directories.len(), ENTRY_LIMIT)?;
        limit("agents.addresses", file.addresses.len(), ENTRY_LIMIT)?;
        for (index, written) in file.directories.iter().enumerate() {
            let path = format!("agents.directories[{index}]");
            let directory = Directory::new(written, &path)?;
            if registry.directory(&directory.origin).is_some() {
                return Err(Error::bundle(
                    format!("{path}.url"),
                    format!("`{}` is listed twice", written.url),
                ));
            }
            registry.directories.push(directory);
        }
        for (index, written) in file.addresses.iter().enumerate() {
            registry.addresses.push(Addresses::new(written, &format!("agents.addresses[{index}]"))?);
        }
        Ok(registry)
    }

    /// The directory of an [`origin`].
    pub(super) fn directory(&self, origin: &str) -> Option<&Directory> {
        self.directories.iter().find(|known| known.origin == origin)
    }

    /// Addresses, `https://…`, of the directories that the host may fetch keys from.
    pub(crate) fn fetched(&self) -> impl Iterator<Item = String> {
        self.directories.iter().filter(|known| known.fetch).map(|known| format!("https://{}", known.origin))
    }

    /// Whether an agent fetches from there: `None` where nothing is known of its operator's addresses, or of the
    /// client's.
    #[inline(never)]
    pub(super) fn fetches_from(
        &self,
        entry: &Entry,
        ip: Option<IpAddr>,
        names: Option<&[Text<'_>]>,
    ) -> Option<bool> {
        let of_agent = |addresses: &&Addresses| {
            addresses.operator == entry.operator.get()
                && (addresses.names.is_empty() || addresses.names.iter().any(|name| name == entry.name.get()))
        };
        let mut known = documented(entry, names);
        for addresses in self.addresses.iter().filter(of_agent) {
            let in_range = ip
                .filter(|_| !addresses.ranges.is_empty())
                .map(|ip| addresses.ranges.iter().any(|range| range.contains(ip)));
            let in_domain = names
                .filter(|_| !addresses.domains.is_empty())
                .map(|names| names.iter().any(|name| is_within_any(name, &addresses.domains)));
            for answer in [in_range, in_domain].into_iter().flatten() {
                known = Some(known.unwrap_or(false) || answer);
            }
        }
        known
    }
}

impl Directory {
    fn new(written: &DirectoryFile<'_>, path: &str) -> Result<Self, Error> {
        let origin = origin(&written.url).ok_or_else(|| {
            Error::bundle(
                format!("{path}.url"),
                format!("`{}` is not an origin, `https://agent.example`", written.url),
            )
        })?;
        limit(&format!("{path}.keys"), written.keys.len(), KEY_LIMIT)?;
        let keys = written.keys.iter().enumerate().map(|(index, jwk)| {
            Key::trusted(jwk).map_err(|why| Error::bundle(format!("{path}.keys[{index}]"), why))
        });
        let keys: Vec<Key> = keys.collect::<Result<_, _>>()?;
        if keys.is_empty() && !written.fetch {
            return Err(Error::bundle(path, "has no `keys`, and `fetch` is not true: it could back nothing"));
        }
        Ok(Self {
            origin,
            name: written.name.clone(),
            operator: written.operator.clone(),
            class: written.class.unwrap_or(AgentClass::Bot),
            purpose: written.purpose,
            fetch: written.fetch,
            keys,
        })
    }
}

impl Addresses {
    fn new(written: &AddressesFile<'_>, path: &str) -> Result<Self, Error> {
        limit(&format!("{path}.ranges"), written.ranges.len(), RANGE_LIMIT)?;
        limit(&format!("{path}.domains"), written.domains.len(), RANGE_LIMIT)?;
        let ranges = written.ranges.iter().enumerate().map(|(index, text)| {
            let refused = |why| Error::bundle(format!("{path}.ranges[{index}]"), format!("`{text}`: {why}"));
            AddressRange::parse(text).map(|(range, _)| range).map_err(refused)
        });
        let ranges = ranges.collect::<Result<Vec<_>, _>>()?;
        if ranges.is_empty() && written.domains.is_empty() {
            return Err(Error::bundle(path, "has neither `ranges` nor `domains`"));
        }
        let owned = |texts: &[Text<'_>]| texts.iter().map(|text| text.to_ascii_lowercase()).collect();
        Ok(Self {
            operator: written.operator.clone(),
            names: written.names.iter().map(|name| (**name).to_owned()).collect(),
            ranges,
            domains: owned(&written.domains),
        })
    }
}

fn limit(path: &str, count: usize, limit: usize) -> Result<(), Error> {
    if count > limit {
        return Err(Error::bundle(path, format!("{count} entries; the limit is {limit}")));
    }
    Ok(())
}

/// Host, and port if it is not 443, in lower case, of an `https` origin (RFC 6454 §6.2, an empty path allowed).
pub(super) fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_at_checked(8)?;
    let host = rest.strip_suffix('/').unwrap_or(rest);
    let host = host.strip_suffix(":443").unwrap_or(host);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
    (scheme.eq_ignore_ascii_case("https://") && !host.is_empty() && host.bytes().all(plain))
        .then(|| host.to_ascii_lowercase())
}

/// Whether one of the client's names is as the agent's operator documents them.
fn documented(entry: &Entry, names: Option<&[Text<'_>]>) -> Option<bool> {
    let names = names?;
    let (_, domains) = HOSTS.iter().find(|(agent, _)| *agent == entry.name)?;
    Some(names.iter().any(|name| is_within_any(name, domains)))
}

fn is_within_any(name: &str, domains: &[impl AsRef<str>]) -> bool {
    domains.iter().any(|domain| is_within(name, domain.as_ref()))
}

/// Whether a host name is a domain, which is in lower case, or below it.
fn is_within(name: &str, domain: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let Some((rest, end)) = name.len().checked_sub(domain.len()).and_then(|at| name.split_at_checked(at))
    else {
        return false;
    };
    end.eq_ignore_ascii_case(domain) && (rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{Slot, from_json};

    fn registry(json: &str) -> Result<Registry, String> {
        let mut file = RegistryFile::default();
        from_json(json, Slot::Record(&mut file)).map_err(|why| why.to_string())?;
        Registry::new(&file).map_err(|why| why.to_string())
    }

    #[test]
    fn each_mistake_is_named_with_its_place() {
        for (json, why) in [
            (r#"{"directories":[{"url":"https://a.example"}]}"#, "directories.name: is missing"),
            (
                r#"{"directories":[{"url":"https://a.example","name":"A"}]}"#,
                "`agents.directories[0]` has no `keys`",
            ),
            (
                r#"{"directories":[{"url":"http://a.example","name":"A","fetch":true}]}"#,
                "`agents.directories[0].url` `http://a.example` is not an origin",
            ),
            (
                r#"{"directories":[{"url":"https://a.example/x","name":"A","fetch":true}]}"#,
                "is not an origin",
            ),
            (
                r#"{"directories":[{"url":"https://a.example","name":"A","keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}]}"#,
                "`agents.directories[0].keys[0]` has no `x` of 32 bytes",
            ),
            (
                r#"{"directories":[{"url":"https://a.example","name":"A","fetch":true},{"url":"https://A.example:443/","name":"A","fetch":true}]}"#,
                "`agents.directories[1].url` `https://A.example:443/` is listed twice",
            ),
            (
                r#"{"directories":[{"url":"https://a.example","name":"A","class":"robot"}]}"#,
                "`robot` is none of",
            ),
            (r#"{"addresses":[{"operator":"A"}]}"#, "`agents.addresses[0]` has neither"),
            (
                r#"{"addresses":[{"operator":"A","ranges":["192.0.2.0"]}]}"#,
                "`agents.addresses[0].ranges[0]` `192.0.2.0`: ",
            ),
            (r#"{"adresses":[]}"#, "adresses: is not a member known here"),
        ] {
            let refused = registry(json).unwrap_err();
            assert!(refused.contains(why), "{json}: {refused}");
        }
    }

    #[test]
    fn an_origin_is_compared_as_one() {
        for url in ["https://Agent.example", "HTTPS://agent.example/", "https://agent.example:443"] {
            assert_eq!(origin(url).as_deref(), Some("agent.example"), "{url}");
        }
        for url in [
            "https://",
            "https://a/b",
            "https://a?b",
            "https://u@a",
            "http://a.example",
            "a.example",
            "https://é",
        ] {
            assert_eq!(origin(url), None, "{url}");
        }
        assert_eq!(origin("https://agent.example:8443").as_deref(), Some("agent.example:8443"));
    }

    #[test]
    fn a_domain_ends_at_a_dot() {
        assert!(is_within("crawl-1.bot.example.", "bot.example") && is_within("BOT.example", "bot.example"));
        assert!(!is_within("robot.example", "bot.example") && !is_within("bot.example.test", "bot.example"));
    }
}
