//! What the client is answered: the mapping of `js/src/challenge.ts`, answer for answer.

use base64ct::{Base64, Encoding as _};
use edgeward::decision::{Decision, Outcome};
use serde_json::json;
use url::Url;

use crate::answer::{Answered, Code, Explanation, explain, is_navigation, is_preflight};
use crate::asked::Asked;
use crate::loop_guard::LoopGuard;
use crate::session::proves_possession;
use crate::settings::Links;

/// What to do with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// Pass it on.
    Pass,
    /// Answer it here.
    Answer(Answered),
}

/// The answer to a decision that is final.
#[must_use]
pub fn plan(decision: &Decision<'_>, asked: &Asked<'_>, links: &Links) -> Plan {
    match decision.outcome {
        Outcome::Allow => Plan::Pass,
        // A preflight brings no credentials and changes nothing: the request it asks for is challenged instead.
        Outcome::Challenge if is_preflight(asked) => Plan::Pass,
        Outcome::Challenge => Plan::Answer(challenge(decision, asked, links)),
        // Deferred and nobody left to ask: never pass what is not decided.
        Outcome::Block | Outcome::Defer => {
            let support_code = decision.support_code.to_string();
            let explanation = Explanation {
                status: 403,
                code: Code::Blocked,
                title: "Access was refused",
                text: "This request is not allowed. If you think this is a mistake, quote the support code."
                    .to_owned(),
                controls: None,
                appeal: appeal(links, asked, &support_code),
                support_code,
            };
            Plan::Answer(explain(asked, &explanation))
        }
    }
}

/// The answer while nothing can be decided: no bundle yet, or settings that are wrong.
#[must_use]
pub fn refuse_undecided(support_code: String, asked: &Asked<'_>) -> Answered {
    let explanation = Explanation {
        status: 403,
        code: Code::NoDecision,
        title: "Access can not be decided now",
        text: "Please try again in a moment. If it stays like this, quote the support code.".to_owned(),
        support_code,
        controls: None,
        appeal: None,
    };
    explain(asked, &explanation)
}

fn challenge(decision: &Decision<'_>, asked: &Asked<'_>, links: &Links) -> Answered {
    let controls: Vec<String> = decision.controls.iter().map(ToString::to_string).collect();
    let support_code = decision.support_code.to_string();
    let target = resolve(links.step_up_url.as_deref(), asked);
    let Some(mut target) = target.filter(|_| is_navigation(asked)) else {
        return claims_challenge(controls, support_code, asked, links);
    };
    let guard = LoopGuard::new(asked);
    if guard.is_looping() || is_same_page(&target, asked.url) {
        let explanation = Explanation {
            status: 403,
            code: Code::VerificationIncomplete,
            title: "Verification did not complete",
            text: format!(
                "You were sent to verify, and what is needed is still missing: {}.",
                controls.join(", ")
            ),
            appeal: appeal(links, asked, &support_code),
            controls: Some(controls),
            support_code,
        };
        return explain(asked, &explanation);
    }
    set_query(
        &mut target,
        &[
            ("return_to", asked.url.as_str()),
            ("controls", &controls.join(",")),
            ("support_code", &support_code),
        ],
    );
    Answered {
        status: 302,
        headers: vec![
            ("location", target.into()),
            ("cache-control", "no-store".to_owned()),
            ("set-cookie", guard.counted()),
        ],
        body: String::new(),
    }
}

