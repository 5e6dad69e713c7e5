//! Proofs of possession (RFC 9449): whoever presents a token holds the key that it was issued to. As `js/src/dpop.ts` has it, but
//! that proofs are not remembered: instances are many and live for a minute. One is good for a minute, for the same request.

use hmac_sha256::Hash;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::jwk::Keys;
use crate::token::{decode, encode};

/// A proof is for one request: made this long before it at most, seconds (RFC 9449 §11.1: "seconds or minutes").
const AGE: f64 = 60.0;
/// A longer proof, or name of one, is refused: bytes.
const PROOF_LIMIT: usize = 4_096;
const NAME_LIMIT: usize = 256;

/// What a proof has to be about.
#[derive(Debug, Clone, Copy)]
pub struct Proving<'a> {
    /// The access token.
    pub token: &'a str,
    /// Thumbprint of the key it is bound to: `cnf.jkt`.
    pub thumbprint: &'a str,
    /// Method of the request.
    pub method: &'a str,
    /// Its address.
    pub url: &'a Url,
    /// Seconds since the Unix epoch.
    pub now: f64,
    /// Tolerated difference of clocks, seconds.
    pub tolerance: f64,
}

/// What a proof says of its key.
#[derive(Deserialize)]
struct Header {
    typ: String,
    jwk: Value,
}

/// Whether the proof is by the key that the token is bound to, for this request, and of now.
#[must_use]
pub fn proves(proof: &str, proving: Proving<'_>) -> bool {
    proof.len() <= PROOF_LIMIT && is_proof(proof, proving).unwrap_or(false)
}

fn is_proof(proof: &str, proving: Proving<'_>) -> Option<bool> {
    let header: Header = serde_json::from_slice(&decode(proof.split('.').next()?)?).ok()?;
    // A private key in a proof is nobody's secret any more.
    if header.typ != "dpop+jwt"
        || header.jwk.get("d").is_some()
        || thumbprint(&header.jwk)? != proving.thumbprint
    {
        return None;
    }
    let claims = Keys::parse(&json!({ "keys": [header.jwk] })).ok()?.open(proof)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let (name, issued_at) = (text("jti")?, claims.get("iat")?.as_f64()?);
    let (earliest, latest) = (proving.now - AGE - proving.tolerance, proving.now + proving.tolerance);
    Some(
        name.len() <= NAME_LIMIT
            && text("htm")? == proving.method
            && is_same(&Url::parse(text("htu")?).ok()?, proving.url)
            && text("ath")? == encode(&Hash::hash(proving.token.as_bytes()))
            && (earliest..=latest).contains(&issued_at),
    )
}

/// `htu` is the address without query and fragment.
fn is_same(stated: &Url, asked: &Url) -> bool {
    stated.origin() == asked.origin() && stated.path() == asked.path()
}

/// RFC 7638: the digest of what a key can not do without, its members in the order of their names.
fn thumbprint(jwk: &Value) -> Option<String> {
    let kind = jwk.get("kty")?.as_str()?;
    let members: &[&str] = match kind {
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        "RSA" => &["e", "kty", "n"],
        _ => return None,
    };
    let mut text = String::new();
    for member in members {
        text.push(if text.is_empty() { '{' } else { ',' });
        text.push_str(&format!("\"{member}\":{}", Value::from(jwk.get(member)?.as_str()?)));
    }
    text.push('}');
    Some(encode(&Hash::hash(text.as_bytes())))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::token::tests::Issuer;

    const NOW: f64 = 1_790_000_000.0;

    /// Thumbprint of a key.
    pub(crate) fn thumbprint_of(client: &Issuer) -> String {
        thumbprint(&key(client)).unwrap()
    }

    /// A proof for a token, `POST` and `https://app.example/pay`, with other members where stated.
    pub(crate) fn prove(client: &Issuer, token: &str, over: &Value) -> String {
        let mut claims = json!({"jti": "p1", "htm": "POST", "htu": "https://app.example/pay", "iat": NOW,
                                "ath": encode(&Hash::hash(token.as_bytes()))});
        claims.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
        client.issue(&json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": key(client)}), &claims)
    }

    fn key(client: &Issuer) -> Value {
        let jwk = client.jwk("one");
        json!({"kty": "EC", "crv": "P-256", "x": jwk["x"], "y": jwk["y"]})
    }

    fn holds(proof: &str, thumbprint: &str) -> bool {
        let url = Url::parse("https://app.example/pay?to=x").unwrap();
        let proving = Proving { token: "t", thumbprint, method: "POST", url: &url, now: NOW, tolerance: 5.0 };
        proves(proof, proving)
    }

    #[test]
    fn the_thumbprint_is_that_of_rfc_7638() {
        // Section 3.1 of the RFC, the value in 3.1 and the modulus of its example.
        let modulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs\
                       tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91C\
                       bOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let jwk = json!({"kty": "RSA", "n": modulus, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"});
        assert_eq!(thumbprint(&jwk).as_deref(), Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
        assert_eq!(thumbprint(&json!({"kty": "oct", "k": "AA"})), None);
    }

    #[test]
    fn a_proof_is_for_one_token_one_address_and_one_minute() {
        let (holder, thief) = (Issuer::new(5), Issuer::new(6));
        let bound = thumbprint_of(&holder);
        assert!(holds(&prove(&holder, "t", &json!({})), &bound));
        assert!(holds(&prove(&holder, "t", &json!({"iat": NOW - 50.0})), &bound));
        assert!(!holds(&prove(&thief, "t", &json!({})), &bound), "the key of another");
        assert!(!holds(&prove(&holder, "u", &json!({})), &bound), "for another token");
        for over in [
            json!({"htm": "GET"}),
            json!({"htu": "https://app.example/"}),
            json!({"htu": "http://app.example/pay"}),
            json!({"htu": "pay"}),
            json!({"iat": NOW - 70.0}),
            json!({"iat": NOW + 70.0}),
            json!({"iat": "now"}),
            json!({"jti": null}),
            json!({"jti": "j".repeat(300)}),
        ] {
            assert!(!holds(&prove(&holder, "t", &over), &bound), "{over}");
        }
        let mut private = key(&holder);
        private["d"] = json!("AA");
        for header in [
            json!({"alg": "ES256", "typ": "jwt", "jwk": key(&holder)}),
            json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": private}),
            json!({"alg": "none", "typ": "dpop+jwt", "jwk": key(&holder)}),
            json!({"alg": "ES256", "typ": "dpop+jwt"}),
        ] {
            let claims = json!({"jti": "p1", "htm": "POST", "htu": "https://app.example/pay", "iat": NOW,
                                "ath": encode(&Hash::hash(b"t"))});
            assert!(!holds(&holder.issue(&header, &claims), &bound), "{header}");
        }
        let proof = prove(&holder, "t", &json!({}));
        let (rest, _) = proof.rsplit_once('.').unwrap();
        for bad in ["", "a.b", &format!("{rest}."), &format!("{proof}, {proof}"), &"x".repeat(5_000)] {
            assert!(!holds(bad, &bound));
        }
    }
}
