//! Fields of a JSON object, each known by its path, as what they should be.

use serde_json::{Map, Value};

/// Longest piece of a wrong value that an error repeats, in characters.
const SHOWN_CHARS_MAX: usize = 40;

/// An object and where in the document it is.
pub(super) struct Fields<'a> {
    path: String,
    entries: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// The value at a path as an object.
    pub(super) fn of(path: String, value: &'a Value) -> Result<Fields<'a>, String> {
        match value.as_object() {
            Some(entries) => Ok(Fields { path, entries }),
            None => Err(unexpected(&path, "an object", value)),
        }
    }

    /// Where the object is.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The names of all fields.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.entries.keys().map(String::as_str)
    }

    /// All fields as objects.
    pub(super) fn objects(&self) -> impl Iterator<Item = (&'a str, Result<Fields<'a>, String>)> {
        self.entries.iter().map(|(name, value)| (name.as_str(), Fields::of(self.at(name), value)))
    }

    /// Where a field is.
    pub(super) fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// A field by name, whatever its case: the programs that write these documents do not agree on it.
    /// `null` is as good as nothing.
    fn find(&self, name: &str) -> Option<&'a Value> {
        let found = self.entries.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value).filter(|value| !value.is_null())
    }

    fn read<T>(
        &self,
        name: &str,
        what: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, String> {
        let Some(value) = self.find(name) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| unexpected(&self.at(name), what, value))
    }

    /// A text; one that is empty is as good as nothing.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, String> {
        Ok(self.read(name, "a text", Value::as_str)?.filter(|text| !text.is_empty()))
    }

    /// A whole number; what is negative is 0.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, String> {
        let read = |value: &Value| value.as_u64().or_else(|| value.as_i64().map(|_| 0));
        self.read(name, "a whole number", read)
    }

    /// A list of texts.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<&'a str>, String> {
        let read = |value: &'a Value| value.as_array()?.iter().map(Value::as_str).collect();
        Ok(self.read(name, "a list of texts", read)?.unwrap_or_default())
    }

    /// An object.
    pub(super) fn object(&self, name: &str) -> Result<Option<Fields<'a>>, String> {
        self.find(name).map(|value| Fields::of(self.at(name), value)).transpose()
    }
}

/// `path: expected this, found that`
pub(super) fn unexpected(path: &str, what: &str, found: &Value) -> String {
    let found = match found {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        plain => plain.to_string().chars().take(SHOWN_CHARS_MAX).collect(),
    };
    let path = if path.is_empty() { "the document" } else { path };
    format!("{path}: expected {what}, found {found}")
}
