//! Records as bytes. This format is on disks: every addition needs a new number.

use smallvec::SmallVec;

use crate::history::{HistoryKey, Item, Record};
use crate::wire::MsgId;

const KEEP: u8 = 1;
const DELETE: u8 = 2;
const FORGET: u8 = 3;
/// Several records, each after its length.
const SEVERAL: u8 = 4;
const CHANNEL: u8 = 0;
const CONVERSATION: u8 = 1;
const LEN_BYTES: usize = size_of::<u32>();

/// Maximum length of a record in bytes, which no line that a client can send approaches.
pub(super) const RECORD_BYTES_MAX: usize = 8 << 20;
/// Length in bytes at which the next record goes into another frame.
const FRAME_BYTES: usize = 64 << 10;

/// Appends the next of some records as the content of a frame: one checksum for all of them costs less than
/// one for each. Returns the number of records that were left out because they are too long.
pub(super) fn write_some<'r>(out: &mut Vec<u8>, records: &mut impl Iterator<Item = &'r Record>) -> u64 {
    let (begin, mut left_out) = (out.len(), 0);
    out.push(SEVERAL);
    while out.len() - begin < FRAME_BYTES
        && let Some(record) = records.next()
    {
        let at = out.len();
        out.extend_from_slice(&[0; LEN_BYTES]);
        write(out, record);
        let len = out.len() - at - LEN_BYTES;
        if len > RECORD_BYTES_MAX {
            out.truncate(at);
            left_out += 1;
        } else {
            out[at..][..LEN_BYTES].copy_from_slice(&(len as u32).to_le_bytes());
        }
    }
    left_out
}

/// Calls `record` with each record in the content of a frame; with `None` for one that is not known.
pub(super) fn read_all(mut content: &[u8], mut record: impl FnMut(Option<Record>)) {
    let [SEVERAL, rest @ ..] = content else { return record(read(content)) };
    content = rest;
    while !content.is_empty() {
        let one =
            take(&mut content).and_then(|len| content.split_at_checked(u32::from_le_bytes(*len) as usize));
        let Some((one, rest)) = one else { return record(None) };
        record(read(one));
        content = rest;
    }
}

/// Appends a record.
fn write(out: &mut Vec<u8>, record: &Record) {
    match record {
        Record::Keep { item, targets, author } => {
            out.push(KEEP);
            write_targets(out, targets);
            write_text(out, author.as_deref().unwrap_or_default());
            out.extend_from_slice(item.as_bytes());
        }
        Record::Delete { targets, id } => {
            out.push(DELETE);
            write_targets(out, targets);
            out.extend_from_slice(&id.to_bits().to_le_bytes());
        }
        Record::Forget { account } => {
            out.push(FORGET);
            write_text(out, account);
        }
    }
}

fn write_targets(out: &mut Vec<u8>, targets: &[HistoryKey]) {
    out.extend_from_slice(&(targets.len() as u32).to_le_bytes());
    for target in targets {
        match target {
            HistoryKey::Channel(name) => {
                out.push(CHANNEL);
                write_text(out, name);
            }
            HistoryKey::Conversation { owner, with } => {
                out.push(CONVERSATION);
                write_text(out, owner);
                write_text(out, with);
            }
        }
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// Reads a record; `None` if the bytes are not one.
fn read(mut bytes: &[u8]) -> Option<Record> {
    let (&kind, rest) = bytes.split_first()?;
    bytes = rest;
    let record = match kind {
        KEEP => {
            let targets = read_targets(&mut bytes)?;
            let author = Some(read_text(&mut bytes)?).filter(|author| !author.is_empty()).map(Box::from);
            let item = Item::from_bytes(std::mem::take(&mut bytes))?;
            Record::Keep { item, targets, author }
        }
        DELETE => {
            let targets = read_targets(&mut bytes)?;
            Record::Delete { targets, id: MsgId::from_bits(u128::from_le_bytes(*take(&mut bytes)?)) }
        }
        FORGET => Record::Forget { account: read_text(&mut bytes)?.into() },
        _ => return None,
    };
    bytes.is_empty().then_some(record)
}

fn read_targets(bytes: &mut &[u8]) -> Option<SmallVec<[HistoryKey; 1]>> {
    let count = u32::from_le_bytes(*take(bytes)?);
    let mut targets = SmallVec::new();
    for _ in 0..count {
        targets.push(match take::<1>(bytes)? {
            [CHANNEL] => HistoryKey::Channel(read_text(bytes)?.into()),
            [CONVERSATION] => {
                HistoryKey::Conversation { owner: read_text(bytes)?.into(), with: read_text(bytes)?.into() }
            }
            _ => return None,
        });
    }
    Some(targets)
}

fn read_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    let len = u32::from_le_bytes(*take(bytes)?) as usize;
    let (text, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    str::from_utf8(text).ok()
}

fn take<'a, const N: usize>(bytes: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Fields, Kind};
    use smallvec::smallvec;

    #[test]
    fn a_written_record_is_read_unchanged() {
        let id = MsgId::new(1_605_232_502_201, 7, 9);
        let item = Item::new(&Fields {
            id,
            kind: Kind::Privmsg,
            source: "a!b@c",
            account: None,
            bot: false,
            client_tags: "",
            params: "b",
            text: Some("hi 😀"),
        });
        let channel = HistoryKey::Channel("#ü".into());
        let side = HistoryKey::Conversation { owner: "a".into(), with: "b".into() };
        for record in [
            Record::Keep {
                item: item.clone(),
                targets: smallvec![channel.clone()],
                author: Some("a".into()),
            },
            Record::Keep { item, targets: smallvec![side.clone(), channel.clone()], author: None },
            Record::Delete { targets: smallvec![side, channel], id },
            Record::Forget { account: "a".into() },
        ] {
            let mut bytes = Vec::new();
            write(&mut bytes, &record);
            assert_eq!(read(&bytes), Some(record));
            for end in 0..bytes.len().min(30) {
                assert_eq!(read(&bytes[..end]), None);
            }
        }
        assert_eq!(read(&[9, 0]), None);
    }
}
