//! The suite that every backend must pass.

use std::ops::RangeInclusive;
use std::os::unix::fs::PermissionsExt;

use ircd::archive::{Backend, Error};
use ircd::history::{End, Fields, Found, HistoryKey, Item, Kind, Listing, Query, Range, Record};
use ircd::wire::MsgId;
use smallvec::smallvec;

use crate::backends::TestBackend;
use crate::block_on;

const NONE: [u64; 0] = [];
const ALL: Range = Range { after: None, before: None, from: End::Oldest, limit: 1_000_000, events: true };

pub(crate) fn id(ms: u64) -> MsgId {
    MsgId::new(1_605_232_500_000 + ms, 3, 0x00fe_dcba_9876_5432)
}

pub(crate) fn channel(name: &str) -> HistoryKey {
    HistoryKey::Channel(name.into())
}

fn side(owner: &str, with: &str) -> HistoryKey {
    HistoryKey::Conversation { owner: owner.into(), with: with.into() }
}

fn item(id: MsgId, kind: Kind, text: &str) -> Item {
    Item::new(&Fields {
        id,
        kind,
        source: "alice!~u@host.example",
        account: Some("Alice"),
        bot: false,
        client_tags: "",
        params: "#c",
        text: Some(text),
    })
}

pub(crate) fn keep(target: &HistoryKey, id: MsgId, text: &str) -> Record {
    Record::Keep { item: item(id, Kind::Privmsg, text), targets: smallvec![target.clone()], author: None }
}

pub(crate) fn page_of(backend: &impl Backend, target: &HistoryKey, ranges: &[Range]) -> Vec<Item> {
    let query = Query::Page { target: target.clone(), ranges: ranges.to_vec() };
    match block_on(backend.answer(&query)) {
        Ok(Found::Items(items)) => items,
        other => panic!("{other:?}"),
    }
}

fn find(backend: &impl Backend, target: &HistoryKey, id: MsgId) -> Vec<Item> {
    match block_on(backend.answer(&Query::Find { target: target.clone(), id })) {
        Ok(Found::Items(items)) => items,
        other => panic!("{other:?}"),
    }
}

fn listed(backend: &impl Backend, listing: &Listing) -> Vec<(HistoryKey, MsgId)> {
    match block_on(backend.answer(&Query::Targets(listing.clone()))) {
        Ok(Found::Targets(targets)) => targets,
        other => panic!("{other:?}"),
    }
}

fn store(backend: &impl Backend, records: &[Record]) {
    block_on(backend.store(records)).unwrap();
}

pub(crate) fn times(items: &[Item]) -> Vec<u64> {
    items.iter().map(|item| item.id().wall_ms() - 1_605_232_500_000).collect()
}

/// Stores messages in `#c` at these milliseconds.
fn fill(backend: &impl Backend, times: RangeInclusive<u64>) {
    let records: Vec<Record> = times.map(|ms| keep(&channel("#c"), id(ms), &format!("at {ms}"))).collect();
    store(backend, &records);
}

pub(crate) fn pages_from_both_ends_with_exclusive_bounds(place: &impl TestBackend) {
    let backend = place.open();
    fill(&backend, 1..=50);
    store(&backend, &[keep(&channel("#d"), id(7), "elsewhere")]);
    let page = |after: Option<u64>, before: Option<u64>, from, limit| {
        let range = Range { after: after.map(id), before: before.map(id), from, limit, events: true };
        times(&page_of(&backend, &channel("#c"), &[range]))
    };
    assert_eq!(page(None, None, End::Newest, 3), [48, 49, 50]);
    assert_eq!(page(None, None, End::Oldest, 3), [1, 2, 3]);
    assert_eq!(page(None, Some(10), End::Newest, 2), [8, 9]);
    assert_eq!(page(Some(10), None, End::Oldest, 2), [11, 12]);
    assert_eq!(page(Some(10), Some(14), End::Oldest, 9), [11, 12, 13]);
    assert_eq!(page(Some(10), Some(14), End::Newest, 2), [12, 13]);
    assert_eq!(page(Some(10), Some(11), End::Newest, 2), NONE);
    assert_eq!(page(Some(14), Some(10), End::Newest, 2), NONE);
    assert_eq!(page(None, None, End::Newest, 0), NONE);
    assert_eq!(page(None, None, End::Newest, 1000).len(), 50);
    assert_eq!(times(&page_of(&backend, &channel("#d"), &[ALL])), [7]);
    assert_eq!(page_of(&backend, &channel("#none"), &[ALL]), []);
}

