//! `ircd texts`: every text that the server says, as a catalogue to be translated.

use super::{Failure, console};
use crate::engine::help_texts;
use crate::i18n::Phrase;

/// What stands before the texts.
const HEAD: &str = "\
# Every text that the server says. Translate the values, keep the names, and save the file as
# <code>.lang.yaml in the directory of `languages.path`. {0}, {1} ... stand for what is filled in.
# A text that is left out is said in English.
code: en
name: English
phrases:
";

/// What stands between the phrases and the help.
const HELP: &str = "\
# What HELP tells: `parameters: explanation`, then further lines. It may be left out as a whole.
help:
";

/// What stands at the end: texts of connections that have no language, and of the stored state.
const TAIL: &str = "\
# Always in English:
# Too many connections
# SendQ exceeded
# Server is shutting down
# User is currently disconnected
";

pub(super) fn run() -> Result<(), Failure> {
    Ok(console::print(&template())?)
}

fn template() -> String {
    let mut text = HEAD.to_owned();
    for phrase in Phrase::ALL {
        text += &format!("  {}: {}\n", phrase.id(), quoted(phrase.english()));
    }
    text += HELP;
    for (name, help) in help_texts() {
        text += &format!("  {}: {}\n", quoted(&name), quoted(&help));
    }
    text + TAIL
}

/// A string in double quotes: in YAML as in JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Catalogue;

    #[test]
    fn the_template_is_a_complete_catalogue() {
        let template = template();
        let catalogue = Catalogue::parse(&template).unwrap();
        assert!(catalogue.is_complete());
        let names: Vec<&str> = catalogue.help_names().collect();
        for name in ["JOIN", "CMODES", "NickServ", "ChanServ REGISTER"] {
            assert!(names.contains(&name), "{name}");
        }
        assert_eq!(names.len(), help_texts().count(), "no name is there twice");
    }
}
