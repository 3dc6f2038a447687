//! A connection that is another's: what a trusted gateway says with WEBIRC, or with a PROXY line, takes the
//! place of what the connection itself shows. Once, and before registration.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::engine::border::Level;
use crate::engine::context::cx::Cx;
use crate::engine::setup::ResolvedConfig;
use crate::i18n::Phrase;
use crate::state::fact::Introduction;
use crate::state::{Fact, SessionId};
use crate::wire::proxy;

use super::admission;

/// What a gateway says of the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The address.
    pub ip: IpAddr,
    /// The way from the client to the gateway, and from there to us, is encrypted.
    pub secure: bool,
    /// The host name, where it is believed.
    pub host: Option<String>,
}

/// Whether a line is the PROXY header with which a plain client of a trusted proxy begins. It has to be
/// told from commands before parsing: an address may begin with a colon.
pub fn is_proxy_line(cx: &Cx<'_>, text: &str) -> bool {
    let first = cx.served().registering().is_some_and(|registering| registering.lines == 0);
    first && !cx.served().door.websocket && text.starts_with("PROXY ")
}

/// The PROXY header as the first line.
pub fn proxy_line(cx: &mut Cx<'_>, text: &str) {
    cx.commit(Fact::Introduced { session: cx.session, said: Introduction::Line });
    let trusted = cx.config().server.proxy_allowed_from.iter().any(|net| net.contains(cx.served().door.ip));
    match proxy::v1(text) {
        // Such a proxy stands at the end of TLS: that is what it is for.
        Ok(Some(ip)) if trusted && may_speak(cx) => {
            speak_for(cx, Client { ip, secure: true, host: None });
        }
        Ok(None) if trusted && may_speak(cx) => {}
        _ => cx.close_saying(Phrase::PROXY_REFUSED, &[]),
    }
}

/// Whether nobody has spoken for the session yet, and it is not from Tor, where nobody can.
pub fn may_speak(cx: &Cx<'_>) -> bool {
    let door = &cx.served().door;
    !door.proxied && !door.tor
}

/// Puts the client in the place of its gateway, if it may come in.
pub fn speak_for(cx: &mut Cx<'_>, client: Client) {
    let (session, ip): (SessionId, IpAddr) = (cx.session, client.ip.to_canonical());
    let text = format!("client is at {}, says its gateway", ResolvedConfig::address_text(ip));
    cx.note(Level::Info, "connect-ip", text);
    cx.commit(Fact::Proxied { session, ip, secure: client.secure, host: client.host.as_deref() });
    admission::admit(cx);
}