pub(crate) fn two_ranges_make_one_page(place: &impl TestBackend) {
    let backend = place.open();
    fill(&backend, 1..=20);
    let before = Range { after: None, before: Some(id(11)), from: End::Newest, limit: 3, events: true };
    let after = Range { after: Some(id(9)), before: None, from: End::Oldest, limit: 3, events: true };
    assert_eq!(times(&page_of(&backend, &channel("#c"), &[before, after])), [8, 9, 10, 11, 12]);
    assert_eq!(times(&page_of(&backend, &channel("#c"), &[after, before])), [8, 9, 10, 11, 12]);
    assert_eq!(page_of(&backend, &channel("#c"), &[]), []);
}

pub(crate) fn events_can_be_excluded(place: &impl TestBackend) {
    let backend = place.open();
    let kinds = (1..=11).map(|number| Kind::from_number(number).unwrap());
    let record = |kind: Kind| Record::Keep {
        item: item(id(kind as u64), kind, "x"),
        targets: smallvec![channel("#c")],
        author: None,
    };
    let records: Vec<Record> = kinds.map(record).collect();
    store(&backend, &records);
    let page = |events, limit, from| {
        times(&page_of(&backend, &channel("#c"), &[Range { events, limit, from, ..ALL }]))
    };
    assert_eq!(page(true, 99, End::Oldest), (1..=11).collect::<Vec<u64>>());
    assert_eq!(page(false, 99, End::Oldest), [Kind::Privmsg as u64, Kind::Notice as u64]);
    // The limit counts matching items only.
    assert_eq!(page(false, 2, End::Newest), [1, 2]);
}

pub(crate) fn ids_of_the_same_millisecond_are_distinct_and_ordered(place: &impl TestBackend) {
    let backend = place.open();
    let ids: Vec<MsgId> = (0..100).map(|n| MsgId::new(1000, n, 1000 - u64::from(n))).collect();
    let records: Vec<Record> = ids.iter().map(|id| keep(&channel("#c"), *id, id.as_str())).collect();
    store(&backend, &records);
    let found = page_of(&backend, &channel("#c"), &[ALL]);
    assert_eq!(found.iter().map(Item::id).collect::<Vec<_>>(), ids);
    let range = Range { after: Some(ids[40]), before: Some(ids[43]), ..ALL };
    let found = page_of(&backend, &channel("#c"), &[range]);
    assert_eq!(found.iter().map(Item::id).collect::<Vec<_>>(), ids[41..43]);
}

pub(crate) fn an_item_is_read_back_unchanged(place: &impl TestBackend) {
    let backend = place.open();
    let long = "long 😀 ".repeat(40_000);
    let whole = Fields {
        id: id(1),
        kind: Kind::Privmsg,
        source: "ålice!~u@host.example",
        account: Some("Ålice "),
        bot: true,
        client_tags: "+draft/react=👍;+y=\\s\\:",
        params: "#c ",
        text: Some("one\ntwo ü\rthree 𝔘𝔫𝔦 '\"\\; -- ? % \u{1}ACTION\u{1} "),
    };
    let others = [
        Fields { id: id(2), account: None, text: None, bot: false, ..whole },
        Fields { id: id(3), account: Some(""), text: Some(""), client_tags: "", params: "", ..whole },
        Fields { id: id(4), text: Some(&long), ..whole },
        Fields { id: MsgId::from_bits(0), text: Some("the first of all"), ..whole },
        Fields { id: MsgId::from_bits(u128::MAX), text: Some("the last of all"), ..whole },
    ];
    let mut items: Vec<Item> =
        std::iter::once(whole).chain(others).map(|fields| Item::new(&fields)).collect();
    items.sort_by_key(Item::id);
    for item in &items {
        let targets = smallvec![channel("#ü😀")];
        store(&backend, &[Record::Keep { item: item.clone(), targets, author: Some("å".into()) }]);
    }
    assert_eq!(page_of(&backend, &channel("#ü😀"), &[ALL]), items);
    for item in &items {
        assert_eq!(find(&backend, &channel("#ü😀"), item.id()), std::slice::from_ref(item));
    }
}

