//! Defines sections of the configuration as tables of fields.
//!
//! [`section!`] turns such a table into the struct, its [`Default`] and its reader. The name of a key is
//! the name of its field with `-` for `_`. Any key that is not in the table is unknown.

use super::problem::{Problem, Severity};
use super::spelling::nearest;
use super::tree::{Node, Tree};

/// Maximum number of problems that are reported.
const PROBLEMS_MAX: usize = 1000;

/// The problems found so far.
#[derive(Debug, Default)]
pub(in crate::config) struct Problems(Vec<Problem>);

impl Problems {
    /// Adds a problem. Beyond [`PROBLEMS_MAX`], only the first error is added.
    pub(in crate::config) fn add(&mut self, problem: Problem) {
        let decisive = problem.severity == Severity::Error && !self.has_error();
        if self.0.len() < PROBLEMS_MAX || decisive {
            self.0.push(problem);
        }
    }

    /// Returns whether the document is unusable and no more problems are recorded.
    pub(in crate::config) fn is_full(&self) -> bool {
        self.0.len() >= PROBLEMS_MAX && self.has_error()
    }

    /// Returns whether the document is unusable.
    pub(in crate::config) fn has_error(&self) -> bool {
        self.0.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// Returns whether there is an error at a path.
    pub(in crate::config) fn has_error_at(&self, path: &str) -> bool {
        self.0.iter().any(|problem| problem.path == path && problem.severity == Severity::Error)
    }

    /// Returns all problems, sorted by line.
    pub(in crate::config) fn into_sorted(self) -> Vec<Problem> {
        let Problems(mut problems) = self;
        problems.sort_by_key(|problem| problem.line.unwrap_or(usize::MAX));
        problems
    }

    /// Adds an error: the value of a node is not what was expected.
    pub(in crate::config) fn wrong(&mut self, node: &Node, expected: impl Into<String>) {
        self.push(node, expected, node.shown(), Severity::Error);
    }

    /// Adds an error of the document as a whole.
    pub(in crate::config) fn document(&mut self, expected: impl Into<String>, found: impl Into<String>) {
        let root = Node { line: Some(1), ..Node::new(Tree::Null) };
        self.push(&root, expected, found, Severity::Error);
    }

    /// Adds a problem of a node with a description of what was found.
    pub(in crate::config) fn push(
        &mut self,
        node: &Node,
        expected: impl Into<String>,
        found: impl Into<String>,
        severity: Severity,
    ) {
        self.add(Problem {
            line: node.line,
            path: node.path.clone(),
            found: found.into(),
            expected: expected.into(),
            hint: origin(node),
            severity,
        });
    }
}

/// A type that can be read from a node. `None` means that problems were reported.
pub(in crate::config) trait FromNode: Sized {
    fn from_node(node: &Node, problems: &mut Problems) -> Option<Self>;
}

/// The keys of a mapping, and those that have been read.
#[derive(Debug)]
pub(in crate::config) struct Keys<'a> {
    node: &'a Node,
    read_keys: Vec<String>,
}

impl<'a> Keys<'a> {
    /// Returns `None` and reports an error if the node is not a mapping.
    pub(in crate::config) fn of(node: &'a Node, problems: &mut Problems) -> Option<Keys<'a>> {
        if !matches!(node.tree, Tree::Map(_)) {
            problems.wrong(node, "a section of keys");
            return None;
        }
        Some(Keys { node, read_keys: Vec::new() })
    }

    /// Returns the value of a field's key; the default if it is absent, null or invalid.
    pub(in crate::config) fn value<T>(
        &mut self,
        field: &str,
        read: impl Fn(&Node, &mut Problems) -> Option<T>,
        default: T,
        problems: &mut Problems,
    ) -> T {
        let key = field.trim_start_matches("r#").replace('_', "-");
        let value = self.node.child(&key).filter(|child| !child.is_null());
        self.read_keys.push(key);
        value.and_then(|child| read(child, problems)).unwrap_or(default)
    }

    /// Reports every key that was not read.
    ///
    /// A key that resembles a known one is probably a typo, so it is an error. Any other is a warning: it may
    /// belong to another server or version, and those ignore unknown keys, too.
    pub(in crate::config) fn finish(self, problems: &mut Problems) {
        let Tree::Map(children) = &self.node.tree else { return };
        for (key, child) in children {
            if self.read_keys.contains(key) || problems.is_full() {
                continue;
            }
            let near = nearest(key, &self.read_keys);
            // A variable is often set for several versions of a server, a file written for one.
            let severity = match near {
                Some(_) if child.variable.is_none() => Severity::Error,
                _ => Severity::Warning,
            };
            let hints = near.map(|near| format!("did you mean `{near}`?")).into_iter().chain(origin(child));
            problems.add(Problem {
                line: child.line,
                path: child.path.clone(),
                found: "an unknown one".to_owned(),
                expected: "a known key".to_owned(),
                hint: hints.reduce(|near, origin| format!("{near}; {origin}")),
                severity,
            });
        }
    }
}

/// Returns the hint that a value comes from the environment.
pub(in crate::config) fn origin(node: &Node) -> Option<String> {
    node.variable.as_ref().map(|name| format!("from the environment variable {name}"))
}

/// Defines a section: `name: Type [reader] = default` for a key, `name: Section` for a nested section.
macro_rules! section {
    ($(#[$meta:meta])* $name:ident {
        $( $(#[$doc:meta])* $field:ident : $ty:ty $([$read:expr] = $default:expr)? ),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name { $( $(#[$doc])* pub $field: $ty, )* }

        impl Default for $name {
            fn default() -> $name {
                $name { $( $field: section!(@default $ty $(, $default)?), )* }
            }
        }

        impl $crate::config::yaml::section::FromNode for $name {
            fn from_node(
                node: &$crate::config::yaml::tree::Node,
                problems: &mut $crate::config::yaml::section::Problems,
            ) -> Option<$name> {
                let mut keys = $crate::config::yaml::section::Keys::of(node, problems)?;
                let default = $name::default();
                let section = $name { $(
                    $field: keys.value(
                        stringify!($field), section!(@read $ty $(, $read)?), default.$field, problems,
                    ),
                )* };
                keys.finish(problems);
                Some(section)
            }
        }
    };
    (@default $ty:ty) => { <$ty>::default() };
    (@default $ty:ty, $default:expr) => { $default };
    (@read $ty:ty) => { <$ty as $crate::config::yaml::section::FromNode>::from_node };
    (@read $ty:ty, $read:expr) => { $read };
}
pub(in crate::config) use section;
