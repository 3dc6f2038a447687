//! `opers` and `oper-classes`: server operators and their privileges.

use indexmap::IndexMap;

use crate::config::yaml::read::{boolean, certfp, filled, list, password, text};
use crate::config::yaml::section::section;

section! {
    /// `oper-classes.<name>`: a set of privileges.
    ///
    /// After [`crate::config::load`], the title and the WHOIS line are not empty, and the privileges include
    /// those of the classes it extends, with the old prefixes `oper:` and `local_` removed.
    OperClass {
        /// Title of its members.
        title: String [text] = String::new(),
        /// Text shown in WHOIS.
        whoisline: String [text] = String::new(),
        /// Class to inherit privileges from.
        extends: Option<String> [filled] = None,
        /// The privileges.
        capabilities: Vec<String> [list(text)] = Vec::new(),
    }
}

section! {
    /// `opers.<name>`: an operator, identified by password, certificate or both.
    Oper {
        /// Operator class.
        class: String [text] = String::new(),
        /// Whether other users cannot see that this user is an operator.
        hidden: bool [boolean] = false,
        /// Text shown in WHOIS; not empty after [`crate::config::load`].
        whois_line: String [text] = String::new(),
        /// bcrypt hash of the password.
        password: Option<String> [password] = None,
        /// SHA-256 fingerprint of the certificate.
        certfp: Option<String> [certfp] = None,
        /// Whether the certificate grants operator status on connect, without OPER.
        auto: bool [boolean] = false,
        /// Vhost.
        vhost: Option<String> [filled] = None,
        /// User modes to set, as in `+is acdjknoquvx`.
        modes: String [text] = String::new(),
    }
}

impl OperClass {
    /// Returns whether its members have a privilege, such as `kill` or `rehash`.
    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|own| own == capability)
    }
}

/// The maximum length of a chain of classes that extend each other. Each class copies the privileges of
/// all before it.
const EXTENDS_MAX: usize = 64;

/// Adds the privileges that classes inherit, and fills in titles and WHOIS lines.
///
/// Returns the classes that directly or indirectly extend an unknown class or themselves, each with the
/// class that it extends.
pub(in crate::config) fn resolve(classes: &mut IndexMap<String, OperClass>) -> Vec<(String, String)> {
    let mut done: IndexMap<String, OperClass> = IndexMap::new();
    for _ in 0..EXTENDS_MAX {
        let before = done.len();
        for (name, class) in classes.iter() {
            let inherited = match &class.extends {
                _ if done.contains_key(name) => continue,
                None => Vec::new(),
                Some(parent) => match done.get(parent) {
                    Some(parent) => parent.capabilities.clone(),
                    None => continue,
                },
            };
            done.insert(name.clone(), complete(class, inherited));
        }
        if done.len() == before {
            break;
        }
    }
    let mut broken = Vec::new();
    for (name, class) in classes.iter_mut() {
        match done.swap_remove(name) {
            Some(complete) => *class = complete,
            None => broken.push((name.clone(), class.extends.clone().unwrap_or_default())),
        }
    }
    broken
}

fn complete(class: &OperClass, inherited: Vec<String>) -> OperClass {
    let title = if class.title.is_empty() { "IRC operator".to_owned() } else { class.title.clone() };
    let article =
        if title.starts_with(['A', 'E', 'I', 'O', 'U', 'a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    let whoisline =
        if class.whoisline.is_empty() { format!("is {article} {title}") } else { class.whoisline.clone() };
    let mut capabilities = inherited;
    for capability in &class.capabilities {
        let name = capability.strip_prefix("oper:").unwrap_or(capability);
        capabilities.push(name.strip_prefix("local_").unwrap_or(name).to_owned());
    }
    capabilities.sort();
    capabilities.dedup();
    OperClass { title, whoisline, extends: class.extends.clone(), capabilities }
}
