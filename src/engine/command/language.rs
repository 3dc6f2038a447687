//! stub
use super::{Command, When};
#[allow(unused)] use crate::engine::cx::Cx;
pub(super) const LANGUAGE: Command = Command { name: "LANGUAGE", params_min: 0, when: When::Registered, right: None, help: "", run: |_, _| Ok(()) };
