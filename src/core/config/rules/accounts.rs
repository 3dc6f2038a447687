//! Rules for `accounts`, `opers` and modes.

use std::net::IpAddr;

use super::super::yaml::tree::shown_text;
use super::super::{Config, PatternSyntax, TokenService, sections::opers as classes};
use super::Rules;

/// User modes that can be set: those of the 004 reply except `Z`, which TLS sets.
const USER_MODES: &str = "BERTios";
/// Channel modes that new channels can have.
const CHANNEL_MODES: &str = "CEMRUimnstufkl";

/// Checks the settings for logins.
pub(super) fn logins(config: &Config, rules: &mut Rules<'_>) {
    let accounts = &config.accounts;
    if config.server.password.is_some() && accounts.login_via_pass_command && !accounts.skip_server_password {
        let expected = "`true`, which `server.password` with `login-via-pass-command` requires";
        rules.wrong(&["accounts", "skip-server-password"], expected);
    }
    let nicks = &accounts.nick_reservation;
    if nicks.force_nick_equals_account && !accounts.multiclient.enabled {
        let keys = ["accounts", "nick-reservation", "force-nick-equals-account"];
        rules.broken(&keys, "`accounts.multiclient.enabled: true` as well", "multiclient disabled");
    }
    let format = &nicks.guest_nickname_format;
    if format.matches('*').count() != 1 || format.contains('?') {
        let keys = ["accounts", "nick-reservation", "guest-nickname-format"];
        rules.wrong(&keys, "a format with one `*` and no `?`");
    }
    if !(4..=31).contains(&accounts.registration.bcrypt_cost) {
        rules.wrong(&["accounts", "registration", "bcrypt-cost"], "a number from 4 to 31");
    }
    let oauth2 = &accounts.oauth2;
    if oauth2.enabled && oauth2.auth_script && !accounts.auth_script.enabled {
        let expected = "`accounts.auth-script.enabled: true` as well";
        rules.broken(&["accounts", "oauth2", "auth-script"], expected, "no script");
    }
}

/// Checks vhosts. An invalid pattern falls back to the default, as in Ergo.
pub(super) fn vhosts(config: &mut Config, rules: &mut Rules<'_>) {
    let pattern = &mut config.accounts.vhosts.valid_regexp;
    if regex::Regex::new(pattern).is_err() {
        let found = format!("{}; the default is used", shown_text(pattern));
        rules.doubtful(&["accounts", "vhosts", "valid-regexp"], "a regular expression", found);
        pattern.clear();
    }
    if pattern.is_empty() {
        *pattern = Config::default().accounts.vhosts.valid_regexp;
    }
}

/// Checks email verification.
pub(super) fn mail(config: &Config, rules: &mut Rules<'_>) {
    let mail = &config.accounts.registration.email_verification;
    let at = ["accounts", "registration", "email-verification"];
    if !mail.enabled {
        return;
    }
    if mail.sender.is_empty() {
        rules.wrong(&[&at[..], &["sender"]].concat(), "the sender address of emails");
    }
    if mail.local_address.as_ref().is_some_and(|address| address.parse::<IpAddr>().is_err()) {
        rules.wrong(&[&at[..], &["local-address"]].concat(), "an IP address");
    }
    let is_regex = mail.address_blacklist_syntax == PatternSyntax::Regex;
    for (index, pattern) in mail.address_blacklist.iter().enumerate() {
        if is_regex && regex::Regex::new(pattern).is_err() {
            rules.wrong(
                &[&at[..], &["address-blacklist", &index.to_string()]].concat(),
                "a regular expression",
            );
        }
    }
    if !mail.dkim.domain.is_empty() && (mail.dkim.selector.is_empty() || mail.dkim.key_file.is_empty()) {
        rules.broken(
            &[&at[..], &["dkim"]].concat(),
            "`selector` and `key-file` with `domain`",
            "one missing",
        );
    }
}

/// Checks the settings for tokens, accepted and issued.
pub(super) fn tokens(config: &Config, rules: &mut Rules<'_>) {
    if config.accounts.jwt_auth.enabled {
        for (index, token) in config.accounts.jwt_auth.tokens.iter().enumerate() {
            let keyless = token.key.is_empty() && token.key_file.is_empty();
            if keyless || token.account_claims.is_empty() {
                let keys = ["accounts", "jwt-auth", "tokens", &index.to_string()];
                rules.broken(&keys, "`account-claims`, and `key` or `key-file`", "one missing");
            }
        }
    }
    let usable = |service: &TokenService| {
        service.algorithm.is_some() && !(service.key.is_empty() && service.key_file.is_empty())
    };
    if config.extjwt.algorithm.is_some() && config.extjwt.key.is_empty() && config.extjwt.key_file.is_empty()
    {
        rules.wrong(&["extjwt", "key"], "a key, or `key-file`");
    }
    for (name, service) in &config.extjwt.services {
        if !usable(service) {
            let keys = ["extjwt", "services", name];
            rules.broken(&keys, "`algorithm`, and `key` or `key-file`", "one missing");
        }
    }
    for (name, service) in config.authtoken.services.iter().filter(|_| config.authtoken.enabled) {
        if !usable(service) || service.url.is_empty() {
            let keys = ["authtoken", "services", name];
            rules.broken(&keys, "`url`, `algorithm`, and `key` or `key-file`", "one missing");
        }
    }
}

