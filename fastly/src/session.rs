//! Reads principal, session and device out of the session token of a request: as `js/src/session.ts` does.

use std::borrow::Cow;

use edgeward::request::{Principal, PrincipalKind, Request};

use crate::asked::Asked;
use crate::claims::ClaimNames;
use crate::cookies;
use crate::dpop::{Proving, proves};
use crate::jwk::Keys;
use crate::settings::{SessionSettings, SettingsError};
use crate::token::{Claims, Expected, seconds};

/// A longer token is refused unread: bytes.
const TOKEN_LIMIT: usize = 8_192;
/// Cookies of the name that are verified; a request with more has no session by them: nobody sends them by accident.
const COOKIES_LIMIT: usize = 4;

/// Headers of the client's own that must not reach the origin as they came, each as it may go on; `None`: not at all. A
/// token that was not judged would make the request somebody's behind the edge who was nobody, or somebody else, here.
pub type Withheld = Vec<(&'static str, Option<String>)>;

/// A token that verifies, and what it states.
struct Verified<'t> {
    token: &'t str,
    facts: Request<'static>,
}

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
    /// Keys that are none, a cookie that can not be called so, or an empty issuer or audience: a token of any would be
    /// believed.
    pub fn new(settings: SessionSettings) -> Result<Self, SettingsError> {
        for (name, value) in [("issuer", &settings.issuer), ("audience", &settings.audience)] {
            if value.is_empty() {
                return Err(SettingsError::new(
                    &format!("session.{name}"),
                    format!("a token of any {name} would be believed"),
                ));
            }
        }
        if !is_token(&settings.cookie) {
            return Err(SettingsError::new("session.cookie", "no cookie is called so".to_owned()));
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

    /// States who asks, and tells what must not go on. The token that verifies is the session: that of `Authorization`
    /// first, or whoever is risky would send a broken one to be nobody; else that of the cookies, unless two of them name
    /// different sessions. One that is bound to a key verifies with a proof of that key only (RFC 9449 §7): without, a copy
    /// would do. No token, or none that verifies, is no session: anonymous. `now` in milliseconds.
    pub fn state(&self, asked: &Asked<'_>, now: i64, request: &mut Request<'_>) -> Withheld {
        let (authorized, cookie) = (authorized(asked), asked.header("cookie").unwrap_or_default());
        let carried = cookies::every(&cookie, &self.cookie, COOKIES_LIMIT).unwrap_or_default();
        let mut tokens: Vec<(Option<Scheme>, &str)> = Vec::new();
        let authorizing = authorized.as_ref().map(|(scheme, token)| (Some(*scheme), &**token));
        for (scheme, token) in authorizing.into_iter().chain(carried.into_iter().map(|token| (None, token))) {
            if tokens.iter().all(|(_, other)| *other != token) {
                tokens.push((scheme, token));
            }
        }
        let verified: Vec<Verified<'_>> =
            tokens.into_iter().filter_map(|(scheme, token)| self.verify(token, scheme, asked, now)).collect();
        let first = verified.first();
        let agreeing: Vec<&str> = verified
            .iter()
            .filter(|other| first.is_some_and(|first| first.is_same_session(other)))
            .map(|one| one.token)
            .collect();
        let is_authorizing =
            first.is_some_and(|first| authorizing.is_some_and(|(_, token)| token == first.token));
        let counts = is_authorizing || agreeing.len() == verified.len();
        let withheld = self.withhold(asked, if counts { &agreeing } else { &[] });
        match verified.into_iter().next().filter(|_| counts) {
            Some(Verified { facts, .. }) => {
                (request.principal, request.session, request.device) =
                    (facts.principal, facts.session, facts.device);
            }
            None => request.principal = anonymous(),
        }
        withheld
    }

    /// Takes every token off a request, but for those to `keep`.
    #[must_use]
    pub fn withhold(&self, asked: &Asked<'_>, keep: &[&str]) -> Withheld {
        let mut withheld = Withheld::new();
        if authorized(asked).is_some_and(|(_, token)| !keep.contains(&&*token)) {
            withheld.push(("authorization", None));
        }
        let Some(header) = asked.header("cookie") else { return withheld };
        let tokens = cookies::every(&header, &self.cookie, COOKIES_LIMIT);
        if !tokens.is_some_and(|tokens| tokens.iter().all(|token| keep.contains(token))) {
            withheld.push(("cookie", cookies::without(&header, &self.cookie, keep)));
        }
        withheld
    }

    fn verify<'t>(
        &self,
        token: &'t str,
        scheme: Option<Scheme>,
        asked: &Asked<'_>,
        now: i64,
    ) -> Option<Verified<'t>> {
        let expected =
            Expected { issuer: &self.issuer, audience: &self.audience, now, tolerance: self.tolerance };
        let claims = if token.len() <= TOKEN_LIMIT { self.keys.verify(token, expected) } else { None }?;
        let key_proved = self.confirm(&claims, token, scheme, asked, now)?;
        let mut facts = Request::default();
        self.claims.state(&claims, &mut facts);
        facts.session.key_proved = key_proved.then_some(true);
        Some(Verified { token, facts })
    }

    /// Whether whoever presents a token proved its key; `None` if there is something to prove (`cnf`, RFC 7800) and that was
    /// not, or can not be here.
    fn confirm(
        &self,
        claims: &Claims,
        token: &str,
        scheme: Option<Scheme>,
        asked: &Asked<'_>,
        now: i64,
    ) -> Option<bool> {
        let Some(confirmation) = claims.get("cnf") else {
            return (scheme != Some(Scheme::Dpop)).then_some(false);
        };
        let thumbprint = confirmation.get("jkt")?.as_str().filter(|_| scheme == Some(Scheme::Dpop))?;
        let (now, tolerance) = (seconds(now), f64::from(self.tolerance));
        let proving = Proving { token, thumbprint, method: asked.method, url: asked.url, now, tolerance };
        proves(&asked.header("dpop")?, proving).then_some(true)
    }
}

