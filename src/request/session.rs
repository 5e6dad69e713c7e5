//! The session a request presents.

use serde::Serialize;

use super::Text;
use crate::read::record;
use crate::vocabulary::vocabulary;

/// A session: facts of a verified token, never of a plain header.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Session<'a> {
    /// Session id.
    pub id: Option<Text<'a>>,
    /// When the session was established, milliseconds since the Unix epoch.
    pub established_at: Option<i64>,
    /// When the principal last authenticated, milliseconds since the Unix epoch.
    pub auth_time: Option<i64>,
    /// RFC 8176 authentication methods; `[]` is known to be none.
    pub amr: Option<Vec<Text<'a>>>,
    /// How the session was transferred to this device.
    pub transfer_method: Option<TransferMethod>,
    /// Whether the client proved, with this very request, that it holds the key the session is bound to: by a DPoP proof
    /// (RFC 9449), a certificate (RFC 8705), or device bound session credentials.
    pub key_proved: Option<bool>,
    /// What the session looked like when its token was minted.
    pub binding: SessionBinding<'a>,
}

record!(Session<'a> {
    "id" => Text(id),
    "establishedAt" => Whole(established_at),
    "authTime" => Whole(auth_time),
    "amr" => Texts(amr),
    "transferMethod" => Name(transfer_method),
    "keyProved" => Flag(key_proved),
    "binding" => Record(binding),
});

vocabulary! {
    /// Graph `conditionalAccessTransferMethods`, one of them.
    pub enum TransferMethod {
        /// Signed in on this device.
        None = "none",
        /// OAuth device code flow (RFC 8628).
        DeviceCodeFlow = "deviceCodeFlow",
        /// Authentication transfer.
        AuthenticationTransfer = "authenticationTransfer",
    }
}

/// What the session looked like when its token was minted: a later difference is drift.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionBinding<'a> {
    /// Autonomous system number.
    pub asn: Option<u32>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<Text<'a>>,
    /// JA4 TLS fingerprint.
    pub ja4: Option<Text<'a>>,
    /// Agent key as [`Agent::key`](crate::agent::Agent::key) writes it: browser family and platform, no version.
    pub agent: Option<Text<'a>>,
}

record!(SessionBinding<'a> {
    "asn" => Whole(asn),
    "country" => Text(country),
    "ja4" => Text(ja4),
    "agent" => Text(agent),
});