pub(crate) fn names_are_not_folded(place: &impl TestBackend) {
    let backend = place.open();
    let names = ["#a", "#A", "#ä", "#a ", "#ss", "#ß"];
    for (ms, name) in (1..).zip(names) {
        store(&backend, &[keep(&channel(name), id(ms), name)]);
    }
    for (ms, name) in (1..).zip(names) {
        assert_eq!(times(&page_of(&backend, &channel(name), &[ALL])), [ms], "{name}");
    }
}

pub(crate) fn conversations_have_two_sides(place: &impl TestBackend) {
    let backend = place.open();
    let (alices, bobs) = (side("alice", "bob"), side("bob", "alice"));
    let said = |ms, targets| Record::Keep { item: item(id(ms), Kind::Privmsg, "x"), targets, author: None };
    store(
        &backend,
        &[
            said(1, smallvec![alices.clone(), bobs.clone()]),
            said(2, smallvec![alices.clone()]),
            said(3, smallvec![bobs.clone(), alices.clone()]),
            said(4, smallvec![side("alice", "carol")]),
        ],
    );
    assert_eq!(times(&page_of(&backend, &alices, &[ALL])), [1, 2, 3]);
    assert_eq!(times(&page_of(&backend, &bobs, &[ALL])), [1, 3]);
    store(&backend, &[Record::Delete { targets: smallvec![alices.clone()], id: id(3) }]);
    assert_eq!(times(&page_of(&backend, &alices, &[ALL])), [1, 2]);
    assert_eq!(times(&page_of(&backend, &bobs, &[ALL])), [1, 3]);
}

pub(crate) fn targets_are_listed_by_their_latest_message(place: &impl TestBackend) {
    let backend = place.open();
    let said = |ms, target: &HistoryKey| keep(target, id(ms), "x");
    let (bob, carol) = (side("alice", "bob"), side("alice", "carol"));
    store(
        &backend,
        &[
            said(1, &channel("#a")),
            said(2, &bob),
            said(3, &channel("#b")),
            said(4, &channel("#secret")),
            said(5, &side("mallory", "bob")),
            said(6, &channel("#a")),
            said(7, &carol),
            // An event does not make it the latest.
            Record::Keep {
                item: item(id(8), Kind::Join, ""),
                targets: smallvec![channel("#a"), channel("#none")],
                author: None,
            },
        ],
    );
    let all = Listing {
        owner: Some("alice".into()),
        channels: vec!["#a".into(), "#b".into(), "#none".into()],
        after: None,
        before: None,
        from: End::Oldest,
        limit: 10,
    };
    let (a, b) = ((channel("#a"), id(6)), (channel("#b"), id(3)));
    let (bob, carol) = ((bob, id(2)), (carol, id(7)));
    assert_eq!(listed(&backend, &all), [bob.clone(), b.clone(), a.clone(), carol.clone()]);
    let some = |after: u64, before: u64, from, limit| Listing {
        after: Some(id(after)),
        before: Some(id(before)),
        from,
        limit,
        ..all.clone()
    };
    assert_eq!(listed(&backend, &some(2, 7, End::Oldest, 10)), [b.clone(), a.clone()]);
    assert_eq!(listed(&backend, &some(0, 9, End::Newest, 2)), [a.clone(), carol.clone()]);
    assert_eq!(listed(&backend, &some(0, 9, End::Oldest, 2)), [bob, b.clone()]);
    assert_eq!(listed(&backend, &some(0, 9, End::Oldest, 0)), []);
    assert_eq!(listed(&backend, &Listing { owner: None, ..all.clone() }), [b.clone(), a.clone()]);
    let none = Listing { owner: None, channels: Vec::new(), ..all.clone() };
    assert_eq!(listed(&backend, &none), []);
    // After the latest is deleted, the previous one is the latest.
    store(&backend, &[Record::Delete { targets: smallvec![channel("#a")], id: id(6) }]);
    store(&backend, &[Record::Delete { targets: smallvec![channel("#b")], id: id(3) }]);
    let channels = Listing { owner: None, ..all };
    assert_eq!(listed(&backend, &channels), [(channel("#a"), id(1))]);
    assert_eq!(
        listed(&backend, &Listing { channels: many_channels(), ..channels }),
        [(channel("#a"), id(1))]
    );
}

/// Returns more channels than fit into one statement.
fn many_channels() -> Vec<Box<str>> {
    (0..1200).map(|n| format!("#{n}").into()).chain(std::iter::once("#a".into())).collect()
}

