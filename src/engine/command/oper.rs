//! stub
use super::{Command, When};
#[allow(unused)] use crate::engine::cx::Cx;
pub(super) const OPER: Command = Command { name: "OPER", params_min: 0, when: When::Registered, right: None, help: "", run: |_, _| Ok(()) };
pub(super) const DEOPER: Command = Command { name: "DEOPER", params_min: 0, when: When::Registered, right: None, help: "", run: |_, _| Ok(()) };
pub fn by_certificate(_: &mut Cx<'_>) {}
pub fn compared(_: &mut Cx<'_>, _: &str, _: &crate::engine::JobAnswer) -> crate::engine::refusal::Outcome { Ok(()) }