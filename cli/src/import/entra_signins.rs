//! Columns of Entra's sign-in log, as facts of a request.
//!
//! Sources, all Microsoft's documentation: the Azure Monitor table `SigninLogs`
//! (azure/azure-monitor/reference/tables/signinlogs) for what a column holds; the Graph `signIn` and `deviceDetail`
//! resources (graph/api/resources/signin) for the values of enumerations; "Sign-in log activity details"
//! (entra/identity/monitoring-health/concept-sign-in-log-activity-details) for what they mean.
//!
//! | fact | column | what it says |
//! |---|---|---|
//! | `time` | CreatedDateTime, else TimeGenerated | when the sign-in was attempted, UTC |
//! | `http.headers` | UserAgent | the one header the log keeps; empty: the log does not tell |
//! | `client.ip`, `asn` | IPAddress, else CallerIPAddress; AutonomousSystemNumber | of the client, as Entra saw it |
//! | `client.country`, `city`, coordinates | LocationDetails, else Location | where the address is registered |
//! | `client.appType` | ClientAppUsed | legacy protocols are `other` |
//! | `principal.*` | UserId or ServicePrincipalId, UserType, CrossTenantAccessType, HomeTenantId | |
//! | `resource.application` | AppId | the application signed in to; ResourceIdentity is the API it asked for |
//! | `resource.authenticationContext` | AuthenticationContextClassReferences | only when it is exactly one |
//! | `device.*` | DeviceDetail | as Entra knew the device at that moment |
//! | `session.amr`, `authTime` | AuthenticationDetails, AuthenticationRequirement, Status | of a sign-in that succeeded |
//! | `session.id`, `transferMethod` | SessionId, OriginalTransferMethod, AuthenticationProtocol | |
//! | `risk.signIn` | RiskLevelDuringSignIn, else RiskLevelAggregated | what a policy could see, else what was found later |
//!
//! There is no user risk in this table. `ConditionalAccess*` columns are results, and so are left out.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use edgeward::Request;
use edgeward::request::{
    ClientAppType, Device, GuestType, Platform, Principal, PrincipalKind, Session, Text, TransferMethod,
    TrustType,
};
use edgeward::risk::RiskLevel;

use super::row::Row;
use super::{Outcome, SignIn, authentication, moment};

/// What Entra writes where it knows no object.
const NO_OBJECT: &str = "00000000-0000-0000-0000-000000000000";

/// Reads one row. Fails when it is no sign-in at all.
pub fn read(row: &mut Row) -> Result<SignIn, String> {
    is_sign_in(row)?;
    let outcome = outcome(row);
    let mut request = Request {
        time: time(row),
        principal: principal(row),
        device: device(row),
        session: session(row, outcome),
        ..Request::default()
    };
    request.http.headers = text(row, "UserAgent").map(|agent| vec![(Text::from("user-agent"), agent)].into());
    client(row, &mut request.client);
    request.resource.application = object_id(row, "AppId");
    request.resource.authentication_context = authentication::context(row);
    request.risk.sign_in = risk(row, "RiskLevelDuringSignIn").or_else(|| risk(row, "RiskLevelAggregated"));
    Ok(SignIn { request, id: row.text("Id"), outcome, state: None })
}

/// A workspace holds many tables, and an export may mix them.
fn is_sign_in(row: &mut Row) -> Result<(), String> {
    let category =
        row.text("Category").filter(|category| !category.to_ascii_lowercase().ends_with("signinlogs"));
    if let Some(category) = category {
        return Err(format!("Category: a row of `{category}` is not a sign-in"));
    }
    let is_stated = ["UserId", "ServicePrincipalId", "IPAddress", "CallerIPAddress", "UserAgent", "AppId"]
        .iter()
        .any(|column| row.value(column).is_some());
    if is_stated {
        Ok(())
    } else {
        Err("has no column of a sign-in (UserId, IPAddress, AppId, …)".to_owned())
    }
}

fn time(row: &mut Row) -> Option<i64> {
    ["CreatedDateTime", "TimeGenerated", "time"]
        .iter()
        .find(|column| row.value(column).is_some())
        .and_then(|column| row.read(column, "a time", moment::parse))
}

