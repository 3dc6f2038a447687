//! Gateways: the address of the client that a trusted gateway sends with WEBIRC or a PROXY line replaces that
//! of the connection, once, and before registration.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::config::LogType;
use crate::engine::border::Level;
use crate::engine::context::cx::Cx;
use crate::engine::setup::ResolvedConfig;
use crate::i18n::Phrase;
use crate::state::fact::Introduction;
use crate::state::{Fact, SessionId};
use crate::wire::proxy;

use super::admission;

/// A client, as its gateway describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The client's address.
    pub ip: IpAddr,
    /// The connections from the client to the gateway and from there to this server are encrypted.
    pub secure: bool,
    /// The client's host name, if the gateway is trusted with host names.
    pub host: Option<String>,
}

/// Returns whether a line is a PROXY header, which can only be the first line. It must be distinguished from
/// commands before parsing, because an address may begin with a colon.
pub fn is_proxy_line(cx: &Cx<'_>, text: &str) -> bool {
    let first = cx.served().registering().is_some_and(|registering| registering.lines == 0);
    first && !cx.served().door.websocket && text.starts_with("PROXY ")
}

/// Handles a PROXY header.
pub fn proxy_line(cx: &mut Cx<'_>, text: &str) {
    cx.commit(Fact::Introduced { session: cx.session, said: Introduction::Line });
    let trusted = cx.config().server.proxy_allowed_from.iter().any(|net| net.contains(cx.served().door.ip));
    match proxy::v1(text) {
        // Such a proxy terminates TLS.
        Ok(Some(ip)) if trusted && can_be_replaced(cx) => {
            replace_by_client(cx, Client { ip, secure: true, host: None });
        }
        Ok(None) if trusted && can_be_replaced(cx) => {}
        _ => cx.close_saying(Phrase::PROXY_REFUSED, &[]),
    }
}

/// Returns whether the address of the session being served can be replaced: it has not been yet, and the
/// session is not on a Tor listener, where gateways are not allowed.
pub fn can_be_replaced(cx: &Cx<'_>) -> bool {
    let door = &cx.served().door;
    !door.proxied && !door.tor
}

/// Replaces the address of the gateway by that of the client, and admits or rejects the client.
pub fn replace_by_client(cx: &mut Cx<'_>, client: Client) {
    let (session, ip): (SessionId, IpAddr) = (cx.session, client.ip.to_canonical());
    let text = format!("gateway reported the client's address: {}", ResolvedConfig::address_text(ip));
    cx.note(Level::Info, LogType::ConnectIp, text);
    cx.commit(Fact::Proxied { session, ip, secure: client.secure, host: client.host.as_deref() });
    admission::admit(cx);
}
