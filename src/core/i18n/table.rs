//! The macro that turns the table of phrases into an enum.

macro_rules! phrases {
    ($($id:ident = $english:literal),* $(,)?) => {
        /// A text that the server sends to users.
        #[allow(missing_docs, non_camel_case_types, clippy::upper_case_acronyms)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub enum Phrase { $($id),* }

        impl Phrase {
            /// All phrases, in the order of the table.
            pub const ALL: &'static [Phrase] = &[$(Phrase::$id),*];

            /// Returns the id that catalogs use.
            pub fn id(self) -> &'static str {
                match self { $(Phrase::$id => stringify!($id)),* }
            }

            /// Returns the English text.
            pub fn english(self) -> &'static str {
                match self { $(Phrase::$id => $english),* }
            }
        }
    };
}