/// The claims challenge of Entra's continuous access evaluation: a client that understands it takes `claims` to its
/// authorisation server and comes back with a token that satisfies them.
fn claims_challenge(
    controls: Vec<String>,
    support_code: String,
    asked: &Asked<'_>,
    links: &Links,
) -> Answered {
    let mut claims = json!({"controls": {"essential": true, "values": controls}});
    if controls.iter().any(|control| control == "mfa")
        && let Some(claims) = claims.as_object_mut()
    {
        claims.insert("amr".to_owned(), json!({"essential": true, "values": ["mfa"]}));
    }
    let claims = Base64::encode_string(json!({"access_token": claims}).to_string().as_bytes());
    let link = |name: &str, address: &Option<String>| {
        resolve(address.as_deref(), asked).map(|url| format!(r#"{name}="{url}", "#)).unwrap_or_default()
    };
    let authority = link("authorization_uri", &links.step_up_url);
    let metadata = link("resource_metadata", &links.resource_metadata_url);
    // Of the scheme that the token came with: a client that proves possession of its key is not asked to stop (RFC 9449,
    // section 7.1).
    let scheme = if proves_possession(asked) { "DPoP" } else { "Bearer" };
    let challenge =
        format!(r#"{scheme} realm="", {authority}{metadata}error="insufficient_claims", claims="{claims}""#);
    let explanation = Explanation {
        status: 401,
        code: Code::VerificationRequired,
        title: "Verification is required",
        text: format!("This needs: {}.", controls.join(", ")),
        support_code,
        controls: Some(controls),
        appeal: None,
    };
    let mut answer = explain(asked, &explanation);
    answer.headers.push(("www-authenticate", challenge));
    answer
}

fn appeal(links: &Links, asked: &Asked<'_>, support_code: &str) -> Option<String> {
    let mut target = resolve(links.appeal_url.as_deref(), asked)?;
    set_query(&mut target, &[("support_code", support_code)]);
    Some(target.into())
}

fn resolve(link: Option<&str>, asked: &Asked<'_>) -> Option<Url> {
    link.and_then(|link| asked.url.join(link).ok())
}

/// Sets parameters; any of the same name that the configured address has gives way.
fn set_query(target: &mut Url, ours: &[(&str, &str)]) {
    let theirs: Vec<(String, String)> = target.query_pairs().into_owned().collect();
    let theirs = theirs.iter().filter(|(name, _)| !ours.iter().any(|(our, _)| our == name));
    target.query_pairs_mut().clear().extend_pairs(theirs).extend_pairs(ours);
}

fn is_same_page(target: &Url, asked: &Url) -> bool {
    target.origin() == asked.origin() && target.path() == asked.path()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::tests::header;
    use crate::asked::tests::{get, url};
    use crate::judge::tests::engine;
    use edgeward::Request;
    use serde_json::Value;

    const PAGE: (&str, &str) = ("accept", "text/html");

    /// The plan for a request to a page that needs more than it has.
    fn challenged(address: &str, headers: &[(&str, &str)], step_up: Option<&str>, method: &str) -> Answered {
        match planned("needs-mfa", address, headers, step_up, method) {
            Plan::Answer(answer) => answer,
            Plan::Pass => panic!("passed"),
        }
    }

    fn planned(
        application: &str,
        address: &str,
        headers: &[(&str, &str)],
        step_up: Option<&str>,
        method: &str,
    ) -> Plan {
        let engine = engine();
        let url = url(address);
        let mut asked = get(&url, headers);
        asked.method = method;
        let request = format!(
            r#"{{"principal":{{"kind":"user","id":"u1"}},"session":{{"amr":["pwd"]}},
                "resource":{{"application":"{application}"}}}}"#
        );
        let request: Request<'_> = serde_json::from_str(&request).unwrap();
        let links = Links {
            step_up_url: step_up.map(str::to_owned),
            appeal_url: Some("/appeal?lang=en".to_owned()),
            resource_metadata_url: Some("/.well-known/oauth-protected-resource".to_owned()),
        };
        plan(&engine.decide(&request), &asked, &links)
    }

    #[test]
    fn a_person_is_sent_to_verify_and_back() {
        let answer =
            challenged("https://app.example/a?b=c", &[PAGE], Some("/verify?x=1&controls=forged"), "GET");
        assert_eq!(answer.status, 302);
        let location = url(header(&answer, "location"));
        let pairs: Vec<_> = location.query_pairs().into_owned().collect();
        assert_eq!(pairs[0], ("x".to_owned(), "1".to_owned()));
        assert_eq!(pairs[1], ("return_to".to_owned(), "https://app.example/a?b=c".to_owned()));
        assert_eq!(pairs[2], ("controls".to_owned(), "mfa".to_owned()));
        assert!(header(&answer, "set-cookie").starts_with("edgeward_step_up="));
    }

    #[test]
    fn nobody_is_sent_in_circles() {
        let looped = [PAGE, ("cookie", "edgeward_step_up=bo0mse.3")];
        for (address, headers) in
            [("https://app.example/", &looped[..]), ("https://app.example/verify?z", &[PAGE])]
        {
            let answer = challenged(address, headers, Some("/verify"), "GET");
            assert_eq!(answer.status, 403);
            assert!(answer.body.contains("Verification did not complete"));
        }
        let elsewhere = challenged("https://app.example/other", &looped, Some("/verify"), "GET");
        assert_eq!(elsewhere.status, 302, "another page has another count");
    }

    #[test]
    fn a_program_is_told_which_claims_it_needs() {
        let fetched = [PAGE, ("sec-fetch-mode", "cors")];
        let answer = challenged("https://app.example/", &fetched, Some("https://id.example/step-up"), "GET");
        assert_eq!(answer.status, 401);
        let bearer = header(&answer, "www-authenticate");
        assert!(bearer.starts_with(r#"Bearer realm="", authorization_uri="https://id.example/step-up", resource_metadata="https://app.example/.well-known/oauth-protected-resource", error="insufficient_claims", claims=""#), "{bearer}");
        let claims = bearer.rsplit_once("claims=\"").unwrap().1.trim_end_matches('"');
        let claims: Value = serde_json::from_slice(&Base64::decode_vec(claims).unwrap()).unwrap();
        assert_eq!(claims["access_token"]["amr"]["values"][0], "mfa");
        assert_eq!(claims["access_token"]["controls"]["values"][0], "mfa");
        let problem: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(
            (problem["code"].as_str(), problem["status"].as_u64()),
            (Some("verification_required"), Some(401))
        );
        assert_eq!(problem["controls"][0], "mfa");
    }

    #[test]
    fn a_client_that_proves_possession_of_its_key_is_challenged_by_that_scheme() {
        for (authorization, scheme) in
            [("DPoP e.y.J", "DPoP "), ("Bearer e.y.J", "Bearer "), ("DPoPish x", "Bearer ")]
        {
            let answer = challenged("https://app.example/", &[("authorization", authorization)], None, "GET");
            assert!(header(&answer, "www-authenticate").starts_with(scheme), "{authorization}");
        }
    }

    #[test]
    fn other_methods_are_no_navigation_and_head_has_no_body() {
        let post = challenged("https://app.example/", &[PAGE], None, "POST");
        assert_eq!((post.status, post.body.is_empty()), (401, false));
        assert!(!header(&post, "www-authenticate").contains("authorization_uri"));
        let head = challenged("https://app.example/", &[PAGE], None, "HEAD");
        assert_eq!((head.status, head.body.is_empty()), (401, true));
    }

    #[test]
    fn without_a_decision_the_page_says_so() {
        let url = url("https://app.example/");
        let answer = refuse_undecided("CONFIGURATION".to_owned(), &get(&url, &[PAGE]));
        assert_eq!(answer.status, 403);
        assert!(
            answer.body.contains("CONFIGURATION") && header(&answer, "content-type").starts_with("text/html")
        );
    }

    #[test]
    fn who_was_refused_is_told_where_to_object() {
        let Plan::Answer(page) = planned("blocked", "https://app.example/", &[PAGE], None, "GET") else {
            panic!("passed")
        };
        assert!(page.body.contains(r#"<a href="https://app.example/appeal?lang=en&amp;support_code="#));
    }

    #[test]
    fn a_preflight_is_refused_but_never_challenged() {
        let preflight = [("origin", "https://other.example"), ("access-control-request-method", "PUT")];
        let plan = |application| planned(application, "https://app.example/", &preflight, None, "OPTIONS");
        assert_eq!(plan("needs-mfa"), Plan::Pass);
        assert!(matches!(plan("blocked"), Plan::Answer(_)));
    }
}
