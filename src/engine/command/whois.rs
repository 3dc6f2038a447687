//! stub
use super::{Command, When};
#[allow(unused)] use crate::engine::cx::Cx;
pub(super) const WHOIS: Command = Command { name: "WHOIS", params_min: 0, when: When::Registered, right: None, help: "", run: |_, _| Ok(()) };
