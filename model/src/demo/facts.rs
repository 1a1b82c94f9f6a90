//! What there is in the demo world: operators, products, clients and the scopes of its API.

use crate::{
    client::grant_type::{AUTHORIZATION_CODE, CIBA, CLIENT_CREDENTIALS, DEVICE_CODE, REFRESH_TOKEN, TOKEN_EXCHANGE},
    entity::{Audience, AuthMethod, ClientKind, Profile, ScopeAudience, UriPurpose},
};

pub(super) struct OperatorFacts {
    pub name: &'static str,
    pub colors: (&'static str, &'static str),
    pub logo: &'static str,
    pub support: (&'static str, &'static str),
    pub range: (i64, i64),
}

pub(super) const NORDTEL: OperatorFacts = OperatorFacts {
    name: "Nordtel",
    colors: ("#0b3a5b", "#ffffff"),
    logo: "/operators/nordtel.svg",
    support: ("support@nordtel.test", "https://example.com/nordtel/help"),
    range: (46_701_740_605, 46_701_740_699),
};

pub(super) const FJORDMOBIL: OperatorFacts = OperatorFacts {
    name: "Fjordmobil",
    colors: ("#f4c430", "#10243e"),
    logo: "/operators/fjordmobil.svg",
    support: ("support@fjordmobil.test", "https://example.com/fjordmobil/help"),
    range: (4_790_000_000, 4_790_000_099),
};

pub(super) struct ProductFacts {
    pub audience: Audience,
    pub name: &'static str,
    pub description: &'static str,
    pub logo: &'static str,
    /// Name, and whether subscribers may leave it out.
    pub scopes: &'static [(&'static str, bool)],
}

pub(super) const VOICEBOX: ProductFacts = ProductFacts {
    audience: Audience::Subscribers,
    name: "Voicebox",
    description: "Your voicemail in your pocket: listen to messages in any order, and keep the ones that matter.",
    logo: "/products/voicebox.svg",
    scopes: &[("openid", false), ("phone", false), ("offline_access", false), ("voicemail.get", true)],
};

pub(super) const TRAFFIC_REPORTS: ProductFacts = ProductFacts {
    audience: Audience::Operators,
    name: "Traffic Reports",
    description: "How much your network carries, hour by hour, in the tools that you already use.",
    logo: "/products/traffic-reports.svg",
    scopes: &[("metrics.read", false)],
};

pub(super) const WORKBENCH: ProductFacts = ProductFacts {
    audience: Audience::Users,
    name: "Workbench",
    description: "Plan, test and watch your integrations in one place, signed in with your portal account.",
    logo: "/products/workbench.svg",
    scopes: &[
        ("openid", false),
        ("profile", false),
        ("email", false),
        ("address", false),
        ("phone", false),
        ("offline_access", false),
    ],
};

pub(super) struct ClientFacts {
    pub client_id: &'static str,
    pub description: &'static str,
    pub profile: Profile,
    pub kind: ClientKind,
    pub auth_method: AuthMethod,
    pub secret: Option<&'static str>,
    /// Those that it may use; without, those that every client has.
    pub grant_types: &'static [&'static str],
    pub uris: &'static [(UriPurpose, &'static str)],
}

pub(super) const DEMO_WEB: ClientFacts = ClientFacts {
    client_id: "demo-web",
    description: "Voicebox web server",
    profile: Profile::Classic,
    kind: ClientKind::Confidential,
    auth_method: AuthMethod::Secret,
    secret: Some("demo-web-secret"),
    grant_types: &[],
    uris: &[
        (UriPurpose::Login, "https://example.com/callback"),
        (UriPurpose::Login, "http://127.0.0.1:8765/callback"),
        (UriPurpose::PostRevoke, "https://example.com/revoke"),
        (UriPurpose::PostLogout, "https://example.com/"),
    ],
};

pub(super) const DEMO_SPA: ClientFacts = ClientFacts {
    client_id: "demo-spa",
    description: "Voicebox in the browser",
    profile: Profile::Standard,
    kind: ClientKind::Public,
    auth_method: AuthMethod::None,
    secret: None,
    grant_types: &[AUTHORIZATION_CODE, REFRESH_TOKEN, DEVICE_CODE],
    uris: &[(UriPurpose::Login, "http://127.0.0.1:8766/callback")],
};

pub(super) const DEMO_CALL: ClientFacts = ClientFacts {
    client_id: "demo-call",
    description: "Voicebox hotline",
    profile: Profile::Standard,
    kind: ClientKind::Confidential,
    auth_method: AuthMethod::Secret,
    secret: Some("demo-call-secret"),
    grant_types: &[AUTHORIZATION_CODE, REFRESH_TOKEN, CIBA],
    uris: &[(UriPurpose::Login, "https://example.com/callback")],
};

