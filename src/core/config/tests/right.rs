//! Valid configurations, and their values.

use std::net::IpAddr;
use std::time::Duration;

use super::*;
use crate::config::*;
use crate::text::CaseMapping;

fn at(addr: &str) -> IpAddr {
    addr.parse().unwrap()
}

#[test]
fn a_minimal_configuration_has_the_documented_defaults() {
    let Loaded { config, warnings, not_yet } = loaded(MINIMAL);
    assert_eq!((warnings, not_yet), (vec![], Vec::<String>::new()));
    let mut expected = Config::default();
    expected.network.name = "TestNet".to_owned();
    expected.server.name = "irc.test".to_owned();
    expected.server.listeners.insert("127.0.0.1:6667".to_owned(), Listener::default());
    expected.datastore.path = "ircd.db".to_owned();
    expected.accounts.registration.email_verification.helo_domain = "irc.test".to_owned();
    // History is disabled by default.
    (expected.history.channel_length, expected.history.client_length) = (0, 0);
    expected.history.znc_maxmessages = 1000;
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
fn values_are_read_in_all_notations() {
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
        "{MINIMAL}    ip-limits: &base {{count: true, max-concurrent-connections: 7}}\n\
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
fn classes_of_operators_are_resolved() {
    let text = format!(
        "{MINIMAL}oper-classes:
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
fn some_values_follow_from_other_keys() {
    let hash = "$2a$04$0123456789abcdef0123456789abcdef0123456789abcdef01234";
    let text = format!(
        "{MINIMAL}    password: {hash}
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
fn the_timeout_of_a_script_is_never_zero() {
    for time in ["", ", timeout: 0s"] {
        let script = format!("{{enabled: true, command: /bin/true{time}}}");
        let config = loaded(&format!(
            "{MINIMAL}    ip-check-script: {script}\n\
             accounts: {{auth-script: {script}}}\n"
        ))
        .config;
        let times = [config.server.ip_check_script.timeout, config.accounts.auth_script.timeout];
        assert_eq!(times, [Duration::from_secs(9); 2], "{time}");
    }
}

#[test]
fn unimplemented_features_are_named_by_section() {
    let text = format!(
        "{MINIMAL}    compatibility: {{force-trailing: false}}\n    output-path: exports\n    \
         sts: {{enabled: false}}\nmetadata: {{enabled: true}}\napi: {{enabled: false}}\n"
    );
    assert_eq!(loaded(&text).not_yet, ["server: compatibility.force-trailing", "metadata"]);
}

#[test]
fn an_unknown_log_type_is_a_warning() {
    let log = |types: &str| {
        let text = format!("{MINIMAL}logging: [{{method: stderr, level: info, type: '{types}'}}]\n");
        shown(&loaded(&text).warnings)
    };
    assert_eq!(log("* -userinput -UserOutput localconnect"), "");
    let report = log("server -userinputs");
    assert!(report.contains("logging.0.type: expected `*` or one of accounts, api"), "{report}");
    assert!(report.ends_with("found \"-userinputs\""), "{report}");
}

#[test]
fn relaymsg_without_a_separator_is_a_warning() {
    let warnings = loaded(&format!("{MINIMAL}    relaymsg: {{enabled: true}}\n")).warnings;
    let report = shown(&warnings);
    assert!(report.contains("relaymsg: expected a character that marks relayed nicknames"), "{report}");
}

#[test]
fn the_last_of_duplicate_keys_counts() {
    let text = format!(
        "{MINIMAL}    name: irc.second\n\
         limits: {{nicklen: 20, topiclen: 100}}\n\
         limits: {{nicklen: 30}}\n\
         server:\n    listeners: {{'127.0.0.1:6667': {{hide-sts: true}}}}\n    max-sendq: 1m\n"
    );
    let Loaded { config, warnings, .. } = loaded(&text);
    assert_eq!(config.server.name, "irc.second");
    assert_eq!((config.limits.nicklen, config.limits.topiclen), (30, 100));
    assert_eq!(config.server.max_sendq, 1 << 20);
    assert!(config.server.listeners["127.0.0.1:6667"].hide_sts);
    assert_eq!(
        shown(&warnings).lines().collect::<Vec<_>>(),
        [
            "f:6: warning: server.name: expected this key only once, \
             found a duplicate of the one on line 4, which it overrides",
            "f:8: warning: limits: expected this key only once, \
             found a duplicate of the one on line 7, which it overrides",
            "f:9: warning: server: expected this key only once, \
             found a duplicate of the one on line 3, which it overrides",
        ]
    );
    // An entry of a map of names is replaced as a whole, as in Ergo.
    let text = MINIMAL.replace("'127.0.0.1:6667': ", "':1': {hide-sts: true}, ':1': {tor: true}");
    let listener = &loaded(&text).config.server.listeners[":1"];
    assert!(listener.tor && !listener.hide_sts);
}

#[test]
fn only_the_first_document_counts() {
    for more in ["---\n", "---\nserver: {name: irc.other}\n", "...\n---\n}}{{ no YAML\n"] {
        let Loaded { config, warnings, .. } = loaded(&format!("{MINIMAL}{more}"));
        assert_eq!(config.server.name, "irc.test");
        assert!(shown(&warnings).contains("warning: expected one YAML document, found another,"), "{more}");
    }
    for none in ["...\n", "\n# ---\n", "--- # no second\n"] {
        let is_start = none.starts_with("---");
        let text = if is_start { format!("{none}{MINIMAL}") } else { format!("{MINIMAL}{none}") };
        assert_eq!(shown(&loaded(&text).warnings), "", "{none}");
    }
}

#[test]
fn a_whole_number_may_be_written_in_any_notation() {
    for written in
        ["32", "32.0", "3.2e1", "0x20", "0o40", "040", "0b10_0000", "+32", "3_2", "!!int 32", "!x 32"]
    {
        let config = loaded(&format!("{MINIMAL}limits: {{nicklen: {written}}}\n")).config;
        assert_eq!(config.limits.nicklen, 32, "{written}");
    }
    let Loaded { config, warnings, .. } =
        loaded(&format!("{MINIMAL}limits: {{nicklen: 32.7, topiclen: 9000000}}\n"));
    assert_eq!((config.limits.nicklen, config.limits.topiclen), (32, 65_536));
    assert_eq!(
        shown(&warnings),
        "f:6: warning: limits.nicklen: expected a whole number, found 32.7; its fraction is ignored\n\
         f:6: warning: limits.topiclen: expected at most 65536, found 9000000; 65536 is used"
    );
    for written in ["many", "0b2", "1.5.2", "\"\"", "[32]", "1e30", ".nan", "-1"] {
        assert!(load(&format!("{MINIMAL}limits: {{nicklen: {written}}}\n"), &[]).is_err(), "{written}");
    }
}

#[test]
fn an_unknown_key_without_a_similar_one_is_a_warning() {
    let text = format!("{MINIMAL}    my-note: x\nfork: {{enabled: true}}\nlimits: {{x-limit: 1}}\n");
    let warnings = loaded(&text).warnings;
    let paths: Vec<&str> = warnings.iter().map(|warning| warning.path.as_str()).collect();
    assert_eq!(paths, ["server.my-note", "fork", "limits.x-limit"]);
    assert!(warnings.iter().all(|warning| warning.found == "an unknown one" && warning.hint.is_none()));
}

#[test]
fn a_zero_that_makes_no_sense_means_the_default() {
    let all = |config: Config| {
        let Config { server, limits, fakelag, accounts, .. } = config;
        let ip = server.ip_limits;
        assert!(ip.count && ip.throttle);
        assert_eq!((ip.max_concurrent_connections, ip.max_connections_per_window), (16, 32));
        assert_eq!((ip.window, limits.chan_list_modes), (Duration::from_secs(600), 100));
        assert_eq!((limits.monitor_entries, limits.whowas_entries), (100, 100));
        assert_eq!((fakelag.window, fakelag.cooldown), (Duration::from_secs(1), Duration::from_secs(2)));
        assert_eq!((fakelag.burst_limit, fakelag.messages_per_window), (5, 2));
        let (script, check) = (accounts.auth_script, server.ip_check_script);
        assert_eq!((script.max_concurrency, check.max_concurrency), (64, 64));
        assert_eq!(accounts.vhosts.max_length, 64);
    };
    all(loaded(MINIMAL).config);
    let zeros = "    ip-limits: {max-concurrent-connections: 0, window: 0, max-connections-per-window: 0,
        custom-limits: {10.0.0.0/8: {max-concurrent-connections: 0}}}
limits: {chan-list-modes: 0}
fakelag: {enabled: true, window: 0, burst-limit: 0, messages-per-window: 0, cooldown: 0}
accounts: {login-throttling: {enabled: true}, vhosts: {enabled: true, max-length: 0}}
history: {enabled: true}
";
    let config = loaded(&format!("{MINIMAL}{zeros}")).config;
    let custom = &config.server.ip_limits.custom_limits["10.0.0.0/8"];
    assert_eq!((custom.max_concurrent_connections, custom.max_connections_per_window), (16, 32));
    let throttling = &config.accounts.login_throttling;
    assert_eq!((throttling.max_attempts, throttling.duration), (3, Duration::from_secs(60)));
    let history = &config.history;
    assert_eq!(
        (history.channel_length, history.client_length, history.chathistory_maxmessages),
        (2048, 256, 1000)
    );
    all(config);
    // Other zeros keep their meaning.
    let config = loaded(&format!("{MINIMAL}limits: {{monitor-entries: 0, whowas-entries: 0}}\n")).config;
    assert_eq!((config.limits.monitor_entries, config.limits.whowas_entries), (0, 0));
}

#[test]
fn mistakes_that_ergo_tolerates_are_warnings() {
    let text = format!(
        "{MINIMAL}    max-sendq: 1k
    ip-check-script: {{enabled: true}}
accounts: {{auth-script: {{enabled: true, socket: 'unix:/run/a.sock'}}, vhosts: {{valid-regexp: '('}}}}
logging: [{{method: stderr syslog, level: info, type: '*'}}]
"
    );
    let Loaded { config, warnings, .. } = loaded(&text);
    assert_eq!(config.server.max_sendq, 4096);
    assert!(!config.server.ip_check_script.enabled && config.accounts.auth_script.enabled);
    assert_eq!(config.accounts.auth_script.socket, "/run/a.sock");
    assert_eq!(config.accounts.vhosts, Config::default().accounts.vhosts);
    assert_eq!(config.logging[0].method, [LogMethod::Stderr]);
    let paths: Vec<&str> = warnings.iter().map(|warning| warning.path.as_str()).collect();
    let expected =
        ["server.max-sendq", "server.ip-check-script", "accounts.vhosts.valid-regexp", "logging.0.method"];
    assert_eq!(paths, expected, "{}", shown(&warnings));
}
