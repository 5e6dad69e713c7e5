//! Proof of possession: what a thief of copyable things does not have.

use super::bins;
use crate::request::Request;

bins! {
    /// The strongest proof of possession at hand.
    Possession {
        /// A client certificate the host verified.
        ClientCertificate = "clientCertificate",
        /// A device the management vouches for.
        CompliantDevice = "compliantDevice",
        /// None.
        Absent = "absent",
    }
}

impl Possession {
    pub(super) fn read(request: &Request<'_>) -> Self {
        if request.tls.client_cert.verified == Some(true) {
            Self::ClientCertificate
        } else if request.device.is_compliant == Some(true) {
            Self::CompliantDevice
        } else {
            Self::Absent
        }
    }
}
