//! The identity that a client claims: an account and, optionally, one of its devices.
//!
//! Strings inside base64 bypass the parser of lines, so they are checked here. Invariant: a parsed
//! [`Login`] contains no control character, and its device is valid according to [`is_device`].

use serde::{Deserialize, Serialize};

/// The maximum length of a device name, in bytes.
pub const DEVICE_BYTES_MAX: usize = 64;
/// The maximum length of an account name that a client may claim, in bytes. It need not exist.
const ACCOUNT_BYTES_MAX: usize = 256;

/// The identity that a client claims, written as `account` or `account@device`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The name of the account, possibly empty or invalid.
    pub account: String,
    /// The device of the account.
    pub device: Option<String>,
}

/// A string that cannot be a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedLogin;

impl Login {
    /// Splits at the first `@`; an empty device means no device.
    ///
    /// # Errors
    /// An account with a control character or more than 256 bytes, or a device that [`is_device`] rejects.
    pub fn parse(raw: &str) -> Result<Login, MalformedLogin> {
        let (account, device) = raw.split_once('@').unwrap_or((raw, ""));
        Login::new(account, device)
    }

    /// Combines an account and a device; an empty device means no device.
    ///
    /// # Errors
    /// Like [`Login::parse`].
    pub fn new(account: &str, device: &str) -> Result<Login, MalformedLogin> {
        let is_account = account.len() <= ACCOUNT_BYTES_MAX && !account.contains(char::is_control);
        if !is_account || !(device.is_empty() || is_device(device)) {
            return Err(MalformedLogin);
        }
        let device = (!device.is_empty()).then(|| device.to_owned());
        Ok(Login { account: account.to_owned(), device })
    }
}

/// Returns whether a string is a valid device name: 1 to [`DEVICE_BYTES_MAX`] bytes, printable, without
/// spaces. Devices are stored, shown to operators and sent in replies.
pub fn is_device(name: &str) -> bool {
    (1..=DEVICE_BYTES_MAX).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_graphic() || c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_short_and_printable() {
        let long = "d".repeat(DEVICE_BYTES_MAX);
        for device in ["phone", "alice's-laptop", "büro", "a@b", "#1", &long] {
            assert!(is_device(device), "{device}");
            let login = Login { account: "alice".to_owned(), device: Some(device.to_owned()) };
            assert_eq!(Login::parse(&format!("alice@{device}")), Ok(login));
        }
        let too_long = "d".repeat(DEVICE_BYTES_MAX + 1);
        for device in
            ["a b", "a\r\nb", "a\nb", "a\0b", "a\tb", "\u{202e}b", "a\u{a0}b", "a\u{200b}b", &too_long]
        {
            assert!(!is_device(device), "{device:?}");
            assert_eq!(Login::parse(&format!("alice@{device}")), Err(MalformedLogin), "{device:?}");
        }
    }

    #[test]
    fn accounts_contain_no_control_characters() {
        for account in
            ["alice\r\nQUIT", "alice\n", "al\0ice", "alice\u{85}", &"a".repeat(ACCOUNT_BYTES_MAX + 1)]
        {
            assert_eq!(Login::parse(account), Err(MalformedLogin), "{account:?}");
        }
        assert_eq!(Login::parse("no account"), Login::new("no account", ""));
    }
}