pub(super) const DEMO_APP: ClientFacts = ClientFacts {
    client_id: "demo-app",
    description: "Workbench web server",
    profile: Profile::Standard,
    kind: ClientKind::Confidential,
    auth_method: AuthMethod::Secret,
    secret: Some("demo-app-secret"),
    grant_types: &[AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS, DEVICE_CODE, TOKEN_EXCHANGE],
    uris: &[
        (UriPurpose::Login, "http://127.0.0.1:8765/callback"),
        (UriPurpose::Login, "https://example.com/callback"),
        (UriPurpose::PostLogout, "https://example.com/"),
    ],
};

pub(super) const DEMO_FAPI: ClientFacts = ClientFacts {
    client_id: "demo-fapi",
    description: "Workbench for banks",
    profile: Profile::Fapi2,
    kind: ClientKind::Confidential,
    auth_method: AuthMethod::PrivateKeyJwt,
    secret: None,
    grant_types: &[],
    uris: &[
        (UriPurpose::Login, "http://127.0.0.1:8765/callback"),
        (UriPurpose::Login, "https://example.com/callback"),
        (UriPurpose::PostLogout, "https://example.com/"),
    ],
};

pub(super) const DEMO_REPORTS: ClientFacts = ClientFacts {
    client_id: "demo-reports",
    description: "Report collector",
    profile: Profile::Standard,
    kind: ClientKind::Confidential,
    auth_method: AuthMethod::Secret,
    secret: Some("demo-reports-secret"),
    grant_types: &[],
    uris: &[],
};

/// The scopes of the demo API: name, category, what developers read, what subscribers read, who
/// can enable it. Those of number verification (CAMARA) give no refresh token: they are about the
/// device that is in the hand now.
pub(super) const SCOPES: &[(&str, &str, &str, &str, ScopeAudience)] = &[
    (
        "sms.text:send_from_subscriber",
        "SMS",
        "Send a text message as the subscriber",
        "Send text messages in your name",
        ScopeAudience::Subscribers,
    ),
    (
        "sms.text:send_to_subscriber",
        "SMS",
        "Send a text message to the subscriber",
        "Send you text messages",
        ScopeAudience::Subscribers,
    ),
    (
        "sms.data:send_to_subscriber",
        "SMS",
        "Send a binary message to the subscriber",
        "Send data messages to your phone",
        ScopeAudience::Subscribers,
    ),
    (
        "voicemail.get",
        "Voicemail",
        "List and fetch voicemail messages",
        "Listen to your voicemail messages",
        ScopeAudience::Subscribers,
    ),
    (
        "voicemail.update",
        "Voicemail",
        "Mark voicemail messages as read, reset the greeting",
        "Mark your voicemail messages as heard",
        ScopeAudience::Subscribers,
    ),
    (
        "voicemail.delete",
        "Voicemail",
        "Delete voicemail messages",
        "Delete your voicemail messages",
        ScopeAudience::Subscribers,
    ),
    (
        "callforwarding.to_voicemail",
        "Call",
        "Forward calls to voicemail",
        "Forward your calls to voicemail",
        ScopeAudience::Subscribers,
    ),
    (
        "callforwarding.to_number",
        "Call",
        "Forward calls to another number",
        "Forward your calls to another number",
        ScopeAudience::Subscribers,
    ),
    (
        "callforwarding.disable",
        "Call",
        "Turn call forwarding off",
        "Turn off call forwarding",
        ScopeAudience::Subscribers,
    ),
    (
        "subscription.handset_details:read",
        "Subscription",
        "Learn when the subscriber changes the handset",
        "Know which phone you use",
        ScopeAudience::Both,
    ),
    (
        "subscription.country_change:read",
        "Subscription",
        "Learn when the subscriber changes country",
        "Know which country you are in",
        ScopeAudience::Both,
    ),
    (
        "subscription.consent:read",
        "Subscription",
        "Read the consents of subscribers",
        "Know which products you use",
        ScopeAudience::Operators,
    ),
    (
        "products.tenant:read",
        "Products",
        "List the products of an operator",
        "List the products of your operator",
        ScopeAudience::Operators,
    ),
    (
        "metrics.read",
        "Metrics",
        "Collect metrics of the operator's traffic",
        "Read figures about your operator's traffic",
        ScopeAudience::Operators,
    ),
    (
        "number-verification:verify",
        "Number verification",
        "Verify that a number is the one of the device",
        "Check that this device has your phone number",
        ScopeAudience::Subscribers,
    ),
    (
        "number-verification:device-phone-number:read",
        "Number verification",
        "Read the number of the device",
        "Read the phone number of this device",
        ScopeAudience::Subscribers,
    ),
];
