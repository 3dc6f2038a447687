//! Environment variables that override single keys: `IRCD__SERVER__MAX_SENDQ=1m`.
//!
//! The components of a name are separated by `__`; each is a key in capitals, with `_` for `-`. The value
//! is YAML. Mappings are merged key by key, anything else is replaced. Lists cannot be indexed.

use super::yaml::problem::{Problem, Severity};
use super::yaml::section::Problems;
use super::yaml::tree::{Node, Tree, join, merge, parse_value};

/// Returns whether a variable of this name can change the configuration.
pub(super) fn is_override(name: &str) -> bool {
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// The prefixes of variables; later ones take precedence.
const PREFIXES: [&str; 3] = ["ORAGONO__", "ERGO__", "IRCD__"];

/// Applies the variables with one of the prefixes to the document.
pub(super) fn apply(root: &mut Node, variables: &[(String, String)], problems: &mut Problems) {
    let rank = |name: &str| PREFIXES.iter().position(|prefix| name.starts_with(prefix));
    let mut ours: Vec<(usize, &String, &String)> =
        variables.iter().filter_map(|(name, value)| Some((rank(name)?, name, value))).collect();
    // Sections come before their keys, and the order is always the same.
    ours.sort();
    if ours.is_empty() {
        return;
    }
    if root.child("allow-environment-overrides").is_none_or(|node| node.tree != Tree::Bool(true)) {
        problems.add(problem(
            "allow-environment-overrides",
            "`true`, so that environment variables can override keys",
            format!("{} variables such as {}", ours.len(), ours[0].1),
            Severity::Warning,
        ));
        return;
    }
    for (rank, name, value) in ours {
        let components: Vec<String> = name[PREFIXES[rank].len()..].split("__").map(kebab).collect();
        if components.iter().any(String::is_empty) {
            problems.add(problem(name, "keys joined by two underscores", "an empty name", Severity::Warning));
            continue;
        }
        match parse_value(value) {
            Ok(tree) => set(root, &components, name, tree, problems),
            Err(error) => {
                problems.add(problem(name, "a YAML value", error, Severity::Error));
            }
        }
    }
}

fn kebab(component: &str) -> String {
    component.to_ascii_lowercase().replace('_', "-")
}

fn problem(path: &str, expected: &str, found: impl Into<String>, severity: Severity) -> Problem {
    Problem {
        line: None,
        path: path.to_owned(),
        found: found.into(),
        expected: expected.to_owned(),
        hint: None,
        severity,
    }
}

fn set(root: &mut Node, components: &[String], variable: &str, tree: Tree, problems: &mut Problems) {
    let mut node = root;
    for component in components {
        if node.is_null() {
            node.tree = Tree::Map(Vec::new());
            node.variable = Some(variable.to_owned());
        }
        let Tree::Map(children) = &mut node.tree else {
            let found = format!("`{component}` in {}, which is not a section", node.path);
            problems.add(problem(variable, "the name of a key", found, Severity::Warning));
            return;
        };
        // Names that an administrator chooses, such as those of operators, may contain capitals.
        let at = children.iter().position(|(key, _)| kebab(key) == *component).unwrap_or_else(|| {
            let mut child = Node::new(Tree::Null);
            child.path = join(&node.path, component);
            child.variable = Some(variable.to_owned());
            children.push((component.clone(), child));
            children.len() - 1
        });
        node = &mut children[at].1;
    }
    let mut value = Node::new(tree);
    value.relocate(&node.path);
    value.credit(variable);
    merge(node, value, &[]);
}
