//! Finds and reads the configuration, with overrides from the environment.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::Failure;
use crate::config::{self, Document, Loaded, Problem};

const DEFAULT_FILE: &str = "ircd.yaml";

/// The origin of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    File(PathBuf),
    BuiltIn,
}

impl Source {
    /// Returns the file given with `--conf`, `ircd.yaml` in the working directory, or else the built-in one.
    pub(super) fn find(conf: Option<&Path>) -> Source {
        match conf {
            Some(path) => Source::File(path.to_owned()),
            None if Path::new(DEFAULT_FILE).exists() => Source::File(DEFAULT_FILE.into()),
            None => Source::BuiltIn,
        }
    }

    /// Returns the source that a rehash reads. It can be a file that was created after startup.
    pub(super) fn again(&self) -> Source {
        match self {
            Source::File(_) => self.clone(),
            Source::BuiltIn => Source::find(None),
        }
    }

    /// Returns the name for messages.
    pub(super) fn name(&self) -> String {
        match self {
            Source::File(path) => path.display().to_string(),
            Source::BuiltIn => "the built-in default".to_owned(),
        }
    }

    /// Reads and checks the configuration.
    pub(super) fn load(&self) -> Result<Loaded, Failure> {
        self.load_with_document().map(|(loaded, _)| loaded)
    }

    /// Like `load`, but also returns the document that it was read from.
    pub(super) fn load_with_document(&self) -> Result<(Loaded, Document), Failure> {
        let document = self.document()?;
        let loaded = document.load().map_err(|problems| Failure(self.show(&problems)))?;
        Ok((loaded, document))
    }

    /// Like `load`, but returns the problems themselves.
    pub(super) fn try_load(&self) -> Result<Result<Loaded, Vec<Problem>>, Failure> {
        Ok(self.document()?.load())
    }

    fn document(&self) -> Result<Document, Failure> {
        let text = match self {
            Source::File(path) => read(path)?,
            Source::BuiltIn => config::DEFAULT_YAML.to_owned(),
        };
        Ok(Document::new(text, environment()))
    }

    /// Formats problems as lines.
    pub(super) fn show(&self, problems: &[Problem]) -> Vec<String> {
        let name = self.name();
        problems.iter().map(|problem| problem.display(&name).to_string()).collect()
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    // One byte more than the maximum, so that `config` reports a longer file.
    let limit = config::TEXT_BYTES_MAX as u64 + 1;
    let done = File::open(path).and_then(|file| file.take(limit).read_to_string(&mut text));
    match done {
        Ok(_) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(Failure::new(format_args!("configuration file {}: not valid UTF-8", path.display())))
        }
        Err(error) => Err(Failure::new(format_args!("configuration file {}: {error}", path.display()))),
    }
}

/// Returns the environment; `config` selects the variables that matter.
fn environment() -> Vec<(String, String)> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_created_later_is_found_and_a_deleted_one_is_an_error() {
        // Tests run in the directory of the project's own file.
        assert_eq!(Source::BuiltIn.again(), Source::File(DEFAULT_FILE.into()));
        let gone = Source::File("no-such-file.yaml".into());
        assert_eq!(gone.again(), gone);
        assert!(gone.load().is_err());
    }
}
