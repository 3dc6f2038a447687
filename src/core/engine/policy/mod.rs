//! Who may do what, and who sees whom: `can_…` reads the state and answers yes or names the obstacle,
//! `sees_…` yes or no. Nothing here says or changes anything.

mod account;
mod channel;
mod join;
mod nick;
mod sight;

pub use account::needs_account;
pub use channel::{
    can_change_mode, can_invite, can_kick, can_message, can_set_topic, can_speak, hears, is_relay_muted,
    may_relay, rank_of_user,
};
pub use join::{can_join, is_closed_to_guests, is_forwarded};
pub use nick::{NickClaim, claim_nick, is_playable, is_relayed, is_service};
pub use sight::{Sight, hears_of, sees_channel, sees_member, sees_oper, sees_user};

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
    fn an_account_opens_what_is_for_the_logged_in() {
        let mut state = State::new(0);
        let known = user(&mut state, "known", Some("known"), "R");
        let stranger = user(&mut state, "stranger", None, "R");
        let id = channel(&mut state, "MR");
        let joins = |who: UserId| can_join(&state.channels[id], &state.users[who], None, false, false);
        assert_eq!(joins(known), Ok(()));
        assert_eq!(joins(stranger), Err(Refusal::RegisteredOnly("#a".into())));
        assert_eq!(can_speak(&state, known, id), Ok(()));
        let muted = Refusal::CannotSend { channel: "#a".into(), mode: 'M' };
        assert_eq!(can_speak(&state, stranger, id), Err(muted));
        assert_eq!(can_message(&state, known, stranger), Ok(()));
        let refused = Refusal::RegisteredOnlyMessages("known".into());
        assert_eq!(can_message(&state, stranger, known), Err(refused));
    }
}
