//! The configuration: text in, a checked [`Config`] or a list of problems out.
//!
//! It reads no file and no environment: the caller hands over the text and the variables.
//! Invariant: a `Config` out of [`load`] obeys every rule the server relies on.

mod diff;
mod legacy;
mod not_yet;
mod overrides;
mod rules;
mod sections;
mod yaml;

pub use diff::diff;
pub use sections::*;
pub use yaml::problem::{Problem, Severity};
pub use yaml::unit::{parse_duration, parse_size};
pub use yaml::value::*;

use indexmap::IndexMap;

use yaml::read::{boolean, filled, list, map, nested};
use yaml::section::{FromNode, Problems, section};
use yaml::tree::{self, Tree};

/// The configuration for those who have none: what `defaultconfig` prints.
pub const DEFAULT_YAML: &str = include_str!("../../ircd.yaml");

/// Longest configuration that is read, in bytes.
pub const TEXT_BYTES_MAX: usize = 1 << 20;

/// The mappings whose keys are names of the author's own choice.
const MAPS: &[&str] = &[
    "server.listeners",
    "server.tls-listeners",
    "server.ip-limits.custom-limits",
    "server.additional-isupport",
    "server.command-aliases",
    "oper-classes",
    "opers",
    "extjwt.services",
    "authtoken.services",
    "fakelag.command-budgets",
];

section! {
    /// The checked configuration. Fields are named as the keys of the file, with `_` for `-`.
    ///
    /// The default holds what a key means when it is absent; the few keys that must be present
    /// (`network.name`, `server.name`, `server.listeners`, `datastore.path`) are empty in it.
    Config {
        /// The network's name.
        network: Network,
        /// This server, its doors and what it demands of connections.
        server: Server,
        /// Who users are, and how they prove it.
        accounts: Accounts,
        /// How channels come to be.
        channels: Channels,
        /// Sets of rights, by name, with what they extend included.
        oper_classes: IndexMap<String, OperClass> [map(nested)] = IndexMap::new(),
        /// Who may become an operator, by the name for OPER.
        opers: IndexMap<String, Oper> [map(nested)] = IndexMap::new(),
        /// The logs.
        logging: Vec<Logging> [list(nested)] = Vec::new(),
        /// For those who look for faults.
        debug: Debug,
        /// File that keeps a second server from starting on the same data.
        lock_file: Option<String> [filled] = None,
        /// Where things are kept.
        datastore: Datastore,
        /// Translations.
        languages: Languages,
        /// Lengths and sizes.
        limits: Limits,
        /// How fast a client's commands are read.
        fakelag: Fakelag,
        /// Speaking as someone made up.
        roleplay: Roleplay,
        /// Signed tokens for other services.
        extjwt: Extjwt,
        /// Tokens that prove to other services who a user is.
        authtoken: Authtoken,
        /// What was said, and for how long it is kept.
        history: History,
        /// What users and channels say of themselves.
        metadata: Metadata,
        /// Notifications to users who are not connected.
        webpush: Webpush,
        /// An HTTP interface for programs.
        api: Api,
        /// Whether environment variables may change the configuration.
        allow_environment_overrides: bool [boolean] = false,
    }
}

impl Config {
    /// The class of an operator; there is one for every operator out of [`load`].
    pub fn class_of(&self, oper: &Oper) -> Option<&OperClass> {
        self.oper_classes.get(&oper.class)
    }
}

/// What a text that can be used says.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// What its author should know nevertheless.
    pub warnings: Vec<Problem>,
    /// Features it turns on that this version does not have, an entry per section: `datastore: mysql, sqlite`.
    pub not_yet: Vec<String>,
}

/// Reads a configuration, in YAML or JSON.
///
/// `overrides` are variables of the environment, names and values; those whose names do not begin with
/// `IRCD__`, `ERGO__` or `ORAGONO__` are passed over, so all can be given.
///
/// # Errors
///
/// All problems of the text, warnings included, if one of them is an error.
pub fn load(text: &str, overrides: &[(String, String)]) -> Result<Loaded, Vec<Problem>> {
    let mut problems = Problems::default();
    let loaded = read_document(text, overrides, &mut problems);
    match loaded {
        Some((config, not_yet)) if !problems.has_error() => {
            Ok(Loaded { config, warnings: problems.into_sorted(), not_yet })
        }
        _ => Err(problems.into_sorted()),
    }
}

/// `None` when the text is no mapping at all.
fn read_document(
    text: &str,
    overrides: &[(String, String)],
    problems: &mut Problems,
) -> Option<(Config, Vec<String>)> {
    if text.len() > TEXT_BYTES_MAX {
        let found = format!("{} bytes", text.len());
        problems.document(format!("a document of at most {TEXT_BYTES_MAX} bytes"), found);
        return None;
    }
    // A mark that some editors write; saphyr-parser does not expect it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut root = tree::parse(text, MAPS, problems)?;
    if root.is_null() {
        problems.document("a configuration as `ircd defaultconfig` prints it", "an empty document");
        // The rules will say what is missing.
        root = tree::Node { line: Some(1), ..tree::Node::new(Tree::Map(Vec::new())) };
    }
    if !matches!(root.tree, Tree::Map(_)) {
        problems.wrong(&root, "a document made of sections such as `server:`");
        return None;
    }
    overrides::apply(&mut root, overrides, problems);
    let lacking = legacy::update(&mut root, problems);
    let mut config = Config::from_node(&root, problems)?;
    rules::enforce(&mut config, &root, problems);
    let not_yet = not_yet::named(&config, &root, &lacking);
    Some((config, not_yet))
}

#[cfg(test)]
mod tests;
