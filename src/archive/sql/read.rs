//! The statements that answer queries.

use super::connection::{Row, SqlConnection, Value};
use super::dialect::Statement;
use super::{id_bytes, key_of, names};
use crate::archive::Error;
use crate::history::{End, Fields, HistoryKey, Item, Kind, Listing, PAGE_BYTES_MAX, Range, cut};
use crate::wire::MsgId;

/// The columns of an item, in the order that [`item`] expects.
const COLUMNS: &str = "id, kind, bot, source, account, tags, params, text";
/// Number of items that an export reads at a time.
const EXPORT_PAGE: usize = 500;
/// Maximum number of channels in one statement.
const CHANNELS_MAX: usize = 500;

/// RangeBounds on ids, in stored form.
struct RangeBounds {
    after: Option<[u8; 16]>,
    before: Option<[u8; 16]>,
}

impl RangeBounds {
    fn new(after: Option<MsgId>, before: Option<MsgId>) -> RangeBounds {
        RangeBounds { after: after.map(id_bytes), before: before.map(id_bytes) }
    }

    /// Adds the bounds to a statement, as further conditions on a column.
    fn add<'a>(&'a self, column: &str, statement: Statement<'a>) -> Statement<'a> {
        [(&self.after, '>'), (&self.before, '<')].into_iter().fold(statement, |statement, (bound, sign)| {
            match bound {
                Some(id) => statement.value(&format!(" AND {column} {sign} "), Value::Bytes(id)),
                None => statement,
            }
        })
    }
}

fn order(from: End) -> &'static str {
    match from {
        End::Oldest => "ASC",
        End::Newest => "DESC",
    }
}

/// Returns the condition that selects messages, as opposed to events.
fn is_message() -> String {
    format!("kind IN ({}, {})", Kind::Privmsg as u8, Kind::Notice as u8)
}

/// Adds the condition that selects the items of a key.
fn of_key<'a>(statement: Statement<'a>, key: &'a HistoryKey) -> Statement<'a> {
    let (owner, name) = names(key);
    statement
        .value("target = (SELECT id FROM targets WHERE owner = ", Value::Text(Some(owner)))
        .value(" AND name = ", Value::Text(Some(name)))
        .text(")")
}

