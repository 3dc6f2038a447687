//! The protocol of `accounts.auth-script`: a request and an answer, each one line of JSON.
//!
//! It does not run the script. Invariant: a request is one line, whatever its values contain.

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

/// The maximum length of an answer, in bytes.
pub const ANSWER_BYTES_MAX: usize = 64 << 10;
/// The maximum length of an account name in an answer, in bytes.
const ACCOUNT_BYTES_MAX: usize = 256;

/// A request to check a login. Empty fields are omitted.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuthRequest {
    /// The account that the client wants to log in to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub account_name: String,
    /// The passphrase that the client sent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub passphrase: String,
    /// The fingerprint of the client's certificate: SHA-256 in hexadecimal.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub certfp: String,
    /// The client's certificate chain, in the form of [`certificate_pem`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub peer_certs: Vec<String>,
    /// The client's address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ip: String,
    /// The token of a login with OAUTHBEARER.
    #[serde(skip_serializing_if = "Option::is_none", rename = "oauth2")]
    pub bearer: Option<BearerToken>,
    /// The cookies of the WebSocket upgrade request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cookies: Vec<Cookie>,
}

/// The message of a client that uses OAUTHBEARER, RFC 7628.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BearerToken {
    /// The account that the client wants to log in to; can be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// The token.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub token: String,
    /// The host that the client connected to; empty if unknown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host: String,
    /// The port that the client connected to; 0 if unknown.
    #[serde(skip_serializing_if = "is_zero")]
    pub port: u16,
}

/// A cookie.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The decision of the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthAnswer {
    /// The login is correct, for this account; empty means the account of the request.
    Accepted(String),
    /// The login is incorrect.
    Refused,
}

/// Why the script made no decision. The login is then checked without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadAnswer {
    /// The answer is longer than [`ANSWER_BYTES_MAX`].
    TooLong,
    /// The answer is not JSON of the expected form, with the error.
    Malformed(String),
    /// The script reported an error.
    Reported(String),
}

impl AuthRequest {
    /// Returns the request as a line, with its line feed.
    pub fn to_line(&self) -> String {
        let mut line = serde_json::to_string(self).expect("strings and numbers are JSON");
        line.push('\n');
        line
    }
}

impl AuthAnswer {
    /// Parses the output of the script.
    ///
    /// # Errors
    /// Output without a decision.
    pub fn parse(answer: &[u8]) -> Result<AuthAnswer, BadAnswer> {
        #[derive(Deserialize)]
        struct ScriptAnswer {
            success: Option<bool>,
            #[serde(rename = "accountname")]
            account_name: Option<String>,
            error: Option<String>,
        }

        if answer.len() > ANSWER_BYTES_MAX {
            return Err(BadAnswer::TooLong);
        }
        let answer: ScriptAnswer =
            read_caseless(answer).map_err(|error| BadAnswer::Malformed(error.to_string()))?;
        match (answer.error.filter(|error| !error.is_empty()), answer.success) {
            (Some(error), _) => Err(BadAnswer::Reported(error)),
            (None, Some(true)) => {
                let name = answer.account_name.unwrap_or_default();
                if name.len() > ACCOUNT_BYTES_MAX || name.contains(char::is_control) {
                    return Err(BadAnswer::Malformed("accountName is not a valid account name".into()));
                }
                Ok(AuthAnswer::Accepted(name))
            }
            (None, _) => Ok(AuthAnswer::Refused),
        }
    }
}

/// Parses a JSON object, ignoring the case of field names as Ergo does; `T` names its fields in lower
/// case. A null field counts as missing. Of fields whose names differ only in case, one counts.
///
/// # Errors
/// Text that is not a JSON object of the form of `T`.
pub fn read_caseless<T: serde::de::DeserializeOwned>(json: &[u8]) -> serde_json::Result<T> {
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(json)?;
    let given = fields.into_iter().filter(|(_, value)| !value.is_null());
    let fields = given.map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    serde_json::from_value(serde_json::Value::Object(fields))
}

impl std::fmt::Display for BadAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BadAnswer::TooLong => write!(f, "the answer is longer than {ANSWER_BYTES_MAX} bytes"),
            BadAnswer::Malformed(why) => write!(f, "the answer is malformed: {why}"),
            BadAnswer::Reported(why) => write!(f, "the script reported an error: {why}"),
        }
    }
}

impl std::error::Error for BadAnswer {}

