//! LANGUAGE: sets the languages of messages from the server, best first (draft/languages).

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::i18n::{LanguageId, Phrase};
use crate::state::Fact;
use crate::wire::numeric::{ERR_NOLANGUAGE, ERR_TOOMANYLANGUAGES, RPL_YOURLANGUAGESARE};
use crate::wire::{Message, Text};

use super::Command;

/// Maximum number of languages of a client.
const LANGUAGES_MAX: usize = 4;

pub(super) const LANGUAGE: Command = Command::new("LANGUAGE", language)
    .params(1)
    .before_registration()
    .help("<code>...: sets your preferred languages for server messages, best first");

fn language(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let setup = cx.setup;
    // In the value of the capability, `~` marks an incomplete translation; users copy it.
    let codes = m.params().iter().map(|code| code.trim_start_matches('~')).filter(|code| !code.is_empty());
    let mut languages: Vec<LanguageId> = Vec::new();
    for code in codes {
        let Some(language) = setup.languages.by_code(code) else {
            cx.reply(ERR_NOLANGUAGE, &[], Text::Said(Phrase::LANGUAGE_UNKNOWN, &[code]));
            return Ok(());
        };
        if !languages.contains(&language) {
            languages.push(language);
        }
    }
    if languages.len() > LANGUAGES_MAX {
        let limit = LANGUAGES_MAX.to_string();
        cx.reply(ERR_TOOMANYLANGUAGES, &[&limit], Text::Said(Phrase::TOO_MANY_LANGUAGES, &[]));
        return Ok(());
    }
    cx.commit(Fact::LanguagesSet { session: cx.session, languages: &languages });
    let codes: Vec<&str> = languages.iter().map(|&language| setup.languages.code(language)).collect();
    cx.reply(RPL_YOURLANGUAGESARE, &codes, Text::Said(Phrase::LANGUAGES_ARE, &[]));
    Ok(())
}
