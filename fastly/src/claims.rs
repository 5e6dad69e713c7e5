//! Claims into facts. A token may carry anything; a value that is not what it should be is an unknown fact, not a
//! malformed request.

use edgeward::request::{
    Device, GuestType, Platform, Principal, PrincipalKind, Request, Session, SessionBinding, Text,
    TransferMethod, TrustType,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::token::Claims;

/// Which claim carries which fact. A name with dots is looked up whole first, then as a path.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(missing_docs, reason = "each is the claim of the fact of that name")]
pub struct ClaimNames {
    pub principal: String,
    pub principal_kind: String,
    pub groups: String,
    pub roles: String,
    pub guest_type: String,
    pub external_tenant: String,
    pub session: String,
    pub session_start: String,
    pub auth_time: String,
    pub amr: String,
    pub transfer_method: String,
    pub device: String,
    pub binding: String,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            principal: "sub".to_owned(),
            principal_kind: "principal_kind".to_owned(),
            groups: "groups".to_owned(),
            roles: "roles".to_owned(),
            guest_type: "guest_type".to_owned(),
            external_tenant: "external_tenant".to_owned(),
            session: "sid".to_owned(),
            session_start: "session_start".to_owned(),
            auth_time: "auth_time".to_owned(),
            amr: "amr".to_owned(),
            transfer_method: "transfer_method".to_owned(),
            device: "device".to_owned(),
            binding: "binding".to_owned(),
        }
    }
}

impl ClaimNames {
    /// States the principal, session and device of a verified token.
    pub fn state(&self, claims: &Claims, request: &mut Request<'_>) {
        let claim = |name: &str| look_up(claims, name);
        request.principal = Principal {
            kind: name(claim(&self.principal_kind), PrincipalKind::parse).or(Some(PrincipalKind::User)),
            id: text(claim(&self.principal)),
            groups: list(claim(&self.groups)),
            roles: list(claim(&self.roles)),
            guest_type: name(claim(&self.guest_type), GuestType::parse),
            external_tenant: text(claim(&self.external_tenant)),
            ..Principal::default()
        };
        request.session = Session {
            id: text(claim(&self.session)),
            established_at: date(claim(&self.session_start)).or_else(|| date(claims.get("iat"))),
            auth_time: date(claim(&self.auth_time)),
            amr: list(claim(&self.amr)),
            transfer_method: name(claim(&self.transfer_method), TransferMethod::parse),
            key_proved: None,
            binding: claim(&self.binding).and_then(Value::as_object).map(binding).unwrap_or_default(),
        };
        request.device = claim(&self.device).and_then(Value::as_object).map(device).unwrap_or_default();
    }
}

fn binding<'a>(claims: &Map<String, Value>) -> SessionBinding<'a> {
    SessionBinding {
        asn: claims.get("asn").and_then(Value::as_u64).and_then(|asn| u32::try_from(asn).ok()),
        country: text(claims.get("country")).filter(|code| is_country(code)),
        ja4: text(claims.get("ja4")),
        agent: text(claims.get("agent")),
    }
}

fn device<'a>(claims: &Map<String, Value>) -> Device<'a> {
    let flag = |name: &str| claims.get(name).and_then(Value::as_bool);
    Device {
        is_registered: flag("isRegistered").or(Some(true)),
        is_compliant: flag("isCompliant"),
        trust_type: name(claims.get("trustType"), TrustType::parse),
        platform: name(claims.get("platform"), Platform::parse),
        device_id: text(claims.get("id")),
        ..Device::default()
    }
}

/// ISO 3166-1 alpha-2. Platforms have codes of their own for what is no country.
#[must_use]
pub fn is_country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn look_up<'c>(claims: &'c Claims, name: &str) -> Option<&'c Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let (first, path) = name.split_once('.')?;
    path.split('.').try_fold(claims.get(first)?, |value, part| value.get(part).filter(|_| value.is_object()))
}

fn name<T>(claim: Option<&Value>, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    claim?.as_str().and_then(parse)
}

fn text<'a>(claim: Option<&Value>) -> Option<Text<'a>> {
    claim?.as_str().filter(|text| !text.is_empty()).map(owned)
}

/// A list of strings; one string is a list of one, as `amr` is often written.
fn list<'a>(claim: Option<&Value>) -> Option<Vec<Text<'a>>> {
    match claim? {
        Value::String(one) => Some(vec![owned(one)]),
        Value::Array(several) => several.iter().map(|one| one.as_str().map(owned)).collect(),
        _ => None,
    }
}

/// `NumericDate` (RFC 7519): seconds, possibly with a fraction, into milliseconds.
#[expect(clippy::cast_possible_truncation, reason = "saturates: such a date is as good as never")]
fn date(claim: Option<&Value>) -> Option<i64> {
    claim?.as_f64().map(|seconds| (seconds * 1000.0).round() as i64)
}

fn owned<'a>(text: &str) -> Text<'a> {
    Text(text.to_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn state(names: &Value, claims: &Value) -> Value {
        let names: ClaimNames = serde_json::from_value(names.clone()).unwrap();
        let mut request = Request::default();
        names.state(claims.as_object().unwrap(), &mut request);
        serde_json::to_value(&request).unwrap()
    }

    #[test]
    fn claims_of_the_default_names_are_facts() {
        let facts = state(
            &json!({}),
            &json!({"sub": "u1", "principal_kind": "workload", "groups": ["g"], "roles": [], "sid": "s1", "iat": 1.5,
                    "auth_time": 2, "amr": "pwd", "device": {"id": "d1", "isCompliant": true, "trustType": "AzureAD"},
                    "binding": {"asn": 64500, "country": "NO", "ja4": "t13d"}}),
        );
        assert_eq!(facts["principal"]["kind"], "workload");
        assert_eq!(facts["principal"]["roles"], json!([]));
        assert_eq!(facts["session"]["establishedAt"], 1500);
        assert_eq!(facts["session"]["authTime"], 2000);
        assert_eq!(facts["session"]["amr"], json!(["pwd"]));
        assert_eq!(facts["session"]["binding"]["asn"], 64500);
        assert_eq!(facts["device"]["isRegistered"], true);
        assert_eq!(facts["device"]["trustType"], "AzureAD");
    }

    #[test]
    fn names_are_paths_unless_a_claim_is_called_so() {
        let names = json!({"groups": "realm.groups", "roles": "https://app.example/roles"});
        let facts = state(&names, &json!({"realm": {"groups": ["g"]}, "https://app.example/roles": ["r"]}));
        assert_eq!(facts["principal"]["groups"], json!(["g"]));
        assert_eq!(facts["principal"]["roles"], json!(["r"]));
    }

    #[test]
    fn what_is_not_what_it_should_be_is_unknown() {
        let facts = state(
            &json!({}),
            &json!({"sub": "", "principal_kind": "king", "groups": ["g", 1], "amr": 7, "iat": "x", "device": [],
                    "binding": {"asn": -1, "country": "T1"}}),
        );
        assert_eq!(facts["principal"]["kind"], "user");
        for member in ["id", "groups"] {
            assert!(facts["principal"][member].is_null(), "{member}");
        }
        assert!(facts["session"]["amr"].is_null() && facts["session"]["establishedAt"].is_null());
        assert!(facts["device"]["isRegistered"].is_null());
        assert!(
            facts["session"]["binding"]["asn"].is_null() && facts["session"]["binding"]["country"].is_null()
        );
    }
}
