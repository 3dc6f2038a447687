//! The document as a tree whose nodes know their line.
//!
//! `serde_yaml` defines the meaning of the text; [`super::marks`] adds the lines. The keys of the
//! configuration are elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use super::build::build;
use super::marks::{DEPTH_MAX, Mark, Survey, survey};
use super::problem::{Problem, Severity};
use super::section::Problems;

/// A part of the document.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::config) struct Node {
    /// Its line, if it is in the document.
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
    /// A whole number, and its text.
    Int(i128, String),
    /// A number with a fraction or exponent, and its text.
    Float(f64, String),
    /// Any other scalar.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in document order.
    Map(Vec<(String, Node)>),
}

/// The maximum length of a value in a message, in characters.
const SHOWN_CHARS_MAX: usize = 60;
/// The length of a path, in bytes, beyond which no keys are added to it.
const PATH_BYTES_MAX: usize = 512;
/// The maximum number of opening brackets in a text of unknown depth. Parsing takes time proportional to
/// its square.
const BRACKETS_MAX: usize = 2_000;

/// Parses the first document of a text. If that fails, the reason is the only problem.
///
/// `maps` are the paths of mappings whose keys are arbitrary names.
pub(in crate::config) fn parse(text: &str, maps: &[&str], problems: &mut Problems) -> Option<Node> {
    let too_deep = |line| Problem {
        line: Some(line),
        path: String::new(),
        found: "more".to_owned(),
        expected: format!("at most {DEPTH_MAX} levels of nesting"),
        hint: None,
        severity: Severity::Error,
    };
    let (mark, more) = match survey(text) {
        Survey::Document(mark, more) => (Some(mark), more),
        Survey::TooDeep(line) => {
            problems.add(too_deep(line));
            return None;
        }
        Survey::Unreadable if text.matches(['[', '{']).count() > BRACKETS_MAX => {
            problems.add(too_deep(1));
            return None;
        }
        Survey::Unreadable | Survey::Empty => (None, None),
    };
    let tree = match build(text) {
        Ok(tree) => tree,
        Err(error) => {
            problems.add(syntax_problem(&error, text));
            return None;
        }
    };
    if let Some(line) = more {
        problems.add(Problem {
            line: Some(line),
            path: String::new(),
            found: "another, which is ignored".to_owned(),
            expected: "one YAML document".to_owned(),
            hint: None,
            severity: Severity::Warning,
        });
    }
    let mut root = Node::new(tree);
    Placing { maps, problems }.place(&mut root, mark.as_ref(), None, "");
    Some(root)
}

/// Parses a value from outside the document.
pub(in crate::config) fn parse_value(text: &str) -> Result<Tree, String> {
    let mut problems = Problems::default();
    match parse(text, &[], &mut problems) {
        Some(node) => Ok(node.tree),
        None => {
            Err(problems.into_sorted().into_iter().next().map(|problem| problem.found).unwrap_or_default())
        }
    }
}

fn syntax_problem(error: &serde_yaml::Error, text: &str) -> Problem {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = error.to_string();
    let line = match error.location() {
        Some(place) => {
            // The line precedes the message; libyaml counts one more line at the end of the text.
            found = found.replacen(&format!(" at line {} column {}", place.line(), place.column()), "", 1);
            place.line().min(lines.len())
        }
        None => 1,
    };
    let line = line.max(1);
    let tabbed = lines.get(line - 1).is_some_and(|line| line.trim_start_matches(' ').starts_with('\t'));
    Problem {
        line: Some(line),
        path: String::new(),
        found: format!("an error: {found}"),
        expected: "a YAML document".to_owned(),
        hint: tabbed.then(|| "YAML is indented with spaces, not with tabs".to_owned()),
        severity: Severity::Error,
    }
}

/// Gives nodes their lines and paths, and merges keys of the same mapping.
struct Placing<'a> {
    maps: &'a [&'a str],
    problems: &'a mut Problems,
}

