//! stub
use super::{Command, When};
#[allow(unused)] use crate::engine::cx::Cx;
pub(super) const WHO: Command = Command { name: "WHO", params_min: 0, when: When::Registered, right: None, help: "", run: |_, _| Ok(()) };
#[derive(Debug)] pub struct WhoCursor; impl WhoCursor { pub fn step(&mut self, _: &mut Cx<'_>) -> bool { true } }