//! Who may ask: a bearer token per edge, or one for all.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use hmac_sha256::Hash;

use crate::problem::Problem;
use crate::scorer::Scorer;

/// Tokens that are accepted, kept as hashes: equal lengths to compare, and nothing to print.
#[derive(Clone)]
pub struct Tokens(Vec<[u8; 32]>);

impl Tokens {
    /// Shortest token accepted, characters: 96 bits as base64.
    pub const SHORTEST: usize = 16;
    /// Longest token accepted, characters.
    pub const LONGEST: usize = 512;

    /// Takes the tokens of all edges. The error is for people and does not repeat the token.
    ///
    /// # Errors
    /// There is none, or one is not 16 to 512 visible ASCII characters.
    pub fn new<T: AsRef<str>>(tokens: &[T]) -> Result<Self, String> {
        if tokens.is_empty() {
            return Err("no token: give --token or EDGEWARD_SCORER_TOKEN".to_owned());
        }
        for (index, token) in tokens.iter().map(AsRef::as_ref).enumerate() {
            let well_formed = (Self::SHORTEST..=Self::LONGEST).contains(&token.len())
                && token.bytes().all(|byte| byte.is_ascii_graphic());
            if !well_formed {
                let (shortest, longest) = (Self::SHORTEST, Self::LONGEST);
                return Err(format!(
                    "token {} must be {shortest} to {longest} visible ASCII characters",
                    index + 1
                ));
            }
        }
        Ok(Self(tokens.iter().map(|token| Hash::hash(token.as_ref().as_bytes())).collect()))
    }

    /// Whether the token is one of ours. Every token is compared to its last byte, so that the time taken says
    /// nothing of how close a guess came.
    fn accept(&self, presented: &str) -> bool {
        let presented = Hash::hash(presented.as_bytes());
        self.0.iter().fold(false, |accepted, token| {
            let difference = token.iter().zip(presented).fold(0, |bits, (one, other)| bits | (one ^ other));
            accepted | (std::hint::black_box(difference) == 0)
        })
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Tokens({})", self.0.len())
    }
}

/// Proof that the request came from an edge of ours.
#[derive(Debug, Clone, Copy)]
pub struct Edge;

impl FromRequestParts<Arc<Scorer>> for Edge {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, scorer: &Arc<Scorer>) -> Result<Self, Problem> {
        let presented =
            parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer);
        match presented {
            Some(token) if scorer.tokens.accept(token) => Ok(Self),
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
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_of_the_tokens_is_accepted_and_nothing_else() {
        let tokens = Tokens::new(&["first-edge-token-1", "second-edge-token"]).unwrap();
        assert!(tokens.accept("first-edge-token-1") && tokens.accept("second-edge-token"));
        for wrong in ["", "first-edge-token-", "first-edge-token-12", "FIRST-EDGE-TOKEN-1"] {
            assert!(!tokens.accept(wrong), "{wrong}");
        }
    }

    #[test]
    fn weak_tokens_are_refused_without_being_repeated() {
        assert!(Tokens::new::<&str>(&[]).unwrap_err().contains("--token"));
        for weak in ["short", "with a space in it", "längere-als-sechzehn"] {
            let error = Tokens::new(&["a-good-token-of-16", weak]).unwrap_err();
            assert!(error.starts_with("token 2 ") && !error.contains(weak), "{error}");
        }
        assert!(!format!("{:?}", Tokens::new(&["a-good-token-of-16"]).unwrap()).contains("good"));
    }

    #[test]
    fn the_scheme_is_bearer_in_any_case() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer abc"), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("abc"), None);
    }
}
