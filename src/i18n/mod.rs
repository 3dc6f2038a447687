//! What the server says in words: phrases with their English text in the code, and catalogues that
//! translate them. Not for the protocol's own words, and not for what goes to the log.

mod catalogue;
pub mod phrase;

pub use catalogue::{Catalogue, CatalogueError, LanguageId, Languages};
pub use phrase::Phrase;
