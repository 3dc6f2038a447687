//! Regular expressions with which operators filter lists.

use regex::{Regex, RegexBuilder};

use crate::engine::context::refusal::Refusal;
use crate::engine::context::service::ServiceName;
use crate::i18n::Phrase;

/// Maximum size of a compiled regular expression, in bytes.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// Compiles a regular expression.
pub fn pattern(service: ServiceName, raw: &str) -> Result<Regex, Refusal> {
    compile(raw).map_err(|_| service.refuse(Phrase::REGEX_INVALID, &[]))
}

fn compile(raw: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(raw).size_limit(REGEX_BYTES_MAX).build()
}

/// Serializes a compiled expression as its text, for `#[serde(with = "as_text")]`.
pub mod as_text {
    use regex::Regex;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Serializes the text.
    ///
    /// # Errors
    /// Returns errors of the serializer.
    pub fn serialize<S: Serializer>(pattern: &Option<Regex>, serializer: S) -> Result<S::Ok, S::Error> {
        pattern.as_ref().map(Regex::as_str).serialize(serializer)
    }

    /// Deserializes the text and compiles it.
    ///
    /// # Errors
    /// Returns errors of the deserializer, and an error if the text does not compile.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Regex>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| super::compile(&text)).transpose().map_err(D::Error::custom)
    }
}
