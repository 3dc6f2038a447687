//! `accounts.registration.email-verification`: mail to users.

use std::time::Duration;

use crate::config::yaml::read::{boolean, duration, filled, list, number, text, word};
use crate::config::yaml::section::section;
use crate::config::yaml::value::{MailProtocol, PatternSyntax};

section! {
    /// `accounts.registration.email-verification`: mail to users.
    EmailVerification {
        /// Whether an account needs an address.
        enabled: bool [boolean] = false,
        /// From whom the mail is.
        sender: String [text] = String::new(),
        /// What the server calls itself to mail servers; empty is the server's name.
        helo_domain: String [text] = String::new(),
        /// Whether mail is never delivered without TLS.
        require_tls: bool [boolean] = false,
        /// IP version for delivery.
        protocol: MailProtocol [word] = MailProtocol::Tcp,
        /// Address to deliver from.
        local_address: Option<String> [filled] = None,
        /// Signing of mail.
        dkim: Dkim,
        /// A mail server that delivers for us; else the recipient's is found in the DNS.
        mta: Mta,
        /// Addresses that are refused.
        address_blacklist: Vec<String> [list(text)] = Vec::new(),
        /// How they are written.
        address_blacklist_syntax: PatternSyntax [word] = PatternSyntax::Glob,
        /// File with more of them, one a line; instead of `address-blacklist`.
        address_blacklist_file: String [text] = String::new(),
        /// How long delivery may take; 0 is no limit.
        timeout: Duration [duration] = Duration::from_secs(60),
        /// Subject of the mail; empty is the built-in one.
        verify_message_subject: String [text] = String::new(),
        /// Resetting a password by mail.
        password_reset: PasswordReset,
    }
}

section! {
    /// `dkim`: signing of mail, RFC 6376.
    Dkim {
        /// Who signs; empty turns it off.
        domain: String [text] = String::new(),
        /// Which of their keys.
        selector: String [text] = String::new(),
        /// File with the private key.
        key_file: String [text] = String::new(),
    }
}

section! {
    /// `mta`: a mail server that delivers for us.
    Mta {
        /// Its host; empty is none.
        server: String [text] = String::new(),
        /// Its port.
        port: u16 [number(0..=65_535)] = 0,
        /// The server's account there.
        username: String [text] = String::new(),
        /// And its password.
        password: String [text] = String::new(),
        /// Whether TLS begins at once, not with STARTTLS.
        implicit_tls: bool [boolean] = false,
    }
}

section! {
    /// `password-reset`: resetting a password by mail.
    PasswordReset {
        /// Whether users can.
        enabled: bool [boolean] = false,
        /// Least time between two mails.
        cooldown: Duration [duration] = Duration::from_secs(3600),
        /// How long the code in the mail is good.
        timeout: Duration [duration] = Duration::from_secs(86_400),
    }
}
