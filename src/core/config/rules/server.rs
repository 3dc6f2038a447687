//! Rules for `network` and `server`.

use super::super::yaml::value::Net;
use super::super::{Config, Listener};
use super::Rules;
use super::names::{is_hostname, is_ident, is_listen_address};

/// The minimum size of a send queue, in bytes. The reply to a command must fit.
const SENDQ_BYTES_MIN: usize = 4096;
/// Characters that cannot be separators, because they have a meaning in the protocol.
const NO_SEPARATORS: &str = " ,*?.!@:";

/// Checks the required keys.
pub(super) fn required(config: &Config, rules: &mut Rules<'_>) {
    let name = &config.network.name;
    if (name.trim().is_empty() || name.contains(char::is_control)) && !rules.is_noted(&["network", "name"]) {
        rules.wrong(&["network", "name"], "the name of the network, such as ExampleNet");
    }
    let name = &config.server.name;
    let valid = is_hostname(name) && name.contains('.');
    if !valid && !rules.is_noted(&["server", "name"]) {
        rules.wrong(&["server", "name"], "a hostname with a dot, such as irc.example.com");
    }
    if config.server.listeners.is_empty() && !rules.is_noted(&["server", "listeners"]) {
        rules.wrong(&["server", "listeners"], "at least one address to listen on, such as \":6697\"");
    }
    if config.datastore.path.is_empty() && !rules.is_noted(&["datastore", "path"]) {
        rules.wrong(&["datastore", "path"], "the path of the database, such as ircd.db");
    }
}

/// Checks every listener, and the sections it depends on.
pub(super) fn listeners(config: &Config, rules: &mut Rules<'_>) {
    for (address, listener) in &config.server.listeners {
        let at = ["server", "listeners", address.as_str()];
        if !is_listen_address(address) {
            let expected = "`address:port`, `[address]:port`, `:port` or the path of a Unix socket";
            rules.broken(&at, expected, format!("{address:?}"));
        }
        key_pairs(listener, &at, rules);
        if listener.sts_only && !config.server.sts.enabled {
            let keys = [&at[..], &["sts-only"]].concat();
            rules.broken(&keys, "`server.sts.enabled: true` as well", "STS disabled");
        }
        if listener.http && (listener.sts_only || listener.tor) {
            let keys = [&at[..], &["http"]].concat();
            rules.broken(&keys, "a listener without `sts-only` and `tor`", "both");
        }
        if listener.websocket && !config.server.enforce_utf8 {
            let keys = [&at[..], &["websocket"]].concat();
            rules.broken(&keys, "`server.enforce-utf8: true` as well", "UTF-8 not enforced");
        }
    }
}

fn key_pairs(listener: &Listener, at: &[&str], rules: &mut Rules<'_>) {
    let single = listener.tls.iter().map(|pair| (pair, [at, &["tls"]].concat()));
    for (pair, keys) in single {
        for (name, value) in [("cert", &pair.cert), ("key", &pair.key)] {
            if value.is_empty() {
                rules.wrong(&[&keys[..], &[name]].concat(), "the name of a PEM file");
            }
        }
    }
    let keys = [at, &["tls-certificates"]].concat();
    if listener.tls_certificates.iter().any(|pair| pair.cert.is_empty() || pair.key.is_empty()) {
        rules.broken(&keys, "`cert` and `key` for each", "an entry without one of them");
    }
    if listener.tls.is_some() && !listener.tls_certificates.is_empty() {
        rules.doubtful(&keys, "either this or `tls`", "both; `tls` has no effect");
    }
}

