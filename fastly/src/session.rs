//! Reads principal, session and device out of the session token of a request.

use edgeward::request::{Principal, PrincipalKind, Request};

use crate::asked::Asked;
use crate::claims::ClaimNames;
use crate::settings::{SessionSettings, SettingsError};
use crate::token::{Expected, Keys};

/// A longer token is refused unread: bytes.
const TOKEN_LIMIT: usize = 8_192;

/// How sessions are read.
#[derive(Debug)]
pub struct Sessions {
    keys: Keys,
    issuer: String,
    audience: String,
    cookie: String,
    tolerance: u32,
    claims: ClaimNames,
}

impl Sessions {
    /// Takes the settings.
    ///
    /// # Errors
    /// Keys that are none, or an empty issuer or audience: a token of any would be believed.
    pub fn new(settings: SessionSettings) -> Result<Self, SettingsError> {
        for (name, value) in [("issuer", &settings.issuer), ("audience", &settings.audience)] {
            if value.is_empty() {
                return Err(SettingsError::new(
                    &format!("session.{name}"),
                    format!("a token of any {name} would be believed"),
                ));
            }
        }
        let keys = Keys::parse(&settings.jwks).map_err(|why| SettingsError::new("session.jwks", why))?;
        Ok(Self {
            keys,
            issuer: settings.issuer,
            audience: settings.audience,
            cookie: settings.cookie,
            tolerance: settings.clock_tolerance_seconds,
            claims: settings.claims,
        })
    }

    /// States who asks. No token, or none that verifies, is no session: anonymous. A bearer token that does not verify
    /// leaves the cookie to count, or whoever is risky would send one to be nobody. `now` in milliseconds.
    pub fn state(&self, asked: &Asked<'_>, now: i64, request: &mut Request<'_>) {
        let authorization = asked.header("authorization");
        let expected =
            Expected { issuer: &self.issuer, audience: &self.audience, now, tolerance: self.tolerance };
        let verify = |token: &str| {
            if token.len() <= TOKEN_LIMIT { self.keys.verify(token, expected) } else { None }
        };
        let claims = authorization
            .as_deref()
            .and_then(bearer)
            .and_then(verify)
            .or_else(|| asked.cookie(&self.cookie).and_then(verify));
        match claims {
            Some(claims) => self.claims.state(&claims, request),
            None => request.principal = anonymous(),
        }
    }
}

/// Known to carry no identity.
#[must_use]
pub fn anonymous<'a>() -> Principal<'a> {
    Principal { kind: Some(PrincipalKind::Anonymous), ..Principal::default() }
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, rest) = authorization.split_once(' ')?;
    let token = rest.trim_matches(' ');
    let is_one = !token.is_empty() && !token.contains(char::is_whitespace);
    (scheme.eq_ignore_ascii_case("bearer") && is_one).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asked::tests::{get, url};
    use crate::token::tests::{Issuer, NOW};
    use serde_json::json;

    fn sessions(issuer: &Issuer) -> Sessions {
        let settings =
            json!({"issuer": "https://id.example", "audience": "app", "jwks": {"keys": [issuer.jwk("k")]}});
        Sessions::new(serde_json::from_value(settings).unwrap()).unwrap()
    }

    #[test]
    fn a_bearer_token_comes_before_the_cookie_and_a_bad_one_after_it() {
        let issuer = Issuer::new(3);
        let sessions = sessions(&issuer);
        let token = |id: &str| {
            let claims = json!({"iss": "https://id.example", "aud": "app", "sub": id, "exp": NOW / 1000 + 9});
            issuer.issue(&json!({"alg": "ES256", "kid": "k"}), &claims)
        };
        let cookie = format!("a=b; edgeward_session={}", token("cookie"));
        let padded = format!("edgeward_session={}", "x".repeat(1 << 20));
        let bearer = format!("bEaReR  {} ", token("bearer"));
        let url = url("https://app.example/");
        let id = |headers: &[(&str, &str)]| {
            let mut request = Request::default();
            sessions.state(&get(&url, headers), NOW, &mut request);
            (request.principal.id.map(|id| id.to_string()), request.principal.kind)
        };
        let user = |id: &str| (Some(id.to_owned()), Some(PrincipalKind::User));
        let nobody = (None, Some(PrincipalKind::Anonymous));
        assert_eq!(id(&[("cookie", &cookie)]), user("cookie"));
        assert_eq!(id(&[("cookie", &cookie), ("authorization", &bearer)]), user("bearer"));
        assert_eq!(id(&[("cookie", &cookie), ("authorization", "Basic eDp5")]), user("cookie"));
        assert_eq!(id(&[("cookie", &cookie), ("authorization", "Bearer nonsense")]), user("cookie"));
        assert_eq!(id(&[("cookie", &padded)]), nobody);
        assert_eq!(id(&[]), nobody);
    }

    #[test]
    fn settings_that_believe_anyone_are_refused() {
        for (settings, why) in [
            (json!({"issuer": "", "audience": "a", "jwks": {"keys": []}}), "session.issuer"),
            (json!({"issuer": "i", "audience": "", "jwks": {"keys": []}}), "session.audience"),
            (json!({"issuer": "i", "audience": "a", "jwks": {"keys": []}}), "session.jwks"),
        ] {
            let refused = Sessions::new(serde_json::from_value(settings).unwrap()).unwrap_err();
            assert!(refused.to_string().contains(why), "{refused}");
        }
    }
}
