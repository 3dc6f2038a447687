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
    /// `network`: the network that users see.
    Network {
        /// Name in the welcome and in ISUPPORT. Not empty.
        name: String [text] = String::new(),
    }
}

section! {
    /// `server`: this server, its listeners and its rules for connections.
    Server {
        /// Server name: a hostname with at least one dot.
        name: String [text] = String::new(),
        /// Listeners, by `address:port`, `[address]:port`, `:port` or the path of a Unix domain socket.
        listeners: IndexMap<String, Listener> [map(nested)] = IndexMap::new(),
        /// File mode of Unix domain sockets.
        unix_bind_mode: u32 [mode] = 0o777,
        /// Settings for listeners marked `tor`.
        tor_listeners: TorListeners,
        /// Strict transport security.
        sts: Sts,
        /// Settings for listeners marked `websocket`.
        websockets: Websockets,
        /// How names are compared.
        casemapping: CaseMapping [word] = CaseMapping::Precis,
        /// Whether messages that are not valid UTF-8 are rejected.
        enforce_utf8: bool [boolean] = false,
        /// Whether hostnames of addresses are looked up.
        lookup_hostnames: bool [boolean] = true,
        /// Whether a hostname must resolve to the same address.
        forward_confirm_hostnames: bool [boolean] = false,
        /// Whether clients are queried with the ident protocol, RFC 1413.
        check_ident: bool [boolean] = false,
        /// Username given to all users, beginning with `~`.
        coerce_ident: Option<String> [filled] = None,
        /// bcrypt hash of the password required to connect.
        password: Option<String> [password] = None,
        /// File with the message of the day.
        motd: Option<String> [filled] = None,
        /// Whether formatting codes such as `$b` and `$c[red]` are interpreted in it.
        motd_formatting: bool [boolean] = false,
        /// Notice sent to every client on connect.
        initial_notice: Option<String> [filled] = None,
        /// Timeouts for silent connections.
        idle_timeouts: IdleTimeouts,
        /// The RELAYMSG command.
        relaymsg: Relaymsg,
        /// Proxies trusted to state the client's address.
        proxy_allowed_from: Vec<Net> [nets] = Vec::new(),
        /// Gateways that may use WEBIRC.
        webirc: Vec<Webirc> [list(nested)] = Vec::new(),
        /// Maximum size of a client's send queue, in bytes; at least 4096.
        max_sendq: usize [size] = 96 << 10,
        /// Compatibility with older clients.
        compatibility: Compatibility,
        /// Connection limits per address or network.
        ip_limits: IpLimits,
        /// A program that decides whether an address may connect.
        ip_check_script: IpCheckScript,
        /// Cloaking of hostnames.
        ip_cloaking: IpCloaking,
        /// Networks whose plaintext connections count as secure; loopback always does.
        secure_nets: Vec<Net> [nets] = Vec::new(),
        /// Minimum time between failed OPER attempts.
        oper_throttle: Duration [duration] = Duration::from_secs(10),
        /// Whether only operators see the counts of LUSERS.
        suppress_lusers: bool [boolean] = false,
        /// Additional ISUPPORT tokens with their values; they do not replace built-in ones.
        additional_isupport: IndexMap<String, String> [map(isupport_value)] = IndexMap::new(),
        /// Additional names for commands.
        command_aliases: IndexMap<String, String> [map(text)] = IndexMap::new(),
        /// Directory for exported files; empty for the working directory.
        output_path: String [text] = String::new(),
        /// Hostname of services.
        override_services_hostname: Option<String> [filled] = None,
        /// Maximum line length without tags, in bytes; at least 512.
        max_line_len: usize [capped(0..=65_536)] = 512,
        /// Threads that serve connections; 0 to choose by the number of processors.
        io_threads: usize [capped(0..=256)] = 0,
        /// Maximum number of concurrent connections; 0 for as many as the open file limit allows.
        max_clients: usize [capped(0..=10_000_000)] = 0,
    }
}

section! {
    /// `server.idle-timeouts`: timeouts for silent connections; `ping` is below `disconnect`.
    IdleTimeouts {
        /// Time allowed to complete registration.
        registration: Duration [duration] = Duration::from_secs(60),
        /// Time before the server sends a PING.
        ping: Duration [duration] = Duration::from_secs(90),
        /// Time before the connection is closed.
        disconnect: Duration [duration] = Duration::from_secs(150),
    }
}

