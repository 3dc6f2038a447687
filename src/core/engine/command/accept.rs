//! ACCEPT: allows messages from users without an account despite `+R`.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::wire::Message;

use super::Command;

pub(super) const ACCEPT: Command = Command::new("ACCEPT", accept).params(1).help(
    "[-]<nick>{,[-]<nick>}: lets users message you despite user mode +R, or (-) no longer does; \
     users you message can always reply",
);

fn accept(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let by = cx.me();
    for word in m.param(0).split(',').filter(|word| !word.is_empty()) {
        let (nick, off) = word.strip_prefix('-').map_or((word, false), |nick| (nick, true));
        match cx.find_user(nick) {
            Ok(user) => cx.commit(Fact::Accepted { by, user, on: !off }),
            Err(_) => {
                let (code, context) = ("INVALID_USER", vec![nick.to_owned()]);
                Refusal::Fail { command: "ACCEPT", code, context, text: Phrase::ACCEPT_INVALID_USER }.say(cx);
            }
        }
    }
    Ok(())
}
