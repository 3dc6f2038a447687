//! stub
use super::{Command, When};
#[allow(unused)] use crate::engine::cx::Cx;
pub(super) const ISON: Command = Command { name: "ISON", params_min: 0, when: When::Registered, right: None, help: "", run: |_, _| Ok(()) };
pub(super) const USERHOST: Command = Command { name: "USERHOST", params_min: 0, when: When::Registered, right: None, help: "", run: |_, _| Ok(()) };
