//! From a question to an answer. Asking teaches nothing: an assessment only reads, so that nobody moves a
//! profile or a risk by asking.

use edgeward::assess::{Answer, Assessment, ReportedDetection, Subject};
use edgeward::detection::DetectionKind;
use edgeward::fact::Fact;
use edgeward::profile::Profile;
use edgeward::request::Text;
use edgeward::risk::RiskLevel;

use crate::directory::{Identity, IdentityKind, KnownDevice};
use crate::learn::is_sprayed;
use crate::profile;
use crate::risk::RiskModel;
use crate::store::{Reader, StoreError};

/// Answers exactly the facts asked for and known.
///
/// # Errors
/// The store failed.
pub fn answer(
    reader: &dyn Reader,
    model: &RiskModel,
    question: &Assessment<'_>,
    now: i64,
) -> Result<Answer<'static>, StoreError> {
    let about = &question.about;
    let id = about.principal.as_deref();
    let identity = id.map(|id| reader.identity(id)).transpose()?.flatten();
    let profile = id.map(|id| reader.profile(id)).transpose()?.flatten();
    let kind = about.principal_kind.and_then(IdentityKind::of);

    let mut answer = Answer::default();
    let facts = &mut answer.facts;
    for need in &question.needs {
        match need {
            Fact::SignInRisk => {
                facts.sign_in_risk = Some(sign_in_risk(reader, model, about, profile.as_ref(), now)?);
            }
            Fact::UserRisk if kind == Some(IdentityKind::User) => {
                facts.user_risk = identity_risk(reader, model, id, now)?;
            }
            Fact::ServicePrincipalRisk if kind == Some(IdentityKind::ServicePrincipal) => {
                facts.service_principal_risk = identity_risk(reader, model, id, now)?;
            }
            Fact::AgentRisk if kind == Some(IdentityKind::Agent) => {
                facts.agent_risk = identity_risk(reader, model, id, now)?;
            }
            Fact::InsiderRisk => {
                facts.insider_risk = identity.as_ref().and_then(|known| known.insider_risk);
            }
            Fact::Groups => facts.groups = texts(identity.as_ref().and_then(|known| known.groups.as_ref())),
            Fact::Roles => facts.roles = texts(identity.as_ref().and_then(|known| known.roles.as_ref())),
            Fact::GuestType => facts.guest_type = identity.as_ref().and_then(|known| known.guest_type),
            Fact::DeviceIsCompliant => {
                facts.is_compliant = device(identity.as_ref(), about).and_then(|device| device.is_compliant);
            }
            Fact::DeviceTrustType => {
                facts.trust_type = device(identity.as_ref(), about).and_then(|device| device.trust_type);
            }
            // The host's to know, not the scorer's.
            _ => {}
        }
    }
    let risks = [facts.sign_in_risk, facts.user_risk, facts.service_principal_risk, facts.agent_risk];
    answer.ttl_seconds = ttl_seconds(risks.into_iter().flatten().max());
    answer.profile = profile;
    Ok(answer)
}

/// How long an answer holds. What is bad may be worse in a minute; the state feed carries changes either way.
const fn ttl_seconds(worst: Option<RiskLevel>) -> u32 {
    match worst {
        None | Some(RiskLevel::None | RiskLevel::Low) => 300,
        Some(RiskLevel::Medium) => 60,
        Some(RiskLevel::High) => 15,
    }
}

/// The risk of an identity: `none` for one that nothing was ever found against, as in Graph.
fn identity_risk(
    reader: &dyn Reader,
    model: &RiskModel,
    id: Option<&str>,
    now: i64,
) -> Result<Option<RiskLevel>, StoreError> {
    id.map(|id| Ok(model.standing(&reader.detections(id)?, reader.verdict(id)?, now).level)).transpose()
}

/// The risk of this sign-in: what the edge found, what history says, and what only the scorer sees.
fn sign_in_risk(
    reader: &dyn Reader,
    model: &RiskModel,
    about: &Subject<'_>,
    profile: Option<&Profile<'_>>,
    now: i64,
) -> Result<RiskLevel, StoreError> {
    let mut found = about.detections.clone();
    found.extend(profile::detect(about, profile));
    if let Some(address) = &about.address
        && is_sprayed(reader, model, address, now)?
    {
        // Residents of a network share the sprayer's exit, and are hardly suspect there.
        let is_resident = profile::is_familiar_network(about, profile);
        let level = if is_resident { RiskLevel::Low } else { RiskLevel::High };
        found.push(ReportedDetection { kind: DetectionKind::PasswordSpray, level });
    }
    if let Some(session) = &about.session
        && reader.is_revoked(session)?
    {
        found.push(ReportedDetection { kind: DetectionKind::AnomalousToken, level: RiskLevel::High });
    }
    // An identity without history is not proven clean: a stolen new account has none either.
    let is_first_sighting = about.principal.is_some() && profile.is_none();
    let floor = if is_first_sighting { RiskLevel::Low } else { RiskLevel::None };
    Ok(model.sign_in(&found).max(floor))
}

fn device<'i>(identity: Option<&'i Identity>, about: &Subject<'_>) -> Option<&'i KnownDevice> {
    let id = about.device.as_deref()?;
    identity?.devices.iter().find(|device| device.id == id)
}

fn texts(values: Option<&Vec<String>>) -> Option<Vec<Text<'static>>> {
    values.map(|values| values.iter().map(|value| Text(value.clone().into())).collect())
}
