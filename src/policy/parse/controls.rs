//! `grantControls` and `sessionControls`.

use super::reader::{Members, Reader};
use super::{Demands, Parser};
use crate::node::Node;
use crate::policy::control::Control;
use crate::policy::methods::{BUILT_IN_STRENGTHS, Combinations};
use crate::policy::session_controls::{
    CloudAppSecurity, ContinuousAccessEvaluation, PersistentBrowser, SessionControls, SignInFrequency,
};

/// Graph `authenticationMethodModes`.
const MODES: [&str; 17] = [
    "password",
    "voice",
    "hardwareOath",
    "softwareOath",
    "sms",
    "fido2",
    "windowsHelloForBusiness",
    "microsoftAuthenticatorPush",
    "deviceBasedPush",
    "temporaryAccessPassOneTime",
    "temporaryAccessPassMultiUse",
    "email",
    "x509CertificateSingleFactor",
    "x509CertificateMultiFactor",
    "federatedSingleFactor",
    "federatedMultiFactor",
    "qrCodePin",
];

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

impl Parser<'_> {
    pub(super) fn controls(&mut self, members: &mut Members) -> Demands {
        let mut demands = self
            .member(members, "grantControls", |parser, node| {
                parser.object(node, |parser, members| parser.grant(members))
            })
            .unwrap_or_default();
        let reader = &mut self.reader;
        let session = reader.member(members, "sessionControls", |reader, node| reader.object(node, session));
        demands.session = session.unwrap_or_default();
        if let Some(frequency) = demands.session.sign_in_frequency
            && !demands.block
        {
            demands.clauses.push(vec![Control::SignInFrequency(frequency.max_age_seconds())]);
        }
        if demands.clauses.is_empty() && !demands.block && demands.session.is_empty() {
            reader.warn("no_controls", "the policy demands nothing");
        }
        demands
    }

    fn grant(&mut self, members: &mut Members) -> Demands {
        let (mut controls, block, all) = built_in_controls(&mut self.reader, members);
        let strength = self.member(members, "authenticationStrength", |parser, node| {
            parser.object(node, |parser, members| parser.strength(members))
        });
        controls.extend(strength.flatten().map(Control::AuthenticationStrength));
        let factors =
            self.reader.member(members, "customAuthenticationFactors", Reader::texts).unwrap_or_default();
        self.warn_of_strangers("customAuthenticationFactors", None, &[], &factors);
        controls.extend(factors.into_iter().map(Control::CustomAuthenticationFactor));
        let terms = self.reader.member(members, "termsOfUse", Reader::texts).unwrap_or_default();
        self.warn_of_strangers("termsOfUse", None, &[], &terms);
        let reader = &mut self.reader;
        controls.extend(terms.into_iter().map(Control::TermsOfUse));
        let any = reader.member(members, "operator", |reader, node| {
            let text = reader.text(node)?;
            reader.choice(&text, &[("OR", true), ("AND", false)])
        });
        if block && !controls.is_empty() {
            reader
                .warn("block_with_controls", "block stands beside other controls: they are never asked for");
            controls.clear();
        }
        if any.is_none() && controls.len() > 1 {
            let fix = "state `AND` or `OR`";
            reader.error("missing_member", "`operator` is required for several controls", fix);
        }
        let clauses = match any {
            Some(true) if !controls.is_empty() && !all => vec![controls],
            _ => controls.into_iter().map(|control| vec![control]).collect(),
        };
        Demands { block, clauses, session: SessionControls::default() }
    }

    /// The id of an authentication strength; its combinations are kept where they are stated or built in.
    fn strength(&mut self, members: &mut Members) -> Option<String> {
        Reader::ignore(
            members,
            &[
                "displayName",
                "description",
                "policyType",
                "requirementsSatisfied",
                "createdDateTime",
                "modifiedDateTime",
            ],
        );
        let reader = &mut self.reader;
        let id = reader.member(members, "id", Reader::text);
        let restricted = reader.member(members, "combinationConfigurations", |reader, node| {
            let mut found = None;
            reader.list(node, |_, _| found = Some(()));
            found
        });
        let stated = reader.member(members, "allowedCombinations", allowed_combinations);
        let Some(id) = id else {
            reader.error(
                "missing_member",
                "`id` is required",
                "export the policy with its authenticationStrength expanded",
            );
            return None;
        };
        let key = id.to_ascii_lowercase();
        if restricted.is_some() {
            let message = "the strength restricts single methods, which a session does not tell: it counts as met only \
                           where the identity provider names it";
            reader.warn("restricted_strength", message);
            self.strengths.insert(key, Combinations::new());
        } else if let Some(stated) = stated {
            if stated.is_empty() {
                reader.warn(
                    "strength_never_met",
                    "no combination is allowed: it counts as met only where named",
                );
            }
            if self.strengths.get(&key).is_some_and(|known| *known != stated) {
                let message = "an earlier policy states other combinations for the same strength";
                let fix = "export all policies anew, at one time";
                reader.error("conflicting_strength", message, fix);
            }
            self.strengths.insert(key, stated);
        } else if let Some(built_in) = built_in_strength(&id) {
            self.strengths.entry(key).or_insert(built_in);
        } else {
            let message =
                format!("the combinations of `{id}` are not stated: it counts as met only where named");
            let fix = "export the policy with its authenticationStrength expanded";
            reader.warn_with_fix("unknown_strength", &message, fix);
        }
        Some(id)
    }
}

