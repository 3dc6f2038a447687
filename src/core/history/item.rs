//! One item of history: a line as sent, before it depends on capabilities.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};

use crate::wire::MsgId;

/// The kind of an item. The numbers are stored: they must not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// PRIVMSG
    Privmsg = 1,
    /// NOTICE
    Notice = 2,
    /// JOIN
    Join = 3,
    /// PART
    Part = 4,
    /// KICK
    Kick = 5,
    /// QUIT
    Quit = 6,
    /// MODE
    Mode = 7,
    /// TAGMSG
    Tagmsg = 8,
    /// NICK
    Nick = 9,
    /// TOPIC
    Topic = 10,
    /// INVITE
    Invite = 11,
}

impl Kind {
    /// All kinds, by their number from 1 on.
    const ALL: [Kind; 11] = [
        Kind::Privmsg,
        Kind::Notice,
        Kind::Join,
        Kind::Part,
        Kind::Kick,
        Kind::Quit,
        Kind::Mode,
        Kind::Tagmsg,
        Kind::Nick,
        Kind::Topic,
        Kind::Invite,
    ];

    /// Returns the kind with this number.
    pub fn from_number(number: u8) -> Option<Kind> {
        Kind::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    /// Returns the kind of lines with this command, or `None` if such lines are not stored.
    pub fn of_verb(verb: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.verb() == verb)
    }

    /// Returns the command.
    pub fn verb(self) -> &'static str {
        match self {
            Kind::Privmsg => "PRIVMSG",
            Kind::Notice => "NOTICE",
            Kind::Join => "JOIN",
            Kind::Part => "PART",
            Kind::Kick => "KICK",
            Kind::Quit => "QUIT",
            Kind::Mode => "MODE",
            Kind::Tagmsg => "TAGMSG",
            Kind::Nick => "NICK",
            Kind::Topic => "TOPIC",
            Kind::Invite => "INVITE",
        }
    }

    /// Returns whether it is a message. Replay sends messages to any client, events only to some.
    pub fn is_message(self) -> bool {
        matches!(self, Kind::Privmsg | Kind::Notice)
    }
}

/// An unpacked item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fields<'a> {
    /// The id, which contains the time.
    pub id: MsgId,
    /// The kind.
    pub kind: Kind,
    /// The source: `nick!user@host`, or a server name.
    pub source: &'a str,
    /// The account of the source.
    pub account: Option<&'a str>,
    /// Whether the source was a bot.
    pub bot: bool,
    /// Client-only tags, escaped, separated by `;`.
    pub client_tags: &'a str,
    /// The parameters except the last, separated by spaces.
    pub params: &'a str,
    /// The last parameter; for JOIN the real name. For a multiline message, all its lines in the form of
    /// [`multiline`](crate::wire::multiline).
    pub text: Option<&'a str>,
}

/// An item in one allocation, shared by all rings that hold it. Its bytes are also stored on disk.
#[derive(Clone, PartialEq, Eq)]
pub struct Item(Arc<[u8]>);

/// Version of the bytes, kind, flags, id, and the lengths of source, account, client tags and parameters.
const HEAD_BYTES: usize = ID_AT + ID_BYTES + 4 * 2;
const KIND_AT: usize = 1;
const ID_AT: usize = 3;
const ID_BYTES: usize = 26;
const FORMAT: u8 = 1;
const HAS_ACCOUNT: u8 = 1;
const IS_BOT: u8 = 2;
const HAS_TEXT: u8 = 4;

impl Item {
    /// Packs an item. Fields longer than any line (64 KiB) are truncated.
    pub fn new(fields: &Fields<'_>) -> Item {
        Item::packed_in(&mut Vec::with_capacity(256), fields)
    }

