//! Checks the invariants of the state, for tests and simulation.

use super::State;

/// Returns a description of each violated invariant.
pub fn violations(state: &State) -> Vec<String> {
    let mut found = Vec::new();
    let mut claim = |holds: bool, what: &dyn Fn() -> String| {
        if !holds {
            found.push(what());
        }
    };
    for (id, user) in state.users.iter() {
        let nick = user.nick.as_str();
        claim(state.user_by_key(user.nick.key()) == Some(id), &|| format!("{nick} is not found by nick"));
        claim(user.source().starts_with(&format!("{nick}!")), &|| format!("{nick} has a stale source"));
        for &session in &user.sessions {
            let back = state.sessions.get(session).and_then(|s| s.user());
            claim(back == Some(id), &|| format!("{nick} lists a session of another user"));
        }
        let all_away = user.sessions.iter().all(|&s| state.sessions.get(s).is_some_and(|s| s.away.is_some()));
        claim(user.sessions.is_empty() || user.away.is_some() == all_away, &|| {
            format!("{nick} is away but not all sessions are, or vice versa")
        });
        claim(user.always_on || !user.sessions.is_empty(), &|| format!("{nick} has no session"));
        if let Some(account) = &user.account {
            claim(state.users_of(account.key()).contains(&id), &|| format!("{nick} is not found by account"));
        }
        let reads = user.snomasks != Default::default();
        claim(user.modes.has('s') == reads && state.snomask_readers.contains(&id) == reads, &|| {
            format!("{nick} has snomasks that the index or the modes lack, or vice versa")
        });
        for &channel in &user.channels {
            let member = state.channels.get(channel).is_some_and(|c| c.members.contains_key(&id));
            claim(member, &|| format!("{nick} lists a channel without them"));
        }
    }
    let gone = state.snomask_readers.iter().any(|&id| state.users.get(id).is_none());
    claim(!gone, &|| "a user without an entry reads server notices".into());
    let lives = |session| state.sessions.get(session).is_some_and(|s: &super::Session| s.user().is_some());
    claim(state.monitors.violations(lives) == 0, &|| "the two sides of MONITOR disagree".into());
    claim(state.nicks.len() == state.users.len(), &|| "the numbers of nicks and users differ".into());
    for (id, channel) in state.channels.iter() {
        let name = channel.name.as_str();
        claim(state.channel_by_key(channel.name.key()) == Some(id), &|| format!("{name} is not found"));
        let kept = !channel.members.is_empty() || channel.registration.is_some();
        claim(kept, &|| format!("{name} is empty and not registered"));
        if let Some(registration) = &channel.registration {
            let accounts = registration.amodes.keys().chain([&registration.founder]);
            let known = accounts.into_iter().all(|account| state.accounts.contains_key(account));
            claim(known, &|| format!("{name} names an account that does not exist"));
        }
        let closed = state.purges.contains_key(channel.name.key()) && !channel.members.is_empty();
        claim(!closed, &|| format!("{name} is purged but has members"));
        for &user in channel.members.keys() {
            let back = state.users.get(user).is_some_and(|u| u.channels.contains(&id));
            claim(back, &|| format!("{name} lists a user who has not joined"));
        }
    }
    claim(state.channel_names.len() == state.channels.len(), &|| "channel names and channels differ".into());
    let counted = state.sessions.iter().filter(|(_, s)| s.counted.is_some()).count();
    claim(state.connections.open() == counted, &|| "counted sessions and connections differ".into());
    let unregistered = state.sessions.iter().filter(|(_, s)| s.user().is_none()).count();
    claim(state.counts.unregistered == unregistered, &|| {
        "the count of unregistered sessions is wrong".into()
    });
    for (letter, count) in [('i', state.counts.invisible), ('o', state.counts.opers)] {
        let real = state.users.iter().filter(|(_, u)| u.modes.has(letter)).count();
        claim(count == real, &|| format!("the count of +{letter} is wrong"));
    }
    found
}
