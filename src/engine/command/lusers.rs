//! stub
use super::{Command, When};
#[allow(unused)] use crate::engine::cx::Cx;
pub(super) const LUSERS: Command = Command { name: "LUSERS", params_min: 0, when: When::Registered, right: None, help: "", run: |_, _| Ok(()) };
pub fn show(_: &mut Cx<'_>) {}