//! What a user agent claims of its browser, whichever way it was read: what headers and the handshake are held against.

use super::evidence::ENGINES;
use super::table::Marks;
use super::{Browser, DeviceKind};
use crate::request::Platform;

/// Claims of a user agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    pub marks: Marks,
    pub platform: Option<Platform>,
    pub device_kind: Option<DeviceKind>,
    pub browser: Option<Browser>,
    /// Numbers in `Version/17`, `Chrome/140`, `Firefox/143`; 0 if not stated.
    pub version: u32,
    pub chrome: u32,
    pub firefox: u32,
    /// It says itself that it is headless.
    pub headless: bool,
}

impl Claims {
    /// Whether a browser's engine or product is claimed.
    pub const fn engine(&self) -> bool {
        self.marks.any(ENGINES)
    }
}
