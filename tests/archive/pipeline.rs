//! The archive as a whole: queue, spool, database and answers.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel as queue};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ircd::archive::{Archive, ArchiveSettings, Backend, DatabaseAddress, Error, LiveSettings, Opened};
use ircd::engine::{JobAnswer, Ticket};
use ircd::history::{End, Found, HistoryKey, Item, Query, Range, Record};
use ircd::wire::MsgId;

use crate::backends::mysql_settings;
use crate::contract::{channel, id, keep, times};
use crate::mysql::TestDatabase;
use crate::sqlite_config;

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
const ALL: Range = Range { after: None, before: None, from: End::Oldest, limit: 1_000_000, events: true };

pub(crate) type Answers = Receiver<(Ticket, JobAnswer)>;

fn start<B: Backend + Send>(opened: Opened<B>) -> (Archive, Answers) {
    let (report, answers) = queue();
    let archive = opened.start(async move |ticket, answer| report.send((ticket, answer)).unwrap()).unwrap();
    (archive, answers)
}

pub(crate) fn page(target: &HistoryKey) -> Box<Query> {
    Box::new(Query::Page { target: target.clone(), ranges: vec![ALL] })
}

/// Queries `#c` and returns the answer.
fn items(archive: &Archive, answers: &Answers) -> Vec<Item> {
    assert!(archive.ask(Ticket(1), page(&channel("#c"))));
    match answers.recv_timeout(PATIENCE).unwrap() {
        (Ticket(1), JobAnswer::HistoryFound(Found::Items(items))) => items,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn push(archive: &Archive, ms: u64) {
    assert_eq!(archive.push(&[keep(&channel("#c"), id(ms), "x")]), None);
}

pub(crate) fn settings(directory: &Path) -> ArchiveSettings {
    ArchiveSettings::of(&sqlite_config(directory)).unwrap()
}

/// A database that stores records in order, or fails in a chosen way.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    records: Vec<Record>,
    stores: usize,
    mood: Mood,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Mood {
    #[default]
    Well,
    /// Fails at every second batch, after storing a part of it.
    Moody,
    Away,
    /// Never answers.
    Frozen,
    /// Rejects records with an even time.
    Picky,
}

impl Recorder {
    pub(crate) fn set(&self, mood: Mood) {
        self.0.lock().unwrap().mood = mood;
    }

    fn mood(&self) -> Mood {
        self.0.lock().unwrap().mood
    }

    /// Waits until it has this many records, each once; returns their times.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<u64> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let times = self.times();
            if times.len() >= count || Instant::now() > deadline {
                return times;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn times(&self) -> Vec<u64> {
        let time = |record: &Record| match record {
            Record::Keep { item, .. } => times(std::slice::from_ref(item))[0],
            other => panic!("{other:?}"),
        };
        self.0.lock().unwrap().records.iter().map(time).collect()
    }

    fn add(&self, records: &[Record]) {
        let mut state = self.0.lock().unwrap();
        for record in records {
            if !state.records.contains(record) {
                state.records.push(record.clone());
            }
        }
    }
}

impl Backend for Recorder {
    async fn prepare(&self) -> Result<Option<MsgId>, Error> {
        match self.mood() {
            Mood::Away => Err(Error::Unavailable("gone".to_owned())),
            Mood::Frozen => std::future::pending().await,
            _ => Ok(None),
        }
    }

    async fn store(&self, records: &[Record]) -> Result<(), Error> {
        let stores = {
            let mut state = self.0.lock().unwrap();
            state.stores += 1;
            state.stores
        };
        match self.mood() {
            Mood::Well => self.add(records),
            Mood::Moody if stores % 2 == 0 => self.add(records),
            Mood::Moody => {
                self.add(&records[..records.len() / 2]);
                return Err(Error::Unavailable("moody".to_owned()));
            }
            Mood::Away => return Err(Error::Unavailable("gone".to_owned())),
            Mood::Frozen => std::future::pending().await,
            Mood::Picky => {
                let is_even = |record: &Record| match record {
                    Record::Keep { item, .. } => item.id().wall_ms() % 2 == 0,
                    _ => false,
                };
                if records.iter().any(is_even) {
                    return Err(Error::Unstorable("even".to_owned()));
                }
                self.add(records);
            }
        }
        Ok(())
    }

    async fn answer(&self, _: &Query) -> Result<Found, Error> {
        match self.mood() {
            Mood::Away => Err(Error::Unavailable("gone".to_owned())),
            Mood::Frozen => std::future::pending().await,
            _ => Ok(Found::Exported(self.0.lock().unwrap().records.len() as u64)),
        }
    }

    async fn expire(&self, before: MsgId, _: usize) -> Result<u64, Error> {
        let is_old = |record: &Record| matches!(record, Record::Keep { item, .. } if item.id() < before);
        self.0.lock().unwrap().records.retain(|record| !is_old(record));
        Ok(0)
    }

    async fn close(&self) {}
}

pub(crate) fn with_recorder(settings: ArchiveSettings, recorder: &Recorder) -> (Archive, Answers) {
    start(Opened::with(settings, |_, _| recorder.clone()).unwrap())
}

#[test]
fn an_answer_includes_everything_before_the_query() {
    let directory = tempfile::tempdir().unwrap();
    let (archive, answers) = start(Opened::open(settings(directory.path())).unwrap());
    for ms in 1..=100 {
        push(&archive, ms);
        assert_eq!(times(&items(&archive, &answers)).last(), Some(&ms));
    }
    drop(archive);
    let (archive, answers) = start(Opened::open(settings(directory.path())).unwrap());
    assert_eq!(times(&items(&archive, &answers)), (1..=100).collect::<Vec<u64>>());
}

#[test]
fn a_database_that_fails_sometimes_gets_everything_once_and_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let recorder = Recorder::default();
    recorder.set(Mood::Moody);
    let (archive, _answers) = with_recorder(settings(directory.path()), &recorder);
    for ms in 1..=400 {
        push(&archive, ms);
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(recorder.wait_for(400), (1..=400).collect::<Vec<u64>>());
}

#[test]
fn records_in_the_spool_are_stored_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let recorder = Recorder::default();
    for round in 0..3 {
        recorder.set(Mood::Away);
        let opened = Opened::with(settings(directory.path()), |_, _| recorder.clone()).unwrap();
        assert_eq!(opened.unavailable_reason(), Some(&Error::Unavailable("gone".to_owned())));
        let (archive, _answers) = start(opened);
        (round * 100..round * 100 + 100).for_each(|ms| push(&archive, ms));
        drop(archive);
    }
    assert_eq!(recorder.times(), Vec::<u64>::new());
    recorder.set(Mood::Well);
    let (archive, _answers) = with_recorder(settings(directory.path()), &recorder);
    push(&archive, 300);
    assert_eq!(recorder.wait_for(301), (0..=300).collect::<Vec<u64>>());
}

#[test]
fn a_frozen_database_delays_no_sender() {
    let directory = tempfile::tempdir().unwrap();
    let recorder = Recorder::default();
    let mut hasty = settings(directory.path());
    hasty.live.time_max = Duration::from_millis(300);
    let (archive, answers) = with_recorder(hasty, &recorder);
    recorder.set(Mood::Frozen);
    push(&archive, 1);
    let begun = Instant::now();
    assert!(archive.ask(Ticket(7), page(&channel("#c"))));
    assert_eq!(answers.recv_timeout(PATIENCE).unwrap(), (Ticket(7), JobAnswer::Failed));
    assert!(begun.elapsed() >= Duration::from_millis(300) && begun.elapsed() < Duration::from_secs(3));
    // Too many queries are rejected at once, and the others are answered.
    let taken = (0..1000).filter(|&n| archive.ask(Ticket(n), page(&channel("#c")))).count();
    assert!((200..=256).contains(&taken), "{taken}");
    for _ in 0..taken {
        assert_eq!(answers.recv_timeout(PATIENCE).unwrap().1, JobAnswer::Failed);
    }
    let begun = Instant::now();
    (2..=50).for_each(|ms| push(&archive, ms));
    assert!(begun.elapsed() < Duration::from_millis(200));
    drop(archive);
    recorder.set(Mood::Well);
    let (_archive, _answers) = with_recorder(settings(directory.path()), &recorder);
    assert_eq!(recorder.wait_for(50), (1..=50).collect::<Vec<u64>>());
}

#[test]
fn a_full_spool_drops_records_and_recovers() {
    let directory = tempfile::tempdir().unwrap();
    let recorder = Recorder::default();
    recorder.set(Mood::Away);
    let mut settings = settings(directory.path());
    settings.live.spool_bytes_max = 10_000;
    let (archive, _answers) = with_recorder(settings, &recorder);
    (1..=1000).for_each(|ms| push(&archive, ms));
    std::thread::sleep(Duration::from_millis(100));
    recorder.set(Mood::Well);
    let first = recorder.wait_for(50);
    assert!(first.len() < 200 && first.iter().zip(1..).all(|(&ms, n)| ms == n), "{first:?}");
    push(&archive, 2000);
    assert_eq!(recorder.wait_for(first.len() + 1).last(), Some(&2000));
}

#[test]
fn only_the_record_that_is_rejected_is_skipped() {
    let directory = tempfile::tempdir().unwrap();
    let recorder = Recorder::default();
    recorder.set(Mood::Picky);
    let (archive, _answers) = with_recorder(settings(directory.path()), &recorder);
    (1..=99).for_each(|ms| push(&archive, ms));
    assert_eq!(recorder.wait_for(50), (1..=99).step_by(2).collect::<Vec<u64>>());
}

#[test]
fn with_an_interval_of_zero_pushes_are_reported_durable() {
    let directory = tempfile::tempdir().unwrap();
    let recorder = Recorder::default();
    let mut settings = settings(directory.path());
    settings.live.sync_interval = Duration::ZERO;
    let (archive, _answers) = with_recorder(settings, &recorder);
    let mut last = 0;
    for ms in 1..=50 {
        let number = archive.push(&[keep(&channel("#c"), id(ms), "x")]).unwrap();
        assert!(number > last);
        last = number;
    }
    let deadline = Instant::now() + PATIENCE;
    while archive.synced() < last {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn expired_items_are_deleted() {
    let directory = tempfile::tempdir().unwrap();
    let recorder = Recorder::default();
    let mut config = sqlite_config(directory.path());
    let (archive, _answers) = with_recorder(ArchiveSettings::of(&config).unwrap(), &recorder);
    push(&archive, 1);
    assert_eq!(recorder.wait_for(1), [1]);
    config.history.restrictions.expire_time = Duration::from_secs(3600);
    archive.reconfigure(&config);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let fresh = MsgId::new(now.as_millis() as u64, 0, 0);
    archive.push(&[keep(&channel("#c"), fresh, "x")]);
    let deadline = Instant::now() + PATIENCE;
    while recorder.times().len() != 1 || recorder.times()[0] == 1 {
        assert!(Instant::now() < deadline, "{:?}", recorder.times());
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn rejection(settings: ArchiveSettings) -> String {
    match Opened::open(settings) {
        Err(Error::Rejected(why)) => {
            assert_eq!(why.lines().count(), 1, "{why}");
            why
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_spool_serves_one_server() {
    let directory = tempfile::tempdir().unwrap();
    let _first = Opened::open(settings(directory.path())).unwrap();
    assert!(rejection(settings(directory.path())).contains("in use by another process"));
}

#[test]
fn a_file_that_is_not_a_database_or_of_a_newer_version_is_rejected() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("history.db");
    std::fs::write(&file, "It is a text file, and a rather long one.\n".repeat(1000)).unwrap();
    let why = rejection(settings(directory.path()));
    assert!(why.contains("history.db") && why.contains("not a database"), "{why}");
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    assert!(rejection(settings(directory.path())).contains("cannot be opened"));
    std::fs::remove_dir(&file).unwrap();
    drop(Opened::open(settings(directory.path())).unwrap());
    crate::block_on(async {
        use sqlx::ConnectOptions;
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file);
        let mut connection = options.connect().await.unwrap();
        sqlx::raw_sql("UPDATE meta SET value = 99").execute(&mut connection).await.unwrap();
    });
    assert!(rejection(settings(directory.path())).ends_with(
        "history.db: it has schema version 99, and this ircd supports versions up to 1: use a newer ircd"
    ));
}

#[test]
fn messages_after_the_file_was_removed_are_in_a_new_one() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(directory.path());
    let DatabaseAddress::Sqlite { path, .. } = &settings.address else { unreachable!() };
    let (archive, answers) = start(Opened::open(settings.clone()).unwrap());
    push(&archive, 1);
    assert_eq!(times(&items(&archive, &answers)), [1]);
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::remove_file(path).unwrap();
    push(&archive, 2);
    let begun = Instant::now();
    let found = loop {
        assert!(begun.elapsed() < PATIENCE);
        assert!(archive.ask(Ticket(1), page(&channel("#c"))));
        if let (_, JobAnswer::HistoryFound(Found::Items(items))) = answers.recv_timeout(PATIENCE).unwrap() {
            break items;
        }
    };
    assert_eq!(times(&found), [2]);
    push(&archive, 3);
    drop(archive);
    let (archive, answers) = start(Opened::open(settings).unwrap());
    assert_eq!(times(&items(&archive, &answers)), [2, 3]);
}

#[test]
fn the_archive_starts_while_the_database_is_unreachable() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = mysql_settings(DatabaseAddress::Mysql {
        host: "127.0.0.1".to_owned(),
        port: 1,
        socket: None,
        user: "x".to_owned(),
        password: "x".into(),
        database: "x".to_owned(),
    });
    settings.spool = directory.path().join("spool");
    let opened = Opened::open(settings).unwrap();
    assert!(
        opened.unavailable_reason().unwrap().to_string().contains("refused"),
        "{:?}",
        opened.unavailable_reason()
    );
    let (archive, _answers) = start(opened);
    push(&archive, 1);
    let begun = Instant::now();
    drop(archive);
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

/// Returns settings for a database that does not exist yet, with its own spool.
fn mysql(database: &TestDatabase, directory: &Path) -> ArchiveSettings {
    let mut settings = mysql_settings(database.address.clone());
    settings.spool = directory.join("spool");
    settings
}

#[test]
#[ignore = "IRCD_TEST_MYSQL must name a server"]
fn mysql_rejects_a_wrong_password_and_a_user_who_may_not_create_databases() {
    let directory = tempfile::tempdir().unwrap();
    let database = TestDatabase::new();
    let mut settings = mysql(&database, directory.path());
    if let DatabaseAddress::Mysql { password, .. } = &mut settings.address {
        *password = "wrong".into();
    }
    let why = rejection(settings.clone());
    assert!(why.starts_with("MySQL ircd@") && why.contains("Access denied"), "{why}");
    let user = format!("poor_{}", std::process::id());
    database.say(&format!("CREATE USER {user}@'%' IDENTIFIED BY 'wrong'"));
    if let DatabaseAddress::Mysql { user: name, .. } = &mut settings.address {
        name.clone_from(&user);
    }
    let why = rejection(settings);
    database.say(&format!("DROP USER {user}@'%'"));
    assert!(why.contains("Access denied for user 'poor_"), "{why}");
}

#[test]
#[ignore = "IRCD_TEST_MYSQL must name a server"]
fn closed_mysql_connections_are_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let database = TestDatabase::new();
    let (archive, answers) = start(Opened::open(mysql(&database, directory.path())).unwrap());
    for ms in 1..=5 {
        push(&archive, ms);
        assert_eq!(times(&items(&archive, &answers)), (1..=ms).collect::<Vec<u64>>());
        let kill = database.ask(&format!(
            "SELECT CONCAT('KILL ', id) FROM information_schema.processlist WHERE db = '{}'",
            database.name()
        ));
        assert!(!kill.is_empty());
        kill.iter().for_each(|kill| database.say(kill));
    }
}

#[test]
#[ignore = "IRCD_TEST_MYSQL must name a server"]
fn mysql_that_is_locked_is_unavailable_and_then_available_again() {
    let directory = tempfile::tempdir().unwrap();
    let database = TestDatabase::new();
    let mut settings = mysql(&database, directory.path());
    settings.live.time_max = Duration::from_millis(500);
    let (archive, answers) = start(Opened::open(settings).unwrap());
    push(&archive, 1);
    assert_eq!(times(&items(&archive, &answers)), [1]);
    let lock = database.lock();
    push(&archive, 2);
    let begun = Instant::now();
    assert!(archive.ask(Ticket(3), page(&channel("#c"))));
    assert_eq!(answers.recv_timeout(PATIENCE).unwrap(), (Ticket(3), JobAnswer::Failed));
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    drop(lock);
    let deadline = Instant::now() + PATIENCE;
    loop {
        assert!(archive.ask(Ticket(4), page(&channel("#c"))));
        match answers.recv_timeout(PATIENCE).unwrap().1 {
            JobAnswer::HistoryFound(Found::Items(items)) => break assert_eq!(times(&items), [1, 2]),
            JobAnswer::Failed => assert!(Instant::now() < deadline),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_rehash_takes_effect_at_once() {
    let mut config = sqlite_config(Path::new("/nowhere"));
    config.history.persistent.sync_interval = Duration::ZERO;
    let directory = tempfile::tempdir().unwrap();
    let recorder = Recorder::default();
    let (archive, _answers) = with_recorder(settings(directory.path()), &recorder);
    push(&archive, 1);
    archive.reconfigure(&config);
    assert!(archive.push(&[keep(&channel("#c"), id(2), "x")]).is_some());
    assert_eq!(LiveSettings::of(&config).expire_time, Duration::ZERO);
}
