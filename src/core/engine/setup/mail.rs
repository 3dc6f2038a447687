//! The texts of emails to the owners of accounts, and the addresses that get no email.
//!
//! Sending them is left to `jobs`. Invariant: the subject is a single line of plain text, so that no text
//! from a user can become a header.

use regex::Regex;

use crate::config::{EmailVerification, PatternSyntax};
use crate::i18n::{Languages, Phrase};
use crate::state::account::Purpose;
use crate::text::glob;

/// The texts and patterns that follow from `accounts.registration.email-verification`.
#[derive(Debug, Default)]
pub struct MailTexts {
    blocked: Vec<Pattern>,
    subject: String,
}

#[derive(Debug)]
enum Pattern {
    /// Folded.
    Glob(String),
    Regex(Regex),
}

impl MailTexts {
    /// Reads the patterns; `more` is the text of the file with further patterns, one per line. An invalid
    /// pattern matches nothing; it was reported when the configuration was read.
    pub fn new(config: &EmailVerification, more: Option<&str>) -> MailTexts {
        let lines = more.unwrap_or_default().lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let all = config.address_blacklist.iter().map(String::as_str).chain(lines);
        let pattern = |text: &str| match config.address_blacklist_syntax {
            PatternSyntax::Glob => Some(Pattern::Glob(text.to_lowercase())),
            PatternSyntax::Regex => {
                Regex::new(&format!("^(?:{})$", text.to_lowercase())).ok().map(Pattern::Regex)
            }
        };
        MailTexts {
            blocked: all.filter_map(pattern).collect(),
            subject: config.verify_message_subject.clone(),
        }
    }

    /// Returns whether an address matches a pattern, so that no email may be sent to it.
    pub fn is_blocked(&self, address: &str) -> bool {
        let address = address.to_lowercase();
        self.blocked.iter().any(|pattern| match pattern {
            Pattern::Glob(glob) => glob::matches(glob, &address),
            Pattern::Regex(regex) => regex.is_match(&address),
        })
    }

    /// Returns the subject and body of the email with a code, in the server's default language. Body lines
    /// end with CR LF.
    pub fn code(
        &self,
        languages: &Languages,
        server: &str,
        account: &str,
        purpose: Purpose,
        code: &str,
    ) -> (String, String) {
        let said = |phrase: Phrase, args: &[&str]| languages.said(&[], phrase, args);
        let (subject, command) = match purpose {
            Purpose::Verification => (Phrase::MAIL_VERIFY, format!("/msg NickServ VERIFY {account} {code}")),
            Purpose::PasswordReset => {
                let new = said(Phrase::NEW_PASSWORD, &[]);
                (Phrase::MAIL_RESET, format!("/msg NickServ RESETPASS {account} {code} {new}"))
            }
            Purpose::EmailChange => (Phrase::MAIL_CHANGE, format!("/msg NickServ VERIFYEMAIL {code}")),
        };
        let subject = match purpose {
            Purpose::Verification if !self.subject.is_empty() => self.subject.clone(),
            _ => said(subject, &[server]),
        };
        let body = said(Phrase::MAIL_BODY, &[account, code, &command]);
        (subject, body.lines().map(|line| format!("{line}\r\n")).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(syntax: PatternSyntax, patterns: &[&str], more: &str) -> MailTexts {
        let config = EmailVerification {
            address_blacklist: patterns.iter().map(|&pattern| pattern.to_owned()).collect(),
            address_blacklist_syntax: syntax,
            ..EmailVerification::default()
        };
        MailTexts::new(&config, Some(more))
    }

    #[test]
    fn patterns_match_whole_addresses_in_any_case() {
        let globs = texts(PatternSyntax::Glob, &["*@Bad.example"], "# from a file\n\n spam*\n");
        assert!(globs.is_blocked("Someone@BAD.example") && globs.is_blocked("spammer@good.example"));
        assert!(!globs.is_blocked("someone@bad.example.org") && !globs.is_blocked("nospam@good.example"));
        let regexes = texts(PatternSyntax::Regex, &["[0-9]+@.*", "("], "");
        assert!(regexes.is_blocked("123@x.example") && !regexes.is_blocked("a123@x.example"));
    }

    #[test]
    fn the_configured_subject_is_only_for_verification() {
        let texts = MailTexts { subject: "Hello".into(), ..MailTexts::default() };
        let email = |purpose| texts.code(&Languages::default(), "s", "a", purpose, "c");
        assert_eq!(email(Purpose::Verification).0, "Hello");
        assert_ne!(email(Purpose::PasswordReset).0, "Hello");
        assert!(email(Purpose::Verification).1.contains("VERIFY a c"));
    }
}
