//! Converts YAML to typed values, and reports the line and key of every problem.
//!
//! The keys of the configuration are not here but in [`super::sections`].

mod build;
mod marks;
pub(in crate::config) mod problem;
pub(in crate::config) mod read;
pub(in crate::config) mod section;
mod spelling;
pub(in crate::config) mod tree;
pub(in crate::config) mod unit;
pub(in crate::config) mod value;