fn client(row: &mut Row, client: &mut edgeward::request::Client<'static>) {
    // Beside the properties, a diagnostic setting repeats the address under another name.
    let column = if row.value("IPAddress").is_some() { "IPAddress" } else { "CallerIPAddress" };
    client.ip = row.read(column, "an IP address", address).map(|ip| ip.to_canonical());
    client.asn = row
        .read("AutonomousSystemNumber", "an autonomous system number", |text| text.parse().ok())
        .filter(|asn| *asn != 0);
    // Graph has `location` for what the table calls LocationDetails; in the table Location is the country.
    let is_place = row.value("Location").is_some_and(serde_json::Value::is_object);
    let place = if is_place { "Location" } else { "LocationDetails" };
    let country = format!("{place}.countryOrRegion");
    let country = if is_place || row.value(&country).is_some() { country } else { "Location".to_owned() };
    client.country = row.read(&country, "a country code", country_code);
    client.city = text(row, &format!("{place}.city"));
    let latitude = micro_degrees(row, &format!("{place}.geoCoordinates.latitude"), 90);
    let longitude = micro_degrees(row, &format!("{place}.geoCoordinates.longitude"), 180);
    // Half a place is none, and zeros are what Entra writes where it knows none.
    let is_known = |place: &(i32, i32)| *place != (0, 0);
    (client.latitude, client.longitude) = latitude.zip(longitude).filter(is_known).unzip();
    client.app_type = row.read("ClientAppUsed", "a client application of Entra", app_type).flatten();
}

/// Some services add the port.
fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// ISO 3166-1 alpha-2, in capitals as Entra writes it: anything else has been tampered with.
fn country_code(text: &str) -> Option<Text<'static>> {
    (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())).then(|| owned(text))
}

#[expect(clippy::cast_possible_truncation, reason = "range checked before the cast")]
fn micro_degrees(row: &mut Row, path: &str, limit: u8) -> Option<i32> {
    row.read(path, "a coordinate in degrees", |text| {
        let degrees: f64 = text.parse().ok()?;
        (degrees.abs() <= f64::from(limit)).then_some((degrees * 1e6).round() as i32)
    })
}

/// Values of ClientAppUsed, from "Sign-in logs: client app" of the Entra documentation. `Some(None)`: Entra could
/// not tell.
#[expect(clippy::option_option, reason = "a value that says nothing is not one that can not be read")]
fn app_type(text: &str) -> Option<Option<ClientAppType>> {
    const LEGACY: [&str; 18] = [
        "authenticated smtp",
        "autodiscover",
        "exchange online powershell",
        "exchange web services",
        "imap",
        "imap4",
        "mapi",
        "mapi over http",
        "offline address book",
        "other clients",
        "outlook anywhere (rpc over http)",
        "outlook service",
        "pop",
        "pop3",
        "reporting web services",
        "smtp",
        "universal outlook",
        "other clients; older office clients",
    ];
    let text = text.to_ascii_lowercase();
    Some(Some(match text.as_str() {
        "unknown" => return Some(None),
        "browser" => ClientAppType::Browser,
        "mobile apps and desktop clients" => ClientAppType::MobileAppsAndDesktopClients,
        "exchange activesync (supported)" => ClientAppType::EasSupported,
        "exchange activesync" | "exchange activesync (unsupported)" => ClientAppType::ExchangeActiveSync,
        other if LEGACY.contains(&other) => ClientAppType::Other,
        _ => return None,
    }))
}

fn principal(row: &mut Row) -> Principal<'static> {
    let user = object_id(row, "UserId");
    let service = object_id(row, "ServicePrincipalId");
    let is_agent = row.text("Agent.agentType").is_some_and(|kind| kind != "notAgentic");
    let kind = match (user.is_some(), service.is_some()) {
        // An agent's own user account is neither a person's nor the agent identity: left unknown.
        (true, _) => (!is_agent).then_some(PrincipalKind::User),
        (false, true) if is_agent => Some(PrincipalKind::Agent),
        (false, true) => Some(PrincipalKind::Workload),
        (false, false) => None,
    };
    let home = object_id(row, "HomeTenantId");
    let resource = object_id(row, "ResourceTenantId").or_else(|| object_id(row, "AADTenantId"));
    let is_home = home.as_ref().zip(resource.as_ref()).map(|(home, resource)| home == resource);
    Principal {
        kind,
        guest_type: guest_type(row, is_home),
        external_tenant: home.filter(|_| is_home == Some(false)),
        id: user.or(service),
        ..Principal::default()
    }
}

