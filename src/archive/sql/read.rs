//! Answering.

use super::super::Error;
use super::connection::{Connection, Row, Value};
use super::{id_bytes, names, target_of};
use crate::history::{End, Fields, HistoryKey, Item, Kind, Listing, PAGE_BYTES_MAX, Range, cut};
use crate::wire::MsgId;

/// What makes an item, in this order.
const COLUMNS: &str = "id, kind, bot, source, account, tags, params, text";
/// Items that are read at a time for an export.
const EXPORT_PAGE: i64 = 500;
/// Channels that are asked about in one statement.
const CHANNELS_MAX: usize = 500;

/// Conditions on a column of ids, with their values.
struct Bounds {
    sql: String,
    ids: Vec<[u8; 16]>,
}

impl Bounds {
    fn new(column: &str, after: Option<MsgId>, before: Option<MsgId>) -> Bounds {
        let mut bounds = Bounds { sql: String::new(), ids: Vec::new() };
        for (bound, sign) in [(after, '>'), (before, '<')] {
            if let Some(id) = bound {
                bounds.sql += &format!(" AND {column} {sign} ?");
                bounds.ids.push(id_bytes(id));
            }
        }
        bounds
    }

    fn values(&self) -> impl Iterator<Item = Value<'_>> {
        self.ids.iter().map(|id| Value::Bytes(id))
    }
}

fn order(from: End) -> &'static str {
    match from {
        End::Oldest => "ASC",
        End::Newest => "DESC",
    }
}

/// The condition for what was said, unlike what was done.
fn is_message() -> String {
    format!("kind IN ({}, {})", Kind::Privmsg as u8, Kind::Notice as u8)
}

/// The items of some ranges, each once, in order.
pub(super) async fn page(
    connection: &mut Connection,
    target: &HistoryKey,
    ranges: &[Range],
) -> Result<Vec<Item>, Error> {
    let mut items = Vec::new();
    for range in ranges.iter().filter(|range| !range.is_empty()) {
        let (owner, name) = names(target);
        let bounds = Bounds::new("id", range.after, range.before);
        let kinds = match range.events {
            true => String::new(),
            false => format!(" AND {}", is_message()),
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM messages \
             WHERE target = (SELECT id FROM targets WHERE owner = ? AND name = ?){}{kinds} ORDER BY id {} LIMIT ?",
            bounds.sql,
            order(range.from)
        );
        let mut values = vec![Value::Text(Some(owner)), Value::Text(Some(name))];
        values.extend(bounds.values());
        values.push(Value::Int(range.limit as i64));
        let mut found = Vec::new();
        for row in connection.rows(&sql, &values).await? {
            found.extend(item(&row, 0)?);
        }
        found.sort_by_key(Item::id);
        cut(&mut found, range.from, PAGE_BYTES_MAX);
        items.append(&mut found);
    }
    items.sort_by_key(Item::id);
    items.dedup_by_key(|item| item.id());
    Ok(items)
}

/// One item.
pub(super) async fn find(
    connection: &mut Connection,
    target: &HistoryKey,
    id: MsgId,
) -> Result<Vec<Item>, Error> {
    let (owner, name) = names(target);
    let id = id_bytes(id);
    let sql = format!(
        "SELECT {COLUMNS} FROM messages \
         WHERE target = (SELECT id FROM targets WHERE owner = ? AND name = ?) AND id = ?"
    );
    let values = [Value::Text(Some(owner)), Value::Text(Some(name)), Value::Bytes(&id)];
    let rows = connection.rows(&sql, &values).await?;
    rows.iter().filter_map(|row| item(row, 0).transpose()).collect()
}

/// Targets by their latest item.
pub(super) async fn targets(
    connection: &mut Connection,
    listing: &Listing,
) -> Result<Vec<(HistoryKey, MsgId)>, Error> {
    let mut found = Vec::new();
    let empty = matches!((listing.after, listing.before), (Some(after), Some(before)) if after >= before);
    if listing.limit == 0 || empty {
        return Ok(found);
    }
    if let Some(owner) = listing.owner.as_deref() {
        latest(connection, listing, "owner = ?", &[Value::Text(Some(owner))], &mut found).await?;
    }
    for channels in listing.channels.chunks(CHANNELS_MAX) {
        let these = format!("owner = '' AND name IN ({})", vec!["?"; channels.len()].join(", "));
        let values: Vec<Value<'_>> = channels.iter().map(|name| Value::Text(Some(name))).collect();
        latest(connection, listing, &these, &values, &mut found).await?;
    }
    found.sort_by(|(one, id), (other, later)| id.cmp(later).then_with(|| one.cmp(other)));
    match listing.from {
        End::Oldest => found.truncate(listing.limit),
        End::Newest => drop(found.drain(..found.len().saturating_sub(listing.limit))),
    }
    Ok(found)
}

