//! The identity that a client claims: an account and, optionally, one of its devices.
//!
//! Strings inside base64 never met the parser of lines, so this is where they are checked.
//! Invariant: a [`Login`] that was parsed holds no control character, and its device is one by [`is_device`].

use serde::{Deserialize, Serialize};

/// The longest device name, in bytes.
pub const DEVICE_BYTES_MAX: usize = 64;
/// The longest account name that a client may claim, in bytes. Which names exist is decided elsewhere.
const ACCOUNT_BYTES_MAX: usize = 256;

/// The identity that a client claims, written as `account` or `account@device`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The account's name; may be empty and need not be a valid one.
    pub account: String,
    /// The device of the account.
    pub device: Option<String>,
}

/// A string that cannot be a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedLogin;

impl Login {
    /// Splits at the first `@`; an empty device is none.
    ///
    /// # Errors
    /// When the account has a control character or more than 256 bytes, or the device is none by
    /// [`is_device`].
    pub fn parse(raw: &str) -> Result<Login, MalformedLogin> {
        let (account, device) = raw.split_once('@').unwrap_or((raw, ""));
        Login::new(account, device)
    }

    /// Puts a login together; an empty device is none.
    ///
    /// # Errors
    /// As [`Login::parse`].
    pub fn new(account: &str, device: &str) -> Result<Login, MalformedLogin> {
        let is_account = account.len() <= ACCOUNT_BYTES_MAX && !account.contains(char::is_control);
        if !is_account || !(device.is_empty() || is_device(device)) {
            return Err(MalformedLogin);
        }
        let device = (!device.is_empty()).then(|| device.to_owned());
        Ok(Login { account: account.to_owned(), device })
    }
}

/// Returns whether a string can be the name of a device: 1 to [`DEVICE_BYTES_MAX`] bytes, printable, without
/// blanks. Devices are stored, shown to operators and part of answers.
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
    fn accounts_hold_no_control_characters() {
        for account in
            ["alice\r\nQUIT", "alice\n", "al\0ice", "alice\u{85}", &"a".repeat(ACCOUNT_BYTES_MAX + 1)]
        {
            assert_eq!(Login::parse(account), Err(MalformedLogin), "{account:?}");
        }
        assert_eq!(Login::parse("no account"), Login::new("no account", ""));
    }
}
