//! CLEAR: removes all other users, or all bans and persistent ranks.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::service::ServiceCommand;
use crate::i18n::Phrase;
use crate::state::fact::{Change, RegistryChange};
use crate::state::{ChannelId, Fact, List, ModeChange};

use super::{CS, find_managed, is_registration_enabled, shown};

/// Maximum bytes of masks in one MODE, so that it fits with any source and channel name.
const MASKS_BYTES_MAX: usize = 200;

pub(super) const CLEAR: ServiceCommand = ServiceCommand::new("CLEAR", clear)
    .params(2, 2)
    .enabled(is_registration_enabled)
    .help("<channel> users|access: removes all other users from the channel, or resets its access lists")
    .more(&["`access` removes all bans, exceptions, invite exceptions and persistent modes."]);

fn clear(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let id = find_managed(cx, params[0])?;
    match params[1].to_ascii_lowercase().as_str() {
        "users" => remove_users(cx, id),
        "access" => reset_access(cx, id),
        _ => return Err(CS.refuse(Phrase::SERVICE_BAD_PARAMETERS, &[CS.name(), "CLEAR"])),
    }
    let name = shown(cx, id);
    cx.tell(CS, Phrase::CHANNEL_CLEARED, &[&name]);
    Ok(())
}

fn remove_users(cx: &mut Cx<'_>, id: ChannelId) {
    let me = cx.me();
    let stays = cx.state().channels[id].members.contains_key(&me).then_some(me);
    let reason = cx.setup.said(Phrase::CLEARED, &[]);
    cx.commit(Fact::Cleared { by: Some(me), channel: id, stays, reason: &reason });
}

fn reset_access(cx: &mut Cx<'_>, id: ChannelId) {
    let mut changes = Vec::new();
    let mut bytes = 0;
    for list in List::ALL {
        for entry in cx.state().channels[id].list(list).clone() {
            let mask = entry.mask.as_str().to_owned();
            if bytes > 0 && bytes + mask.len() > MASKS_BYTES_MAX {
                let changes = std::mem::take(&mut changes);
                cx.commit(Fact::ModesChanged { by: None, channel: id, changes });
                bytes = 0;
            }
            bytes += mask.len() + 2;
            changes.push(Change { change: ModeChange::List { list, on: false, mask }, entry: None });
        }
    }
    if !changes.is_empty() {
        cx.commit(Fact::ModesChanged { by: None, channel: id, changes });
    }
    cx.commit(Fact::RegistryChanged { channel: id, change: RegistryChange::NoAmodes });
}
