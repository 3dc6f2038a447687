//! Permissions and visibility: `can_…` reads the state and returns `Ok` or the obstacle, `sees_…` returns a
//! `bool`. Nothing here sends a line or changes the state.

mod account;
mod channel;
mod join;
mod nick;
mod sight;

pub use account::needs_account;
pub use channel::{
    can_change_mode, can_invite, can_kick, can_message, can_set_topic, can_speak, is_relay_muted, may_relay,
    min_recipient_rank, rank_of_user,
};
pub use join::{can_join, is_closed_to_guests, is_forwarded};
pub use nick::{NickClaim, claim_nick, is_npc_name, is_relayed, is_service};
pub use sight::{Sight, is_notified_of, sees_channel, sees_member, sees_oper, sees_user};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::context::refusal::Refusal;
    use crate::state::user::NewUser;
    use crate::state::{Channel, ChannelId, Letters, State, User, UserId};
    use crate::text::CaseMapping;

    fn user(state: &mut State, name: &str, account: Option<&str>, modes: &str) -> UserId {
        let mapping = CaseMapping::Ascii;
        let new = NewUser {
            nick: mapping.nick(name, 32).unwrap(),
            username: "~u".into(),
            realname: "".into(),
            cloak: "host".into(),
            real_host: "host".into(),
            ip: std::net::Ipv4Addr::LOCALHOST.into(),
            modes: Letters::of(modes),
            account: account.map(|account| mapping.account(account, 32).unwrap()),
            at_s: 0,
        };
        state.users.insert(User::new(new, None))
    }

    fn channel(state: &mut State, flags: &str) -> ChannelId {
        let name = CaseMapping::Ascii.channel("#a", 32).unwrap();
        state.channels.insert(Channel::new(name, Letters::of(flags), 0))
    }

    #[test]
    fn an_account_satisfies_registered_only_modes() {
        let mut state = State::new(0);
        let member = user(&mut state, "member", Some("member"), "R");
        let guest = user(&mut state, "guest", None, "R");
        let id = channel(&mut state, "MR");
        let joins = |user: UserId| can_join(&state.channels[id], &state.users[user], None, false, false);
        assert_eq!(joins(member), Ok(()));
        assert_eq!(joins(guest), Err(Refusal::RegisteredOnly("#a".into())));
        assert_eq!(can_speak(&state, member, id), Ok(()));
        let muted = Refusal::CannotSend { channel: "#a".into(), mode: 'M' };
        assert_eq!(can_speak(&state, guest, id), Err(muted));
        assert_eq!(can_message(&state, member, guest), Ok(()));
        let refused = Refusal::RegisteredOnlyMessages("member".into());
        assert_eq!(can_message(&state, guest, member), Err(refused));
    }
}
