//! Builds a tree from text with `serde_yaml`, which alone defines the meaning of a text.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess};
use serde::de::{VariantAccess, Visitor};

use super::tree::{Node, Tree};

/// The maximum number of values in a document, including those that aliases repeat.
const NODES_MAX: usize = 100_000;
/// The maximum amount of text in a document, in bytes, including text that aliases repeat.
const TEXT_BYTES_MAX: usize = 8 << 20;
/// The maximum length of a key, in bytes.
const KEY_BYTES_MAX: usize = 512;

/// Returns the tree of the first document of a text, without lines and paths.
///
/// Documents after the first are ignored, even if they are malformed, as Ergo ignores them.
pub(in crate::config) fn build(text: &str) -> Result<Tree, serde_yaml::Error> {
    let builder = Builder { nodes_left: &Cell::new(NODES_MAX), bytes_left: &Cell::new(TEXT_BYTES_MAX) };
    match serde_yaml::Deserializer::from_str(text).next() {
        Some(document) => builder.deserialize(document),
        None => Ok(Tree::Null),
    }
}

/// Builds a [`Tree`]. Unlike `serde_yaml::Value`, it keeps duplicate keys, so that each can be reported.
#[derive(Clone, Copy)]
struct Builder<'a> {
    /// The number of nodes left: a few aliases can create a huge number.
    nodes_left: &'a Cell<usize>,
    /// The number of bytes of text left: an alias can repeat a long text.
    bytes_left: &'a Cell<usize>,
}

impl Builder<'_> {
    fn node<E: Error>(self, tree: Tree) -> Result<Tree, E> {
        let bytes = match &tree {
            Tree::Text(text) => text.len(),
            _ => 0,
        };
        match self.nodes_left.get().checked_sub(1) {
            Some(left) => self.nodes_left.set(left),
            None => return Err(E::custom(format_args!("more than {NODES_MAX} values"))),
        }
        match self.bytes_left.get().checked_sub(bytes) {
            Some(left) => self.bytes_left.set(left),
            None => return Err(E::custom(format_args!("more than {TEXT_BYTES_MAX} bytes of text"))),
        }
        Ok(tree)
    }
}

impl<'de> DeserializeSeed<'de> for Builder<'_> {
    type Value = Tree;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Builder<'_> {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Tree, E> {
        self.node(Tree::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Tree, E> {
        self.node(Tree::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Tree, E> {
        self.node(Tree::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Tree, E> {
        self.node(Tree::Int(i128::from(value), value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Tree, E> {
        self.node(Tree::Int(i128::from(value), value.to_string()))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Tree, E> {
        self.node(Tree::Int(value, value.to_string()))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Tree, E> {
        self.node(Tree::Float(value as f64, value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Tree, E> {
        self.node(Tree::Float(value, value.to_string()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Tree, E> {
        self.node(Tree::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(Node::new(item));
        }
        self.node(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree, A::Error> {
        let mut map = Vec::new();
        while let Some((key, value)) = entries.next_entry_seed(self, self)? {
            let key = match key {
                Tree::Text(key) | Tree::Int(_, key) | Tree::Float(_, key) => key,
                Tree::Bool(key) => key.to_string(),
                Tree::Null => String::new(),
                Tree::List(_) | Tree::Map(_) => return Err(A::Error::custom("a list or mapping as a key")),
            };
            if key.len() > KEY_BYTES_MAX {
                return Err(A::Error::custom(format_args!("a key of more than {KEY_BYTES_MAX} bytes")));
            }
            map.push((key, Node::new(value)));
        }
        self.node(Tree::Map(map))
    }

    /// Ignores a local YAML tag: `!x value` counts as `value`.
    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Tree, A::Error> {
        let (_, value) = tagged.variant_seed(self)?;
        value.newtype_variant_seed(self)
    }
}
