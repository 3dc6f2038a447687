//! Checks the syntax of names, for several rules.

pub(super) use crate::text::is_hostname;

/// Returns whether a text is valid as the username in `nick!user@host`.
pub(super) fn is_ident(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || br"[\]^_{|}-.`".contains(&b))
}

/// Returns whether a listener's address is `address:port`, `[address]:port`, `:port` or an absolute path.
pub(super) fn is_listen_address(text: &str) -> bool {
    if text.starts_with('/') {
        return text.len() > 1;
    }
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let numeric = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let host_valid = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|v6| v6.parse::<std::net::Ipv6Addr>().is_ok()),
        None => host.is_empty() || is_hostname(host),
    };
    numeric && port.parse::<u16>().is_ok() && host_valid
}
