//! NS, CS, HS, HISTSERV and their long forms: sends a command to a service without PRIVMSG.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::context::service::ServiceName;
use crate::engine::service;
use crate::wire::Message;

use super::Command;

pub(super) const NICKSERV: Command = Command::new("NICKSERV", |cx, m| run(cx, ServiceName::NickServ, m))
    .help("<command> [<parameters>]: sends a command to NickServ, which manages accounts and nicks");

pub(super) const NS: Command = Command::new("NS", |cx, m| run(cx, ServiceName::NickServ, m))
    .help("<command> [<parameters>]: sends a command to NickServ, which manages accounts and nicks");

pub(super) const CHANSERV: Command = Command::new("CHANSERV", |cx, m| run(cx, ServiceName::ChanServ, m))
    .help("<command> [<parameters>]: sends a command to ChanServ, which manages registered channels");

pub(super) const CS: Command = Command::new("CS", |cx, m| run(cx, ServiceName::ChanServ, m))
    .help("<command> [<parameters>]: sends a command to ChanServ, which manages registered channels");

pub(super) const HOSTSERV: Command = Command::new("HOSTSERV", |cx, m| run(cx, ServiceName::HostServ, m))
    .help("<command> [<parameters>]: sends a command to HostServ, which manages vhosts");

pub(super) const HS: Command = Command::new("HS", |cx, m| run(cx, ServiceName::HostServ, m))
    .help("<command> [<parameters>]: sends a command to HostServ, which manages vhosts");

pub(super) const HISTSERV: Command = Command::new("HISTSERV", |cx, m| run(cx, ServiceName::HistServ, m))
    .help("<command> [<parameters>]: sends a command to HistServ, which manages message history");

fn run(cx: &mut Cx<'_>, service: ServiceName, m: &Message<'_>) -> Outcome {
    service::receive(cx, service, &m.params().join(" "));
    Ok(())
}
