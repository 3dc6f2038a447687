//! Catalogs: one YAML document per language, `languages/<code>.lang.yaml`.
//!
//! ```yaml
//! code: zh-CN
//! name: 简体中文
//! phrases:
//!   NO_SUCH_NICK: 没有这个昵称或频道
//! ```
//!
//! Phrases that a catalog lacks are sent in English; such a catalog is "incomplete" (`~` in the
//! `draft/languages` capability). Help can be translated under `help:`, by the name of the command or
//! topic. `ircd texts` prints all phrases and help in English.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::phrase::Phrase;

/// A language, as an index into [`Languages`]; 0 is English.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LanguageId(pub u8);

/// The translations of one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Raw", try_from = "Raw")]
pub struct Catalog {
    /// BCP 47 code: `zh-CN`.
    pub code: String,
    /// The name of the language in that language.
    pub name: String,
    texts: Vec<Option<Box<str>>>,
    /// The help for a command or topic, by its name.
    help: BTreeMap<Box<str>, Box<str>>,
}

/// Why a catalog is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CatalogueError {
    /// It does not have the form above; the message of the parser.
    Malformed(String),
    /// It has a phrase that this server does not have.
    UnknownPhrase(String),
    /// The `{n}` placeholders of a translation differ from those of the English text.
    WrongPlaceholders(String),
}

impl fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CatalogueError::Malformed(why) => write!(f, "not a language catalog: {why}"),
            CatalogueError::UnknownPhrase(id) => write!(f, "unknown phrase {id}"),
            CatalogueError::WrongPlaceholders(id) => {
                write!(f, "phrase {id}: placeholders differ from the English text")
            }
        }
    }
}

impl std::error::Error for CatalogueError {}

#[derive(Serialize, Deserialize)]
struct Raw {
    code: String,
    name: String,
    phrases: BTreeMap<String, String>,
    #[serde(default)]
    help: BTreeMap<Box<str>, Box<str>>,
}

impl Catalog {
    /// Parses a catalog document.
    pub fn parse(text: &str) -> Result<Catalog, CatalogueError> {
        let raw: Raw =
            serde_yaml::from_str(text).map_err(|error| CatalogueError::Malformed(error.to_string()))?;
        Catalog::try_from(raw)
    }

    /// Returns whether a phrase is translated.
    pub fn has(&self, phrase: Phrase) -> bool {
        self.texts[phrase as usize].is_some()
    }

    /// Returns the names of the commands and topics whose help is translated.
    pub fn help_names(&self) -> impl Iterator<Item = &str> {
        self.help.keys().map(|name| &**name)
    }

    /// Returns whether every phrase is translated.
    pub fn is_complete(&self) -> bool {
        self.texts.iter().all(Option::is_some)
    }
}

impl TryFrom<Raw> for Catalog {
    type Error = CatalogueError;

    fn try_from(raw: Raw) -> Result<Catalog, CatalogueError> {
        let mut texts = vec![None; Phrase::ALL.len()];
        for (id, translation) in raw.phrases {
            let Some(phrase) = Phrase::by_id(&id) else {
                return Err(CatalogueError::UnknownPhrase(id));
            };
            if placeholders(phrase.english()) != placeholders(&translation) {
                return Err(CatalogueError::WrongPlaceholders(id));
            }
            texts[phrase as usize] = Some(translation.into_boxed_str());
        }
        Ok(Catalog { code: raw.code, name: raw.name, texts, help: raw.help })
    }
}

impl From<Catalog> for Raw {
    fn from(catalog: Catalog) -> Raw {
        let texts = Phrase::ALL.iter().zip(catalog.texts);
        let phrases = texts.filter_map(|(phrase, text)| Some((phrase.id().to_owned(), text?.into())));
        Raw { code: catalog.code, name: catalog.name, phrases: phrases.collect(), help: catalog.help }
    }
}

/// Returns the digits of the placeholders `{n}` in a text, sorted, each once.
fn placeholders(text: &str) -> Vec<u8> {
    let mut found: Vec<u8> =
        text.as_bytes().windows(3).filter(|w| w[0] == b'{' && w[2] == b'}').map(|w| w[1]).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// English and all loaded catalogs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Languages {
    catalogs: Vec<Catalog>,
    /// The language of clients that have not chosen one.
    pub default: LanguageId,
}

impl Languages {
    /// Takes catalogs in the order in which they are announced; at most 255, the rest is ignored.
    /// `default` is a code; an unknown one means English.
    pub fn new(mut catalogs: Vec<Catalog>, default: &str) -> Languages {
        catalogs.truncate(usize::from(u8::MAX));
        let mut languages = Languages { catalogs, default: LanguageId(0) };
        languages.default = languages.by_code(default).unwrap_or_default();
        languages
    }

    /// Looks up a code, ignoring case.
    pub fn by_code(&self, code: &str) -> Option<LanguageId> {
        if code.eq_ignore_ascii_case("en") {
            return Some(LanguageId(0));
        }
        let at = self.catalogs.iter().position(|c| c.code.eq_ignore_ascii_case(code))?;
        Some(LanguageId(at as u8 + 1))
    }

    /// Returns the code of a language.
    pub fn code(&self, id: LanguageId) -> &str {
        match id.0.checked_sub(1) {
            Some(index) => &self.catalogs[usize::from(index)].code,
            None => "en",
        }
    }

    /// Returns the value of the `draft/languages` capability: the number of languages, then the codes,
    /// with `~` before incomplete ones.
    pub fn capability_value(&self) -> String {
        let mut value = format!("{},en", self.catalogs.len() + 1);
        for catalog in &self.catalogs {
            value.push_str(if catalog.is_complete() { "," } else { ",~" });
            value.push_str(&catalog.code);
        }
        value
    }