/// Checks the rules for connections.
pub(super) fn connections(config: &Config, rules: &mut Rules<'_>) {
    let server = &config.server;
    if server.idle_timeouts.ping >= server.idle_timeouts.disconnect {
        let found = format!("{:?} and {:?}", server.idle_timeouts.ping, server.idle_timeouts.disconnect);
        let expected = "less than `disconnect`, so that clients have time to answer";
        rules.broken(&["server", "idle-timeouts", "ping"], expected, found);
    }
    if let Some(ident) = &server.coerce_ident {
        if !ident.strip_prefix('~').is_some_and(is_ident) {
            rules.wrong(&["server", "coerce-ident"], "`~` and a username, such as ~u");
        }
        if server.check_ident {
            let expected = "no `check-ident: true` at the same time";
            rules.broken(&["server", "coerce-ident"], expected, "both");
        }
    }
    let relaymsg = &server.relaymsg;
    if relaymsg.enabled && relaymsg.separators.contains(|c| NO_SEPARATORS.contains(c)) {
        let expected = format!("none of the characters {NO_SEPARATORS:?}");
        rules.wrong(&["server", "relaymsg", "separators"], expected);
    }
    if relaymsg.enabled && relaymsg.separators.is_empty() {
        let expected = "a character that marks relayed nicknames";
        rules.doubtful(&["server", "relaymsg"], expected, "none, so no nickname can be relayed");
    }
    for (alias, command) in &server.command_aliases {
        let is_command = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
        if !is_command(alias) || !is_command(command) {
            let found = format!("{alias:?} for {command:?}");
            rules.broken(&["server", "command-aliases"], "names of letters and digits", found);
        }
    }
}

/// Checks gateways, limits and hostnames.
pub(super) fn hosts(config: &Config, rules: &mut Rules<'_>) {
    let server = &config.server;
    for (index, gateway) in server.webirc.iter().enumerate() {
        let without_credentials = gateway.certfp.is_none() && gateway.password.is_none();
        let keys = ["server", "webirc", &index.to_string()];
        let noted = ["certfp", "password"].iter().any(|key| rules.is_noted(&[&keys[..], &[key]].concat()));
        // A gateway without hosts is an unused example.
        if without_credentials && !gateway.hosts.is_empty() && !noted {
            rules.broken(&keys, "`certfp`, `password` or both", "neither");
        }
    }
    for (name, limit) in &server.ip_limits.custom_limits {
        if limit.nets.is_empty() && Net::parse(name).is_none() {
            let keys = ["server", "ip-limits", "custom-limits", name, "nets"];
            rules.wrong(&keys, "a list of networks");
        }
    }
    if server.ip_cloaking.enabled && !is_hostname(&server.ip_cloaking.netname) {
        rules.wrong(&["server", "ip-cloaking", "netname"], "a hostname, such as irc");
    }
    if let Some(host) = &server.override_services_hostname
        && !is_hostname(host)
    {
        rules.wrong(&["server", "override-services-hostname"], "a hostname");
    }
}

/// Raises `max-sendq` to the minimum.
pub(super) fn queue(config: &mut Config, rules: &mut Rules<'_>) {
    let max_sendq = &mut config.server.max_sendq;
    if *max_sendq < SENDQ_BYTES_MIN {
        let found = format!("{max_sendq} bytes; 4k is used");
        rules.doubtful(&["server", "max-sendq"], "a size of 4k or more", found);
        *max_sendq = SENDQ_BYTES_MIN;
    }
}

/// Checks that a script is either a program or a socket. Disables one that is neither.
pub(super) fn scripts(config: &mut Config, rules: &mut Rules<'_>) {
    let (check, auth) = (&mut config.server.ip_check_script, &mut config.accounts.auth_script);
    let scripts = [
        (["server", "ip-check-script"], &mut check.enabled, &check.command, &mut check.socket),
        (["accounts", "auth-script"], &mut auth.enabled, &auth.command, &mut auth.socket),
    ];
    for (at, enabled, command, socket) in scripts {
        if let Some(path) = socket.strip_prefix("unix:") {
            *socket = path.to_owned();
        }
        match (command.is_empty(), socket.is_empty()) {
            (false, false) if *enabled => {
                rules.broken(&at, "either `command` or `socket`", "both");
            }
            (true, true) if *enabled => {
                rules.doubtful(&at, "either `command` or `socket`", "neither, so it is never queried");
                *enabled = false;
            }
            _ => {}
        }
    }
}
