//! `network`, `server` and the sections below it.

use std::time::Duration;

use indexmap::IndexMap;

use super::listeners::{Listener, Sts, TorListeners, Websockets};
use super::script::IpCheckScript;
use crate::config::yaml::read::{
    boolean, capped, certfp, count, duration, filled, list, map, mode, nested, nets, number, password, size,
    text, word,
};
use crate::config::yaml::section::section;
use crate::config::yaml::value::Net;
use crate::text::CaseMapping;

section! {
    /// `network`: what the servers that users see as one are called.
    Network {
        /// The name in the welcome and in ISUPPORT. Not empty.
        name: String [text] = String::new(),
    }
}

section! {
    /// `server`: this server, its doors and what it demands of connections.
    Server {
        /// The name by which the server speaks. A host name with at least one dot.
        name: String [text] = String::new(),
        /// Where to listen: `address:port`, `[address]:port`, `:port` or the path of a Unix socket.
        listeners: IndexMap<String, Listener> [map(nested)] = IndexMap::new(),
        /// Permissions of Unix sockets.
        unix_bind_mode: u32 [mode] = 0o777,
        /// Rules for listeners marked `tor`.
        tor_listeners: TorListeners,
        /// Strict transport security.
        sts: Sts,
        /// Rules for listeners marked `websocket`.
        websockets: Websockets,
        /// How names are compared.
        casemapping: CaseMapping [word] = CaseMapping::Precis,
        /// Whether text that is not UTF-8 is refused.
        enforce_utf8: bool [boolean] = false,
        /// Whether the host names of addresses are looked up.
        lookup_hostnames: bool [boolean] = true,
        /// Whether a host name counts only if it leads back to the address.
        forward_confirm_hostnames: bool [boolean] = false,
        /// Whether to ask the client's host for the user's name, RFC 1413.
        check_ident: bool [boolean] = false,
        /// The username of everyone, beginning with `~`, instead of what they say.
        coerce_ident: Option<String> [filled] = None,
        /// bcrypt hash of the password for connecting.
        password: Option<String> [password] = None,
        /// File with the message of the day.
        motd: Option<String> [filled] = None,
        /// Whether `$b`, `$c[red]` and the like in the message of the day become formatting.
        motd_formatting: bool [boolean] = false,
        /// Notice to everyone who connects.
        initial_notice: Option<String> [filled] = None,
        /// How long a connection may be silent.
        idle_timeouts: IdleTimeouts,
        /// Speaking for users of other networks.
        relaymsg: Relaymsg,
        /// Who may say, with the PROXY protocol or `X-Forwarded-For`, for whom they connect.
        proxy_allowed_from: Vec<Net> [nets] = Vec::new(),
        /// Gateways that may use WEBIRC.
        webirc: Vec<Webirc> [list(nested)] = Vec::new(),
        /// Bytes that may wait for a client that does not read.
        max_sendq: usize [size] = 96 << 10,
        /// Concessions to clients.
        compatibility: Compatibility,
        /// How many connections a host may have and make.
        ip_limits: IpLimits,
        /// A program that judges addresses.
        ip_check_script: IpCheckScript,
        /// Hiding of hosts.
        ip_cloaking: IpCloaking,
        /// Where a connection is as safe as with TLS; loopback always is.
        secure_nets: Vec<Net> [nets] = Vec::new(),
        /// Least time between a failed OPER and the next.
        oper_throttle: Duration [duration] = Duration::from_secs(10),
        /// Whether the counts of LUSERS are for operators only.
        suppress_lusers: bool [boolean] = false,
        /// Further ISUPPORT tokens with their values; they do not replace the server's own.
        additional_isupport: IndexMap<String, String> [map(isupport_value)] = IndexMap::new(),
        /// Further names of commands.
        command_aliases: IndexMap<String, String> [map(text)] = IndexMap::new(),
        /// Directory for exports; empty is the working directory.
        output_path: String [text] = String::new(),
        /// The host of services in their messages.
        override_services_hostname: Option<String> [filled] = None,
        /// Longest line without its tags, in bytes; at least 512.
        max_line_len: usize [capped(0..=65_536)] = 512,
        /// Threads for connections; 0 is as many as suit the machine.
        io_threads: usize [capped(0..=256)] = 0,
        /// Connections at a time; 0 is as many as there are file descriptors.
        max_clients: usize [capped(0..=10_000_000)] = 0,
    }
}