impl Placing<'_> {
    /// Gives a node and all its descendants their paths and lines, applies `<<`, and merges duplicate keys.
    fn place(&mut self, node: &mut Node, mark: Option<&Mark>, above: Option<usize>, path: &str) {
        node.line = mark.map(|mark| mark.line).or(above).or(Some(1));
        path.clone_into(&mut node.path);
        let part = |index: usize| mark.and_then(|mark| mark.parts.get(index));
        match &mut node.tree {
            Tree::Int(_, written) | Tree::Float(_, written) => {
                if let Some(plain) = mark.and_then(|mark| mark.plain.as_ref()) {
                    written.clone_from(plain);
                }
            }
            Tree::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.place(item, part(index), node.line, &join(path, &index.to_string()));
                }
            }
            Tree::Map(children) => {
                for (index, (key, child)) in children.iter_mut().enumerate() {
                    self.place(child, part(index), node.line, &join(path, key));
                }
                self.merge_shared(children, path);
                self.merge_duplicates(children, path);
            }
            Tree::Null | Tree::Bool(_) | Tree::Text(_) => {}
        }
    }

    /// Replaces every key `<<` with those keys of its mappings that the mapping itself does not have.
    fn merge_shared(&mut self, children: &mut Vec<(String, Node)>, path: &str) {
        while let Some(at) = children.iter().position(|(key, _)| key == "<<") {
            let (_, shared) = children.remove(at);
            let maps = match shared.tree {
                Tree::List(items) => items,
                _ => vec![shared],
            };
            let mut known: BTreeSet<String> = children.iter().map(|(key, _)| key.clone()).collect();
            for map in maps {
                let Tree::Map(entries) = map.tree else { continue };
                for (key, mut child) in entries {
                    if known.insert(key.clone()) {
                        child.relocate(&join(path, &key));
                        children.push((key, child));
                    }
                }
            }
        }
    }

    /// Merges duplicate keys: the last value counts, and a section is merged into the first one, as in Ergo.
    fn merge_duplicates(&mut self, children: &mut Vec<(String, Node)>, path: &str) {
        let replaces = self.maps.contains(&path);
        let mut at: BTreeMap<String, usize> = BTreeMap::new();
        let mut merged: Vec<(String, Node)> = Vec::with_capacity(children.len());
        for (key, child) in children.drain(..) {
            match at.get(&key) {
                Some(&index) => {
                    let first = &mut merged[index].1;
                    let line = first.line.map(|line| format!(" on line {line}")).unwrap_or_default();
                    let found = format!("a duplicate of the one{line}, which it overrides");
                    self.problems.push(&child, "this key only once", found, Severity::Warning);
                    match replaces {
                        true => *first = child,
                        false => merge(first, child, self.maps),
                    }
                }
                None => {
                    at.insert(key.clone(), merged.len());
                    merged.push((key, child));
                }
            }
        }
        *children = merged;
    }
}

/// Merges the keys of one mapping into another; anything else, including an entry of one of the `maps`, is
/// replaced as a whole.
pub(in crate::config) fn merge(node: &mut Node, over: Node, maps: &[&str]) {
    let replaces = maps.contains(&node.path.as_str());
    if let (Tree::Map(children), Tree::Map(_)) = (&mut node.tree, &over.tree) {
        let Tree::Map(entries) = over.tree else { return };
        let at: BTreeMap<String, usize> =
            children.iter().enumerate().map(|(index, (key, _))| (key.clone(), index)).collect();
        for (key, child) in entries {
            match at.get(&key) {
                Some(&index) if !replaces => merge(&mut children[index].1, child, maps),
                Some(&index) => children[index].1 = child,
                None => children.push((key, child)),
            }
        }
    } else {
        *node = over;
    }
}

/// Returns the path of a key inside another.
pub(in crate::config) fn join(path: &str, key: &str) -> String {
    match path.len() {
        0 => key.to_owned(),
        // Many values below a long path would multiply its length.
        len if len > PATH_BYTES_MAX => path.to_owned(),
        _ => format!("{path}.{key}"),
    }
}

impl Node {
    /// Returns a node without a position.
    pub(in crate::config) fn new(tree: Tree) -> Node {
        Node { line: None, path: String::new(), variable: None, tree }
    }

    /// Changes the paths of the node and all its descendants.
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

    /// Records a variable as the origin of the node and all its descendants.
    pub(in crate::config) fn credit(&mut self, variable: &str) {
        self.variable = Some(variable.to_owned());
        match &mut self.tree {
            Tree::List(items) => items.iter_mut().for_each(|item| item.credit(variable)),
            Tree::Map(children) => children.iter_mut().for_each(|(_, child)| child.credit(variable)),
            _ => {}
        }
    }

    /// Returns the value of a key of a mapping, or an item of a list by its index.
    pub(in crate::config) fn child(&self, key: &str) -> Option<&Node> {
        match &self.tree {
            Tree::Map(children) => children.iter().find(|(name, _)| name == key).map(|(_, child)| child),
            Tree::List(items) => items.get(key.parse::<usize>().ok()?),
            _ => None,
        }
    }

    /// Returns the value of a key of a mapping, mutably.
    pub(in crate::config) fn child_mut(&mut self, key: &str) -> Option<&mut Node> {
        match &mut self.tree {
            Tree::Map(children) => children.iter_mut().find(|(name, _)| name == key).map(|(_, child)| child),
            _ => None,
        }
    }

    /// Returns the node at the end of a path of keys.
    pub(in crate::config) fn find(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.child(key))
    }

    /// Sets the value of a key, turning an empty value into a mapping. Does nothing to other values.
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

    /// Removes a key from a mapping and returns its value.
    pub(in crate::config) fn take(&mut self, key: &str) -> Option<Node> {
        let Tree::Map(children) = &mut self.tree else { return None };
        let at = children.iter().position(|(name, _)| name == key)?;
        Some(children.remove(at).1)
    }

    /// Returns whether there is no value.
    pub(in crate::config) fn is_null(&self) -> bool {
        self.tree == Tree::Null
    }

    /// Returns the value for use in a message.
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

/// Returns text in quotes, shortened.
pub(in crate::config) fn shown_text(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
