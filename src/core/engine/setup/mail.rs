//! The emails to the owners of accounts: their texts, and the addresses that get none.
//!
//! It sends nothing. Invariant: subject and text are single lines of plain text, so that nothing a user
//! wrote can become a header.

use regex::Regex;

use crate::config::{EmailVerification, PatternSyntax};
use crate::i18n::{Languages, Phrase};
use crate::state::account::Purpose;
use crate::text::glob;

/// What follows from `accounts.registration.email-verification`.
#[derive(Debug, Default)]
pub struct MailTexts {
    refused: Vec<Pattern>,
    subject: String,
}

#[derive(Debug)]
enum Pattern {
    /// Folded.
    Glob(String),
    Regex(Regex),
}

impl MailTexts {
    /// Reads the patterns; `more` is the text of the file with more of them, one a line. A pattern that is
    /// none was named when the configuration was read, and matches nothing.
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
            refused: all.filter_map(pattern).collect(),
            subject: config.verify_message_subject.clone(),
        }
    }

    /// Whether an address is not wanted.
    pub fn refuses(&self, address: &str) -> bool {
        let address = address.to_lowercase();
        self.refused.iter().any(|pattern| match pattern {
            Pattern::Glob(glob) => glob::matches(glob, &address),
            Pattern::Regex(regex) => regex.is_match(&address),
        })
    }

    /// Subject and text of the letter with a code, in the server's default language.
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

    fn letters(syntax: PatternSyntax, patterns: &[&str], more: &str) -> MailTexts {
        let config = EmailVerification {
            address_blacklist: patterns.iter().map(|&pattern| pattern.to_owned()).collect(),
            address_blacklist_syntax: syntax,
            ..EmailVerification::default()
        };
        MailTexts::new(&config, Some(more))
    }

    #[test]
    fn addresses_are_refused_in_any_case_and_as_a_whole() {
        let globs = letters(PatternSyntax::Glob, &["*@Bad.example"], "# from a file\n\n spam*\n");
        assert!(globs.refuses("Someone@BAD.example") && globs.refuses("spammer@good.example"));
        assert!(!globs.refuses("someone@bad.example.org") && !globs.refuses("nospam@good.example"));
        let regexes = letters(PatternSyntax::Regex, &["[0-9]+@.*", "("], "");
        assert!(regexes.refuses("123@x.example") && !regexes.refuses("a123@x.example"));
    }

    #[test]
    fn the_subject_is_the_configured_one_where_it_fits() {
        let letters = MailTexts { subject: "Hello".into(), ..MailTexts::default() };
        assert_eq!(letters.code(&Languages::default(), "s", "a", Purpose::Verification, "c").0, "Hello");
        assert_ne!(letters.code(&Languages::default(), "s", "a", Purpose::PasswordReset, "c").0, "Hello");
        assert!(
            letters
                .code(&Languages::default(), "s", "a", Purpose::Verification, "c")
                .1
                .contains("VERIFY a c")
        );
    }
}
