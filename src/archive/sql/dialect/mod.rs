//! The differences between the databases: a file for each, behind [`Dialect`]. To add a database, add a file
//! here, an arm in each `match` of `connection`, and an address.

pub(super) mod mysql;
pub(super) mod sqlite;

use super::connection::Value;

/// The syntax that a database requires.
#[derive(Debug)]
pub(super) struct Dialect {
    /// Appends the placeholder for the value with a number, counted from 1.
    placeholder: fn(&mut String, usize),
    /// The text before and after the maximum number of rows.
    limit: (&'static str, &'static str),
    /// Begins a transaction that writes.
    pub(super) begin: &'static str,
    /// Follows the values of an INSERT into `messages`: existing rows stay unchanged.
    pub(super) if_present: &'static str,
    /// The type of a number in `meta`.
    pub(super) number: &'static str,
    /// The steps from nothing to version 1 of the tables, and to each further version. New entries go to the
    /// end. Each statement must be repeatable, because not every database has transactions for these.
    pub(super) steps: &'static [&'static [&'static str]],
}

/// A statement in a dialect, with its values, built by adding pieces.
#[derive(Debug)]
pub(super) struct Statement<'a> {
    dialect: &'static Dialect,
    sql: String,
    values: Vec<Value<'a>>,
}

impl<'a> Statement<'a> {
    pub(super) fn new(dialect: &'static Dialect, text: &str) -> Statement<'a> {
        Statement { dialect, sql: text.to_owned(), values: Vec::new() }
    }

    /// Adds text.
    pub(super) fn text(mut self, text: &str) -> Statement<'a> {
        self.sql.push_str(text);
        self
    }

    /// Adds text and a value after it.
    pub(super) fn value(mut self, text: &str, value: Value<'a>) -> Statement<'a> {
        self.sql.push_str(text);
        self.values.push(value);
        (self.dialect.placeholder)(&mut self.sql, self.values.len());
        self
    }

    /// Adds some values, in parentheses.
    pub(super) fn list(mut self, values: impl IntoIterator<Item = Value<'a>>) -> Statement<'a> {
        self.sql.push('(');
        let mut separator = "";
        for value in values {
            self = self.value(separator, value);
            separator = ", ";
        }
        self.text(")")
    }

    /// Limits the result to a number of rows.
    pub(super) fn limit(self, rows: usize) -> Statement<'a> {
        let (before, behind) = self.dialect.limit;
        self.value(before, Value::Int(rows as i64)).text(behind)
    }

    pub(super) fn sql(&self) -> &str {
        &self.sql
    }

    pub(super) fn values(&self) -> &[Value<'a>] {
        &self.values
    }
}

/// Appends the placeholder of databases that number values by themselves.
fn question_mark(sql: &mut String, _: usize) {
    sql.push('?');
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Like that of PostgreSQL.
    const NUMBERED: Dialect = Dialect {
        placeholder: |sql, number| *sql += &format!("${number}"),
        limit: (" FETCH FIRST ", " ROWS ONLY"),
        begin: "BEGIN",
        if_present: " ON CONFLICT DO NOTHING",
        number: "INT",
        steps: &[],
    };

    fn example(dialect: &'static Dialect) -> String {
        let statement = Statement::new(dialect, "SELECT a")
            .value(" WHERE b = ", Value::Int(1))
            .text(" AND c IN ")
            .list([Value::Int(2), Value::Int(3)])
            .limit(4);
        assert_eq!(statement.values().len(), 4);
        statement.sql().to_owned()
    }

    #[test]
    fn placeholders_and_limits_follow_the_dialect() {
        assert_eq!(example(&sqlite::DIALECT), "SELECT a WHERE b = ? AND c IN (?, ?) LIMIT ?");
        assert_eq!(example(&NUMBERED), "SELECT a WHERE b = $1 AND c IN ($2, $3) FETCH FIRST $4 ROWS ONLY");
    }

    #[test]
    fn all_databases_have_the_same_versions() {
        assert_eq!(sqlite::DIALECT.steps.len(), mysql::DIALECT.steps.len());
    }
}