pub(crate) fn one_item_is_found_and_deleted(place: &impl TestBackend) {
    let backend = place.open();
    fill(&backend, 1..=5);
    let there = item(id(3), Kind::Privmsg, "at 3");
    assert_eq!(find(&backend, &channel("#c"), id(3)), [there]);
    assert_eq!(find(&backend, &channel("#d"), id(3)), []);
    assert_eq!(find(&backend, &channel("#c"), id(9)), []);
    let delete = |name: &str| Record::Delete { targets: smallvec![channel(name)], id: id(3) };
    store(&backend, &[delete("#d")]);
    assert_eq!(times(&page_of(&backend, &channel("#c"), &[ALL])), [1, 2, 3, 4, 5]);
    store(&backend, &[delete("#c")]);
    store(&backend, &[delete("#c")]);
    assert_eq!(find(&backend, &channel("#c"), id(3)), []);
    assert_eq!(times(&page_of(&backend, &channel("#c"), &[ALL])), [1, 2, 4, 5]);
    // In the same batch as the deleted item; the channel can be used again.
    store(&backend, &[keep(&channel("#e"), id(3), "x"), delete("#e"), keep(&channel("#e"), id(4), "y")]);
    assert_eq!(times(&page_of(&backend, &channel("#e"), &[ALL])), [4]);
}

pub(crate) fn storing_a_batch_twice_has_no_effect(place: &impl TestBackend) {
    let backend = place.open();
    let batch = [
        keep(&channel("#c"), id(1), "one"),
        keep(&side("a", "b"), id(2), "two"),
        keep(&channel("#c"), id(3), "three"),
        Record::Delete { targets: smallvec![channel("#c")], id: id(1) },
        keep(&channel("#c"), id(3), "another three"),
    ];
    store(&backend, &batch);
    let before = page_of(&backend, &channel("#c"), &[ALL]);
    assert_eq!(before, [item(id(3), Kind::Privmsg, "three")]);
    store(&backend, &batch);
    assert_eq!(page_of(&backend, &channel("#c"), &[ALL]), before);
    assert_eq!(times(&page_of(&backend, &side("a", "b"), &[ALL])), [2]);
}

/// Stores messages from alternating accounts.
fn fill_by_authors(backend: &impl Backend, count: u64) {
    let record = |ms: u64| Record::Keep {
        item: item(id(ms), Kind::Privmsg, &format!("at {ms} ü")),
        targets: smallvec![if ms.is_multiple_of(3) { side("bob", "alice") } else { channel("#c") }],
        author: [Some("alice".into()), Some("bob".into()), None][ms as usize % 3].clone(),
    };
    let records: Vec<Record> = (1..=count).map(record).collect();
    store(backend, &records);
}

pub(crate) fn all_messages_of_an_account_are_deleted(place: &impl TestBackend) {
    let backend = place.open();
    // More than one transaction deletes.
    fill_by_authors(&backend, 4000);
    let (chat, talk) = (channel("#c"), side("bob", "alice"));
    assert_eq!(page_of(&backend, &talk, &[ALL]).len(), 1333);
    let forget = |account: &str| Record::Forget { account: account.into() };
    store(
        &backend,
        &[keep(&chat, id(5000), "x"), forget("alice"), forget("unknown"), keep(&chat, id(5001), "y")],
    );
    assert_eq!(page_of(&backend, &talk, &[ALL]), []);
    assert_eq!(page_of(&backend, &chat, &[ALL]).len(), 2667 + 2);
    store(&backend, &[forget("bob")]);
    assert!(
        page_of(&backend, &chat, &[ALL])
            .iter()
            .all(|item| item.id().wall_ms() % 3 != 1 || item.id() >= id(5000))
    );
    store(&backend, &[keep(&talk, id(6000), "again")]);
    assert_eq!(times(&page_of(&backend, &talk, &[ALL])), [6000]);
}

