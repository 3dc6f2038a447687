//! `accounts`: accounts and authentication.

use std::time::Duration;

use super::mail::EmailVerification;
use super::script::AuthScript;
use crate::config::yaml::read::{boolean, count, duration, list, nested, nets, number, text, word};
use crate::config::yaml::section::section;
use crate::config::yaml::value::{JwtAlgorithm, Net, NickEnforcement, PersistentStatus};

section! {
    /// `accounts`: accounts and authentication.
    Accounts {
        /// Whether users can log in.
        authentication_enabled: bool [boolean] = false,
        /// Account registration.
        registration: Registration,
        /// Limit on login attempts per client.
        login_throttling: Throttle,
        /// Whether users who log in need no server password.
        skip_server_password: bool [boolean] = false,
        /// Whether `PASS account:password` logs in.
        login_via_pass_command: bool [boolean] = false,
        /// Whether SCRAM-SHA-256 is advertised.
        advertise_scram: bool [boolean] = false,
        /// Requiring an account to connect.
        require_sasl: RequireSasl,
        /// Nickname reservation for account owners.
        nick_reservation: NickReservation,
        /// Several clients as one user, and always-on users.
        multiclient: Multiclient,
        /// Virtual hosts.
        vhosts: Vhosts,
        /// User modes set on connect, as in `+i`.
        default_user_modes: String [text] = String::new(),
        /// A program that checks logins.
        auth_script: AuthScript,
        /// Login with OAuth 2.0 access tokens.
        oauth2: Oauth2,
        /// Login with JSON Web Tokens.
        jwt_auth: JwtAuth,
    }
}

section! {
    /// `accounts.registration`: account registration.
    Registration {
        /// Whether users can register accounts.
        enabled: bool [boolean] = false,
        /// Whether they can do so before the connection is complete; never with a server password.
        allow_before_connect: bool [boolean] = false,
        /// Limit on attempts across all users.
        throttling: Throttle,
        /// Cost of password hashes, 4 to 31; each step doubles the work.
        bcrypt_cost: u32 [number(0..=31)] = 12,
        /// Time allowed to verify a new account; 0 for no limit.
        verify_timeout: Duration [duration] = Duration::from_secs(32 * 3600),
        /// Email verification.
        email_verification: EmailVerification,
    }
}

section! {
    /// A limit on attempts per window of time.
    Throttle {
        /// Whether attempts are limited.
        enabled: bool [boolean] = false,
        /// The window.
        duration: Duration [duration] = Duration::ZERO,
        /// Maximum number of attempts per window.
        max_attempts: usize [count] = 0,
    }
}

section! {
    /// `accounts.require-sasl`: requires an account to connect.
    RequireSasl {
        /// Whether an account is required.
        enabled: bool [boolean] = false,
        /// Networks exempt from this requirement.
        exempted: Vec<Net> [nets] = Vec::new(),
    }
}

section! {
    /// `accounts.nick-reservation`: nickname reservation for account owners.
    NickReservation {
        /// Whether nicknames are reserved.
        enabled: bool [boolean] = false,
        /// Nicknames an account can reserve in addition to its name.
        additional_nick_limit: usize [count] = 0,
        /// How the reservation is enforced.
        method: NickEnforcement [word] = NickEnforcement::Optional,
        /// Whether users can choose another `method`.
        allow_custom_enforcement: bool [boolean] = false,
        /// Nickname for users who do not have one, with one `*`.
        guest_nickname_format: String [text] = "Guest-*".to_owned(),
        /// Whether users who are not logged in must have such a nickname.
        force_guest_format: bool [boolean] = false,
        /// Whether logged-in users must use their account name as nickname.
        force_nick_equals_account: bool [boolean] = false,
        /// Whether users who are not logged in keep the nickname they connected with.
        forbid_anonymous_nick_changes: bool [boolean] = false,
    }
}

section! {
    /// `accounts.multiclient`: several clients as one user, and always-on users.
    Multiclient {
        /// Whether an account can have several clients.
        enabled: bool [boolean] = false,
        /// Whether it can by default, unless the user disables it.
        allowed_by_default: bool [boolean] = false,
        /// Whether users stay online when their last client disconnects.
        always_on: PersistentStatus [word] = PersistentStatus::Disabled,
        /// Whether always-on users are away while no client is connected.
        auto_away: PersistentStatus [word] = PersistentStatus::Disabled,
        /// Time without a client after which they are disconnected; 0 for never.
        always_on_expiration: Duration [duration] = Duration::ZERO,
    }
}

section! {
    /// `accounts.vhosts`: virtual hosts.
    Vhosts {
        /// Whether vhosts can be assigned.
        enabled: bool [boolean] = false,
        /// Maximum length in bytes; 0 for 64.
        max_length: usize [count] = 64,
        /// Regular expression that vhosts must match.
        valid_regexp: String [text] = r"^[0-9A-Za-z.\-_/]+$".to_owned(),
    }
}

section! {
    /// `accounts.oauth2`: login with OAuth 2.0 access tokens, RFC 7628.
    Oauth2 {
        /// Whether it is enabled.
        enabled: bool [boolean] = false,
        /// Whether accounts are created for users the provider knows.
        autocreate: bool [boolean] = false,
        /// Whether `accounts.auth-script` validates the token.
        auth_script: bool [boolean] = false,
        /// Token introspection endpoint, RFC 7662.
        introspection_url: String [text] = String::new(),
        /// Timeout of a query; 0 for ten seconds.
        introspection_timeout: Duration [duration] = Duration::from_secs(10),
        /// Client ID at that endpoint; empty for none.
        client_id: String [text] = String::new(),
        /// Client secret at that endpoint.
        client_secret: String [text] = String::new(),
    }
}

section! {
    /// `accounts.jwt-auth`: login with JSON Web Tokens, RFC 7519.
    JwtAuth {
        /// Whether it is enabled.
        enabled: bool [boolean] = false,
        /// Whether accounts are created for new users.
        autocreate: bool [boolean] = false,
        /// Issuers whose tokens are accepted.
        tokens: Vec<JwtToken> [list(nested)] = Vec::new(),
    }
}

section! {
    /// `accounts.jwt-auth.tokens[]`: an issuer.
    JwtToken {
        /// Signature algorithm.
        algorithm: JwtAlgorithm [word] = JwtAlgorithm::Hmac,
        /// Secret or public key; instead of `key-file`.
        key: String [text] = String::new(),
        /// File with the key.
        key_file: String [text] = String::new(),
        /// Claims that may contain the account name; the first one present is used.
        account_claims: Vec<String> [list(text)] = Vec::new(),
        /// Domain to strip from account names that look like email addresses.
        strip_domain: String [text] = String::new(),
        /// Accepted audiences; empty for any.
        validate_aud: Vec<String> [list(text)] = Vec::new(),
    }
}
