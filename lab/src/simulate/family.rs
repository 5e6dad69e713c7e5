//! What a simulated request is an example of.

macro_rules! families {
    ($($(#[$doc:meta])* $variant:ident = $name:literal $kind:ident,)*) => {
        /// What a simulated request is an example of: something people do, or an attack.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Family { $($(#[$doc])* $variant,)* }

        impl Family {
            /// Every family.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Name in streams and reports.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Whether somebody else than the principal is behind it.
            #[must_use]
            pub const fn is_attack(self) -> bool {
                match self { $(Self::$variant => families!($kind),)* }
            }
        }
    };
    (attack) => { true };
    (benign) => { false };
}

families! {
    /// A person at one of the usual places with a usual device.
    Usual = "usual" benign,
    /// A person on a journey.
    Travel = "travel" benign,
    /// Behind a commercial VPN.
    VpnUser = "vpnUser" benign,
    /// Behind a browser maker's relay.
    RelayUser = "relayUser" benign,
    /// Through a company's egress in another country.
    CompanyAbroad = "companyAbroad" benign,
    /// The first days with a new device or browser.
    NewDevice = "newDevice" benign,
    /// After moving, changing provider, or both.
    Moved = "moved" benign,
    /// Somebody else's device.
    BorrowedDevice = "borrowedDevice" benign,
    /// A known browser without its cookies: private window, or wiped.
    NoCookies = "noCookies" benign,
    /// The person's own AI agent.
    OwnAgent = "ownAgent" benign,
    /// Password from a leak, any address, any popular browser (Wiefling's naive attacker).
    Naive = "naive" attack,
    /// Knows the country (Wiefling's VPN attacker).
    Vpn = "vpn" attack,
    /// Knows city, browser and device (Wiefling's targeted attacker).
    Targeted = "targeted" attack,
    /// Automated browser that says so.
    Headless = "headless" attack,
    /// Another user agent every time, one program behind.
    UaRotation = "uaRotation" attack,
    /// Another continent, hours after the principal.
    ImpossibleTravel = "impossibleTravel" attack,
    /// Stolen session token.
    TokenReplay = "tokenReplay" attack,
    /// Knows everything about network and browser; the real take-overs of the das-group data.
    VeryTargeted = "veryTargeted" attack,
    /// An AI agent that acts for the thief.
    AiAgent = "aiAgent" attack,
    /// A proxy between the person and the application.
    Aitm = "aitm" attack,
    /// A browser built to look like the person's, through a proxy next door.
    Clone = "clone" attack,
    /// The person's cookies and browser fingerprint, taken by malware.
    CookieTheft = "cookieTheft" attack,
}
