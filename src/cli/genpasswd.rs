//! `ircd genpasswd`: hashes a password, for `server.password`, `opers` and `webirc`.

use std::io::{self, BufRead, IsTerminal};

use bcrypt::Version;

use super::{Failure, console};

/// The minimum of bcrypt. These passwords should be long and random, and checking one must be cheap for the
/// server.
const COST: u32 = 4;

/// bcrypt ignores everything after these bytes of a password.
const PASSWORD_BYTES_MAX: usize = 72;

pub(super) fn run() -> Result<(), Failure> {
    let password = if io::stdin().is_terminal() { ask()? } else { read_line(io::stdin().lock())? };
    if !is_safe(&password) {
        console::log_full("WARNING: this password contains characters that many IRC clients cannot send.");
        console::log_full("Consider choosing another one.");
    }
    Ok(console::print(&format!("{}\n", hash(&password)?))?)
}

fn ask() -> Result<String, Failure> {
    let password = rpassword::prompt_password("Enter Password: ")?;
    if rpassword::prompt_password("Reenter Password: ")? != password {
        return Err(Failure::new("passwords do not match"));
    }
    Ok(password)
}

/// Returns the first line, trimmed.
fn read_line(input: impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    input.take(64 << 10).read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// Returns whether clients can send the password as a parameter, and people can type it.
fn is_safe(password: &str) -> bool {
    !password.is_empty()
        && password != "*"
        && !password.starts_with(':')
        && !password.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn hash(password: &str) -> Result<String, Failure> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(Failure::new(format_args!("the password is longer than {PASSWORD_BYTES_MAX} bytes")));
    }
    Ok(bcrypt::hash_with_result(password, COST)?.format_for_version(Version::TwoA))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hashed_unchanged() {
        for password in ["testpassword", "", "p\u{e4}ss", &"x".repeat(72)] {
            let hash = hash(password).unwrap();
            assert!(hash.starts_with("$2a$04$"), "{hash}");
            assert!(bcrypt::verify(password, &hash).unwrap());
        }
        assert!(hash(&"x".repeat(73)).is_err());
    }

    #[test]
    fn only_the_first_line_is_read() {
        assert_eq!(read_line(&b" one \r\ntwo\n"[..]).unwrap(), "one");
        assert_eq!(read_line(&b"one"[..]).unwrap(), "one");
        assert_eq!(read_line(&b""[..]).unwrap(), "");
    }

    #[test]
    fn passwords_that_clients_cannot_send_are_recognized() {
        for unsafe_one in ["", "*", ":x", "a b", "a\u{1}"] {
            assert!(!is_safe(unsafe_one), "{unsafe_one:?}");
        }
        assert!(is_safe("shivarampassphrase"));
    }
}
