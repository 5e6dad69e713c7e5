//! Session controls as two words.

use crate::policy::{
    CloudAppSecurity, ContinuousAccessEvaluation, PersistentBrowser, SessionControls, SignInFrequency,
};

const RESTRICTIONS: i32 = 1;
const SECURE_SESSION: i32 = 2;
const NO_RESILIENCE: i32 = 4;

/// Flags and modes, then the hours of the sign-in frequency and two more; 1 for every time, 0 for none.
pub(super) fn words(controls: &SessionControls) -> [i32; 2] {
    if controls.is_empty() {
        return [0, 0];
    }
    let flag = |is_set, bit| if is_set { bit } else { 0 };
    let flags = flag(controls.application_enforced_restrictions, RESTRICTIONS)
        | flag(controls.secure_sign_in_session, SECURE_SESSION)
        | flag(controls.disable_resilience_defaults, NO_RESILIENCE);
    let modes = controls.cloud_app_security.map_or(0, |mode| mode as i32 + 1) << 8
        | controls.persistent_browser.map_or(0, |mode| mode as i32 + 1) << 16
        | controls.continuous_access_evaluation.map_or(0, |mode| mode as i32 + 1) << 24;
    let frequency = match controls.sign_in_frequency {
        None => 0,
        Some(SignInFrequency::EveryTime) => 1,
        Some(SignInFrequency::Hours(hours)) => {
            i32::try_from(hours).map_or(i32::MAX, |hours| hours.saturating_add(2))
        }
    };
    [flags | modes, frequency]
}

/// Session controls out of two words.
#[must_use]
pub fn session_controls([modes, frequency]: [i32; 2]) -> SessionControls {
    fn mode<T: Copy>(all: &[T], modes: i32, shift: u32) -> Option<T> {
        let index = usize::try_from(modes >> shift & 0xff).ok()?.checked_sub(1)?;
        all.get(index).copied()
    }
    SessionControls {
        application_enforced_restrictions: modes & RESTRICTIONS != 0,
        cloud_app_security: mode(CloudAppSecurity::ALL, modes, 8),
        sign_in_frequency: match u32::try_from(frequency) {
            Ok(1) => Some(SignInFrequency::EveryTime),
            Ok(hours @ 2..) => Some(SignInFrequency::Hours(hours - 2)),
            _ => None,
        },
        persistent_browser: mode(PersistentBrowser::ALL, modes, 16),
        continuous_access_evaluation: mode(ContinuousAccessEvaluation::ALL, modes, 24),
        secure_sign_in_session: modes & SECURE_SESSION != 0,
        disable_resilience_defaults: modes & NO_RESILIENCE != 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_hold_every_control() {
        let all = SessionControls {
            application_enforced_restrictions: true,
            cloud_app_security: Some(CloudAppSecurity::BlockDownloads),
            sign_in_frequency: Some(SignInFrequency::Hours(0)),
            persistent_browser: Some(PersistentBrowser::Never),
            continuous_access_evaluation: Some(ContinuousAccessEvaluation::Disabled),
            secure_sign_in_session: true,
            disable_resilience_defaults: true,
        };
        let every_time = SessionControls {
            sign_in_frequency: Some(SignInFrequency::EveryTime),
            ..SessionControls::default()
        };
        let tracked = SessionControls {
            cloud_app_security: Some(CloudAppSecurity::MonitorOnly),
            ..SessionControls::default()
        };
        for controls in [SessionControls::default(), all, every_time, tracked] {
            assert_eq!(session_controls(words(&controls)), controls);
        }
    }
}
