//! Texts for users: phrases with their English text, and catalogs that translate them. Protocol words
//! and log texts are not translated.

#[macro_use]
mod table;

mod catalog;
pub mod phrase;

pub use catalog::{Catalog, CatalogueError, LanguageId, Languages};
pub use phrase::Phrase;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chinese_catalogue_is_complete() {
        let catalog = Catalog::parse(include_str!("../../../languages/zh-CN.lang.yaml")).unwrap();
        let lacks = |phrase: &&Phrase| !catalog.has(**phrase);
        let lacking: Vec<&str> = Phrase::ALL.iter().filter(lacks).map(|phrase| phrase.id()).collect();
        assert_eq!(lacking, [""; 0]);
        assert_eq!((catalog.code.as_str(), catalog.is_complete()), ("zh-CN", true));
    }
}