/// UserType says member or guest of the tenant signed in to, CrossTenantAccessType how an outsider came in. A
/// guest from elsewhere whose way in is not stated may be any of three kinds: unknown.
fn guest_type(row: &mut Row, is_home: Option<bool>) -> Option<GuestType> {
    let is_guest =
        row.read("UserType", "`member` or `guest`", |text| match text.to_ascii_lowercase().as_str() {
            "member" => Some(Some(false)),
            "guest" => Some(Some(true)),
            "external" => Some(None),
            _ => None,
        });
    let way = row.text("CrossTenantAccessType").map(|way| words_joined(&way));
    match (way.as_deref(), is_guest.flatten()) {
        (Some("b2bcollaboration"), Some(true)) => Some(GuestType::B2bCollaborationGuest),
        (Some("b2bcollaboration"), Some(false)) => Some(GuestType::B2bCollaborationMember),
        (Some("b2bdirectconnect"), _) => Some(GuestType::B2bDirectConnectUser),
        (Some("serviceprovider"), _) => Some(GuestType::ServiceProvider),
        (Some("none"), Some(false)) => Some(GuestType::None),
        (Some("none"), Some(true)) => Some(GuestType::InternalGuest),
        (None, Some(false)) if is_home == Some(true) => Some(GuestType::None),
        (None, Some(true)) if is_home == Some(true) => Some(GuestType::InternalGuest),
        _ => None,
    }
}

fn device(row: &mut Row) -> Device<'static> {
    let id = row.text("DeviceDetail.deviceId");
    Device {
        // An id is only written for a device the directory knows; without one the device may be any.
        is_registered: id.is_some().then_some(true),
        is_compliant: row.read("DeviceDetail.isCompliant", "true or false", truth),
        trust_type: row.read("DeviceDetail.trustType", "a trust type of Entra", trust_type),
        platform: row
            .read("DeviceDetail.operatingSystem", "an operating system Entra names", platform)
            .flatten(),
        device_id: id.filter(is_shown).map(|text| Text(Cow::Owned(text))),
        display_name: row
            .text("DeviceDetail.displayName")
            .filter(is_shown)
            .map(|text| Text(Cow::Owned(text))),
        ..Device::default()
    }
}

/// Graph writes `{PII Removed}` where the device belongs to another tenant.
#[expect(clippy::ptr_arg, reason = "signature of a filter over owned text")]
fn is_shown(text: &String) -> bool {
    !text.starts_with('{')
}

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" => Some(true),
        "false" | "no" => Some(false),
        _ => None,
    }
}

/// Names changed with the product: Azure AD, then Microsoft Entra.
fn trust_type(text: &str) -> Option<TrustType> {
    match text.to_ascii_lowercase().as_str() {
        "azure ad joined" | "microsoft entra joined" | "azuread" => Some(TrustType::AzureAD),
        "hybrid azure ad joined" | "microsoft entra hybrid joined" | "serverad" => Some(TrustType::ServerAD),
        "azure ad registered" | "microsoft entra registered" | "workplace" => Some(TrustType::Workplace),
        _ => None,
    }
}

/// A family and a version: `Windows 10`, `Windows10`, `Ios 17.1`, `MacOs`. `Some(None)`: Entra could not tell.
#[expect(clippy::option_option, reason = "a value that says nothing is not one that can not be read")]
fn platform(text: &str) -> Option<Option<Platform>> {
    let text = text.to_ascii_lowercase();
    if text == "unknown" {
        return Some(None);
    }
    [
        ("windows phone", Platform::WindowsPhone),
        ("windowsphone", Platform::WindowsPhone),
        ("windows", Platform::Windows),
        ("android", Platform::Android),
        ("ios", Platform::Ios),
        ("ipados", Platform::Ios),
        ("macos", Platform::MacOs),
        ("mac os", Platform::MacOs),
        ("linux", Platform::Linux),
        ("ubuntu", Platform::Linux),
        ("chromeos", Platform::Other),
        ("chrome os", Platform::Other),
    ]
    .iter()
    .find(|(family, _)| text.starts_with(family))
    .map(|(_, platform)| Some(*platform))
}