impl Verified<'_> {
    fn is_same_session(&self, other: &Self) -> bool {
        let (one, two) = (&self.facts, &other.facts);
        self.token == other.token
            || (one.principal.id.is_some()
                && one.principal.id == two.principal.id
                && one.session.id == two.session.id)
    }
}

/// What cookies are named with (RFC 6265 §4.1.1).
fn is_token(name: &str) -> bool {
    let is_named_with = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_named_with)
}

/// Known to carry no identity.
#[must_use]
pub fn anonymous<'a>() -> Principal<'a> {
    Principal { kind: Some(PrincipalKind::Anonymous), ..Principal::default() }
}

/// How a token is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Bearer,
    Dpop,
}

/// What stands behind `Bearer` or `DPoP`, whether or not it is a token: who reads it behind us may be less strict. Of
/// several headers nobody knows which one that will be: together they are no token.
fn authorized<'a>(asked: &'a Asked<'_>) -> Option<(Scheme, Cow<'a, str>)> {
    let values: Vec<&str> = asked.values("authorization").collect();
    match values.as_slice() {
        [one] => credentials(one).map(|(scheme, token)| (scheme, Cow::Borrowed(token))),
        several => {
            let (scheme, _) = several.iter().find_map(|one| credentials(one))?;
            Some((scheme, several.join(", ").into()))
        }
    }
}

/// Whether the token is presented as one that is bound to a key (RFC 9449).
pub(crate) fn proves_possession(asked: &Asked<'_>) -> bool {
    authorized(asked).is_some_and(|(scheme, _)| scheme == Scheme::Dpop)
}

