//! Stored history: records go to a spool on disk at once, and from there to a database, which answers
//! queries.
//!
//! ```text
//! engine ── push, one write a turn ──▶ spool ── thread archive-db: Shipper ──▶ database
//!    │         (RecordQueue)             ▲                                        │
//!    │                                   └── thread archive-sync: fsync           ▼
//!    └── queries, after the records before them ──▶ archive-db: Responder ──▶ answers
//! ```
//!
//! The turn loop itself writes the spool: one `write` for all records of a turn, before any output of that
//! turn leaves the process, so that `kill -9` loses nothing that a client has seen. The alternative, handing
//! the bytes to a thread and waiting for it, took 10 µs more CPU per turn and 12 ms instead of 35 µs at the
//! 99.9th percentile on a busy machine with two cores. The price is that a disk that blocks `write` blocks a
//! turn. Therefore, after a slow write, after an error, and while an fsync hangs, records go to a bounded
//! queue, which the thread archive-log writes, and no client waits for them until the disk has recovered. The
//! log says when this begins.
//!
//! The archive leaves permissions to the engine. Invariants: the engine never waits for the database (with
//! `sync-interval: 0`, its output waits for the disk); records reach the database in order, each at least
//! once, and storing one again has no effect; the answer to a query includes everything that was recorded
//! before it, or the query fails.

mod backend;
mod backlog;
mod error;
mod export;
mod queue;
mod responder;
mod settings;
mod shipper;
mod spool;
mod sql;

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::timeout;

pub use self::backend::Backend;
pub use self::error::Error;
pub use self::export::ExportFile;
use self::queue::RecordQueue;
use self::responder::Responder;
pub use self::settings::{ArchiveSettings, DatabaseAddress, LiveSettings};
use self::shipper::{RETRY_TIME, Shipped, Shipper};
use self::spool::Spool;
pub use self::sql::Database;
use crate::config::{Config, LogType};
use crate::engine::{JobAnswer, Ticket};
use crate::history::{Query, Record};
use crate::journal::{self, JournalMark, JournalReader, Log};
use crate::store::FileLock;
use crate::wire::MsgId;

/// Maximum wait for the database at startup.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// Maximum time for closing the database.
const CLOSE_TIME_MAX: Duration = Duration::from_secs(1);
/// Maximum time for stopping all threads.
const STOP_TIME_MAX: Duration = Duration::from_secs(10);

/// An archive that is open, before its threads start.
pub struct Opened<B> {
    backend: B,
    settings: ArchiveSettings,
    log: Log,
    mark: JournalMark,
    lock: FileLock,
    live: watch::Sender<LiveSettings>,
    unavailable_reason: Option<Error>,
    latest: Option<MsgId>,
}

impl<B> std::fmt::Debug for Opened<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Opened<Database> {
    /// Opens the spool and tries to connect to the database, for at most five seconds.
    ///
    /// # Errors
    /// If the spool cannot be used, or the database rejects us. The error is one line.
    pub fn open(settings: ArchiveSettings) -> Result<Opened<Database>, Error> {
        Opened::with(settings, Database::new)
    }
}

impl<B: Backend> Opened<B> {
    /// Like [`Opened::open`], with any backend.
    ///
    /// # Errors
    /// As for [`Opened::open`].
    pub fn with(
        settings: ArchiveSettings,
        backend: impl FnOnce(&ArchiveSettings, watch::Receiver<LiveSettings>) -> B,
    ) -> Result<Opened<B>, Error> {
        let dir = &settings.spool;
        let failed =
            |error: io::Error| Error::Rejected(format!("spool of history {}: {error}", dir.display()));
        journal::create_dir(dir).map_err(failed)?;
        let lock = FileLock::acquire(&dir.join("lock"))
            .map_err(|error| Error::Rejected(format!("spool of history: {error}")))?;
        let mark = JournalMark::open(dir).map_err(failed)?;
        let (log, spooled) = spool::open(dir, mark.position()).map_err(failed)?;
        let (live, receiver) = watch::channel(settings.live);
        let backend = backend(&settings, receiver);
        let (latest, unavailable_reason) =
            match prepare(&backend, CONNECT_TIME_MAX.min(settings.live.time_max)) {
                Err(Error::Rejected(why) | Error::Unstorable(why)) => {
                    return Err(Error::Rejected(format!("{}: {why}", settings.address)));
                }
                Ok(latest) => (latest, None),
                Err(unavailable_reason) => (None, Some(unavailable_reason)),
            };
        let latest = latest.max(spooled);
        Ok(Opened { backend, settings, log, mark, lock, live, unavailable_reason, latest })
    }

    /// Returns the settings.
    pub fn settings(&self) -> &ArchiveSettings {
        &self.settings
    }

    /// Returns the time of the latest known item, in milliseconds since 1970.
    pub fn latest_ms(&self) -> Option<u64> {
        self.latest.map(|id| id.wall_ms())
    }

    /// Returns the reason if the database is unavailable now.
    pub fn unavailable_reason(&self) -> Option<&Error> {
        self.unavailable_reason.as_ref()
    }
}

fn prepare(backend: &impl Backend, time_max: Duration) -> Result<Option<MsgId>, Error> {
    let late = |_| Err(Error::Unavailable(format!("no answer in {time_max:?}")));
    let runtime = runtime().map_err(|error| Error::Rejected(error.to_string()))?;
    let prepared = runtime.block_on(async { timeout(time_max, backend.prepare()).await });
    runtime.shutdown_background();
    prepared.unwrap_or_else(late)
}

