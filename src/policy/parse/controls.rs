//! `grantControls` and `sessionControls`.

use super::node::Node;
use super::reader::{Members, Reader};
use super::{Demands, Parser};
use crate::policy::control::Control;
use crate::policy::session_controls::{
    CloudAppSecurity, ContinuousAccessEvaluation, PersistentBrowser, SessionControls, SignInFrequency,
};

/// `None` is `block`.
const BUILT_IN: [(&str, Option<Control>); 8] = [
    ("block", None),
    ("mfa", Some(Control::Mfa)),
    ("compliantDevice", Some(Control::CompliantDevice)),
    ("domainJoinedDevice", Some(Control::DomainJoinedDevice)),
    ("approvedApplication", Some(Control::ApprovedApplication)),
    ("compliantApplication", Some(Control::CompliantApplication)),
    ("passwordChange", Some(Control::PasswordChange)),
    ("riskRemediation", Some(Control::RiskRemediation)),
];

impl Parser {
    pub(super) fn controls(&mut self, members: &mut Members) -> Demands {
        let reader = &mut self.reader;
        let mut demands = Demands::default();
        let granted = reader
            .member(members, "grantControls", |reader, node| {
                reader.object(node, |reader, members| grant(reader, members, &mut demands))
            })
            .is_some();
        let session = reader.member(members, "sessionControls", |reader, node| reader.object(node, session));
        demands.session = session.unwrap_or_default();
        if let Some(frequency) = demands.session.sign_in_frequency
            && !demands.block
        {
            demands.clauses.push(vec![Control::SignInFrequency(frequency.max_age_seconds())]);
        }
        if demands.clauses.is_empty() && !demands.block && demands.session.is_empty() {
            let message = if granted {
                "the policy demands nothing"
            } else {
                "the policy has neither grant nor session controls"
            };
            reader.warn("no_controls", message);
        }
        demands
    }
}

fn grant(reader: &mut Reader, members: &mut Members, demands: &mut Demands) {
    let mut controls: Vec<Control> = Vec::new();
    reader.member(members, "builtInControls", |reader, node| {
        reader.list(node, |reader, node| {
            let Some(name) = reader.text(node) else { return };
            match BUILT_IN.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                Some((_, Some(control))) => controls.push(control.clone()),
                Some((_, None)) => demands.block = true,
                None => {
                    let names: Vec<_> = BUILT_IN.iter().map(|(name, _)| *name).collect();
                    let message =
                        format!("`{name}` is not a grant control: dropping it would weaken the policy");
                    reader.error_with_fix("unknown_value", message, format!("one of: {}", names.join(", ")));
                }
            }
        })
    });
    let strength = reader.member(members, "authenticationStrength", |reader, node| {
        reader.object(node, |reader, members| {
            Reader::ignore(
                members,
                &[
                    "displayName",
                    "description",
                    "policyType",
                    "requirementsSatisfied",
                    "createdDateTime",
                    "modifiedDateTime",
                    "allowedCombinations",
                    "combinationConfigurations",
                ],
            );
            reader.member(members, "id", Reader::text)
        })
    });
    controls.extend(strength.flatten().map(Control::AuthenticationStrength));
    let factors = reader.member(members, "customAuthenticationFactors", Reader::texts).unwrap_or_default();
    controls.extend(factors.into_iter().map(Control::CustomAuthenticationFactor));
    let terms = reader.member(members, "termsOfUse", Reader::texts).unwrap_or_default();
    controls.extend(terms.into_iter().map(Control::TermsOfUse));
    let any = reader.member(members, "operator", |reader, node| {
        let text = reader.text(node)?;
        reader.choice(&text, &[("OR", true), ("AND", false)])
    });
    if demands.block && !controls.is_empty() {
        let message = "block stands beside other controls: they are never asked for";
        reader.warn("block_with_controls", message);
        controls.clear();
    }
    match any {
        Some(true) if !controls.is_empty() => demands.clauses.push(controls),
        Some(true) => {}
        Some(false) => demands.clauses.extend(controls.into_iter().map(|control| vec![control])),
        None => {
            if controls.len() > 1 {
                let fix = "state `AND` or `OR`";
                reader.error_with_fix("missing_member", "`operator` is required for several controls", fix);
            }
            demands.clauses.extend(controls.into_iter().map(|control| vec![control]));
        }
    }
}