/// The combinations, each of methods that Graph knows: one misspelt could never be met.
fn allowed_combinations(reader: &mut Reader, node: Node) -> Option<Combinations> {
    let texts = reader.texts(node)?;
    let combinations = combinations(&texts);
    for (index, combination) in combinations.iter().enumerate() {
        for method in combination.iter().filter(|method| !MODES.contains(&method.as_str())) {
            let outer = reader.enter_element(index);
            let message = format!("`{method}` is not an authentication method that Edgeward knows");
            reader.unknown_value(method, &message, &MODES);
            reader.leave(outer);
        }
    }
    Some(combinations)
}

fn combinations(texts: &[String]) -> Combinations {
    texts.iter().map(|text| text.split(',').map(|method| method.trim().to_owned()).collect()).collect()
}

fn built_in_strength(id: &str) -> Option<Combinations> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Strength {
        id: String,
        allowed_combinations: Vec<String>,
    }
    #[derive(serde::Deserialize)]
    struct Strengths {
        strengths: Vec<Strength>,
    }
    let built_in: Strengths = serde_json::from_str(BUILT_IN_STRENGTHS).ok()?;
    let strength = built_in.strengths.into_iter().find(|strength| strength.id.eq_ignore_ascii_case(id))?;
    Some(combinations(&strength.allowed_combinations))
}

/// The built-in controls, whether the policy blocks, and whether all are required whatever the operator.
fn built_in_controls(reader: &mut Reader, members: &mut Members) -> (Vec<Control>, bool, bool) {
    let (mut controls, mut block, mut all) = (Vec::new(), false, false);
    reader.member(members, "builtInControls", |reader, node| {
        let Node::List(nodes) = &node else {
            return reader.list(node, |_, _| {});
        };
        let alone = nodes.len() == 1;
        reader.list(node, |reader, node| {
            let Some(name) = reader.text(node) else { return };
            match BUILT_IN.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                Some((_, Some(control))) => controls.push(control.clone()),
                Some((_, None)) => block = true,
                // Entra's template for risky users writes two controls as one, always both required.
                None if alone && name.eq_ignore_ascii_case("MfaAndChangePassword") => {
                    reader.warn("template_control", &format!("`{name}` is read as mfa AND passwordChange"));
                    all = true;
                    controls.extend([Control::Mfa, Control::PasswordChange]);
                }
                None => {
                    let names: Vec<_> = BUILT_IN.iter().map(|(name, _)| *name).collect();
                    let message =
                        format!("`{name}` is not a grant control: dropping it would weaken the policy");
                    reader.unknown_value(&name, &message, &names);
                }
            }
        })
    });
    (controls, block, all)
}

fn session(reader: &mut Reader, members: &mut Members) -> SessionControls {
    for name in ["globalSecureAccessFilteringProfile", "networkAccessSecurity", "blockSensitiveActions"] {
        reader.member(members, name, |reader, _| {
            let message = format!("`{name}` is enforced by Microsoft's network, not at this edge");
            reader.warn("not_enforced_here", &message);
            Some(())
        });
    }
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
                let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
                let message = format!("`{value}` is required");
                reader.error("missing_member", &message, &format!("one of: {}", names.join(", ")));
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
        if every_time == Some(true) && value.is_some() {
            reader.warn("frequency_ignored", "`value` and `type` mean nothing where it is every time");
        }
        if every_time == Some(true) {
            return Some(SignInFrequency::EveryTime);
        }
        match (value, hours_each) {
            (Some(value), Some(hours)) => Some(SignInFrequency::Hours(value.saturating_mul(hours))),
            _ => {
                let fix = "state both, or set frequencyInterval to everyTime";
                reader.error("missing_member", "`value` and `type` are required", fix);
                None
            }
        }
    });
    frequency.flatten()
}
