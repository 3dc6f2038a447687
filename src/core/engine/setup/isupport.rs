//! The tokens of 005 (RPL_ISUPPORT).

use crate::config::Config;

/// Limit on tokens in one line (the parameters of 005 without nick and text).
const TOKENS_MAX: usize = 13;
/// Limit on bytes of tokens in one line, so that it fits with any nick and server name.
const BYTES_MAX: usize = 380;

/// Channel modes by kind: lists, always with a parameter, with a parameter when set, without a parameter.
pub const CHANMODES: &str = "Ibe,k,fl,CEMRUimnstu";
/// User modes, as 004 shows them.
pub const USER_MODES: &str = "BERTZios";
/// Channel modes, as 004 shows them.
pub const CHANNEL_MODES: &str = "CEIMRUabefhiklmnoqstuv";
/// Channel modes with a parameter, as 004 shows them.
pub const CHANNEL_MODES_WITH_PARAMETER: &str = "Iabefhkloqv";
/// Limit on targets of one PRIVMSG, NOTICE or TAGMSG.
pub const TARGETS_MAX: usize = 4;

/// Returns all tokens, sorted and split into lines.
pub fn lines(config: &Config) -> Vec<Vec<String>> {
    split(tokens(config))
}

/// Returns the differences between `before` and `after`, split into lines: tokens that are new or have
/// another value, and `-TOKEN` for those that were removed.
pub fn changes(before: &[Vec<String>], after: &[Vec<String>]) -> Vec<Vec<String>> {
    let (before, after) = (before.concat(), after.concat());
    fn name(token: &str) -> &str {
        token.split('=').next().unwrap_or(token)
    }
    let mut tokens: Vec<String> = after.iter().filter(|token| !before.contains(token)).cloned().collect();
    let removed = before.iter().filter(|old| !after.iter().any(|new| name(new) == name(old)));
    tokens.extend(removed.map(|old| format!("-{}", name(old))));
    if tokens.is_empty() { Vec::new() } else { split(tokens) }
}

fn split(tokens: Vec<String>) -> Vec<Vec<String>> {
    let mut lines = vec![Vec::new()];
    let mut bytes = 0;
    for token in tokens {
        let line = lines.last().expect("never empty");
        if line.len() == TOKENS_MAX || bytes + token.len() + 1 > BYTES_MAX {
            lines.push(Vec::new());
            bytes = 0;
        }
        bytes += token.len() + 1;
        lines.last_mut().expect("never empty").push(token);
    }
    lines
}

fn tokens(config: &Config) -> Vec<String> {
    let (limits, server) = (&config.limits, &config.server);
    let monitor = match limits.monitor_entries {
        0 => String::new(),
        entries => format!("MONITOR:{entries},"),
    };
    let mut tokens = vec![
        format!("AWAYLEN={}", limits.awaylen),
        "BOT=B".into(),
        format!("CASEMAPPING={}", server.casemapping.isupport_token()),
        format!("CHANLIMIT=#:{}", config.channels.max_channels_per_client),
        format!("CHANMODES={CHANMODES}"),
        format!("CHANNELLEN={}", limits.channellen),
        "CHANTYPES=#".into(),
        "ELIST=MNU".into(),
        "EXCEPTS".into(),
        "EXTBAN=,m".into(),
        "FORWARD=f".into(),
        "INVEX".into(),
        format!("KICKLEN={}", limits.kicklen),
        format!("MAXLIST=beI:{}", limits.chan_list_modes),
        format!("MAXTARGETS={TARGETS_MAX}"),
        "MODES".into(),
        format!("NETWORK={}", escaped(&config.network.name)),
        format!("NICKLEN={}", limits.nicklen),
        "PREFIX=(qaohv)~&@%+".into(),
        "SAFELIST".into(),
        "SAFERATE".into(),
        "STATUSMSG=~&@%+".into(),
        format!(
            "TARGMAX=JOIN:,KICK:,LIST:1,{monitor}NAMES:1,NOTICE:{TARGETS_MAX},PART:,PRIVMSG:{TARGETS_MAX},\
             TAGMSG:{TARGETS_MAX},USERHOST:10,WHOIS:1"
        ),
        format!("TOPICLEN={}", limits.topiclen),
        "WHOX".into(),
    ];
    tokens.extend(optional_tokens(config));
    // Built-in tokens win over the configured ones.
    for (name, value) in &server.additional_isupport {
        let known = |token: &String| token.split('=').next() == Some(name);
        if !tokens.iter().any(known) {
            tokens.push(if value.is_empty() { name.clone() } else { format!("{name}={}", escaped(value)) });
        }
    }
    tokens.sort_unstable();
    tokens
}

/// Returns the tokens of features that the configuration can disable.
fn optional_tokens(config: &Config) -> Vec<String> {
    let (limits, server) = (&config.limits, &config.server);
    let mut tokens = Vec::new();
    if limits.monitor_entries > 0 {
        tokens.push(format!("MONITOR={}", limits.monitor_entries));
    }
    if config.history.enabled && config.history.chathistory_maxmessages > 0 {
        let messages_max = config.history.chathistory_maxmessages;
        // Older clients know only the second name.
        tokens.push(format!("CHATHISTORY={messages_max}"));
        tokens.push(format!("draft/CHATHISTORY={messages_max}"));
        tokens.push("MSGREFTYPES=msgid,timestamp".into());
    }
    // Tells clients that they need an account before they can connect.
    if config.accounts.require_sasl.enabled {
        tokens.push("draft/ACCOUNTREQUIRED".into());
    }
    if limits.realnamelen > 0 {
        tokens.push(format!("NAMELEN={}", limits.realnamelen));
    }
    if config.roleplay.enabled {
        tokens.extend(["RPCHAN=E".into(), "RPUSER=E".into()]);
    }
    if server.casemapping == crate::text::CaseMapping::Precis {
        tokens.push("UTF8MAPPING=rfc8265".into());
    }
    if server.enforce_utf8 {
        tokens.push("UTF8ONLY".into());
    }
    tokens
}

/// Escapes spaces, `=` and backslashes in a value of 005 as `\xHH`.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\x5C").replace(' ', "\\x20").replace('=', "\\x3D")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_and_removed_tokens() {
        let lines = |tokens: &[&str]| vec![tokens.iter().map(|t| t.to_string()).collect::<Vec<_>>()];
        let (before, after) = (lines(&["A=1", "B", "C=x"]), lines(&["A=2", "B", "D"]));
        assert_eq!(changes(&before, &after), lines(&["A=2", "D", "-C"]));
        assert!(changes(&before, &before).is_empty());
    }

    #[test]
    fn lines_are_sorted_and_short() {
        let mut config = Config::default();
        config.network.name = "A Net".into();
        config.server.additional_isupport.insert("NICKLEN".into(), "1".into());
        config.server.additional_isupport.insert("draft/FILEHOST".into(), "https://x.test/?a=b".into());
        let lines = lines(&config);
        let all: Vec<String> = lines.concat();
        assert!(all.is_sorted());
        assert!(all.contains(&"NETWORK=A\\x20Net".to_owned()));
        assert!(all.contains(&"draft/FILEHOST=https://x.test/?a\\x3Db".to_owned()));
        assert_eq!(all.iter().filter(|t| t.starts_with("NICKLEN=")).count(), 1);
        assert!(lines.iter().all(|line| line.len() <= TOKENS_MAX && line.join(" ").len() <= BYTES_MAX));
    }
}
