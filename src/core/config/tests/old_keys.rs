//! Configurations of older versions, and those that programs write.

use std::time::Duration;

use super::*;
use crate::config::*;

/// The conformance suite writes one line of JSON, with keys of several versions.
#[test]
fn one_line_of_json_with_old_keys_loads() {
    let hash = "$2a$04$0123456789abcdef0123456789abcdef0123456789abcdef01234";
    let json = serde_json::json!({
        "network": {"name": "SuiteNet"},
        "server": {
            "name": "My.Suite.Server",
            "listeners": {"127.0.0.1:35123": null, "0.0.0.0:35124": {"websocket": true}},
            "password": hash,
            "max-sendq": "16k",
            "casemapping": "ascii",
            "connection-limits": {
                "enabled": true, "cidr-len-ipv4": 32, "cidr-len-ipv6": 64, "ips-per-subnet": 1,
                "exempted": ["localhost"],
            },
            "connection-throttling": {
                "enabled": true, "cidr-len-ipv4": 32, "cidr-len-ipv6": 64, "ips-per-subnet": 16,
                "duration": "10m", "max-connections": 1, "ban-duration": "10m",
                "ban-message": "Try again later", "exempted": ["localhost"],
            },
            "lookup-hostnames": false,
            "enforce-utf8": true,
            "relaymsg": {"enabled": true, "separators": "/", "available-to-chanops": true},
            "proxy-allowed-from": ["localhost"],
            "compatibility": {"allow-truncation": false},
        },
        "accounts": {
            "authentication-enabled": true,
            "advertise-scram": true,
            "multiclient": {"enabled": true, "allowed-by-default": true, "always-on": "opt-in"},
            "registration": {
                "enabled": true, "enabled-callbacks": ["none"], "verify-timeout": "120h", "bcrypt-cost": 4,
                "email-verification": {
                    "enabled": true, "sender": "test@example.com", "require-tls": true,
                    "helo-domain": "example.com",
                },
            },
            "nick-reservation": {"enabled": true, "method": "strict"},
            "login-throttling": {"enabled": true, "duration": "1m", "max-attempts": 3},
            "default-user-modes": "+i",
        },
        "channels": {"registration": {"enabled": true}},
        "datastore": {
            "path": "/nowhere/ircd.db",
            "sqlite": {"enabled": true, "database-path": "/nowhere/history.db", "busy-timeout": "5s"},
        },
        "limits": {
            "awaylen": 200, "chan-list-modes": 60, "channellen": 64, "kicklen": 390, "monitor-entries": 100,
            "nicklen": 32, "topiclen": 390, "whowas-entries": 100, "linelen": {"rest": 2048},
            "multiline": {"max-bytes": 4096, "max-lines": 32},
        },
        "history": {
            "enabled": true, "channel-length": 128, "client-length": 128, "chathistory-maxmessages": 100,
            "tagmsg-storage": {"default": false, "whitelist": ["+draft/persist", "+persist"]},
            "retention": {"allow-individual-delete": true},
            "persistent": {
                "enabled": true, "unregistered-channels": true, "registered-channels": "opt-out",
                "direct-messages": "opt-out",
            },
        },
        "oper-classes": {
            "server-admin": {
                "title": "Server Admin",
                "capabilities": ["oper:local_kill", "oper:remote_kill", "nofakelag", "accreg"],
            },
        },
        "opers": {
            "operuser": {"class": "server-admin", "whois-line": "is a server admin", "password": hash},
        },
        "metadata": {"enabled": true, "max-subs": 100, "max-keys": 1000},
        "logging": [{"method": "stderr", "level": "debug", "type": "*"}],
    });
    let Loaded { config, warnings, .. } = loaded(&json.to_string());
    assert!(warnings.iter().all(|warning| warning.line == Some(1)), "{}", shown(&warnings));
    let paths: Vec<&str> = warnings.iter().map(|warning| warning.path.as_str()).collect();
    let old = [
        "server.connection-limits",
        "server.connection-throttling",
        "accounts.registration.enabled-callbacks",
        "limits.linelen",
        "server.ip-limits.ban-duration",
        "server.ip-limits.ban-message",
        "server.ip-limits.ips-per-subnet",
    ];
    assert_eq!(paths, old);

    assert_eq!(config.server.max_sendq, 16_384);
    assert_eq!(config.server.max_line_len, 512);
    let limits = &config.server.ip_limits;
    assert!(limits.count && limits.throttle);
    assert_eq!((limits.max_concurrent_connections, limits.max_connections_per_window), (1, 1));
    assert_eq!(limits.window, Duration::from_secs(600));
    assert!(limits.exempted.iter().any(|net| net.contains("127.0.0.1".parse().unwrap())));
    assert!(config.oper_classes["server-admin"].can("kill"));
    assert_eq!(config.limits.awaylen, 200);
}

