//! What the server says in words: phrases with their English text in the code, and catalogues that
//! translate them. Not for the protocol's own words, and not for what goes to the log.

mod catalogue;
pub mod phrase;

pub use catalogue::{Catalogue, CatalogueError, LanguageId, Languages};
pub use phrase::Phrase;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chinese_catalogue_is_complete() {
        let catalogue = Catalogue::parse(include_str!("../../languages/zh-CN.lang.yaml")).unwrap();
        let lacks = |phrase: &&Phrase| !catalogue.has(**phrase);
        let lacking: Vec<&str> = Phrase::ALL.iter().filter(lacks).map(|phrase| phrase.id()).collect();
        assert_eq!(lacking, [""; 0]);
        assert_eq!((catalogue.code.as_str(), catalogue.is_complete()), ("zh-CN", true));
    }
}
