//! Who may ask: a bearer token per edge, or one for all; and who may decide: operators, where they have tokens of
//! their own.
//!
//! Threat: an edge's token is where clients are, and may be stolen there. Whoever has it can lie about requests; it need
//! not let them dismiss the risk of whom they robbed, say what groups people are in, or end what the audit stopped.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use hmac_sha256::Hash;

use crate::problem::Problem;
use crate::scorer::Scorer;

/// Tokens that are accepted, kept as hashes: equal lengths to compare, and nothing to print.
#[derive(Clone)]
pub struct Tokens {
    edges: Vec<[u8; 32]>,
    operators: Vec<[u8; 32]>,
}

impl Tokens {
    /// Shortest token accepted, characters: 96 bits as base64.
    pub const SHORTEST: usize = 16;
    /// Longest token accepted, characters.
    pub const LONGEST: usize = 512;

    /// Takes the tokens of all edges, and those of operators. Without the latter, edges may do everything. The error is
    /// for people and does not repeat the token.
    ///
    /// # Errors
    /// There is none of an edge, one is not 16 to 512 visible ASCII characters, or one is an edge's and an operator's.
    pub fn new<T: AsRef<str>>(edges: &[T], operators: &[T]) -> Result<Self, String> {
        if edges.is_empty() {
            return Err("no token: give --token or EDGEWARD_SCORER_TOKEN".to_owned());
        }
        let tokens = Self { edges: hashes("token", edges)?, operators: hashes("operator token", operators)? };
        if let Some(index) = tokens.operators.iter().position(|token| tokens.edges.contains(token)) {
            return Err(format!("operator token {} is an edge's, too", index + 1));
        }
        Ok(tokens)
    }

    /// Whether the token is one of ours.
    fn accept(&self, presented: &str) -> bool {
        let presented = Hash::hash(presented.as_bytes());
        is_among(&self.edges, presented) | is_among(&self.operators, presented)
    }

    /// Whether whoever brings the token may decide.
    fn accept_operator(&self, presented: &str) -> bool {
        let deciding = if self.operators.is_empty() { &self.edges } else { &self.operators };
        is_among(deciding, Hash::hash(presented.as_bytes()))
    }
}

fn hashes<T: AsRef<str>>(what: &str, tokens: &[T]) -> Result<Vec<[u8; 32]>, String> {
    let (shortest, longest) = (Tokens::SHORTEST, Tokens::LONGEST);
    let hash = |(index, token): (usize, &T)| {
        let token = token.as_ref();
        let is_well_formed =
            (shortest..=longest).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
        let wrong =
            || format!("{what} {} must be {shortest} to {longest} visible ASCII characters", index + 1);
        is_well_formed.then(|| Hash::hash(token.as_bytes())).ok_or_else(wrong)
    };
    tokens.iter().enumerate().map(hash).collect()
}

/// Every token is compared to its last byte, so that the time taken says nothing of how close a guess came.
fn is_among(tokens: &[[u8; 32]], presented: [u8; 32]) -> bool {
    tokens.iter().fold(false, |accepted, token| {
        let difference = token.iter().zip(presented).fold(0, |bits, (one, other)| bits | (one ^ other));
        accepted | (std::hint::black_box(difference) == 0)
    })
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Tokens({} of edges, {} of operators)", self.edges.len(), self.operators.len())
    }
}

/// Proof that the request came from an edge of ours.
#[derive(Debug, Clone, Copy)]
pub struct Edge;

impl FromRequestParts<Arc<Scorer>> for Edge {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, scorer: &Arc<Scorer>) -> Result<Self, Problem> {
        authorized(parts, scorer).map(|_| Self)
    }
}

/// Proof that the request came from who may decide.
#[derive(Debug, Clone, Copy)]
pub struct Operator;

impl FromRequestParts<Arc<Scorer>> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, scorer: &Arc<Scorer>) -> Result<Self, Problem> {
        if scorer.tokens.accept_operator(authorized(parts, scorer)?) {
            return Ok(Self);
        }
        Err(Problem::new(
            StatusCode::FORBIDDEN,
            "operators_only",
            "this scorer has operators, and the token is an edge's",
        ))
    }
}

/// The token of the request, which is one of ours.
fn authorized<'p>(parts: &'p Parts, scorer: &Scorer) -> Result<&'p str, Problem> {
    let presented = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer);
    match presented {
        Some(token) if scorer.tokens.accept(token) => Ok(token),
        Some(_) => Err(Problem::unauthorized(
            "wrong_token",
            "the token is not one of this scorer's",
            r#"Bearer realm="edgeward-scorer", error="invalid_token""#,
        )),
        None => Err(Problem::unauthorized(
            "missing_token",
            "send Authorization: Bearer <token>",
            r#"Bearer realm="edgeward-scorer""#,
        )),
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: [&str; 0] = [];

    #[test]
    fn any_of_the_tokens_is_accepted_and_nothing_else() {
        let tokens = Tokens::new(&["first-edge-token-1", "second-edge-token"], &[]).unwrap();
        assert!(tokens.accept("first-edge-token-1") && tokens.accept("second-edge-token"));
        assert!(tokens.accept_operator("second-edge-token"), "without operators edges decide");
        for wrong in ["", "first-edge-token-", "first-edge-token-12", "FIRST-EDGE-TOKEN-1"] {
            assert!(!tokens.accept(wrong) && !tokens.accept_operator(wrong), "{wrong}");
        }
    }

    #[test]
    fn operators_decide_and_ask_and_edges_only_ask() {
        let tokens = Tokens::new(&["first-edge-token-1"], &["an-operators-token"]).unwrap();
        assert!(tokens.accept("first-edge-token-1") && tokens.accept("an-operators-token"));
        assert!(
            !tokens.accept_operator("first-edge-token-1") && tokens.accept_operator("an-operators-token")
        );
        let error = Tokens::new(&["first-edge-token-1"], &["first-edge-token-1"]).unwrap_err();
        assert_eq!(error, "operator token 1 is an edge's, too");
    }

    #[test]
    fn weak_tokens_are_refused_without_being_repeated() {
        assert!(Tokens::new(&NOBODY, &NOBODY).unwrap_err().contains("--token"));
        for weak in ["short", "with a space in it", "längere-als-sechzehn"] {
            let error = Tokens::new(&["a-good-token-of-16", weak], &[]).unwrap_err();
            assert!(error.starts_with("token 2 ") && !error.contains(weak), "{error}");
            let error = Tokens::new(&["a-good-token-of-16"], &[weak]).unwrap_err();
            assert!(error.starts_with("operator token 1 ") && !error.contains(weak), "{error}");
        }
        assert!(!format!("{:?}", Tokens::new(&["a-good-token-of-16"], &[]).unwrap()).contains("good"));
    }

    #[test]
    fn the_scheme_is_bearer_in_any_case() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer abc"), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("abc"), None);
    }
}
