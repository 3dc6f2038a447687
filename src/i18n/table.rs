//! The macro that makes the table of phrases an enum.

macro_rules! phrases {
    ($($id:ident = $english:literal),* $(,)?) => {
        /// Something the server says in words.
        #[allow(missing_docs, non_camel_case_types, clippy::upper_case_acronyms)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub enum Phrase { $($id),* }

        impl Phrase {
            /// All of them.
            pub const ALL: &'static [Phrase] = &[$(Phrase::$id),*];

            /// The id that catalogues use.
            pub fn id(self) -> &'static str {
                match self { $(Phrase::$id => stringify!($id)),* }
            }

            /// The English text.
            pub fn english(self) -> &'static str {
                match self { $(Phrase::$id => $english),* }
            }
        }
    };
}
