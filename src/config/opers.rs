//! `opers` and `oper-classes`: who runs the server, and what they may do.

use std::collections::BTreeSet;

use super::read::{boolean, certfp, filled, list, password, text};
use super::section::section;

section! {
    /// `oper-classes.<name>`: a set of rights.
    ///
    /// After [`super::load`], the title and the WHOIS line are never empty, and the rights include
    /// those of the classes it extends, with the old prefixes `oper:` and `local_` removed.
    OperClass {
        /// What its members are called.
        title: String [text] = String::new(),
        /// What WHOIS says of them.
        whoisline: String [text] = String::new(),
        /// The class whose rights it has as well.
        extends: Option<String> [filled] = None,
        /// The rights.
        capabilities: Vec<String> [list(text)] = Vec::new(),
    }
}

section! {
    /// `opers.<name>`: who may become an operator, by password, certificate or both.
    OperKeys {
        /// Their class.
        class: String [text] = String::new(),
        /// Whether others do not see that they are operators.
        hidden: bool [boolean] = false,
        /// What WHOIS says of them; empty is what their class says.
        whois_line: String [text] = String::new(),
        /// bcrypt hash of the password.
        password: Option<String> [password] = None,
        /// SHA-256 fingerprint of the certificate.
        certfp: Option<String> [certfp] = None,
        /// Whether the certificate is enough, without the OPER command.
        auto: bool [boolean] = false,
        /// Their host.
        vhost: Option<String> [filled] = None,
        /// Modes they get, as in `+is acdjknoqtuxv`.
        modes: String [text] = String::new(),
    }
}

/// Who may become an operator, by password, certificate or both, with their class looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Oper {
    /// Name of their class.
    pub class: String,
    /// What members of the class are called.
    pub title: String,
    /// Their rights: `kill`, `rehash` …
    pub capabilities: BTreeSet<String>,
    /// Whether others do not see that they are operators.
    pub hidden: bool,
    /// What WHOIS says of them.
    pub whois_line: String,
    /// bcrypt hash of the password.
    pub password: Option<String>,
    /// SHA-256 fingerprint of the certificate, in 64 hexadecimal digits.
    pub certfp: Option<String>,
    /// Whether the certificate is enough, without the OPER command.
    pub auto: bool,
    /// Their host.
    pub vhost: Option<String>,
    /// Modes they get, as in `+is acdjknoqtuxv`.
    pub modes: String,
}
