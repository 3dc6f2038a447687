//! `accounts.registration.email-verification`: email to users.

use std::time::Duration;

use crate::config::yaml::read::{boolean, duration, filled, list, number, text, word};
use crate::config::yaml::section::section;
use crate::config::yaml::value::{MailProtocol, PatternSyntax};

section! {
    /// `accounts.registration.email-verification`: email to users.
    EmailVerification {
        /// Whether accounts require an email address.
        enabled: bool [boolean] = false,
        /// Sender address. Required if enabled.
        sender: String [text] = String::new(),
        /// Hostname to use in EHLO; empty for the server name.
        helo_domain: String [text] = String::new(),
        /// Whether TLS is required to send email.
        require_tls: bool [boolean] = false,
        /// IP version.
        protocol: MailProtocol [word] = MailProtocol::Tcp,
        /// Local IP address to send email from.
        local_address: Option<String> [filled] = None,
        /// DKIM signatures.
        dkim: Dkim,
        /// Mail server to relay through; if absent, email is delivered to the recipient's server.
        mta: Mta,
        /// Addresses to reject.
        address_blacklist: Vec<String> [list(text)] = Vec::new(),
        /// Syntax of those patterns.
        address_blacklist_syntax: PatternSyntax [word] = PatternSyntax::Glob,
        /// File with such patterns, one per line; instead of `address-blacklist`.
        address_blacklist_file: String [text] = String::new(),
        /// Timeout for sending an email; 0 for no limit.
        timeout: Duration [duration] = Duration::from_secs(60),
        /// Subject line; empty for the built-in one.
        verify_message_subject: String [text] = String::new(),
        /// Password resets by email.
        password_reset: PasswordReset,
    }
}

section! {
    /// `dkim`: DKIM signatures, RFC 6376.
    Dkim {
        /// Signing domain; empty disables signatures.
        domain: String [text] = String::new(),
        /// Selector of the key.
        selector: String [text] = String::new(),
        /// File with the private key.
        key_file: String [text] = String::new(),
    }
}

section! {
    /// `mta`: the mail server to relay through.
    Mta {
        /// Hostname; empty for none.
        server: String [text] = String::new(),
        /// Port; 0 for the default of the protocol.
        port: u16 [number(0..=65_535)] = 0,
        /// User name.
        username: String [text] = String::new(),
        /// Password.
        password: String [text] = String::new(),
        /// Whether TLS is used from the start instead of STARTTLS.
        implicit_tls: bool [boolean] = false,
    }
}

section! {
    /// `password-reset`: password resets by email.
    PasswordReset {
        /// Whether users can reset their passwords.
        enabled: bool [boolean] = false,
        /// Minimum time between two emails.
        cooldown: Duration [duration] = Duration::from_secs(3600),
        /// Lifetime of the code in the email; 0 for no limit.
        timeout: Duration [duration] = Duration::from_secs(86_400),
    }
}