#[test]
fn a_file_of_2020_loads() {
    let text = "\
network:
    name: TestNet
server:
    name: irc.test
    listeners:
        \"127.0.0.1:6667\": # loopback
        \":6697\":
            tls:
                cert: fullchain.pem
                key: privkey.pem
                proxy: true
        \":6668\":
            tls: {proxy: true}
        \":8097\":
            websocket: true
            tls: {cert: fullchain.pem, key: privkey.pem, proxy: false}
    enforce-utf8: true
oper-classes:
    server-admin: {title: Admin, capabilities: [\"oper:rehash\"]}
opers:
    admin:
        class: \"server-admin\"
        whois-line: is a server admin
        vhost: \"staff\"
        hidden: false
        password: \"$2a$04$0123456789abcdef0123456789abcdef0123456789abcdef01234\"
datastore:
    path: ircd.db
    autoupgrade: true
    mysql:
        enabled: true
        host: 127.0.0.1
        port: 3306
        user: root
        password: root
        history-database: ircd_history
        timeout: 30s
";
    let Loaded { config, warnings, not_yet } = loaded(text);
    assert_eq!(shown(&warnings), "");
    assert!(config.server.listeners[":6697"].proxy && !config.server.listeners[":8097"].proxy);
    assert!(config.server.listeners[":6668"].proxy && config.server.listeners[":6668"].tls.is_none());
    assert_eq!(config.datastore.mysql.timeout, Duration::from_secs(30));
    assert_eq!(not_yet, Vec::<String>::new());
}

#[test]
fn renamed_keys_work_with_a_warning() {
    let fingerprint = "ab".repeat(32);
    let text = format!(
        "{MINIMAL}    webirc: [{{fingerprint: {fingerprint}, hosts: [localhost]}}]
accounts:
    bouncer: {{enabled: true, allowed-by-default: true}}
    nick-reservation: {{rename-prefix: Anon-}}
    registration:
        enabled-callbacks: [mailto]
        callbacks: {{mailto: {{sender: a@b.c, server: mx.b.c, port: 25}}}}
    vhosts: {{offer-list: [a], user-requests: {{enabled: true}}}}
oper-classes: {{x: {{}}}}
opers: {{x: {{class: x, fingerprint: {fingerprint}}}}}
history: {{restrictions: {{enforce-registration-date: true}}}}
"
    );
    let Loaded { config, warnings, .. } = loaded(&text);
    assert_eq!(config.server.webirc[0].certfp.as_ref(), Some(&fingerprint));
    assert_eq!(config.opers["x"].certfp.as_ref(), Some(&fingerprint));
    assert!(config.accounts.multiclient.enabled && config.accounts.multiclient.allowed_by_default);
    assert_eq!(config.accounts.nick_reservation.guest_nickname_format, "Anon-*");
    let mail = &config.accounts.registration.email_verification;
    assert!(mail.enabled && mail.sender == "a@b.c" && mail.mta.server == "mx.b.c" && mail.mta.port == 25);
    assert_eq!(config.history.restrictions.query_cutoff, HistoryCutoff::RegistrationTime);
    let report = shown(&warnings);
    for line in [
        "f:8: warning: accounts.bouncer: expected `multiclient`, found an old name of that key",
        "f:6: warning: server.webirc.0.fingerprint: expected `certfp`, found an old name of that key",
        "f:12: warning: accounts.registration.callbacks.mailto: expected `email-verification`, \
         found an old form",
        "f:16: warning: history.restrictions.enforce-registration-date: expected `query-cutoff`, \
         found an old form",
        "f:13: warning: accounts.vhosts.offer-list: expected no such key, \
         found a key that no longer has an effect",
    ] {
        assert!(report.contains(line), "{line}\nin\n{report}");
    }
}

#[test]
fn old_forms_of_listeners_are_converted() {
    let text = format!(
        "{}    listen: ['127.0.0.1:6667', ':6697', 'unix:/run/ircd.sock', ':6668']
    tls-listeners: {{':6697': {{cert: a.pem, key: a.key}}, ':8080': {{cert: b.pem, key: b.key}}}}
    ws-listen: ':8080'
    tor-listeners: {{listeners: [':6668'], require-sasl: true}}
",
        MINIMAL.replace("    listeners: {'127.0.0.1:6667': }\n", "")
    );
    let Loaded { config, warnings, .. } = loaded(&text);
    let mut expected = indexmap::IndexMap::new();
    let pair = |name: &str| Some(KeyPair { cert: format!("{name}.pem"), key: format!("{name}.key") });
    expected.insert("127.0.0.1:6667".to_owned(), Listener::default());
    expected.insert(":6697".to_owned(), Listener { tls: pair("a"), ..Listener::default() });
    expected.insert("/run/ircd.sock".to_owned(), Listener::default());
    expected.insert(":6668".to_owned(), Listener { tor: true, ..Listener::default() });
    expected.insert(":8080".to_owned(), Listener { tls: pair("b"), websocket: true, ..Listener::default() });
    assert_eq!(config.server.listeners, expected);
    assert!(config.server.enforce_utf8 && config.server.tor_listeners.require_sasl);
    let report = shown(&warnings);
    for key in ["listen", "tls-listeners", "ws-listen", "tor-listeners.listeners"] {
        assert!(report.contains(&format!("server.{key}: expected `")), "{key} in\n{report}");
    }
    // Servers that support `listeners` ignore the old keys.
    let Loaded { config, warnings, .. } = loaded(&format!("{MINIMAL}    listen: [':1']\n"));
    assert_eq!(config.server.listeners.len(), 1);
    assert_eq!(warnings.len(), 1);
}

#[test]
fn old_keys_of_tokens_become_an_algorithm_and_a_key() {
    let text = format!(
        "{MINIMAL}extjwt:
    expiration: 45s
    secret: sesame
    services:
        one: {{expiration: 30s, rsa-private-key-file: one.pem, secret: x}}
        two: {{algorithm: eddsa, key-file: two.pem, url: 'http://x'}}
"
    );
    let Loaded { config, warnings, .. } = loaded(&text);
    let extjwt = &config.extjwt;
    assert_eq!((extjwt.algorithm, extjwt.key.as_str()), (Some(JwtAlgorithm::Hmac), "sesame"));
    let one = &extjwt.services["one"];
    assert_eq!((one.algorithm, one.key_file.as_str()), (Some(JwtAlgorithm::Rsa), "one.pem"));
    assert_eq!(extjwt.services["two"].algorithm, Some(JwtAlgorithm::Eddsa));
    assert!(!format!("{warnings:?}").contains("sesame"));
    assert_eq!(warnings.len(), 3, "{}", shown(&warnings));
}

#[test]
fn an_enabled_ldap_directory_is_a_loud_warning() {
    let ldap = |enabled: bool| {
        loaded(&format!(
            "{MINIMAL}accounts: {{ldap: {{enabled: {enabled}, host: x, attributes: {{name: cn}}}}}}\n"
        ))
    };
    assert_eq!(ldap(true).not_yet, ["accounts: ldap"]);
    assert!(shown(&ldap(true).warnings).contains("LOGINS ARE NOT CHECKED AGAINST IT"));
    assert_eq!(ldap(false).not_yet, Vec::<String>::new());
    assert_eq!(shown(&ldap(false).warnings).lines().count(), 1);
}

#[test]
fn keys_inside_moved_sections_are_checked() {
    let text = format!(
        "{MINIMAL}    connection-throttling: {{enabled: true, max-connections: 5, ban-message: no, fork: 1}}
registration: {{accounts: {{enabled: true, verify-timeout: 3h}}}}
authentication-enabled: true
limits: {{linelen: {{rest: 1024, tags: 9000}}}}
"
    );
    let Loaded { config, warnings, .. } = loaded(&text);
    assert_eq!(config.server.ip_limits.max_connections_per_window, 5);
    assert!(config.accounts.authentication_enabled && config.accounts.registration.enabled);
    assert_eq!(config.accounts.registration.verify_timeout, Duration::from_secs(3 * 3600));
    assert_eq!(config.server.max_line_len, 1024);
    let report = shown(&warnings);
    for line in [
        "ip-limits.ban-message: expected no such key, found a key that no longer has an effect",
        "ip-limits.fork: expected a known key, found an unknown one",
        "limits.linelen.rest: expected `server.max-line-len`, found an old form of that key",
        "limits.linelen: expected `server.max-line-len`, found a key that no longer has an effect",
        "authentication-enabled: expected `accounts.authentication-enabled`, found the old place",
    ] {
        assert!(report.contains(line), "{line}\nin\n{report}");
    }
    let typo = format!("{MINIMAL}    connection-limits: {{exemptedd: [localhost]}}\n");
    assert!(shown(&load(&typo, &[]).unwrap_err()).contains("did you mean `exempted`?"));
}

#[test]
fn regular_expressions_for_addresses_keep_their_meaning() {
    let text = format!(
        "{MINIMAL}accounts: {{registration: {{email-verification: \
         {{enabled: true, sender: a@b.c, blacklist-regexes: ['.*@mailinator.com']}}}}}}\n"
    );
    let mail = loaded(&text).config.accounts.registration.email_verification;
    assert_eq!(mail.address_blacklist, [".*@mailinator.com"]);
    assert_eq!(mail.address_blacklist_syntax, PatternSyntax::Regex);
}

#[test]
fn proxy_where_it_had_no_effect_is_a_warning() {
    let listeners = "':1': {tls-certificates: [{cert: a, key: b, proxy: false}]}";
    let text = format!(
        "{}api: {{tls: {{cert: a, key: b, proxy: false}}}}\n",
        MINIMAL.replace("'127.0.0.1:6667': ", listeners)
    );
    let report = shown(&loaded(&text).warnings);
    assert!(report.contains("server.listeners.:1.tls-certificates.0.proxy: expected `proxy`"), "{report}");
    assert!(report.contains("api.tls.proxy: expected no such key"), "{report}");
}