fn credentials(authorization: &str) -> Option<(Scheme, &str)> {
    [("bearer", Scheme::Bearer), ("dpop", Scheme::Dpop)].into_iter().find_map(|(name, scheme)| {
        let (stated, token) = authorization.trim().split_at_checked(name.len())?;
        let goes_on =
            token.starts_with(|next: char| next.is_ascii_alphanumeric() || matches!(next, '_' | '-'));
        (stated.eq_ignore_ascii_case(name) && !goes_on).then(|| (scheme, token.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asked::tests::{get, url};
    use crate::dpop::tests::{prove, thumbprint_of};
    use crate::token::tests::{Issuer, NOW};
    use serde_json::{Value, json};

    fn sessions(issuer: &Issuer) -> Sessions {
        let settings =
            json!({"issuer": "https://id.example", "audience": "app", "jwks": {"keys": [issuer.jwk("k")]}});
        Sessions::new(serde_json::from_value(settings).unwrap()).unwrap()
    }

    fn token(issuer: &Issuer, claims: &Value) -> String {
        let mut all = json!({"iss": "https://id.example", "aud": "app", "exp": NOW / 1000 + 9});
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        issuer.issue(&json!({"alg": "ES256", "kid": "k"}), &all)
    }

    /// Who asks, by these headers: an id, or nobody. And what does not go on as it came.
    fn judged(headers: &[(&str, &str)]) -> (Option<String>, Vec<(&'static str, Option<String>)>) {
        let url = url("https://app.example/");
        let mut request = Request::default();
        let withheld = sessions(&Issuer::new(3)).state(&get(&url, headers), NOW, &mut request);
        let id = request.principal.id.map(|id| id.to_string());
        let kind = if id.is_some() { PrincipalKind::User } else { PrincipalKind::Anonymous };
        assert_eq!(request.principal.kind, Some(kind));
        (id, withheld)
    }

    fn user(id: &str) -> Option<String> {
        Some(id.to_owned())
    }

    #[test]
    fn a_bearer_token_comes_before_the_cookie_and_a_bad_one_after_it() {
        let issuer = Issuer::new(3);
        let session = token(&issuer, &json!({"sub": "u1"}));
        let cookie = format!("a=b; edgeward_session={session}");
        let bearer = format!("bEaReR  {session} ");
        let long = format!("Bearer {}", "x".repeat(TOKEN_LIMIT + 1));
        assert_eq!(judged(&[("cookie", &cookie)]), (user("u1"), vec![]));
        assert_eq!(judged(&[("authorization", &bearer)]), (user("u1"), vec![]));
        assert_eq!(judged(&[("cookie", &cookie), ("authorization", "Basic eDp5")]), (user("u1"), vec![]));
        assert_eq!(judged(&[("cookie", &cookie), ("authorization", "Bearers x")]), (user("u1"), vec![]));
        for bad in ["Bearer junk", "bearer", "Bearer  a b", "Bearer,x", &long] {
            let (id, withheld) = judged(&[("cookie", &cookie), ("authorization", bad)]);
            assert_eq!((id, withheld), (user("u1"), vec![("authorization", None)]), "{bad}");
        }
        assert_eq!(judged(&[]), (None, vec![]));
    }

    #[test]
    fn several_authorization_headers_are_no_token() {
        let issuer = Issuer::new(3);
        let bearer = format!("Bearer {}", token(&issuer, &json!({"sub": "u1"})));
        for other in ["Basic eDp5", &bearer] {
            let headers = [("authorization", other), ("authorization", &bearer)];
            assert_eq!(judged(&headers), (None, vec![("authorization", None)]));
        }
        assert_eq!(judged(&[("authorization", "Basic x"), ("authorization", "Basic y")]), (None, vec![]));
    }

    #[test]
    fn of_several_cookies_the_one_that_verifies_counts_and_two_sessions_are_none() {
        let issuer = Issuer::new(3);
        let one = token(&issuer, &json!({"sub": "u1"}));
        let again = token(&issuer, &json!({"sub": "u1", "amr": ["mfa"]}));
        let other = token(&issuer, &json!({"sub": "u1", "sid": "another"}));
        let nameless = [1, 2].map(|number| token(&issuer, &json!({"sid": "s", "number": number})));
        let cookie = |tokens: &[&str]| {
            let pairs = tokens.iter().map(|token| format!("edgeward_session={token}; "));
            format!("a=b; {}c=d", pairs.collect::<String>())
        };
        let of = |tokens: &[&str]| judged(&[("cookie", &cookie(tokens))]);
        let kept = vec![("cookie", Some(cookie(&[&one])))];
        let none = (None, vec![("cookie", Some("a=b; c=d".to_owned()))]);
        assert_eq!(of(&["junk", &one]), (user("u1"), kept.clone()));
        assert_eq!(of(&[&one, "junk"]), (user("u1"), kept));
        assert_eq!(of(&[&one, &one]), (user("u1"), vec![]));
        assert_eq!(of(&[&one, &again]), (user("u1"), vec![]), "the same session");
        assert_eq!(of(&[&one, &other]), none);
        assert_eq!(of(&[&nameless[0], &nameless[1]]), none);
        assert_eq!(of(&["junk"]), none);
        assert_eq!(of(&["1", "2", "3", "4", &one]), none, "more than anybody has");
        let padded = format!("a={}; edgeward_session={one}", "x".repeat(17_000));
        assert_eq!(judged(&[("cookie", &padded)]), (None, vec![("cookie", None)]));
        let apart = [
            ("cookie", "a=b"),
            ("cookie", &format!("edgeward_session={one}")),
            ("cookie", "edgeward_session=x"),
        ];
        assert_eq!(
            judged(&apart),
            (user("u1"), vec![("cookie", Some(format!("a=b; edgeward_session={one}")))])
        );
    }

    #[test]
    fn who_is_judged_by_a_bearer_token_is_not_somebody_else_by_a_cookie() {
        let issuer = Issuer::new(3);
        let [mine, theirs] = ["u1", "u2"].map(|id| token(&issuer, &json!({"sub": id})));
        let bearer = format!("Bearer {mine}");
        let cookie = format!("edgeward_session={theirs}; a=b");
        let headers = [("authorization", &*bearer), ("cookie", &*cookie)];
        assert_eq!(judged(&headers), (user("u1"), vec![("cookie", Some("a=b".to_owned()))]));
        let both = format!("edgeward_session={mine}");
        assert_eq!(judged(&[("authorization", &bearer), ("cookie", &both)]), (user("u1"), vec![]));
    }

    #[test]
    fn settings_that_believe_anyone_are_refused() {
        for (settings, why) in [
            (json!({"issuer": "", "audience": "a", "jwks": {"keys": []}}), "session.issuer"),
            (json!({"issuer": "i", "audience": "", "jwks": {"keys": []}}), "session.audience"),
            (json!({"issuer": "i", "audience": "a", "jwks": {"keys": []}}), "session.jwks"),
            (json!({"issuer": "i", "audience": "a", "jwks": {"keys": []}, "cookie": ""}), "session.cookie"),
            (
                json!({"issuer": "i", "audience": "a", "jwks": {"keys": []}, "cookie": "a b"}),
                "session.cookie",
            ),
        ] {
            let refused = Sessions::new(serde_json::from_value(settings).unwrap()).unwrap_err();
            assert!(refused.to_string().contains(why), "{refused}");
        }
    }

    #[test]
    fn what_is_bound_to_a_key_needs_a_proof_of_it_with_every_request() {
        let (issuer, client) = (Issuer::new(3), Issuer::new(5));
        let bound = token(&issuer, &json!({"sub": "u1", "cnf": {"jkt": thumbprint_of(&client)}}));
        let free = token(&issuer, &json!({"sub": "u1"}));
        let url = url("https://app.example/pay");
        let judged = |headers: &[(&str, &str)]| {
            let mut request = Request::default();
            let asked = Asked { method: "POST", ..get(&url, headers) };
            let withheld = sessions(&issuer).state(&asked, NOW, &mut request);
            (request.principal.id.map(|id| id.to_string()), request.session.key_proved, withheld.len())
        };
        let proof = prove(&client, &bound, &json!({}));
        let dpop = format!("DPoP {bound}");
        assert_eq!(judged(&[("authorization", &dpop), ("dpop", &proof)]), (user("u1"), Some(true), 0));
        let nobody = (None, None, 1);
        assert_eq!(judged(&[("authorization", &dpop)]), nobody, "no proof");
        assert_eq!(
            judged(&[("authorization", &dpop), ("dpop", &proof), ("dpop", &proof)]),
            nobody,
            "two proofs"
        );
        assert_eq!(judged(&[("authorization", &format!("Bearer {bound}")), ("dpop", &proof)]), nobody);
        assert_eq!(judged(&[("cookie", &format!("edgeward_session={bound}")), ("dpop", &proof)]), nobody);
        let for_free = prove(&client, &free, &json!({}));
        assert_eq!(judged(&[("authorization", &format!("DPoP {free}")), ("dpop", &for_free)]), nobody);
        let certified = token(&issuer, &json!({"sub": "u1", "cnf": {"x5t#S256": "AA"}}));
        assert_eq!(judged(&[("authorization", &format!("Bearer {certified}"))]), nobody);
    }
}
