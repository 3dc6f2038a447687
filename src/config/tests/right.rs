//! Configurations that are right, and what they mean.

use std::net::IpAddr;
use std::time::Duration;

use super::*;
use crate::config::*;
use crate::text::CaseMapping;

fn at(addr: &str) -> IpAddr {
    addr.parse().unwrap()
}

#[test]
fn the_least_configuration_has_the_documented_defaults() {
    let Loaded { config, warnings, not_yet } = loaded(LEAST);
    assert_eq!((warnings, not_yet), (vec![], Vec::<String>::new()));
    let mut expected = Config::default();
    expected.network.name = "TestNet".to_owned();
    expected.server.name = "irc.test".to_owned();
    expected.server.listeners.insert("127.0.0.1:6667".to_owned(), Listener::default());
    expected.datastore.path = "ircd.db".to_owned();
    expected.accounts.registration.email_verification.helo_domain = "irc.test".to_owned();
    assert_eq!(config, expected);

    assert_eq!(config.server.casemapping, CaseMapping::Precis);
    assert_eq!(config.server.idle_timeouts.disconnect, Duration::from_secs(150));
    assert_eq!(config.server.max_line_len, 512);
    assert_eq!(config.server.oper_throttle, Duration::from_secs(10));
    assert!(config.server.lookup_hostnames && config.server.compatibility.allow_truncation);
    assert_eq!(config.limits.identlen, 20);
    assert_eq!(config.limits.registration_messages, 1024);
    assert_eq!(config.accounts.registration.bcrypt_cost, 12);
    assert_eq!(config.channels.default_modes, "+nt");
    assert_eq!(config.channels.max_channels_per_client, 100);
    assert_eq!(config.metadata.max_subs, 10);
    assert!(config.debug.recover_from_errors);
}

