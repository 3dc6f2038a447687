//! stub
use super::{Command, When};
#[allow(unused)] use crate::engine::cx::Cx;
pub(super) const HELP: Command = Command { name: "HELP", params_min: 0, when: When::Registered, right: None, help: "", run: |_, _| Ok(()) };
pub(super) const HELPOP: Command = Command { name: "HELPOP", params_min: 0, when: When::Registered, right: None, help: "", run: |_, _| Ok(()) };
