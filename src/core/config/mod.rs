//! The configuration: text in, a checked [`Config`] or a list of problems out.
//!
//! It reads neither files nor the environment: the caller passes the text and the variables.
//! Invariant: a `Config` returned by [`load`] satisfies every rule that the server relies on.

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
use serde::{Deserialize, Serialize};

use yaml::read::{boolean, filled, list, map, nested};
use yaml::section::{FromNode, Problems, section};
use yaml::tree::{self, Tree};

/// The default configuration, as printed by `defaultconfig`.
pub const DEFAULT_YAML: &str = include_str!("../../../ircd.yaml");

/// Maximum length of a configuration, in bytes.
pub const TEXT_BYTES_MAX: usize = 1 << 20;

/// The mappings whose keys are arbitrary names.
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
    /// The checked configuration. Fields are named like the keys of the file, with `_` for `-`.
    ///
    /// The default contains the values of absent keys; the required keys
    /// (`network.name`, `server.name`, `server.listeners`, `datastore.path`) are empty in it.
    Config {
        /// The network.
        network: Network,
        /// This server, its listeners and its rules for connections.
        server: Server,
        /// Accounts and authentication.
        accounts: Accounts,
        /// Creation and registration of channels.
        channels: Channels,
        /// Operator classes by name, including inherited privileges.
        oper_classes: IndexMap<String, OperClass> [map(nested)] = IndexMap::new(),
        /// Server operators, by the name they use with OPER.
        opers: IndexMap<String, Oper> [map(nested)] = IndexMap::new(),
        /// The logs.
        logging: Vec<Logging> [list(nested)] = Vec::new(),
        /// Debugging.
        debug: Debug,
        /// Lock file that prevents two servers from using the same data.
        lock_file: Option<String> [filled] = None,
        /// Storage.
        datastore: Datastore,
        /// Translations.
        languages: Languages,
        /// Lengths and sizes.
        limits: Limits,
        /// How fast a client's commands are processed.
        fakelag: Fakelag,
        /// The roleplay commands.
        roleplay: Roleplay,
        /// Signed tokens for external services.
        extjwt: Extjwt,
        /// Signed tokens for known services.
        authtoken: Authtoken,
        /// Message history.
        history: History,
        /// User and channel metadata.
        metadata: Metadata,
        /// Push notifications for users who are not connected.
        webpush: Webpush,
        /// An HTTP API for other programs.
        api: Api,
        /// Whether environment variables can override the configuration.
        allow_environment_overrides: bool [boolean] = false,
    }
}

impl Config {
    /// Returns all listeners by address: those of `server.listeners`, and that of the API if it is enabled.
    pub fn listeners(&self) -> IndexMap<String, Listener> {
        let mut all = self.server.listeners.clone();
        if self.api.enabled {
            all.entry(self.api.listener.clone()).or_insert_with(|| Listener::of_api(&self.api));
        }
        all
    }

    /// Returns the class of an operator; every operator of a configuration from [`load`] has one.
    pub fn class_of(&self, oper: &Oper) -> Option<&OperClass> {
        self.oper_classes.get(&oper.class)
    }
}

/// The sources of a configuration.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The text, in YAML or JSON.
    pub text: String,
    /// The environment variables that may change it, names and values.
    pub overrides: Vec<(String, String)>,
}

// It can contain secrets.
impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document").finish_non_exhaustive()
    }
}

impl Document {
    /// Combines a text with those environment variables that can change it.
    pub fn new(text: String, environment: Vec<(String, String)>) -> Document {
        let overrides = environment.into_iter().filter(|(name, _)| overrides::is_override(name)).collect();
        Document { text, overrides }
    }

    /// Reads the configuration; see [`load`].
    ///
    /// # Errors
    /// Like [`load`].
    pub fn load(&self) -> Result<Loaded, Vec<Problem>> {
        load(&self.text, &self.overrides)
    }
}

/// A valid configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Problems that do not prevent its use.
    pub warnings: Vec<Problem>,
    /// Features it enables that are not implemented, one entry per section: `datastore: mysql, sqlite`.
    pub not_yet: Vec<String>,
}

/// Loads a configuration, in YAML or JSON.
///
/// `overrides` are environment variables, names and values; those whose names do not begin with
/// `IRCD__`, `ERGO__` or `ORAGONO__` are ignored, so all variables can be passed.
///
/// # Errors
///
/// Returns all problems, warnings included, if one of them is an error.
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

/// Returns `None` if the text is not a mapping.
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
    // Some editors write a byte order mark, which saphyr-parser does not expect.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut root = tree::parse(text, MAPS, problems)?;
    if root.is_null() {
        problems.document("a configuration, as printed by `ircd defaultconfig`", "an empty document");
        // The rules report the missing keys.
        root = tree::Node { line: Some(1), ..tree::Node::new(Tree::Map(Vec::new())) };
    }
    if !matches!(root.tree, Tree::Map(_)) {
        problems.wrong(&root, "a document made of sections such as `server:`");
        return None;
    }
    overrides::apply(&mut root, overrides, problems);
    let unsupported = legacy::update(&mut root, problems);
    let mut config = Config::from_node(&root, problems)?;
    rules::enforce(&mut config, &root, problems);
    let not_yet = not_yet::named(&config, &root, &unsupported);
    Some((config, not_yet))
}

#[cfg(test)]
mod tests;