section! {
    /// `server.idle-timeouts`: `ping` must be below `disconnect`.
    IdleTimeouts {
        /// Until registration must be complete.
        registration: Duration [duration] = Duration::from_secs(60),
        /// Until the server sends a PING.
        ping: Duration [duration] = Duration::from_secs(90),
        /// Until the connection is closed.
        disconnect: Duration [duration] = Duration::from_secs(150),
    }
}

section! {
    /// `server.relaymsg`: the RELAYMSG command.
    Relaymsg {
        /// Whether there is one.
        enabled: bool [boolean] = false,
        /// Characters of which a relayed nickname must have one and other nicknames have none.
        separators: String [text] = String::new(),
        /// Whether channel operators may use it in their channels.
        available_to_chanops: bool [boolean] = false,
    }
}

section! {
    /// `server.webirc[]`: a gateway, known by fingerprint, password or both.
    Webirc {
        /// SHA-256 fingerprint of its certificate.
        certfp: Option<String> [certfp] = None,
        /// bcrypt hash of its password.
        password: Option<String> [password] = None,
        /// From where it connects.
        hosts: Vec<Net> [nets] = Vec::new(),
        /// Whether the host names it names are believed.
        accept_hostname: bool [boolean] = false,
    }
}

section! {
    /// `server.compatibility`: concessions to clients.
    Compatibility {
        /// Whether the last parameter of a relayed message always has a colon.
        force_trailing: bool [boolean] = true,
        /// Whether `AUTHENTICATE +` is sent without the server's name.
        send_unprefixed_sasl: bool [boolean] = false,
        /// Whether a message too long to relay is cut, not refused (417).
        allow_truncation: bool [boolean] = true,
    }
}

section! {
    /// `server.ip-limits`: how many connections a host may have and make.
    IpLimits {
        /// Whether connections at a time are limited.
        count: bool [boolean] = true,
        /// How many at a time; 0 is 16.
        max_concurrent_connections: usize [count] = 16,
        /// Whether connections per time are limited.
        throttle: bool [boolean] = true,
        /// Per which time; 0 is ten minutes.
        window: Duration [duration] = Duration::from_secs(600),
        /// How many in that time; 0 is 32.
        max_connections_per_window: usize [count] = 32,
        /// Leading bits of an IPv4 address that make a host.
        cidr_len_ipv4: u8 [number(0..=32)] = 32,
        /// Leading bits of an IPv6 address that make a host.
        cidr_len_ipv6: u8 [number(0..=128)] = 64,
        /// Who is not limited.
        exempted: Vec<Net> [nets] = Vec::new(),
        /// Networks with limits of their own, by name.
        custom_limits: IndexMap<String, CustomLimit> [map(nested)] = IndexMap::new(),
    }
}

section! {
    /// `server.ip-limits.custom-limits.<name>`: limits that some networks share.
    CustomLimit {
        /// Which networks; when empty, the name is the network.
        nets: Vec<Net> [nets] = Vec::new(),
        /// How many connections at a time; 0 is as many as a single host.
        max_concurrent_connections: usize [count] = 0,
        /// How many connections per window; 0 is as many as a single host.
        max_connections_per_window: usize [count] = 0,
    }
}

section! {
    /// `server.ip-cloaking`: a hash instead of the host.
    IpCloaking {
        /// Whether hosts are hidden.
        enabled: bool [boolean] = false,
        /// Whether users who are always on have a host made of their account.
        enabled_for_always_on: bool [boolean] = false,
        /// Last label of the host.
        netname: String [text] = "irc".to_owned(),
        /// Leading bits of an IPv4 address that count.
        cidr_len_ipv4: u8 [number(0..=32)] = 32,
        /// Leading bits of an IPv6 address that count.
        cidr_len_ipv6: u8 [number(0..=128)] = 64,
        /// Bits of the hash that are shown; 0 shows the last label only.
        num_bits: u16 [number(0..=256)] = 64,
        /// A secret from before the datastore kept it; empty when it does.
        secret: String [text] = String::new(),
    }
}

/// The value of an ISUPPORT token; a token may have none.
fn isupport_value(
    node: &crate::config::yaml::tree::Node,
    problems: &mut crate::config::yaml::section::Problems,
) -> Option<String> {
    if node.is_null() { Some(String::new()) } else { text(node, problems) }
}