section! {
    /// `server.relaymsg`: the RELAYMSG command.
    Relaymsg {
        /// Whether the command is enabled.
        enabled: bool [boolean] = false,
        /// Characters of which relayed nicknames contain one; other nicknames contain none.
        separators: String [text] = String::new(),
        /// Whether channel operators can use it in their channels.
        available_to_chanops: bool [boolean] = false,
    }
}

section! {
    /// `server.webirc[]`: a gateway, identified by certificate, password or both.
    Webirc {
        /// SHA-256 fingerprint of its certificate.
        certfp: Option<String> [certfp] = None,
        /// bcrypt hash of its password.
        password: Option<String> [password] = None,
        /// Networks it connects from.
        hosts: Vec<Net> [nets] = Vec::new(),
        /// Whether the hostnames it sends are trusted.
        accept_hostname: bool [boolean] = false,
    }
}

section! {
    /// `server.compatibility`: compatibility with older clients.
    Compatibility {
        /// Whether the last parameter of every relayed message has a colon.
        force_trailing: bool [boolean] = true,
        /// Whether `AUTHENTICATE +` is sent without the server name.
        send_unprefixed_sasl: bool [boolean] = false,
        /// Whether messages too long to relay are truncated instead of rejected (417).
        allow_truncation: bool [boolean] = true,
    }
}

section! {
    /// `server.ip-limits`: connection limits per address or network.
    IpLimits {
        /// Whether concurrent connections are limited.
        count: bool [boolean] = true,
        /// Maximum number of concurrent connections; 0 for 16.
        max_concurrent_connections: usize [count] = 16,
        /// Whether connections per window are limited.
        throttle: bool [boolean] = true,
        /// The window; 0 for ten minutes.
        window: Duration [duration] = Duration::from_secs(600),
        /// Maximum number of connections per window; 0 for 32.
        max_connections_per_window: usize [count] = 32,
        /// Prefix length of the IPv4 networks that count as one client.
        cidr_len_ipv4: u8 [number(0..=32)] = 32,
        /// Prefix length of the IPv6 networks that count as one client.
        cidr_len_ipv6: u8 [number(0..=128)] = 64,
        /// Networks without limits.
        exempted: Vec<Net> [nets] = Vec::new(),
        /// Groups of networks with limits of their own, by name.
        custom_limits: IndexMap<String, CustomLimit> [map(nested)] = IndexMap::new(),
    }
}

section! {
    /// `server.ip-limits.custom-limits.<name>`: limits shared by a group of networks.
    CustomLimit {
        /// The networks; if empty, the name is the network.
        nets: Vec<Net> [nets] = Vec::new(),
        /// Maximum number of concurrent connections; 0 for the general limit.
        max_concurrent_connections: usize [count] = 0,
        /// Maximum number of connections per window; 0 for the general limit.
        max_connections_per_window: usize [count] = 0,
    }
}

section! {
    /// `server.ip-cloaking`: a hash displayed instead of the hostname.
    IpCloaking {
        /// Whether hostnames are cloaked.
        enabled: bool [boolean] = false,
        /// Whether always-on users have a cloak derived from their account name.
        enabled_for_always_on: bool [boolean] = false,
        /// Last component of every cloak.
        netname: String [text] = "irc".to_owned(),
        /// Prefix length of the IPv4 networks that share a cloak.
        cidr_len_ipv4: u8 [number(0..=32)] = 32,
        /// Prefix length of the IPv6 networks that share a cloak.
        cidr_len_ipv6: u8 [number(0..=128)] = 64,
        /// Number of bits of the hash to display; 0 displays only `netname`.
        num_bits: u16 [number(0..=256)] = 64,
        /// Secret from the configuration of an old version; if empty, the one in the datastore is used.
        secret: String [text] = String::new(),
    }
}

/// Reads the value of an ISUPPORT token, which may be empty.
fn isupport_value(
    node: &crate::config::yaml::tree::Node,
    problems: &mut crate::config::yaml::section::Problems,
) -> Option<String> {
    if node.is_null() { Some(String::new()) } else { text(node, problems) }
}
