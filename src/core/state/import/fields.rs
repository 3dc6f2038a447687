//! Reads the fields of a JSON object with their expected types, and reports errors with their paths.

use serde_json::{Map, Value};

/// The maximum length of a value in an error, in characters.
const SHOWN_CHARS_MAX: usize = 40;

/// An object and its path in the document.
pub(super) struct Fields<'a> {
    path: String,
    entries: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// Returns the value at a path as an object.
    pub(super) fn of(path: String, value: &'a Value) -> Result<Fields<'a>, String> {
        match value.as_object() {
            Some(entries) => Ok(Fields { path, entries }),
            None => Err(unexpected(&path, "an object", value)),
        }
    }

    /// Returns the path of the object.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Iterates over the names of all fields.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.entries.keys().map(String::as_str)
    }

    /// Iterates over all fields as objects.
    pub(super) fn objects(&self) -> impl Iterator<Item = (&'a str, Result<Fields<'a>, String>)> {
        self.entries.iter().map(|(name, value)| (name.as_str(), Fields::of(self.at(name), value)))
    }

    /// Returns the path of a field.
    pub(super) fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Finds a field by name, ignoring case, because the programs that write these documents disagree on it.
    /// `null` counts as missing.
    fn find(&self, name: &str) -> Option<&'a Value> {
        let found = self.entries.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value).filter(|value| !value.is_null())
    }

    fn read<T>(
        &self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, String> {
        let Some(value) = self.find(name) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| unexpected(&self.at(name), expected, value))
    }

    /// Returns a string; an empty one counts as missing.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, String> {
        Ok(self.read(name, "a string", Value::as_str)?.filter(|text| !text.is_empty()))
    }

    /// Returns a whole number, or 0 for a negative one.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, String> {
        let read = |value: &Value| value.as_u64().or_else(|| value.as_i64().map(|_| 0));
        self.read(name, "a whole number", read)
    }

    /// Returns a list of strings, empty if it is missing.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<&'a str>, String> {
        let read = |value: &'a Value| value.as_array()?.iter().map(Value::as_str).collect();
        Ok(self.read(name, "a list of strings", read)?.unwrap_or_default())
    }

    /// Returns an object.
    pub(super) fn object(&self, name: &str) -> Result<Option<Fields<'a>>, String> {
        self.find(name).map(|value| Fields::of(self.at(name), value)).transpose()
    }
}

/// Returns an error: `path: expected …, found …`.
pub(super) fn unexpected(path: &str, expected: &str, found: &Value) -> String {
    let found = match found {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        plain => plain.to_string().chars().take(SHOWN_CHARS_MAX).collect(),
    };
    let path = if path.is_empty() { "the document" } else { path };
    format!("{path}: expected {expected}, found {found}")
}