/// Returns the items of some ranges, each once, in order.
pub(super) async fn page(
    connection: &mut SqlConnection,
    key: &HistoryKey,
    ranges: &[Range],
) -> Result<Vec<Item>, Error> {
    let mut items = Vec::new();
    for range in ranges.iter().filter(|range| !range.is_empty()) {
        let bounds = RangeBounds::new(range.after, range.before);
        let items_of_key = connection.statement(&format!("SELECT {COLUMNS} FROM messages WHERE "));
        let mut statement = bounds.add("id", of_key(items_of_key, key));
        if !range.events {
            statement = statement.text(&format!(" AND {}", is_message()));
        }
        let statement = statement.text(&format!(" ORDER BY id {}", order(range.from))).limit(range.limit);
        let mut found = Vec::new();
        for row in connection.rows(&statement).await? {
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

/// Returns the item with an id, if there is one.
pub(super) async fn find(
    connection: &mut SqlConnection,
    key: &HistoryKey,
    id: MsgId,
) -> Result<Vec<Item>, Error> {
    let id = id_bytes(id);
    let items_of_key = connection.statement(&format!("SELECT {COLUMNS} FROM messages WHERE "));
    let statement = of_key(items_of_key, key).value(" AND id = ", Value::Bytes(&id));
    let rows = connection.rows(&statement).await?;
    rows.iter().filter_map(|row| item(row, 0).transpose()).collect()
}

/// Returns the keys whose latest messages are in a range, ordered by these.
pub(super) async fn targets(
    connection: &mut SqlConnection,
    listing: &Listing,
) -> Result<Vec<(HistoryKey, MsgId)>, Error> {
    let mut found = Vec::new();
    let empty = matches!((listing.after, listing.before), (Some(after), Some(before)) if after >= before);
    if listing.limit == 0 || empty {
        return Ok(found);
    }
    if let Some(owner) = listing.owner.as_deref() {
        latest(connection, listing, MessageKeys::Conversations(owner), &mut found).await?;
    }
    for channels in listing.channels.chunks(CHANNELS_MAX) {
        latest(connection, listing, MessageKeys::Channels(channels), &mut found).await?;
    }
    found.sort_by(|(one, id), (other, later)| id.cmp(later).then_with(|| one.cmp(other)));
    match listing.from {
        End::Oldest => found.truncate(listing.limit),
        End::Newest => drop(found.drain(..found.len().saturating_sub(listing.limit))),
    }
    Ok(found)
}

/// A group of keys.
enum MessageKeys<'a> {
    /// The conversations of an account.
    Conversations(&'a str),
    /// Channels.
    Channels(&'a [Box<str>]),
}

impl<'a> MessageKeys<'a> {
    fn add(&self, statement: Statement<'a>) -> Statement<'a> {
        match *self {
            MessageKeys::Conversations(owner) => statement.value("owner = ", Value::Text(Some(owner))),
            MessageKeys::Channels(names) => {
                let names = names.iter().map(|name| Value::Text(Some(name)));
                statement.text("owner = '' AND name IN ").list(names)
            }
        }
    }
}

/// Finds the keys of a group whose latest message is within the bounds.
async fn latest(
    connection: &mut SqlConnection,
    listing: &Listing,
    keys: MessageKeys<'_>,
    found: &mut Vec<(HistoryKey, MsgId)>,
) -> Result<(), Error> {
    // With this bound, rows before `after` are not scanned.
    let inner = RangeBounds::new(listing.after, None);
    let outer = RangeBounds::new(None, listing.before);
    // With MAX(id), MariaDB would scan all rows of each target.
    let statement = connection.statement(
        "SELECT owner, name, latest FROM (SELECT owner, name, \
         (SELECT id FROM messages WHERE messages.target = targets.id",
    );
    let newest = format!(" AND {} ORDER BY id DESC LIMIT 1) AS latest FROM targets WHERE ", is_message());
    let statement = keys.add(inner.add("messages.id", statement).text(&newest));
    let statement = outer.add("latest", statement.text(") AS found WHERE latest IS NOT NULL"));
    let statement = statement.text(&format!(" ORDER BY latest {}", order(listing.from))).limit(listing.limit);
    for row in connection.rows(&statement).await? {
        let text = |column| row.text(column).map(|text| text.unwrap_or_default().to_owned());
        found.push((key_of(text(0)?, text(1)?), id(&row, 2)?));
    }
    Ok(())
}

/// Returns a page of an account's messages to channels: row number and name of the channel, and the item.
pub(super) async fn said(
    connection: &mut SqlConnection,
    account: &str,
    last: Option<(MsgId, i64)>,
) -> Result<Vec<(i64, String, Item)>, Error> {
    let (last_id, last_place) = last.map_or(([0; 16], 0), |(id, place)| (id_bytes(id), place));
    let statement = connection
        .statement(
            "SELECT target, name, messages.id, kind, bot, source, account, tags, params, text \
             FROM messages JOIN targets ON targets.id = messages.target WHERE owner = ''",
        )
        .value(" AND author = ", Value::Text(Some(account)))
        .value(" AND messages.id >= ", Value::Bytes(&last_id))
        .value(" AND (messages.id > ", Value::Bytes(&last_id))
        .value(" OR target > ", Value::Int(last_place))
        .text(") ORDER BY messages.id, target")
        .limit(EXPORT_PAGE);
    let mut page = Vec::new();
    for row in connection.rows(&statement).await? {
        if let Some(item) = item(&row, 2)? {
            page.push((row.int(0)?, row.text(1)?.unwrap_or_default().to_owned(), item));
        }
    }
    Ok(page)
}

pub(super) fn id(row: &Row, column: usize) -> Result<MsgId, Error> {
    let bytes = row.bytes(column)?.and_then(|bytes| bytes.try_into().ok());
    let bytes = bytes.ok_or_else(|| Error::Unavailable("an id does not have 16 bytes".to_owned()))?;
    Ok(MsgId::from_bits(u128::from_be_bytes(bytes)))
}

/// Returns the item whose [`COLUMNS`] begin at `first`; `None` if its kind is unknown.
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