pub(crate) fn channel_messages_of_an_account_are_exported(place: &impl TestBackend) {
    let backend = place.open();
    fill_by_authors(&backend, 3000);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("bob.jsonl").to_str().unwrap().to_owned();
    let export = |account: &str, file: &str| {
        block_on(backend.answer(&Query::Export { account: account.into(), file: file.to_owned() }))
    };
    assert_eq!(export("bob", &file), Ok(Found::Exported(1000)));
    // No other user of the machine can read it.
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1000);
    assert_eq!(
        lines[0],
        serde_json::json!({
            "time": "2020-11-13T01:55:00.001Z", "msgid": id(1).as_str(), "channel": "#c",
            "command": "PRIVMSG",
            "source": "alice!~u@host.example", "account": "Alice", "params": "#c", "text": "at 1 ü",
        })
    );
    let mut ids: Vec<&str> = lines.iter().map(|line| line["msgid"].as_str().unwrap()).collect();
    ids.dedup();
    assert!(ids.is_sorted() && ids.len() == 1000);
    // An existing file is not changed.
    assert!(matches!(export("bob", &file), Err(Error::Unstorable(_))));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    // Direct messages are not exported.
    let none = directory.path().join("alice.jsonl").to_str().unwrap().to_owned();
    assert_eq!(export("alice", &none), Ok(Found::Exported(0)));
}

pub(crate) fn the_oldest_expire_in_pieces(place: &impl TestBackend) {
    let backend = place.open();
    fill(&backend, 1..=100);
    store(&backend, &[keep(&channel("#old"), id(5), "x"), keep(&channel("#c"), id(200), "y")]);
    let expire = |before| block_on(backend.expire(id(before), 30)).unwrap();
    let mut deleted = 0;
    loop {
        let piece = expire(91);
        assert!(piece <= 31, "{piece}");
        deleted += piece;
        if piece < 30 {
            break;
        }
        let rest = page_of(&backend, &channel("#c"), &[ALL]);
        assert!(times(&rest).contains(&91));
    }
    assert_eq!(deleted, 91);
    assert_eq!(times(&page_of(&backend, &channel("#c"), &[ALL]))[0], 91);
    assert_eq!(page_of(&backend, &channel("#old"), &[ALL]), []);
    assert_eq!(expire(91), 0);
    // A channel without items can be used again.
    store(&backend, &[keep(&channel("#old"), id(300), "x")]);
    assert_eq!(times(&page_of(&backend, &channel("#old"), &[ALL])), [300]);
}

pub(crate) fn a_reopened_database_has_all_items(place: &impl TestBackend) {
    let backend = place.open();
    fill(&backend, 1..=3);
    drop(backend);
    let backend = place.open();
    assert_eq!(block_on(backend.prepare()).unwrap(), Some(id(3)));
    fill(&backend, 3..=4);
    assert_eq!(times(&page_of(&backend, &channel("#c"), &[ALL])), [1, 2, 3, 4]);
    // Two connections at a time, a reader and a writer.
    let other = place.open();
    fill(&backend, 5..=5);
    assert_eq!(times(&page_of(&other, &channel("#c"), &[ALL])), [1, 2, 3, 4, 5]);
}

pub(crate) fn large_batches_are_stored_whole(place: &impl TestBackend) {
    let backend = place.open();
    let text = "x".repeat(3000);
    let record = |ms: u64| keep(&channel(&format!("#{}", ms % 700)), id(ms), &text);
    let records: Vec<Record> = (1..=3000).map(record).collect();
    store(&backend, &records);
    let count: usize = (0..700).map(|n| page_of(&backend, &channel(&format!("#{n}")), &[ALL]).len()).sum();
    assert_eq!(count, 3000);
    store(&backend, &[]);
}

/// Runs every test of the suite on every backend.
macro_rules! everywhere {
    ($($test:ident)*) => {
        mod memory {
            $(#[test] fn $test() { super::$test(&crate::memory::Memory::default()); })*
        }
        mod sqlite {
            $(#[test] fn $test() { super::$test(&crate::backends::Sqlite::new()); })*
        }
        mod mysql {
            $(
                #[test]
                #[ignore = "IRCD_TEST_MYSQL must name a server"]
                fn $test() { super::$test(&crate::mysql::TestDatabase::new()); }
            )*
        }
    };
}

everywhere! {
    pages_from_both_ends_with_exclusive_bounds
    two_ranges_make_one_page
    events_can_be_excluded
    ids_of_the_same_millisecond_are_distinct_and_ordered
    an_item_is_read_back_unchanged
    names_are_not_folded
    conversations_have_two_sides
    targets_are_listed_by_their_latest_message
    one_item_is_found_and_deleted
    storing_a_batch_twice_has_no_effect
    all_messages_of_an_account_are_deleted
    channel_messages_of_an_account_are_exported
    the_oldest_expire_in_pieces
    a_reopened_database_has_all_items
    large_batches_are_stored_whole
}
