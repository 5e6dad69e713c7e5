//! Proof of possession: what a thief of copyable things does not have.

use super::{AddressFamiliarity, History, bins};
use crate::request::{DeviceCookie, Request};

bins! {
    /// The strongest proof of possession at hand.
    Possession {
        /// A client certificate the host verified.
        ClientCertificate = "clientCertificate",
        /// A device the management vouches for.
        CompliantDevice = "compliantDevice",
        /// The sealed cookie of a device of the principal, the newest of its line. Malware can copy it.
        DeviceCookie = "deviceCookie",
        /// No device: an AI agent proved to be its operator's, which the principal has signed in with before. Agents keep
        /// no cookies, and the operator's key stands for what it is, though not for who sends it.
        Delegate = "delegate",
        /// The host keeps device cookies and this device sent none.
        NoCookie = "noCookie",
        /// A device cookie of which a newer copy is in use elsewhere.
        ForkedCookie = "forkedCookie",
        /// The host does not look for any.
        Absent = "absent",
    }
}

impl Possession {
    pub(super) fn read(request: &Request<'_>) -> Self {
        let cookie = request.device.cookie;
        // A copy in use elsewhere is a theft, whatever else is proved.
        if cookie == Some(DeviceCookie::Forked) {
            Self::ForkedCookie
        } else if request.tls.client_cert.verified == Some(true) {
            Self::ClientCertificate
        } else if request.device.is_compliant == Some(true) {
            Self::CompliantDevice
        } else {
            match cookie {
                Some(DeviceCookie::Current) => Self::DeviceCookie,
                Some(_) => Self::NoCookie,
                None => Self::Absent,
            }
        }
    }

    /// What is held against a browser without its cookie is not held against a principal's agent.
    pub(super) const fn of_agent(self, is_delegate: bool) -> Self {
        if is_delegate && matches!(self, Self::NoCookie) { Self::Delegate } else { self }
    }

    /// Whether the device is proved to be the principal's.
    #[must_use]
    pub const fn is_proved(self) -> bool {
        matches!(self, Self::ClientCertificate | Self::CompliantDevice | Self::DeviceCookie)
    }
}

bins! {
    /// Device and network together: a stolen cookie comes from elsewhere, a cloned browser has no cookie, and only
    /// their owner has both at home.
    DeviceAndPlace {
        /// Proved device, network of the profile or of the session.
        OwnHere = "ownHere",
        /// Proved device, another address at a provider of the profile.
        OwnNear = "ownNear",
        /// Proved device, a provider new to the profile.
        OwnElsewhere = "ownElsewhere",
        /// No proof, network of the profile.
        OtherHere = "otherHere",
        /// No proof, another address at a provider of the profile.
        OtherNear = "otherNear",
        /// No proof, a provider new to the profile.
        OtherElsewhere = "otherElsewhere",
        /// A cookie that was copied.
        Forked = "forked",
        /// No history of places, or the host does not look for proofs.
        Unknown = "unknown",
    }
}

impl DeviceAndPlace {
    pub(super) const fn of(possession: Possession, history: &History) -> Self {
        let is_own = match possession {
            Possession::ForkedCookie => return Self::Forked,
            Possession::Absent | Possession::Delegate => return Self::Unknown,
            Possession::NoCookie => false,
            _ => true,
        };
        match (history.address, history.asn) {
            (AddressFamiliarity::Known, _) => {
                if is_own {
                    Self::OwnHere
                } else {
                    Self::OtherHere
                }
            }
            (_, network) if network.is_known() => {
                if is_own {
                    Self::OwnNear
                } else {
                    Self::OtherNear
                }
            }
            (_, network) if network.is_new() => {
                if is_own {
                    Self::OwnElsewhere
                } else {
                    Self::OtherElsewhere
                }
            }
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_has_no_device() {
        let of = |possession: Possession, is_delegate| possession.of_agent(is_delegate);
        assert_eq!(of(Possession::NoCookie, true), Possession::Delegate);
        assert_eq!(of(Possession::NoCookie, false), Possession::NoCookie);
        assert_eq!(of(Possession::ForkedCookie, true), Possession::ForkedCookie);
        assert!(!Possession::Delegate.is_proved());
    }

    #[test]
    fn a_copied_cookie_outweighs_every_proof() {
        let read = |device: &str| {
            Possession::read(&serde_json::from_str(&format!(r#"{{"device":{device}}}"#)).unwrap())
        };
        assert_eq!(read(r#"{"cookie":"forked","isCompliant":true}"#), Possession::ForkedCookie);
        assert_eq!(read(r#"{"cookie":"none","isCompliant":true}"#), Possession::CompliantDevice);
        assert_eq!(read(r#"{"cookie":"current"}"#), Possession::DeviceCookie);
        assert_eq!(read("{}"), Possession::Absent);
    }
}
