//! The document as a tree whose nodes know their line.

/// A part of the document.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// Where it stands, if the document says so itself.
    pub(super) line: Option<usize>,
    /// Its keys from the top, joined by dots.
    pub(super) path: String,
    /// The environment variable it comes from.
    pub(super) variable: Option<String>,
    /// Its value.
    pub(super) tree: Tree,
}

/// The value of a [`Node`].
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree {
    /// Nothing: an empty value, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number, and how it was written.
    Int(i128, String),
    /// A number with a fraction or exponent, and how it was written.
    Float(f64, String),
    /// Any other scalar.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in document order.
    Map(Vec<(String, Node)>),
}

/// Longest excerpt of a value in a message.
const SHOWN_CHARS_MAX: usize = 60;

impl Node {
    /// The value of a key of a mapping.
    pub(super) fn child(&self, key: &str) -> Option<&Node> {
        match &self.tree {
            Tree::Map(children) => children.iter().find(|(name, _)| name == key).map(|(_, child)| child),
            _ => None,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        self.tree == Tree::Null
    }

    /// The value for use in a message.
    pub(super) fn shown(&self) -> String {
        match &self.tree {
            Tree::Null => "nothing".to_owned(),
            Tree::Bool(value) => value.to_string(),
            Tree::Int(_, written) | Tree::Float(_, written) => written.clone(),
            Tree::Text(text) => shown_text(text),
            Tree::List(_) => "a list".to_owned(),
            Tree::Map(_) => "a section of keys".to_owned(),
        }
    }
}

fn shown_text(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
