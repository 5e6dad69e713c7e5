//! Combinations that Microsoft documents as impossible or without effect. Graph refuses most of them when a policy is
//! written; exports, templates and hand-made files still hold them.
//!
//! Sources: Entra `concept-conditional-access-grant.md`, `concept-conditional-access-users-groups.md`,
//! `concept-conditional-access-session.md`, `concept-authentication-flows.md`,
//! `concept-conditional-access-report-only.md`, `concept-conditional-access-cloud-apps.md` (user actions),
//! `concept-token-protection.md`, `concept-authentication-strength-how-it-works.md`, `agent-id.md`.

use super::Draft;
use super::reader::Reader;
use crate::policy::control::Control;
use crate::policy::model::{Conditions, PolicyState, UserList};
use crate::policy::session_controls::{ContinuousAccessEvaluation, SessionControls, SignInFrequency};
use crate::request::{ClientAppType, Platform, TransferMethod};

pub(super) fn check(reader: &mut Reader, draft: &Draft) {
    let conditions = &draft.definition.conditions;
    let has = |control: &Control| draft.clauses.iter().flatten().any(|known| known == control);
    if has(&Control::PasswordChange) {
        password_change(reader, draft);
    }
    if has(&Control::RiskRemediation) {
        risk_remediation(reader, draft);
    }
    if has(&Control::ApprovedApplication) {
        let fix = "use compliantApplication";
        grant(reader, "retired_control", "approvedApplication was retired in March 2026", Some(fix));
    }
    if !draft.clauses.is_empty() && is_for_workloads_only(conditions) {
        let message = "a workload or an agent can not meet a demand: it can only be blocked";
        grant(reader, "workload_grant", message, Some("use block"));
    }
    if app_control_on_desktop(draft) {
        let message = "an application control alone can not be met on macOS or Linux";
        grant(
            reader,
            "app_control_on_desktop",
            message,
            Some("offer another control, or leave these platforms out"),
        );
    }
    let device_control =
        |control: &Control| matches!(control, Control::CompliantDevice | Control::DomainJoinedDevice);
    if conditions.transfer_methods.is_some_and(|mask| mask.has(TransferMethod::DeviceCodeFlow as u32))
        && draft.clauses.iter().any(|clause| clause.iter().all(device_control))
    {
        let message = "a sign-in by device code can not meet a device control: the policy blocks it";
        grant(reader, "device_code_flow_grant", message, Some("say so: use block"));
    }
    if !draft.clauses.is_empty() && is_for_legacy_clients_only(conditions) {
        let message = "legacy clients can not meet a demand: the policy blocks them";
        grant(reader, "legacy_client_grant", message, Some("say so: use block"));
    }
    let strength = |control: &Control| matches!(control, Control::AuthenticationStrength(_));
    if has(&Control::Mfa) && draft.clauses.iter().flatten().any(strength) {
        let message = "mfa and an authentication strength can not stand in one policy";
        grant(reader, "strength_with_mfa", message, Some("use the strength alone, which is multifactor"));
    }
    let only_active_sync = conditions.client_app_types.is_some_and(|types| {
        types.0 & !(1 << ClientAppType::EasSupported as u32) == 1 << ClientAppType::ExchangeActiveSync as u32
    });
    if only_active_sync && !draft.target.is_exchange {
        let message =
            "a policy for Exchange ActiveSync alone works only with Exchange Online as its one application";
        reader.at("conditions", |reader| reader.warn("exchange_active_sync_scope", message));
    }
    user_action(reader, draft);
    session(reader, draft);
    if draft.policy.state == PolicyState::ReportOnly && !conditions.applications.user_actions.is_empty() {
        reader.at("state", |reader| {
            reader.warn("report_only_user_action", "Entra has no report-only mode for user actions");
        });
    }
}

fn grant(reader: &mut Reader, code: &'static str, message: &str, fix: Option<&str>) {
    reader.at("grantControls", |reader| match fix {
        Some(fix) => reader.warn_with_fix(code, message, fix),
        None => reader.warn(code, message),
    });
}

/// For all resources, with users and user risk as the only other conditions, and no control beside it but
/// multifactor authentication.
fn password_change(reader: &mut Reader, draft: &Draft) {
    let conditions = &draft.definition.conditions;
    let other_conditions = has_conditions(conditions) || conditions.sign_in_risk.is_some();
    if !conditions.applications.include.all || other_conditions {
        let message = "passwordChange may only be combined with users, all resources and user risk";
        grant(reader, "password_change_conditions", message, None);
    }
    let beside = |control: &Control| {
        matches!(control, Control::PasswordChange | Control::Mfa | Control::SignInFrequency(_))
    };
    if !draft.clauses.iter().flatten().all(beside) {
        let message = "passwordChange may not be combined with controls other than mfa";
        grant(reader, "password_change_controls", message, None);
    }
}