// Keeps passphrases, tokens and cookies out of logs.
impl std::fmt::Debug for AuthRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthRequest")
            .field("account_name", &self.account_name)
            .field("certfp", &self.certfp)
            .field("ip", &self.ip)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BearerToken").field("username", &self.username).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Cookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cookie").field("name", &self.name).finish_non_exhaustive()
    }
}

fn is_zero(port: &u16) -> bool {
    *port == 0
}

/// Converts a certificate from DER to PEM, RFC 7468.
pub fn certificate_pem(der: &[u8]) -> String {
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    // 48 bytes make the 64 characters of a line.
    for line in der.chunks(48) {
        BASE64.encode_append(line, &mut pem);
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn empty_fields_are_omitted() {
        let mut request = AuthRequest {
            account_name: "alice".into(),
            passphrase: "a\"\nb".into(),
            ip: "127.0.0.1".into(),
            ..AuthRequest::default()
        };
        let line = "{\"accountName\":\"alice\",\"passphrase\":\"a\\\"\\nb\",\"ip\":\"127.0.0.1\"}\n";
        assert_eq!(request.to_line(), line);
        request = AuthRequest {
            certfp: "ab".into(),
            peer_certs: vec!["P".into()],
            bearer: Some(BearerToken { token: "t".into(), port: 6697, ..BearerToken::default() }),
            cookies: vec![Cookie { name: "n".into(), value: "v".into() }],
            ..AuthRequest::default()
        };
        let line = concat!(
            r#"{"certfp":"ab","peerCerts":["P"],"oauth2":{"token":"t","port":6697},"#,
            r#""cookies":[{"name":"n","value":"v"}]}"#,
            "\n"
        );
        assert_eq!(request.to_line(), line);
    }

    #[test]
    fn answers() {
        let parse = |text: &str| AuthAnswer::parse(text.as_bytes());
        let accepted = |name: &str| Ok(AuthAnswer::Accepted(name.into()));
        assert_eq!(parse("{\"success\":true,\"accountName\":\"alice\",\"error\":\"\"}\n"), accepted("alice"));
        assert_eq!(parse(r#"{"success":true,"accountName":null,"more":[1]}"#), accepted(""));
        assert_eq!(parse(r#"{"Success": true, "AccountName": "a"}"#), accepted("a"), "case does not matter");
        assert_eq!(parse(r#"{"success":false,"accountName":"alice"}"#), Ok(AuthAnswer::Refused));
        assert_eq!(parse("{}"), Ok(AuthAnswer::Refused));
        let reported = Err(BadAnswer::Reported("no database".into()));
        assert_eq!(parse(r#"{"success":true,"error":"no database"}"#), reported);
        for wrong in ["", "yes", r#"{"success":1}"#, r#"{"success":true} {}"#] {
            assert!(matches!(parse(wrong), Err(BadAnswer::Malformed(_))), "{wrong}");
        }
        assert_eq!(parse(&" ".repeat(ANSWER_BYTES_MAX + 1)), Err(BadAnswer::TooLong));
        for name in ["alice\\r\\nQUIT", "al\\u0000ice", &"a".repeat(ACCOUNT_BYTES_MAX + 1)] {
            let answer = parse(&format!("{{\"success\":true,\"accountName\":\"{name}\"}}"));
            assert!(matches!(answer, Err(BadAnswer::Malformed(_))), "{name}");
        }
    }

    #[test]
    fn pem_lines_have_64_characters() {
        let end = "-----END CERTIFICATE-----\n";
        let line = format!("{}\n", "A".repeat(64));
        assert_eq!(certificate_pem(&[0; 49]), format!("-----BEGIN CERTIFICATE-----\n{line}AA==\n{end}"));
        assert_eq!(certificate_pem(&[0; 48]), format!("-----BEGIN CERTIFICATE-----\n{line}{end}"));
    }

    proptest! {
        #[test]
        fn a_request_is_one_line(account_name: String, passphrase: String, value: String) {
            let cookies = vec![Cookie { name: "n".into(), value }];
            let request = AuthRequest { account_name, passphrase, cookies, ..AuthRequest::default() };
            let line = request.to_line();
            prop_assert_eq!(line.find('\n'), Some(line.len() - 1));
            prop_assert_eq!(serde_json::from_str::<AuthRequest>(&line).unwrap(), request);
        }

        #[test]
        fn parsing_any_answer_does_not_panic(answer: Vec<u8>) {
            let _ = AuthAnswer::parse(&answer);
        }
    }
}