/// Those of some targets whose latest message is within the bounds.
async fn latest(
    connection: &mut Connection,
    listing: &Listing,
    these: &str,
    values: &[Value<'_>],
    found: &mut Vec<(HistoryKey, MsgId)>,
) -> Result<(), Error> {
    // What is before `after` need not be gone through to find that it has no message.
    let inner = Bounds::new("messages.id", listing.after, None);
    let outer = Bounds::new("latest", None, listing.before);
    // MariaDB would go through all for MAX(id) of an outer row.
    let sql = format!(
        "SELECT owner, name, latest FROM (SELECT owner, name, \
         (SELECT id FROM messages WHERE messages.target = targets.id{} AND {} \
         ORDER BY id DESC LIMIT 1) AS latest \
         FROM targets WHERE {these}) AS found WHERE latest IS NOT NULL{} ORDER BY latest {} LIMIT ?",
        inner.sql,
        is_message(),
        outer.sql,
        order(listing.from)
    );
    let mut values: Vec<Value<'_>> = inner.values().chain(values.iter().copied()).collect();
    values.extend(outer.values());
    values.push(Value::Int(listing.limit as i64));
    for row in connection.rows(&sql, &values).await? {
        let text = |column| row.text(column).map(|text| text.unwrap_or_default().to_owned());
        found.push((target_of(text(0)?, text(1)?), id(&row, 2)?));
    }
    Ok(())
}

/// A page of what an account said in channels: number and name of the channel, and the item.
pub(super) async fn said(
    connection: &mut Connection,
    account: &str,
    last: Option<(MsgId, i64)>,
) -> Result<Vec<(i64, String, Item)>, Error> {
    let (last_id, last_place) = last.map_or(([0; 16], 0), |(id, place)| (id_bytes(id), place));
    let sql = "SELECT target, name, messages.id, kind, bot, source, account, tags, params, text \
               FROM messages JOIN targets ON targets.id = messages.target \
               WHERE author = ? AND owner = '' AND messages.id >= ? AND (messages.id > ? OR target > ?) \
               ORDER BY messages.id, target LIMIT ?";
    let values = [
        Value::Text(Some(account)),
        Value::Bytes(&last_id),
        Value::Bytes(&last_id),
        Value::Int(last_place),
        Value::Int(EXPORT_PAGE),
    ];
    let mut page = Vec::new();
    for row in connection.rows(sql, &values).await? {
        if let Some(item) = item(&row, 2)? {
            page.push((row.int(0)?, row.text(1)?.unwrap_or_default().to_owned(), item));
        }
    }
    Ok(page)
}

pub(super) fn id(row: &Row, column: usize) -> Result<MsgId, Error> {
    let bytes = row.bytes(column)?.and_then(|bytes| bytes.try_into().ok());
    let bytes = bytes.ok_or_else(|| Error::Away("an id does not have 16 bytes".to_owned()))?;
    Ok(MsgId::from_bits(u128::from_be_bytes(bytes)))
}

/// The item in [`COLUMNS`] from `first` on; `None` if it is of a kind that is not known.
fn item(row: &Row, first: usize) -> Result<Option<Item>, Error> {
    let text = |column: usize| row.text(first + column);
    let Some(kind) = u8::try_from(row.int(first + 1)?).ok().and_then(Kind::from_number) else {
        return Ok(None);
    };
    Ok(Some(Item::new(&Fields {
        id: id(row, first)?,
        kind,
        source: text(3)?.unwrap_or_default(),
        account: text(4)?,
        bot: row.int(first + 2)? != 0,
        client_tags: text(5)?.unwrap_or_default(),
        params: text(6)?.unwrap_or_default(),
        text: text(7)?,
    })))
}
