//! What the published models look at: address, network, country, and the parts of the user agent.

use edgeward::Request;

use crate::random::mix;

/// The features of one log-in, each as a hash of its text. Unknown is a value of its own, as in the papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Login {
    /// Address, autonomous system, country.
    pub address: [u64; 3],
    /// Whole user agent, browser with version, system with version, kind of device.
    pub agent: [u64; 4],
}

impl Login {
    /// Reads the features off a request.
    #[must_use]
    pub fn read(request: &Request<'_>) -> Self {
        let client = &request.client;
        let user_agent = request.http.user_agent().flatten().unwrap_or_default();
        let parts = Parts::of(user_agent);
        Self {
            address: [
                hash(&client.ip.map(|ip| ip.to_string()).unwrap_or_default()),
                client.asn.map_or(0, |asn| mix(u64::from(asn))),
                hash(client.country.as_deref().unwrap_or_default()),
            ],
            agent: [hash(user_agent), hash(parts.browser), hash(parts.system), parts.device as u64],
        }
    }
}

/// FNV-1a: the same on every machine.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |state, byte| {
        (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Device {
    Desktop,
    Mobile,
    Tablet,
    Bot,
}

struct Parts<'a> {
    browser: &'a str,
    system: &'a str,
    device: Device,
}

impl<'a> Parts<'a> {
    /// A deliberately plain reading, as the data sets have it: the most specific product token, the first comment
    /// up to the model, and the form factor by its keyword.
    fn of(user_agent: &'a str) -> Self {
        let comment = user_agent
            .split_once('(')
            .and_then(|(_, rest)| rest.split_once(')'))
            .map_or("", |(comment, _)| comment);
        let mut fields = comment.split(';').map(str::trim);
        let system = fields.find(|field| field.contains(char::is_numeric)).unwrap_or(comment);
        let specific = ["Edg/", "SamsungBrowser/", "CriOS/", "FxiOS/", "Firefox/", "Chrome/", "Version/"];
        let browser = specific
            .iter()
            .find_map(|name| user_agent.find(name).and_then(|start| user_agent.get(start..)))
            .and_then(|rest| rest.split(' ').next())
            .unwrap_or(user_agent);
        let device = if user_agent.contains("bot") || user_agent.contains("Headless") {
            Device::Bot
        } else if user_agent.contains("iPad") || user_agent.contains("Tablet") {
            Device::Tablet
        } else if user_agent.contains("Mobi") {
            Device::Mobile
        } else {
            Device::Desktop
        };
        Self { browser, system, device }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_user_agent() {
        let parts = Parts::of(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
             Version/18.6 Mobile/15E148 Safari/604.1",
        );
        assert_eq!((parts.browser, parts.system), ("Version/18.6", "CPU iPhone OS 18_6 like Mac OS X"));
        assert_eq!(parts.device, Device::Mobile);
        let edge = Parts::of(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
        );
        assert_eq!(
            (edge.browser, edge.system, edge.device),
            ("Edg/141.0.0.0", "Windows NT 10.0", Device::Desktop)
        );
        assert_eq!(Parts::of("").browser, "");
    }
}
