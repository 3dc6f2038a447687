//! The statements that store and delete items.

use std::sync::{Mutex, PoisonError};

use super::connection::{SqlConnection, Value};
use super::{KNOWN_MAX, RowCache, id_bytes, names};
use crate::archive::Error;
use crate::history::{HistoryKey, Item, Record};
use crate::wire::MsgId;

/// Maximum number of rows in one statement.
const ROWS_MAX: usize = 200;
/// Approximate maximum size of an INSERT in bytes: servers accept at least 1 MiB.
const INSERT_BYTES_MAX: usize = 512 << 10;

/// A row to insert.
struct New<'a> {
    place: i64,
    id: [u8; 16],
    item: &'a Item,
    author: Option<&'a str>,
}

/// The row numbers of places: those in the cache, and those that a transaction found or inserted, which enter
/// the cache when it is committed. If it is rolled back, their rows may not exist.
struct RowNumbers<'a> {
    known: &'a Mutex<RowCache>,
    found: RowCache,
}

impl RowNumbers<'_> {
    fn get(&self, target: &HistoryKey) -> Option<i64> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        self.found.get(target).or_else(|| known.get(target)).copied()
    }

    fn forget(&mut self, target: &HistoryKey) {
        self.found.remove(target);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(target);
    }

    fn keep(self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() + self.found.len() > KNOWN_MAX {
            known.clear();
        }
        known.extend(self.found);
    }
}

/// Stores records; there must be no [`Record::Forget`] among them. Can be repeated after a failure.
pub(super) async fn store(
    connection: &mut SqlConnection,
    known: &Mutex<RowCache>,
    records: &[Record],
) -> Result<(), Error> {
    let mut places = RowNumbers { known, found: RowCache::new() };
    begin(connection).await?;
    let mut rows = Vec::new();
    let mut bytes = 0;
    for record in records {
        match record {
            Record::Keep { item, targets, author } => {
                for target in targets {
                    let place = place(connection, &mut places, target).await?;
                    rows.push(New { place, id: id_bytes(item.id()), item, author: author.as_deref() });
                    bytes += item.as_bytes().len();
                    if rows.len() >= ROWS_MAX || bytes >= INSERT_BYTES_MAX {
                        insert(connection, &rows).await?;
                        rows.clear();
                        bytes = 0;
                    }
                }
            }
            Record::Delete { targets, id } => {
                insert(connection, &rows).await?;
                rows.clear();
                bytes = 0;
                for target in targets {
                    delete(connection, &mut places, target, *id).await?;
                }
            }
            Record::Forget { .. } => unreachable!("the caller handles these"),
        }
    }
    insert(connection, &rows).await?;
    connection.run("COMMIT").await?;
    places.keep();
    Ok(())
}

/// Deletes about `limit` of the items of an account; returns their number.
pub(super) async fn forget(
    connection: &mut SqlConnection,
    account: &str,
    limit: usize,
) -> Result<u64, Error> {
    delete_oldest(connection, "author = ", Value::Text(Some(account)), limit).await
}

/// Deletes about `limit` of the oldest items before `before`; returns their number.
pub(super) async fn expire(
    connection: &mut SqlConnection,
    before: MsgId,
    limit: usize,
) -> Result<u64, Error> {
    delete_oldest(connection, "id < ", Value::Bytes(&id_bytes(before)), limit).await
}

/// Deletes the oldest items that match a condition: `limit` of them, and others with the id of the last. Each
/// statement uses one index, which must contain the column of the condition, followed by the id.
async fn delete_oldest(
    connection: &mut SqlConnection,
    condition: &str,
    value: Value<'_>,
    limit: usize,
) -> Result<u64, Error> {
    begin(connection).await?;
    let select = connection.statement("SELECT id, target FROM messages WHERE ");
    let select = select.value(condition, value).text(" ORDER BY id").limit(limit);
    let mut oldest = connection.rows(&select).await?;
    let mut deleted = 0;
    if let Some(last) = oldest.last() {
        let last = last.bytes(0)?.unwrap_or_default().to_vec();
        let same = connection.statement("SELECT id, target FROM messages WHERE id = ");
        oldest.extend(connection.rows(&same.value("", Value::Bytes(&last))).await?);
        let delete = connection.statement("DELETE FROM messages WHERE ").value(condition, value);
        deleted = connection.execute(&delete.value(" AND id <= ", Value::Bytes(&last))).await?;
        let mut places = oldest.iter().map(|row| row.int(1)).collect::<Result<Vec<i64>, Error>>()?;
        places.sort_unstable();
        places.dedup();
        remove_empty(connection, &places).await?;
    }
    connection.run("COMMIT").await?;
    Ok(deleted)
}

