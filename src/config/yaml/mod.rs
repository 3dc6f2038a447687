//! From YAML text to typed values, with the line and key of everything that is wrong.
//!
//! Nothing here knows a key of the configuration: those are in [`super::sections`].

mod build;
mod marks;
pub(in crate::config) mod problem;
pub(in crate::config) mod read;
pub(in crate::config) mod section;
mod spelling;
pub(in crate::config) mod tree;
pub(in crate::config) mod unit;
pub(in crate::config) mod value;