fn session(reader: &mut Reader, members: &mut Members) -> SessionControls {
    SessionControls {
        application_enforced_restrictions: switch(reader, members, "applicationEnforcedRestrictions"),
        cloud_app_security: enabled_choice(
            reader,
            members,
            "cloudAppSecurity",
            "cloudAppSecurityType",
            &[
                ("monitorOnly", CloudAppSecurity::MonitorOnly),
                ("mcasConfigured", CloudAppSecurity::McasConfigured),
                ("blockDownloads", CloudAppSecurity::BlockDownloads),
            ],
        ),
        sign_in_frequency: reader.member(members, "signInFrequency", sign_in_frequency),
        persistent_browser: enabled_choice(
            reader,
            members,
            "persistentBrowser",
            "mode",
            &[("always", PersistentBrowser::Always), ("never", PersistentBrowser::Never)],
        ),
        continuous_access_evaluation: enabled_choice(
            reader,
            members,
            "continuousAccessEvaluation",
            "mode",
            &[
                ("disabled", ContinuousAccessEvaluation::Disabled),
                ("strictEnforcement", ContinuousAccessEvaluation::StrictEnforcement),
                ("strictLocation", ContinuousAccessEvaluation::StrictLocation),
            ],
        ),
        secure_sign_in_session: switch(reader, members, "secureSignInSession"),
        disable_resilience_defaults: reader
            .member(members, "disableResilienceDefaults", Reader::boolean)
            .unwrap_or(false),
    }
}

/// `{"isEnabled": …}`; a control that is there counts as enabled unless it says otherwise.
fn switch(reader: &mut Reader, members: &mut Members, name: &'static str) -> bool {
    let enabled = reader.member(members, name, |reader, node| reader.object(node, is_enabled));
    enabled.unwrap_or(false)
}

fn is_enabled(reader: &mut Reader, members: &mut Members) -> bool {
    reader.member(members, "isEnabled", Reader::boolean).unwrap_or(true)
}

fn enabled_choice<T: Copy>(
    reader: &mut Reader,
    members: &mut Members,
    name: &'static str,
    value: &'static str,
    choices: &[(&str, T)],
) -> Option<T> {
    let choice = reader.member(members, name, |reader, node| {
        reader.object(node, |reader, members| {
            let enabled = is_enabled(reader, members);
            if enabled && !members.has(value) {
                reader.error("missing_member", format!("`{value}` is required"));
            }
            let choice = reader.member(members, value, |reader, node| {
                let text = reader.text(node)?;
                reader.choice(&text, choices)
            });
            choice.filter(|_| enabled)
        })
    });
    choice.flatten()
}

fn sign_in_frequency(reader: &mut Reader, node: Node) -> Option<SignInFrequency> {
    let frequency = reader.object(node, |reader, members| {
        let enabled = is_enabled(reader, members);
        reader.member(members, "authenticationType", |reader, node| {
            let text = reader.text(node)?;
            reader
                .choice(&text, &[("primaryAndSecondaryAuthentication", ()), ("secondaryAuthentication", ())])
        });
        let every_time = reader.member(members, "frequencyInterval", |reader, node| {
            let text = reader.text(node)?;
            reader.choice(&text, &[("timeBased", false), ("everyTime", true)])
        });
        let hours_each = reader.member(members, "type", |reader, node| {
            let text = reader.text(node)?;
            reader.choice(&text, &[("hours", 1), ("days", 24)])
        });
        let value = reader.member(members, "value", Reader::positive);
        if !enabled {
            return None;
        }
        if every_time == Some(true) {
            return Some(SignInFrequency::EveryTime);
        }
        match (value, hours_each) {
            (Some(value), Some(hours)) => Some(SignInFrequency::Hours(value.saturating_mul(hours))),
            _ => {
                let fix = "state both, or set frequencyInterval to everyTime";
                reader.error_with_fix("missing_member", "`value` and `type` are required", fix);
                None
            }
        }
    });
    frequency.flatten()
}