fn session(row: &mut Row, outcome: Option<Outcome>) -> Session<'static> {
    let mut session =
        Session { id: text(row, "SessionId"), transfer_method: transfer_method(row), ..Session::default() };
    // Only a sign-in that succeeded has a token to state methods of.
    if outcome == Some(Outcome::Success) {
        (session.amr, session.auth_time) = authentication::methods(row);
    }
    session
}

/// Entra keeps treating a session as transferred after its first sign-in, and says so in OriginalTransferMethod;
/// AuthenticationProtocol only knows of this sign-in.
fn transfer_method(row: &mut Row) -> Option<TransferMethod> {
    let original = row.read("OriginalTransferMethod", "a transfer method of Entra", |text| {
        Some(match words_joined(text).as_str() {
            "none" => TransferMethod::None,
            "devicecodeflow" => TransferMethod::DeviceCodeFlow,
            "authenticationtransfer" => TransferMethod::AuthenticationTransfer,
            _ => return None,
        })
    });
    let is_device_code =
        row.text("AuthenticationProtocol").is_some_and(|protocol| words_joined(&protocol) == "devicecode");
    original.or(is_device_code.then_some(TransferMethod::DeviceCodeFlow))
}

/// `hidden` is a tenant without the licence, which is to say unknown.
fn risk(row: &mut Row, column: &str) -> Option<RiskLevel> {
    row.read(column, "a risk level", |text| {
        Some(Some(match text.to_ascii_lowercase().as_str() {
            "none" => RiskLevel::None,
            "low" => RiskLevel::Low,
            "medium" => RiskLevel::Medium,
            "high" => RiskLevel::High,
            "hidden" | "unknownfuturevalue" => return Some(None),
            _ => return None,
        }))
    })
    .flatten()
}

/// ResultType is 0 for success, else the number of an AADSTS error. Refused are those that say the credentials
/// were wrong or the account can not be used with them ("Microsoft Entra authentication and authorization error
/// codes": entra/identity-platform/reference-error-codes); all others ask for something more or stop short.
fn outcome(row: &mut Row) -> Option<Outcome> {
    const REFUSED: [u32; 9] = [50_034, 50_053, 50_055, 50_056, 50_057, 50_064, 50_126, 50_144, 500_121];
    // Some pipelines write a word in place of the number. Of a failure the status may tell which.
    let mut number = |place| row.text(place).and_then(|text| text.parse::<u32>().ok());
    let told = number("ResultType").is_none() && number("Status.errorCode").is_some_and(|code| code != 0);
    let is_stated = row.value("ResultType").is_some();
    let column = if told || !is_stated { "Status.errorCode" } else { "ResultType" };
    row.read(column, "the number of an Entra error", |text| {
        Some(match (text.parse(), words_joined(text).as_str()) {
            (Ok(0), _) | (Err(_), "success") => Outcome::Success,
            (Ok(code), _) if REFUSED.contains(&code) => Outcome::Refused,
            (Ok(_), _) | (Err(_), "failure" | "interrupted") => Outcome::Interrupted,
            (Err(_), _) => return None,
        })
    })
}

/// A value of an enumeration, however it is spelt: portals write words (`B2B collaboration`) where Graph writes names
/// (`b2bCollaboration`).
pub fn words_joined(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

fn object_id(row: &mut Row, column: &str) -> Option<Text<'static>> {
    text(row, column).filter(|id| **id != *NO_OBJECT)
}

fn text(row: &mut Row, path: &str) -> Option<Text<'static>> {
    row.text(path).map(|text| Text(Cow::Owned(text)))
}

fn owned(text: &str) -> Text<'static> {
    Text(Cow::Owned(text.to_owned()))
}
