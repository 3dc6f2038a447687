//! The configuration: text in, checked [`Config`] or a list of problems out.

/// The checked configuration.
#[derive(Clone, Debug, Default)]
pub struct Config {}
