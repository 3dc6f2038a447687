//! `accounts`: who users are, and how they prove it.

use std::time::Duration;

use super::mail::EmailVerification;
use super::script::AuthScript;
use crate::config::yaml::read::{boolean, count, duration, list, nested, nets, number, text, word};
use crate::config::yaml::section::section;
use crate::config::yaml::value::{JwtAlgorithm, Net, NickEnforcement, PersistentStatus};

section! {
    /// `accounts`: who users are, and how they prove it.
    Accounts {
        /// Whether users can log in.
        authentication_enabled: bool [boolean] = false,
        /// Making an account.
        registration: Registration,
        /// Login attempts of one client.
        login_throttling: Throttle,
        /// Whether logging in replaces the server's password.
        skip_server_password: bool [boolean] = false,
        /// Whether `PASS account:password` logs in.
        login_via_pass_command: bool [boolean] = false,
        /// Whether SCRAM-SHA-256 is listed among the mechanisms.
        advertise_scram: bool [boolean] = false,
        /// Whether only users with an account may connect.
        require_sasl: RequireSasl,
        /// Nicknames that belong to accounts.
        nick_reservation: NickReservation,
        /// Several connections as one user, and users who stay when they disconnect.
        multiclient: Multiclient,
        /// Hosts given to users.
        vhosts: Vhosts,
        /// User modes of everyone who connects, as in `+i`.
        default_user_modes: String [text] = String::new(),
        /// A program that checks logins.
        auth_script: AuthScript,
        /// Logins with a token from an OAuth 2 server.
        oauth2: Oauth2,
        /// Logins with a signed token.
        jwt_auth: JwtAuth,
    }
}

section! {
    /// `accounts.registration`: making an account.
    Registration {
        /// Whether users can.
        enabled: bool [boolean] = false,
        /// Whether they can before they are connected; never with a server password.
        allow_before_connect: bool [boolean] = false,
        /// Attempts of everyone together.
        throttling: Throttle,
        /// Cost of password hashes, 4 to 31; each step doubles the work.
        bcrypt_cost: u32 [number(0..=31)] = 12,
        /// How long an account may stay unverified.
        verify_timeout: Duration [duration] = Duration::from_secs(32 * 3600),
        /// Verification of e-mail addresses.
        email_verification: EmailVerification,
    }
}

section! {
    /// Attempts per time.
    Throttle {
        /// Whether they are limited.
        enabled: bool [boolean] = false,
        /// Per which time.
        duration: Duration [duration] = Duration::ZERO,
        /// How many.
        max_attempts: usize [count] = 0,
    }
}

section! {
    /// `accounts.require-sasl`: only users with an account may connect.
    RequireSasl {
        /// Whether it is so.
        enabled: bool [boolean] = false,
        /// From where anyone may.
        exempted: Vec<Net> [nets] = Vec::new(),
    }
}

section! {
    /// `accounts.nick-reservation`: nicknames that belong to accounts.
    NickReservation {
        /// Whether they do.
        enabled: bool [boolean] = false,
        /// How many besides the account's name.
        additional_nick_limit: usize [count] = 0,
        /// What happens to others who use them.
        method: NickEnforcement [word] = NickEnforcement::Optional,
        /// Whether users may choose another `method`.
        allow_custom_enforcement: bool [boolean] = false,
        /// Nickname of someone without one, with one `*`.
        guest_nickname_format: String [text] = "Guest-*".to_owned(),
        /// Whether everyone without an account has such a nickname.
        force_guest_format: bool [boolean] = false,
        /// Whether the nickname of everyone with an account is its name.
        force_nick_equals_account: bool [boolean] = false,
        /// Whether NICK is only for those with an account, once connected.
        forbid_anonymous_nick_changes: bool [boolean] = false,
    }
}

section! {
    /// `accounts.multiclient`: several connections as one user.
    Multiclient {
        /// Whether it is possible.
        enabled: bool [boolean] = false,
        /// Whether it is so unless the user turns it off.
        allowed_by_default: bool [boolean] = false,
        /// Whether users stay when they disconnect.
        always_on: PersistentStatus [word] = PersistentStatus::Disabled,
        /// Whether they are away then.
        auto_away: PersistentStatus [word] = PersistentStatus::Disabled,
        /// After which time they leave; 0 is never.
        always_on_expiration: Duration [duration] = Duration::ZERO,
    }
}

section! {
    /// `accounts.vhosts`: hosts given to users.
    Vhosts {
        /// Whether there are any.
        enabled: bool [boolean] = false,
        /// Longest, in bytes; 0 is 64.
        max_length: usize [count] = 64,
        /// Regular expression they must match.
        valid_regexp: String [text] = r"^[0-9A-Za-z.\-_/]+$".to_owned(),
    }
}

section! {
    /// `accounts.oauth2`: logins with a token from an OAuth 2 server, RFC 7628.
    Oauth2 {
        /// Whether they are possible.
        enabled: bool [boolean] = false,
        /// Whether an account the server does not know is made.
        autocreate: bool [boolean] = false,
        /// Whether `accounts.auth-script` checks the token.
        auth_script: bool [boolean] = false,
        /// Address that checks the token, RFC 7662.
        introspection_url: String [text] = String::new(),
        /// How long it may take; 0 is ten seconds.
        introspection_timeout: Duration [duration] = Duration::from_secs(10),
        /// The server's name there; empty for none.
        client_id: String [text] = String::new(),
        /// The server's secret there.
        client_secret: String [text] = String::new(),
    }
}

section! {
    /// `accounts.jwt-auth`: logins with a signed token, RFC 7519.
    JwtAuth {
        /// Whether they are possible.
        enabled: bool [boolean] = false,
        /// Whether an account the server does not know is made.
        autocreate: bool [boolean] = false,
        /// Who may sign.
        tokens: Vec<JwtToken> [list(nested)] = Vec::new(),
    }
}

section! {
    /// `accounts.jwt-auth.tokens[]`: a signer.
    JwtToken {
        /// How it signs.
        algorithm: JwtAlgorithm [word] = JwtAlgorithm::Hmac,
        /// The secret or public key; instead of `key-file`.
        key: String [text] = String::new(),
        /// File with it.
        key_file: String [text] = String::new(),
        /// Claims that may name the account, the first of them that does.
        account_claims: Vec<String> [list(text)] = Vec::new(),
        /// Domain that is taken off an account that looks like an address.
        strip_domain: String [text] = String::new(),
        /// Audiences of which the token must name one; empty is any.
        validate_aud: Vec<String> [list(text)] = Vec::new(),
    }
}