/// Selecting it adds an authentication strength and a sign-in frequency of every time.
fn risk_remediation(reader: &mut Reader, draft: &Draft) {
    let strength = |control: &Control| matches!(control, Control::AuthenticationStrength(_));
    let every_time = draft.definition.session.sign_in_frequency == Some(SignInFrequency::EveryTime);
    if !draft.clauses.iter().flatten().any(strength) || !every_time {
        let message =
            "riskRemediation comes with an authentication strength and a sign-in frequency of every time";
        grant(reader, "risk_remediation_incomplete", message, Some("export the policy anew"));
    }
}

/// Registering a device takes no other control than multifactor authentication, and knows no client and no device yet.
fn user_action(reader: &mut Reader, draft: &Draft) {
    let conditions = &draft.definition.conditions;
    if !draft.target.registers_device {
        return;
    }
    let proof = |control: &Control| {
        matches!(control, Control::Mfa | Control::AuthenticationStrength(_) | Control::SignInFrequency(_))
    };
    if draft.definition.grant.block || !draft.clauses.iter().flatten().all(proof) {
        let message = "registering a device can only demand mfa or an authentication strength";
        grant(reader, "register_device_grant", message, None);
    }
    if conditions.client_app_types.is_some() || conditions.device.is_some() {
        let message = "a policy for registering devices can have no condition on clients or devices";
        reader.at("conditions", |reader| reader.warn("register_device_conditions", message));
    }
}

fn session(reader: &mut Reader, draft: &Draft) {
    let (conditions, session) = (&draft.definition.conditions, &draft.definition.session);
    let all_resources = conditions.applications.include.all;
    let warn = |reader: &mut Reader, code, message: &str| {
        reader.at("sessionControls", |reader| reader.warn(code, message));
    };
    let disabled = session.continuous_access_evaluation == Some(ContinuousAccessEvaluation::Disabled);
    if disabled && (!all_resources || has_conditions(conditions)) {
        let message =
            "continuous access evaluation can only be disabled for all resources and without conditions";
        warn(reader, "continuous_access_evaluation_scope", message);
    }
    if draft.definition.grant.block
        && !(SessionControls { disable_resilience_defaults: false, ..*session }).is_empty()
    {
        warn(
            reader,
            "block_with_session_controls",
            "the policy blocks: its session controls never take effect",
        );
    }
    if session.application_enforced_restrictions && !draft.target.restricts_itself {
        let message =
            "only Office 365, Exchange Online and SharePoint Online restrict themselves; others ignore it";
        warn(reader, "application_restrictions_scope", message);
    }
    let is_modern = conditions
        .client_app_types
        .is_some_and(|types| types.0 == 1 << ClientAppType::MobileAppsAndDesktopClients as u32);
    if session.secure_sign_in_session && !is_modern {
        let message =
            "tokens are bound in native clients only: browsers that the policy covers are locked out";
        warn(reader, "token_protection_scope", message);
    }
    if session.persistent_browser.is_some() && !all_resources {
        warn(reader, "persistent_browser_scope", "persistentBrowser only works for all resources");
    }
}

/// Conditions beside users, resources and user risk.
fn has_conditions(conditions: &Conditions) -> bool {
    conditions.platforms.is_some()
        || conditions.locations.is_some()
        || conditions.device.is_some()
        || conditions.insider_risk.is_some()
        || conditions.transfer_methods.is_some()
        || conditions.client_app_types.is_some()
}

fn is_for_workloads_only(conditions: &Conditions) -> bool {
    let names_nobody = |list: &UserList| {
        !list.all
            && !list.agent_users
            && list.users.is_empty()
            && list.groups.is_empty()
            && list.roles.is_empty()
            && list.guests.is_empty()
    };
    (conditions.workloads.is_some() || conditions.agents.is_some())
        && conditions.agent_users.is_none()
        && conditions.users.as_ref().is_none_or(|users| names_nobody(&users.include))
}

fn app_control_on_desktop(draft: &Draft) -> bool {
    let application =
        |control: &Control| matches!(control, Control::ApprovedApplication | Control::CompliantApplication);
    let on_desktop = draft.definition.conditions.platforms.is_some_and(|platforms| {
        // `all` is a policy for whatever platform there is, not one for these.
        platforms.include.0 != u32::MAX
            && [Platform::MacOs, Platform::Linux]
                .into_iter()
                .any(|platform| platforms.matches(platform as u32))
    });
    on_desktop && draft.clauses.iter().any(|clause| clause.iter().all(application))
}

fn is_for_legacy_clients_only(conditions: &Conditions) -> bool {
    conditions.client_app_types.is_some_and(|types| {
        let modern = [ClientAppType::Browser, ClientAppType::MobileAppsAndDesktopClients];
        types.0 != 0 && !modern.into_iter().any(|kind| types.has(kind as u32))
    })
}