/// Checks operators, and resolves their classes.
pub(super) fn opers(config: &mut Config, rules: &mut Rules<'_>) {
    let known = config.oper_classes.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    for (name, parent) in classes::resolve(&mut config.oper_classes) {
        let found = match config.oper_classes.contains_key(&parent) {
            true => format!("`{parent}`, which leads back to itself or to an unknown class"),
            false => shown_text(&parent),
        };
        rules.broken(&["oper-classes", &name, "extends"], format!("one of the classes {known}"), found);
    }
    for (name, oper) in &mut config.opers {
        let at = ["opers", name.as_str()];
        match config.oper_classes.get(&oper.class) {
            Some(class) if oper.whois_line.is_empty() => oper.whois_line.clone_from(&class.whoisline),
            Some(_) => {}
            None if known.is_empty() => {
                rules.wrong(&[&at[..], &["class"]].concat(), "a class of `oper-classes`")
            }
            None => rules.wrong(&[&at[..], &["class"]].concat(), format!("one of the classes {known}")),
        }
        let noted = ["password", "certfp"].iter().any(|key| rules.is_noted(&[&at[..], &[key]].concat()));
        if oper.password.is_none() && oper.certfp.is_none() && !noted {
            rules.broken(&at, "`password`, `certfp` or both", "neither");
        }
        if oper.auto && oper.certfp.is_none() {
            rules.doubtful(&[&at[..], &["auto"]].concat(), "`certfp` as well", "no certificate");
        }
        let vhost_valid =
            |host: &str| host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_/".contains(&b));
        if oper.vhost.as_deref().is_some_and(|host| !vhost_valid(host)) {
            rules.wrong(&[&at[..], &["vhost"]].concat(), "a vhost of letters, digits and `.-_/`");
        }
        if let Some(letter) = unknown_mode(&oper.modes, USER_MODES) {
            let expected = format!("`+`, `-` and some of the letters {USER_MODES}");
            rules.broken(&[&at[..], &["modes"]].concat(), expected, format!("{letter:?}"));
        }
    }
}

/// Checks default modes and automatic joins.
pub(super) fn modes(config: &Config, rules: &mut Rules<'_>) {
    let rows = [
        (["accounts", "default-user-modes"], &config.accounts.default_user_modes, USER_MODES),
        (["channels", "default-modes"], &config.channels.default_modes, CHANNEL_MODES),
    ];
    for (keys, modes, letters) in rows {
        if let Some(letter) = unknown_mode(modes, letters) {
            let found = format!("{letter:?}, which has no effect");
            rules.doubtful(&keys, format!("`+` and some of the letters {letters}"), found);
        }
    }
    for channel in &config.channels.auto_join {
        if !channel.starts_with('#') || channel.contains([' ', ',']) {
            rules.broken(&["channels", "auto-join"], "channel names, with `#`", shown_text(channel));
        }
    }
}

/// Returns the first letter of a mode string that is not a known mode; parameters are ignored.
fn unknown_mode(modes: &str, letters: &str) -> Option<char> {
    let first = modes.split_ascii_whitespace().next().unwrap_or_default();
    first.chars().find(|letter| !matches!(letter, '+' | '-') && !letters.contains(*letter))
}

/// Checks that the sources of roleplay messages have the form `nick!user@host`.
pub(super) fn roleplay(config: &Config, rules: &mut Rules<'_>) {
    let patterns = [
        ("npc-nick-mask", &config.roleplay.npc_nick_mask, 2, "two %s"),
        ("scene-nick-mask", &config.roleplay.scene_nick_mask, 1, "one %s"),
    ];
    for (key, pattern, names, expected) in patterns {
        let parts = pattern.split_once('!').and_then(|(nick, rest)| Some((nick, rest.split_once('@')?)));
        let well_formed = parts.is_some_and(|(nick, (user, host))| ![nick, user, host].contains(&""));
        let printable = !pattern.starts_with(':') && pattern.chars().all(|c| c > ' ');
        if !well_formed || !printable || pattern.matches("%s").count() != names {
            rules.wrong(&["roleplay", key], format!("the form nickname!user@host with {expected}"));
        }
    }
}