async fn begin(connection: &mut SqlConnection) -> Result<(), Error> {
    connection.run(connection.dialect().begin).await
}

/// Returns the row number of a place, after inserting the row if it is missing.
async fn place(
    connection: &mut SqlConnection,
    places: &mut RowNumbers<'_>,
    target: &HistoryKey,
) -> Result<i64, Error> {
    if let Some(place) = places.get(target) {
        return Ok(place);
    }
    let found = match find_place(connection, target).await? {
        Some(place) => place,
        None => {
            let (owner, name) = names(target);
            let values = [Value::Text(Some(owner)), Value::Text(Some(name))];
            let insert = connection.statement("INSERT INTO targets (owner, name) VALUES ").list(values);
            connection.execute(&insert).await?;
            let made = find_place(connection, target).await?;
            made.ok_or_else(|| Error::Unavailable("a row disappeared after it was inserted".to_owned()))?
        }
    };
    places.found.insert(target.clone(), found);
    Ok(found)
}

async fn find_place(connection: &mut SqlConnection, target: &HistoryKey) -> Result<Option<i64>, Error> {
    let (owner, name) = names(target);
    let select = connection.statement("SELECT id FROM targets WHERE");
    let select =
        select.value(" owner = ", Value::Text(Some(owner))).value(" AND name = ", Value::Text(Some(name)));
    let rows = connection.rows(&select).await?;
    rows.first().map(|row| row.int(0)).transpose()
}

async fn insert(connection: &mut SqlConnection, rows: &[New<'_>]) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut insert = connection.statement(
        "INSERT INTO messages (target, id, kind, bot, source, account, tags, params, text, author) VALUES ",
    );
    for (number, New { place, id, item, author }) in rows.iter().enumerate() {
        let fields = item.fields();
        insert = insert.text(if number == 0 { "" } else { ", " }).list([
            Value::Int(*place),
            Value::Bytes(id),
            Value::Int(fields.kind as i64),
            Value::Int(fields.bot.into()),
            Value::Text(Some(fields.source)),
            Value::Text(fields.account),
            Value::Text(Some(fields.client_tags)),
            Value::Text(Some(fields.params)),
            Value::Text(fields.text),
            Value::Text(*author),
        ]);
    }
    let insert = insert.text(connection.dialect().if_present);
    connection.execute(&insert).await.map(drop)
}

async fn delete(
    connection: &mut SqlConnection,
    places: &mut RowNumbers<'_>,
    target: &HistoryKey,
    id: MsgId,
) -> Result<(), Error> {
    let Some(place) = find_place(connection, target).await? else { return Ok(()) };
    let id = id_bytes(id);
    let delete = connection.statement("DELETE FROM messages WHERE target = ").value("", Value::Int(place));
    connection.execute(&delete.value(" AND id = ", Value::Bytes(&id))).await?;
    remove_empty(connection, &[place]).await?;
    places.forget(target);
    Ok(())
}

/// Deletes those of some places that have no items left.
async fn remove_empty(connection: &mut SqlConnection, places: &[i64]) -> Result<(), Error> {
    for some in places.chunks(ROWS_MAX) {
        let delete = connection
            .statement("DELETE FROM targets WHERE id IN ")
            .list(some.iter().map(|&place| Value::Int(place)))
            .text(" AND NOT EXISTS (SELECT 1 FROM messages WHERE messages.target = targets.id)");
        connection.execute(&delete).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A transaction that failed on a lock was repeated, and used the number of a row that had been rolled
    /// back.
    #[test]
    fn a_place_is_cached_only_after_its_transaction_is_committed() {
        let known = Mutex::default();
        let target = HistoryKey::Channel("#a".into());
        let mut places = RowNumbers { known: &known, found: RowCache::new() };
        places.found.insert(target.clone(), 7);
        assert_eq!(places.get(&target), Some(7));
        drop(places);
        let mut places = RowNumbers { known: &known, found: RowCache::new() };
        assert_eq!(places.get(&target), None);
        places.found.insert(target.clone(), 8);
        places.keep();
        let mut places = RowNumbers { known: &known, found: RowCache::new() };
        assert_eq!(places.get(&target), Some(8));
        places.forget(&target);
        assert_eq!(places.get(&target), None);
    }
}
