//! The document as a tree whose nodes know their line.
//!
//! `serde_yaml` decides what the text means; [`super::marks`] adds where it stands. Nothing here knows
//! a key of the configuration.

use super::build::build;
use super::marks::{Mark, marks};
use super::problem::{Problem, Severity};
use super::section::Problems;

/// A part of the document.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::config) struct Node {
    /// Where it stands, if it is in the document.
    pub(in crate::config) line: Option<usize>,
    /// Its keys from the top, joined by dots.
    pub(in crate::config) path: String,
    /// The environment variable it comes from.
    pub(in crate::config) variable: Option<String>,
    /// Its value.
    pub(in crate::config) tree: Tree,
}

/// The value of a [`Node`].
#[derive(Clone, Debug, PartialEq)]
pub(in crate::config) enum Tree {
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

/// Reads the document. Syntax errors are the only problem then, and there is no tree.
pub(in crate::config) fn parse(text: &str, problems: &mut Problems) -> Option<Node> {
    let tree = match build(text) {
        Ok(tree) => tree,
        Err(error) => {
            problems.add(syntax_problem(&error, text));
            return None;
        }
    };
    let mut root = Node::new(tree);
    place(&mut root, marks(text).as_ref(), None, "", problems);
    Some(root)
}

/// Reads a value given outside of the document.
pub(in crate::config) fn parse_value(text: &str) -> Result<Tree, String> {
    if text.trim().is_empty() {
        return Ok(Tree::Null);
    }
    build(text).map_err(|error| error.to_string())
}

fn syntax_problem(error: &serde_yaml::Error, text: &str) -> Problem {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = error.to_string();
    let line = match error.location() {
        Some(place) => {
            // It is told in front of the message; the end of the text has a line of its own there.
            found = found.replacen(&format!(" at line {} column {}", place.line(), place.column()), "", 1);
            place.line().min(lines.len())
        }
        // Of all errors, that of a second document is the one without a place.
        None => lines.iter().rposition(|line| line.starts_with("---")).map_or(1, |index| index + 1),
    };
    let line = line.max(1);
    let tabbed = lines.get(line - 1).is_some_and(|line| line.trim_start_matches(' ').starts_with('\t'));
    Problem {
        line: Some(line),
        path: String::new(),
        found: format!("an error in it: {found}"),
        expected: "a YAML document".to_owned(),
        hint: tabbed.then(|| "YAML is indented with blanks, not with tabs".to_owned()),
        severity: Severity::Error,
    }
}

/// Gives a node and all below it their paths and lines, applies `<<`, and notes keys given twice.
fn place(node: &mut Node, mark: Option<&Mark>, above: Option<usize>, path: &str, problems: &mut Problems) {
    node.line = mark.map(|mark| mark.line).or(above).or(Some(1));
    node.path = path.to_owned();
    let part = |index: usize| mark.and_then(|mark| mark.parts.get(index));
    match &mut node.tree {
        Tree::Int(_, written) | Tree::Float(_, written) => {
            if let Some(plain) = mark.and_then(|mark| mark.plain.as_ref()) {
                written.clone_from(plain);
            }
        }
        Tree::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                place(item, part(index), node.line, &join(path, &index.to_string()), problems);
            }
        }
        Tree::Map(children) => {
            for (index, (key, child)) in children.iter_mut().enumerate() {
                place(child, part(index), node.line, &join(path, key), problems);
            }
            merge_shared(children, path);
            note_duplicates(children, problems);
        }
        Tree::Null | Tree::Bool(_) | Tree::Text(_) => {}
    }
}

/// Replaces the key `<<` by those keys of its mappings that are not given beside it.
fn merge_shared(children: &mut Vec<(String, Node)>, path: &str) {
    let Some(at) = children.iter().position(|(key, _)| key == "<<") else { return };
    let (_, shared) = children.remove(at);
    let maps = match shared.tree {
        Tree::List(items) => items,
        _ => vec![shared],
    };
    for map in maps {
        let Tree::Map(entries) = map.tree else { continue };
        for (key, mut child) in entries {
            if !children.iter().any(|(name, _)| *name == key) {
                child.relocate(&join(path, &key));
                children.push((key, child));
            }
        }
    }
}

fn note_duplicates(children: &[(String, Node)], problems: &mut Problems) {
    let mut seen = std::collections::BTreeMap::new();
    for (key, child) in children {
        if let Some(first) = seen.insert(key, child.line) {
            let first = first.map(|line| format!("; another is in line {line}")).unwrap_or_default();
            problems.push(child, "one key of this name", format!("a second{first}"), Severity::Error);
        }
    }
}

/// The path of a key below another.
pub(in crate::config) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

impl Node {
    /// A node that stands nowhere.
    pub(in crate::config) fn new(tree: Tree) -> Node {
        Node { line: None, path: String::new(), variable: None, tree }
    }

    /// Changes the path, and those of all nodes below.
    pub(in crate::config) fn relocate(&mut self, path: &str) {
        path.clone_into(&mut self.path);
        match &mut self.tree {
            Tree::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    item.relocate(&join(path, &index.to_string()));
                }
            }
            Tree::Map(children) => {
                for (key, child) in children {
                    child.relocate(&join(path, key));
                }
            }
            _ => {}
        }
    }

    /// Names a variable as the origin of the node and of all nodes below.
    pub(in crate::config) fn credit(&mut self, variable: &str) {
        self.variable = Some(variable.to_owned());
        match &mut self.tree {
            Tree::List(items) => items.iter_mut().for_each(|item| item.credit(variable)),
            Tree::Map(children) => children.iter_mut().for_each(|(_, child)| child.credit(variable)),
            _ => {}
        }
    }

    /// The value of a key of a mapping, or of an item of a list by its number.
    pub(in crate::config) fn child(&self, key: &str) -> Option<&Node> {
        match &self.tree {
            Tree::Map(children) => children.iter().find(|(name, _)| name == key).map(|(_, child)| child),
            Tree::List(items) => items.get(key.parse::<usize>().ok()?),
            _ => None,
        }
    }

    /// The value of a key of a mapping, to be changed.
    pub(in crate::config) fn child_mut(&mut self, key: &str) -> Option<&mut Node> {
        match &mut self.tree {
            Tree::Map(children) => children.iter_mut().find(|(name, _)| name == key).map(|(_, child)| child),
            _ => None,
        }
    }

    /// The node at the end of a path of keys.
    pub(in crate::config) fn find(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.child(key))
    }

    /// Sets the value of a key, making a mapping of an empty value. What is neither is left alone.
    pub(in crate::config) fn put(&mut self, key: &str, mut child: Node) {
        if self.is_null() {
            self.tree = Tree::Map(Vec::new());
        }
        child.relocate(&join(&self.path, key));
        if let Tree::Map(children) = &mut self.tree {
            match children.iter_mut().find(|(name, _)| name == key) {
                Some((_, old)) => *old = child,
                None => children.push((key.to_owned(), child)),
            }
        }
    }

    /// Takes a key out of a mapping.
    pub(in crate::config) fn take(&mut self, key: &str) -> Option<Node> {
        let Tree::Map(children) = &mut self.tree else { return None };
        let at = children.iter().position(|(name, _)| name == key)?;
        Some(children.remove(at).1)
    }

    /// Whether there is no value.
    pub(in crate::config) fn is_null(&self) -> bool {
        self.tree == Tree::Null
    }

    /// The value for use in a message.
    pub(in crate::config) fn shown(&self) -> String {
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

/// Text in quotes, shortened.
pub(in crate::config) fn shown_text(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