fn runtime() -> io::Result<LocalRuntime> {
    Builder::new_current_thread().enable_all().build_local(LocalOptions::default())
}

impl<B: Backend + Send> Opened<B> {
    /// Starts the threads, which call `report` with each answer.
    ///
    /// # Errors
    /// If a thread cannot be started.
    pub fn start(self, report: impl AsyncFn(Ticket, JobAnswer) + Send + 'static) -> io::Result<Archive> {
        let Opened { backend, settings, log, mark, lock, live, unavailable_reason, .. } = self;
        let (alive, ended) = channel();
        let (asked, queries) = mpsc::unbounded_channel();
        let begin = Shipped { is_ready: unavailable_reason.is_none(), position: mark.position() };
        let (shipped, shipping) = watch::channel(begin);
        let shown = shipping.clone();
        let spool = Spool::new(log, shipping.clone(), live.subscribe());
        let syncer = spool.syncer();
        let queue = Arc::new(RecordQueue::new(spool, asked));
        let backlogged = queue.clone();
        spawn("archive-log", &alive, move || backlog::run(&backlogged))?;
        let (synced, sync_live) = (queue.clone(), live.subscribe());
        spawn("archive-sync", &alive, move || backlog::sync(&synced, &syncer, &sync_live))?;
        let (responding, live_receiver) = (queue.clone(), live.subscribe());
        spawn("archive-db", &alive, move || {
            let runtime = match runtime() {
                Ok(runtime) => runtime,
                Err(error) => {
                    return tracing::error!(
                        target: LogType::History.name(),
                        "no runtime for history: {error}"
                    );
                }
            };
            let (backend, urgent) = (Rc::new(backend), Rc::new(Notify::new()));
            let closing = backend.clone();
            let end = responding.end();
            let shipper = Shipper {
                backend: backend.clone(),
                name: settings.address.to_string(),
                reader: JournalReader::new(&settings.spool, mark.position()),
                dir: settings.spool,
                mark,
                written: end.clone(),
                shipped,
                live: live_receiver.clone(),
                urgent: urgent.clone(),
                expires_next: Instant::now(),
                away: unavailable_reason.is_some().then(|| (Instant::now(), RETRY_TIME)),
            };
            let responder = Responder {
                backend,
                queue: responding,
                shipped: shipping,
                live: live_receiver,
                urgent,
                report,
                told: Cell::new(None),
            };
            runtime.block_on(async {
                let shipping = tokio::task::spawn_local(shipper.run());
                responder.run(queries, end).await;
                shipping.abort();
                // Returns an error, because the task is aborted.
                let _ = shipping.await;
                let _ = timeout(CLOSE_TIME_MAX, closing.close()).await;
            });
            // Does not wait for a name server that never answers.
            runtime.shutdown_background();
        })?;
        Ok(Archive { queue, live, shipped: shown, ended, _lock: lock })
    }
}

/// Starts a thread that holds `alive` while it runs.
fn spawn(name: &str, alive: &Sender<()>, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let alive = alive.clone();
    let work = move || {
        work();
        drop(alive);
    };
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

/// A running archive. When dropped, it makes the spool durable, ships records for at most two seconds, and
/// stops its threads.
#[derive(Debug)]
pub struct Archive {
    queue: Arc<RecordQueue>,
    live: watch::Sender<LiveSettings>,
    shipped: watch::Receiver<Shipped>,
    /// Carries no values; it closes when all threads have ended.
    ended: Receiver<()>,
    _lock: FileLock,
}

impl Archive {
    /// Stores the records of a turn. They survive `kill -9` when this returns, unless the disk fails or is
    /// too slow. Returns the number that [`Archive::synced`] must reach before output of that turn may leave
    /// the process; `None` if it need not wait.
    pub fn push<'r>(&self, records: impl IntoIterator<Item = &'r Record>) -> Option<u64> {
        let waits = self.live.borrow().sync_interval.is_zero();
        let number = self.queue.push(records.into_iter());
        waits.then_some(number)
    }

    /// Starts a query, whose answer includes all records that were pushed before. Returns false, and reports
    /// nothing later, if too many queries wait.
    pub fn ask(&self, ticket: Ticket, query: Box<Query>) -> bool {
        self.queue.ask(ticket, query)
    }

    /// Returns the number of the last push that is durable, along with all before it.
    pub fn synced(&self) -> u64 {
        self.queue.synced()
    }

    /// Waits until [`Archive::synced`] differs from `seen`. One task at a time can wait.
    pub fn poll_synced(&self, cx: &mut Context<'_>, seen: u64) -> Poll<u64> {
        self.queue.poll_synced(cx, seen)
    }

    /// Returns the size of the records that the database does not have yet, in bytes.
    pub fn spool_bytes(&self) -> u64 {
        self.queue.end().borrow().saturating_sub(self.shipped.borrow().position)
    }

    /// Applies a new configuration.
    pub fn reconfigure(&self, config: &Config) {
        self.live.send_replace(LiveSettings::of(config));
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        self.queue.stop();
        if let Err(RecvTimeoutError::Timeout) = self.ended.recv_timeout(STOP_TIME_MAX) {
            tracing::error!(
                target: LogType::History.name(),
                "closing the spool took too long: its disk does not respond"
            );
        }
    }
}