    /// Returns the text of a phrase in the first language that has it: the given ones, best first, then
    /// the default, then English.
    pub fn text(&self, wanted: &[LanguageId], phrase: Phrase) -> &str {
        let in_one = |id: &LanguageId| match id.0.checked_sub(1) {
            None => Some(phrase.english()),
            Some(index) => self.catalogs.get(usize::from(index))?.texts[phrase as usize].as_deref(),
        };
        wanted.iter().chain([&self.default]).find_map(in_one).unwrap_or(phrase.english())
    }

    /// Returns the help for a command or topic in the first language that has it: the given ones, best
    /// first, then the default. Returns `None` for English.
    pub fn help(&self, wanted: &[LanguageId], name: &str) -> Option<&str> {
        let in_one = |id: &LanguageId| match id.0.checked_sub(1) {
            None => Some(None),
            Some(index) => self.catalogs.get(usize::from(index))?.help.get(name).map(|text| Some(&**text)),
        };
        wanted.iter().chain([&self.default]).find_map(in_one).flatten()
    }

    /// Returns a phrase as found by [`Languages::text`], with its arguments.
    pub fn said(&self, wanted: &[LanguageId], phrase: Phrase, args: &[&str]) -> String {
        let mut said = Vec::new();
        self.write(wanted, phrase, args, &mut said);
        String::from_utf8_lossy(&said).into_owned()
    }

    /// Writes a phrase as found by [`Languages::text`], with its arguments in place of `{0}`, `{1}` ….
    pub fn write(&self, wanted: &[LanguageId], phrase: Phrase, args: &[&str], out: &mut Vec<u8>) {
        fill(self.text(wanted, phrase), args, out);
    }
}

fn fill(text: &str, args: &[&str], out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(open) = memchr::memchr(b'{', &bytes[at..]).map(|i| at + i) {
        out.extend_from_slice(&bytes[at..open]);
        let arg = match bytes.get(open + 1..open + 3) {
            Some(&[digit @ b'0'..=b'9', b'}']) => args.get(usize::from(digit - b'0')),
            _ => None,
        };
        match arg {
            Some(arg) => {
                out.extend_from_slice(arg.as_bytes());
                at = open + 3;
            }
            None => {
                out.push(b'{');
                at = open + 1;
            }
        }
    }
    out.extend_from_slice(&bytes[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "code: xx\nname: Test\nphrases:\n  WELCOME: \"{1} ni {0}\"\n";

    fn said(languages: &Languages, code: &str, args: &[&str]) -> String {
        let mut out = Vec::new();
        languages.write(&[languages.by_code(code).unwrap()], Phrase::WELCOME, args, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_translation_may_reorder_its_arguments() {
        let languages = Languages::new(vec![Catalog::parse(DOCUMENT).unwrap()], "XX");
        assert_eq!(said(&languages, "xx", &["A", "B"]), "B ni A");
        assert_eq!(said(&languages, "en", &["Net", "bob"]), "Welcome to the Net IRC Network bob");
        assert_eq!(languages.code(languages.default), "xx");
        assert_eq!(languages.capability_value(), "2,en,~xx");
    }

    #[test]
    fn a_missing_phrase_comes_from_the_next_language() {
        let second = "code: yy\nname: More\nphrases:\n  WELCOME: \"{0} yy {1}\"\n  CREATED: \"yy {0}\"\n";
        let catalogs = [DOCUMENT, second].map(|text| Catalog::parse(text).unwrap()).to_vec();
        let mut languages = Languages::new(catalogs, "en");
        let [en, xx, yy] = ["en", "xx", "yy"].map(|code| languages.by_code(code).unwrap());
        let english = Phrase::CREATED.english();
        assert_eq!(languages.text(&[xx, yy], Phrase::WELCOME), "{1} ni {0}");
        assert_eq!(languages.text(&[xx, yy], Phrase::CREATED), "yy {0}");
        assert_eq!(languages.text(&[xx, en, yy], Phrase::CREATED), english, "English lacks nothing");
        assert_eq!(languages.text(&[xx], Phrase::CREATED), english);
        languages.default = yy;
        assert_eq!(languages.text(&[xx], Phrase::CREATED), "yy {0}");
        assert_eq!(languages.text(&[], Phrase::WELCOME), "{0} yy {1}");
    }

    #[test]
    fn help_is_found_by_the_name_of_the_command() {
        let document = format!("{DOCUMENT}help:\n  JOIN: \"<kanal>: tritt ein\"\n");
        let languages = Languages::new(vec![Catalog::parse(&document).unwrap()], "en");
        let [en, xx] = ["en", "xx"].map(|code| languages.by_code(code).unwrap());
        assert_eq!(languages.help(&[xx], "JOIN"), Some("<kanal>: tritt ein"));
        assert_eq!([languages.help(&[en, xx], "JOIN"), languages.help(&[xx], "PART")], [None; 2]);
    }

    #[test]
    fn mistakes_are_named() {
        let wrong = |text| Catalog::parse(text).unwrap_err();
        assert!(matches!(wrong("code: xx"), CatalogueError::Malformed(_)));
        assert_eq!(
            wrong("code: xx\nname: X\nphrases: {NO_PHRASE: a}"),
            CatalogueError::UnknownPhrase("NO_PHRASE".into())
        );
        assert_eq!(
            wrong("code: xx\nname: X\nphrases: {WELCOME: \"{0}\"}"),
            CatalogueError::WrongPlaceholders("WELCOME".into())
        );
    }
}
