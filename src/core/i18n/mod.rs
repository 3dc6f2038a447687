//! Texts for users: phrases with their English text, and catalogs that translate them. Protocol words
//! and log texts are not translated.

#[macro_use]
mod table;

mod catalogue;
pub mod phrase;

pub use catalogue::{Catalogue, CatalogueError, LanguageId, Languages};
pub use phrase::Phrase;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chinese_catalogue_is_complete() {
        let catalogue = Catalogue::parse(include_str!("../../../languages/zh-CN.lang.yaml")).unwrap();
        let lacks = |phrase: &&Phrase| !catalogue.has(**phrase);
        let lacking: Vec<&str> = Phrase::ALL.iter().filter(lacks).map(|phrase| phrase.id()).collect();
        assert_eq!(lacking, [""; 0]);
        assert_eq!((catalogue.code.as_str(), catalogue.is_complete()), ("zh-CN", true));
    }
}