    /// Like [`Item::new`], with a reusable buffer.
    pub fn packed_in(bytes: &mut Vec<u8>, fields: &Fields<'_>) -> Item {
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        let flags = flag(fields.account.is_some(), HAS_ACCOUNT)
            | flag(fields.bot, IS_BOT)
            | flag(fields.text.is_some(), HAS_TEXT);
        let parts = [fields.source, fields.account.unwrap_or_default(), fields.client_tags, fields.params];
        let parts = parts.map(|part| crate::text::truncate(part, usize::from(u16::MAX)));
        let mut head = [0; HEAD_BYTES];
        head[..ID_AT].copy_from_slice(&[FORMAT, fields.kind as u8, flags]);
        head[ID_AT..][..ID_BYTES].copy_from_slice(fields.id.as_bytes());
        for (len, part) in head[ID_AT + ID_BYTES..].as_chunks_mut().0.iter_mut().zip(parts) {
            *len = (part.len() as u16).to_le_bytes();
        }
        bytes.clear();
        bytes.extend_from_slice(&head);
        for part in parts.iter().chain([&fields.text.unwrap_or_default()]) {
            bytes.extend_from_slice(part.as_bytes());
        }
        Item(bytes.as_slice().into())
    }

    /// Parses the result of [`Item::as_bytes`]; returns `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Item> {
        MsgId::parse(str::from_utf8(bytes.get(ID_AT..ID_AT + ID_BYTES)?).ok()?)?;
        open(bytes).map(|_| Item(bytes.into()))
    }

    /// Returns the item's bytes, as stored on disk.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the id.
    pub fn id(&self) -> MsgId {
        id_of(&self.0).expect("checked when the item was created")
    }

    /// Returns the kind.
    pub fn kind(&self) -> Kind {
        self.0
            .get(KIND_AT)
            .and_then(|&kind| Kind::from_number(kind))
            .expect("checked when the item was created")
    }

    /// Unpacks the item.
    pub fn fields(&self) -> Fields<'_> {
        open(&self.0).expect("checked when the item was created")
    }
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Item, D::Error> {
        let bytes = <&[u8]>::deserialize(deserializer)?;
        Item::from_bytes(bytes).ok_or_else(|| D::Error::custom("not an item of history"))
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fields().fmt(f)
    }
}

/// Returns the id from its fixed position, because it is read more often than all fields together.
fn id_of(bytes: &[u8]) -> Option<MsgId> {
    bytes.get(ID_AT..)?.first_chunk().map(|text| MsgId::from_text(*text))
}

fn open(bytes: &[u8]) -> Option<Fields<'_>> {
    let (head, rest) = bytes.split_at_checked(HEAD_BYTES)?;
    let &[FORMAT, kind, flags] = head.first_chunk()? else { return None };
    let id = id_of(bytes)?;
    let mut rest = str::from_utf8(rest).ok()?;
    let mut parts = [""; 4];
    for (part, len) in parts.iter_mut().zip(head[ID_AT + ID_BYTES..].as_chunks::<2>().0) {
        (*part, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*len)))?;
    }
    let [source, account, client_tags, params] = parts;
    Some(Fields {
        id,
        kind: Kind::from_number(kind)?,
        source,
        account: (flags & HAS_ACCOUNT != 0).then_some(account),
        bot: flags & IS_BOT != 0,
        client_tags,
        params,
        text: (flags & HAS_TEXT != 0).then_some(rest),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_unpacks_to_its_fields_also_from_its_bytes() {
        let whole = Fields {
            id: MsgId::new(1_605_232_502_201, 7, 9),
            kind: Kind::Privmsg,
            source: "alice!~u@host",
            account: Some("Alice"),
            bot: true,
            client_tags: "+draft/react=x;+y",
            params: "#chan",
            text: Some("one\ntwo ü\rthree"),
        };
        let bare = Fields { account: None, bot: false, client_tags: "", text: None, ..whole };
        for fields in [whole, bare, Fields { text: Some(""), ..bare }] {
            let item = Item::new(&fields);
            assert_eq!(item.fields(), fields);
            assert_eq!(Item::from_bytes(item.as_bytes()), Some(item.clone()));
            let cut = &item.as_bytes()[..HEAD_BYTES + 3];
            assert_eq!(Item::from_bytes(cut), None);
        }
        assert_eq!(Item::from_bytes(b"something else, long enough to hold a head"), None);
    }

    #[test]
    fn kinds_keep_their_numbers_and_verbs() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_number(kind as u8), Some(kind));
            assert_eq!(Kind::of_verb(kind.verb()), Some(kind));
        }
        assert_eq!(Kind::from_number(0), None);
        assert_eq!(Kind::of_verb("PING"), None);
    }
}
