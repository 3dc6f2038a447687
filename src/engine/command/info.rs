//! stub
use super::{Command, When};
#[allow(unused)] use crate::engine::cx::Cx;
pub(super) const INFO: Command = Command { name: "INFO", params_min: 0, when: When::Registered, right: None, help: "", run: |_, _| Ok(()) };
pub(super) const ISUPPORT: Command = Command { name: "ISUPPORT", params_min: 0, when: When::Registered, right: None, help: "", run: |_, _| Ok(()) };
pub(super) const SUMMON: Command = Command { name: "SUMMON", params_min: 0, when: When::Registered, right: None, help: "", run: |_, _| Ok(()) };
pub(super) const TIME: Command = Command { name: "TIME", params_min: 0, when: When::Registered, right: None, help: "", run: |_, _| Ok(()) };
pub(super) const USERS: Command = Command { name: "USERS", params_min: 0, when: When::Registered, right: None, help: "", run: |_, _| Ok(()) };
pub(super) const VERSION: Command = Command { name: "VERSION", params_min: 0, when: When::Registered, right: None, help: "", run: |_, _| Ok(()) };
