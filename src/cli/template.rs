//! `ircd texts`: prints every text that the server sends, as a template for a catalog.

use super::{Failure, console};
use crate::engine::help_texts;
use crate::i18n::Phrase;

/// The beginning of the template.
const HEAD: &str = "\
# Every text that the server sends. Translate the values, keep the names, and save the file as
# <code>.lang.yaml in the directory `languages.path`. {0}, {1} ... stand for names and numbers.
# Texts that are missing are sent in English.
code: en
name: English
phrases:
";

/// The lines between the phrases and the texts of HELP.
const HELP: &str = "\
# The output of HELP: `parameters: explanation`, then further lines. This section is optional.
help:
";

/// The end of the template: texts for connections without a language, and texts in the stored state.
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

/// Returns a string in double quotes, which YAML reads like JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Catalog;

    #[test]
    fn the_template_is_a_complete_catalog() {
        let template = template();
        let catalog = Catalog::parse(&template).unwrap();
        assert!(catalog.is_complete());
        let names: Vec<&str> = catalog.help_names().collect();
        for name in ["JOIN", "CMODES", "NickServ", "ChanServ REGISTER"] {
            assert!(names.contains(&name), "{name}");
        }
        assert_eq!(names.len(), help_texts().count(), "names must be unique");
    }
}
