//! A registry in binary, as a compiled bundle carries it.

use super::{Addresses, Directory, ENTRY_LIMIT, KEY_LIMIT, RANGE_LIMIT, Registry, origin};
use crate::compiled::compiled;

compiled!(Registry { directories, addresses });
compiled!(Directory { origin, name, operator, class, purpose, fetch, keys });
compiled!(Addresses { operator, names, ranges, domains });

impl Registry {
    /// What is not read with care elsewhere: how much there is to go through, and that nothing but an origin is fetched.
    pub(crate) fn is_sound(&self) -> bool {
        let is_origin =
            |text: &str| origin(&format!("https://{text}:443")).is_some_and(|origin| origin == text);
        self.directories.len() <= ENTRY_LIMIT
            && self.addresses.len() <= ENTRY_LIMIT
            && self.directories.iter().all(|it| it.keys.len() <= KEY_LIMIT && is_origin(&it.origin))
            && self.addresses.iter().all(|it| it.ranges.len().max(it.domains.len()) <= RANGE_LIMIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::key::Jwk;
    use crate::agent::registry::{AddressesFile, DirectoryFile, RegistryFile};
    use crate::agent::{AgentClass, Purpose};
    use crate::compiled::{from_bytes, to_bytes};

    fn registry() -> Registry {
        let jwk = Jwk {
            kty: Some("OKP".into()),
            crv: Some("Ed25519".into()),
            x: Some("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".into()),
            nbf: Some(1_700_000_000_000),
            exp: None,
        };
        Registry::new(&RegistryFile {
            directories: vec![DirectoryFile {
                url: "HTTPS://Agent.example:8443/".to_owned(),
                name: "A".to_owned(),
                operator: Some("O".to_owned()),
                class: Some(AgentClass::AiBot),
                purpose: Some(Purpose::Search),
                fetch: true,
                keys: vec![jwk],
            }],
            addresses: vec![AddressesFile {
                operator: "O".to_owned(),
                names: vec!["A".into()],
                ranges: vec!["192.0.2.0/24".into(), "2001:db8::/32".into()],
                domains: vec!["a.example".into()],
            }],
        })
        .unwrap()
    }

    fn read(registry: &Registry) -> Option<Registry> {
        from_bytes::<Registry>(&to_bytes(registry)).filter(Registry::is_sound)
    }

    #[test]
    fn what_is_read_is_what_was_written() {
        assert_eq!(format!("{:?}", read(&registry()).unwrap()), format!("{:?}", registry()));
        assert!(read(&Registry::default()).is_some());
    }

    #[test]
    fn what_no_registry_may_hold_is_refused() {
        let refused = |edit: &dyn Fn(&mut Registry)| {
            let mut registry = registry();
            edit(&mut registry);
            read(&registry).is_none()
        };
        assert!(!refused(&|_| ()));
        for origin in ["", "a/b", "A.example", "u@a", "é"] {
            assert!(refused(&|it| origin.clone_into(&mut it.directories[0].origin)), "{origin}");
        }
        let key = |it: &Registry| it.directories[0].keys[0].clone();
        assert!(refused(&|it| it.directories[0].keys = vec![key(it); KEY_LIMIT + 1]));
        assert!(refused(&|it| it.addresses[0].ranges = vec![it.addresses[0].ranges[0]; RANGE_LIMIT + 1]));
        assert!(refused(&|it| it.addresses[0].domains = vec!["a".to_owned(); RANGE_LIMIT + 1]));
        assert!(refused(&|it| it
            .addresses
            .extend(std::iter::repeat_with(|| registry().addresses.remove(0)).take(ENTRY_LIMIT))));
    }

    #[test]
    fn a_key_that_anybody_signs_by_is_refused() {
        let jwk = Jwk {
            kty: Some("OKP".into()),
            crv: Some("Ed25519".into()),
            x: Some("JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs".into()),
            ..Jwk::default()
        };
        let mut registry = registry();
        registry.directories[0].keys.push(crate::agent::key::Key::read(&jwk).unwrap());
        assert!(read(&registry).is_none());
    }
}
