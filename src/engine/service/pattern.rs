//! Regular expressions that operators narrow a list with.

use regex::{Regex, RegexBuilder};

use crate::engine::context::refusal::Refusal;
use crate::engine::context::service::ServiceName;
use crate::i18n::Phrase;

/// Bytes that a compiled regular expression may take.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// Compiles a regular expression.
pub fn pattern(service: ServiceName, raw: &str) -> Result<Regex, Refusal> {
    let compiled = RegexBuilder::new(raw).size_limit(REGEX_BYTES_MAX).build();
    compiled.map_err(|_| service.refuse(Phrase::REGEX_INVALID, &[]))
}
