//! NS, CS, HS, HISTSERV and their long forms: what a service is told, without a PRIVMSG around it.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::context::service::ServiceName;
use crate::engine::service;
use crate::wire::Message;

use super::{Command, When};

pub(super) const NICKSERV: Command = Command {
    name: "NICKSERV",
    params_min: 0,
    when: When::Registered,
    right: None,
    help: "<command> [<parameters>]: sends a command to NickServ, which manages accounts and nicks",
    run: |cx, m| tell(cx, ServiceName::NickServ, m),
};

pub(super) const NS: Command = Command { name: "NS", ..NICKSERV };

pub(super) const CHANSERV: Command = Command {
    name: "CHANSERV",
    help: "<command> [<parameters>]: sends a command to ChanServ, which manages registered channels",
    run: |cx, m| tell(cx, ServiceName::ChanServ, m),
    ..NICKSERV
};

pub(super) const CS: Command = Command { name: "CS", ..CHANSERV };

pub(super) const HOSTSERV: Command = Command {
    name: "HOSTSERV",
    help: "<command> [<parameters>]: sends a command to HostServ, which manages vhosts",
    run: |cx, m| tell(cx, ServiceName::HostServ, m),
    ..NICKSERV
};

pub(super) const HS: Command = Command { name: "HS", ..HOSTSERV };

pub(super) const HISTSERV: Command = Command {
    name: "HISTSERV",
    help: "<command> [<parameters>]: sends a command to HistServ, which manages message history",
    run: |cx, m| tell(cx, ServiceName::HistServ, m),
    ..NICKSERV
};

fn tell(cx: &mut Cx<'_>, service: ServiceName, m: &Message<'_>) -> Outcome {
    service::hear(cx, service, &m.params().join(" "));
    Ok(())
}