#[test]
fn values_are_read_in_all_their_notations() {
    let text = "\
network: {name: 1.10}
datastore: {path: ircd.db}
server:
    name: irc.test
    listeners:
        ':6667':
        '[::1]:6697':
            tls: {cert: a.pem, key: a.key}
            min-tls-version: 1.3
        '/run/ircd.sock': {websocket: true}
    unix-bind-mode: 0770
    enforce-utf8: yes
    max-sendq: 1.5m
    sts: {duration: 1mo2d5m}
    secure-nets: [localhost, 10.0.0.0/8, '2001:db8::/32', 192.0.2.7]
    additional-isupport: {'draft/ICON': http://x, EMPTY: }
    command-aliases: {umode: mode}
accounts:
    multiclient: {enabled: on, always-on: true, auto-away: opt-in}
    default-user-modes: +i
fakelag: {command-budgets: {who: 4}}
";
    let config = loaded(text).config;
    assert_eq!(config.network.name, "1.10");
    let server = &config.server;
    assert_eq!(server.listeners.keys().collect::<Vec<_>>(), [":6667", "[::1]:6697", "/run/ircd.sock"]);
    assert_eq!(server.listeners["[::1]:6697"].tls.as_ref().unwrap().key, "a.key");
    assert_eq!(server.listeners["[::1]:6697"].min_tls_version, TlsVersion::Tls13);
    assert!(server.listeners["/run/ircd.sock"].websocket && server.enforce_utf8);
    assert_eq!(server.unix_bind_mode, 0o770);
    assert_eq!(server.max_sendq, 1_572_864);
    assert_eq!(server.sts.duration, Duration::from_secs(32 * 86_400 + 300));
    let secure = |addr| server.secure_nets.iter().any(|net| net.contains(at(addr)));
    for addr in ["127.3.2.1", "::1", "10.255.0.1", "::ffff:10.0.0.1", "2001:db8:1::", "192.0.2.7"] {
        assert!(secure(addr), "{addr}");
    }
    for addr in ["11.0.0.1", "192.0.2.8", "2001:db9::", "::2", "::10.0.0.1"] {
        assert!(!secure(addr), "{addr}");
    }
    assert_eq!(server.additional_isupport["EMPTY"], "");
    assert_eq!(server.command_aliases["UMODE"], "MODE");
    assert_eq!(config.accounts.multiclient.always_on, PersistentStatus::Mandatory);
    assert!(config.accounts.multiclient.allowed_by_default);
    assert_eq!(config.fakelag.command_budgets["WHO"], 4);
}

#[test]
fn anchors_and_merged_sections_work() {
    let text = format!(
        "{LEAST}    ip-limits: &base {{count: true, max-concurrent-connections: 7}}\n\
         limits: {{nicklen: &n 20, channellen: *n}}\n\
         history: {{enabled: false}}\n"
    )
    .replace(
        "'127.0.0.1:6667': ",
        "':1': &l {websocket: false, hide-sts: true}, ':2': {<<: *l, hide-sts: false}",
    );
    let config = loaded(&text).config;
    assert_eq!((config.limits.nicklen, config.limits.channellen), (20, 20));
    assert!(config.server.listeners[":1"].hide_sts && !config.server.listeners[":2"].hide_sts);
}

#[test]
fn operators_have_their_class_resolved() {
    let text = format!(
        "{LEAST}oper-classes:
    admin: {{extends: helper, title: Admin, capabilities: [rehash, 'oper:local_kill']}}
    helper: {{capabilities: [ban]}}
opers:
    root: {{class: admin, certfp: 'AB:{}', auto: true, modes: +is ac}}
    sub: {{class: helper, whois-line: helps, password: {}}}
",
        "cd".repeat(31),
        "$2a$04$0123456789abcdef0123456789abcdef0123456789abcdef01234",
    );
    let config = loaded(&text).config;
    let root = &config.opers["root"];
    let class = config.class_of(root).unwrap();
    assert_eq!(class.capabilities, ["ban", "kill", "rehash"]);
    assert!(class.can("kill") && !class.can("samode"));
    assert_eq!(root.whois_line, "is an Admin");
    assert_eq!(root.certfp.as_deref(), Some(format!("ab{}", "cd".repeat(31)).as_str()));
    assert_eq!(config.opers["sub"].whois_line, "helps");
    assert_eq!(config.oper_classes["helper"].title, "IRC operator");
}

#[test]
fn one_key_follows_from_another() {
    let hash = "$2a$04$0123456789abcdef0123456789abcdef0123456789abcdef01234";
    let text = format!(
        "{LEAST}    password: {hash}
    max-line-len: 100
accounts:
    skip-server-password: true
    login-via-pass-command: true
    require-sasl: {{enabled: true}}
    registration: {{enabled: true, allow-before-connect: true}}
    multiclient: {{always-on: mandatory}}
history: {{channel-length: 5, chathistory-maxmessages: 50, persistent: {{registered-channels: true}}}}
"
    );
    let config = loaded(&text).config;
    assert!(!config.accounts.registration.allow_before_connect);
    assert!(config.server.tor_listeners.require_sasl);
    assert_eq!(config.accounts.multiclient.always_on, PersistentStatus::Disabled);
    assert_eq!(config.server.max_line_len, 512);
    assert_eq!(config.history.channel_length, 0);
    assert_eq!(config.history.znc_maxmessages, 50);
    assert_eq!(config.history.persistent.registered_channels, PersistentStatus::Disabled);
}

#[test]
fn a_script_always_has_time_to_answer() {
    for time in ["", ", timeout: 0s"] {
        let script = format!("{{enabled: true, command: /bin/true{time}}}");
        let config =
            loaded(&format!("{LEAST}    ip-check-script: {script}\naccounts: {{auth-script: {script}}}\n"))
                .config;
        let times = [config.server.ip_check_script.timeout, config.accounts.auth_script.timeout];
        assert_eq!(times, [Duration::from_secs(9); 2], "{time}");
    }
}

#[test]
fn features_to_come_are_named_once_by_section() {
    let text = format!(
        "{LEAST}    compatibility: {{force-trailing: false}}\n    output-path: exports\n    \
         sts: {{enabled: false}}\nmetadata: {{enabled: true}}\napi: {{enabled: false}}\n"
    );
    assert_eq!(loaded(&text).not_yet, ["server: compatibility.force-trailing", "metadata"]);
}

#[test]
fn a_type_that_no_record_has_is_a_warning() {
    let log = |types: &str| {
        let text = format!("{LEAST}logging: [{{method: stderr, level: info, type: '{types}'}}]\n");
        shown(&loaded(&text).warnings)
    };
    assert_eq!(log("* -userinput -UserOutput localconnect"), "");
    let told = log("server -userinputs");
    assert!(told.contains("logging.0.type: expected `*` or some of accounts, api"), "{told}");
    assert!(told.ends_with("found \"-userinputs\""), "{told}");
}

#[test]
fn a_bridge_without_a_separator_is_a_warning() {
    let warnings = loaded(&format!("{LEAST}    relaymsg: {{enabled: true}}\n")).warnings;
    let told = shown(&warnings);
    assert!(told.contains("server.relaymsg: expected a character that marks the nicknames"), "{told}");
}
