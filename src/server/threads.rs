//! Starts the threads: one runtime per I/O shard, the first on the caller's thread with the listeners and the
//! supervisor. The turn loop is on the same thread, or on its own if there are several shards.

use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::sync::{mpsc, watch};

use super::clock::Clock;
use super::commit::Commit;
use super::control::{COMMANDS_MAX, ServerControl, Signals, Supervisor};
use super::core::Core;
use super::turn::{EFFECTS_QUEUE_MAX, Incoming, Input, Outlet, Turns};
use super::{Reload, Running, systemd};
use crate::archive::{Database, Opened};
use crate::config::{Config, LogType};
use crate::engine::{Effects, JobAnswer, Now, Ticket};
use crate::http::{self, Calls, HttpSettings, TurnRequest};
use crate::jobs::Jobs;
use crate::metrics::ConnectionCounts;
use crate::net::{Arrival, HttpSender, Inbox, Limits, Listeners, Shard, admit, raise_limit};
use crate::store::StoreWriter;

/// Maximum number of accepted connections that wait for a shard.
const ARRIVALS_MAX: usize = 256;
/// Maximum number of inputs that wait for the turn loop. Beyond that, shards stop reading.
const INPUTS_MAX: usize = 64;
/// Time for clients to read their last lines.
const STOP_TIME_MAX: Duration = Duration::from_secs(2);
/// Maximum number of HTTP clients that wait for their thread. Beyond that, they are closed.
const HTTP_ARRIVALS_MAX: usize = 256;
/// Maximum number of calls that wait for the turn loop. Beyond that, requests wait.
const CALLS_MAX: usize = 16;
/// Maximum number of turns whose effects a shard applies before it flushes.
const EFFECTS_BATCH: usize = 16;

/// The channels that connect a shard to the rest.
struct Wiring {
    arrivals: mpsc::Receiver<Arrival>,
    limits: watch::Receiver<Limits>,
    input: mpsc::Sender<Input>,
}

/// The ends of the channels to and from the thread that serves HTTP clients.
type HttpEnds = (HttpSender, mpsc::Receiver<TurnRequest>, watch::Sender<Arc<HttpSettings>>);

/// The channel ends of one of several shards.
type RemoteEnds = (Wiring, mpsc::Receiver<Arc<Effects>>);

pub(super) fn run<C: Core>(
    config: Config,
    core: impl FnOnce(Now) -> C,
    writer: StoreWriter,
    archive: Option<Opened<Database>>,
    reload: Reload,
    on_ready: Box<dyn FnOnce(Running) + Send>,
) -> Result<(), String> {
    let limit = raise_limit().map_or_else(|| "no limit".to_owned(), |limit| limit.to_string());
    tracing::debug!(target: LogType::Server.name(), "file descriptors: {limit}");
    let cores = thread::available_parallelism().map_or(1, |count| count.get());
    let shards = match config.server.io_threads {
        0 => cores.saturating_sub(1).max(1),
        threads => threads,
    };
    let (set_limits, limits) = watch::channel(Limits::of(&config));
    let (input, inputs) = mpsc::channel(INPUTS_MAX);
    let (doors, mut wirings) = wire(shards, &limits, &input);
    let runtime = runtime().map_err(no_thread)?;
    // Before any client can connect, so that a signal then always shuts the server down cleanly.
    let signals = runtime
        .block_on(async { Signals::new() })
        .map_err(|error| format!("cannot listen for signals: {error}"))?;
    let connections = ConnectionCounts::default();
    let (web, requests, set_http) = start_http(&config, connections.clone())?;
    let mut listeners = Listeners::open(&config, doors, web, connections)?;
    let clock = Clock::new();
    let core = core(clock.now());
    // One core stays free for lines while many clients log in at once.
    let jobs = Jobs::start(cores.saturating_sub(1).max(1), reporter(input.clone())).map_err(no_thread)?;
    let archive =
        archive.map(|opened| opened.start(replier(input.clone()))).transpose().map_err(no_thread)?;
    let (control, commands) = mpsc::channel(COMMANDS_MAX);
    let control = ServerControl(control);
    let own_control = control.clone();
    runtime.block_on(async {
        listeners.accept().map_err(|error| format!("cannot accept: {error}"))?;
        systemd::ready();
        on_ready(Running { bound: listeners.bound(), control });
        let on_config = move |config: &Config| {
            let _ = set_limits.send(Limits::of(config));
            let _ = set_http.send(Arc::new(HttpSettings::of(config)));
        };
        let supervisor = Supervisor { listeners, signals, commands, input, on_config };
        tokio::task::spawn_local(supervisor.run(reload));
        Ok::<(), String>(())
    })?;
    let commit = Commit::new(writer, archive);
    let incoming = Incoming { input: inputs, requests };
    let turns = move |outlet| Turns::new(core, clock, jobs, own_control, outlet, incoming, commit);
    if shards > 1 {
        return run_apart(&runtime, wirings, turns);
    }
    runtime.block_on(async {
        let Some(wiring) = wirings.pop() else { return Ok(()) };
        let shard = start_shard(0, 1, wiring.arrivals, wiring.limits);
        // A task, not the runtime's main future: when the first of many readers wakes it, it runs after all
        // readers that are ready, so one turn has the lines of all of them.
        let turns = tokio::task::spawn_local(turns(Outlet::Local(shard.clone())).run());
        let ended = turns.await;
        match ended.map_err(tokio::task::JoinError::try_into_panic) {
            Ok((_stores, done)) => {
                wait_empty(&shard).await;
                done
            }
            Err(Ok(panic)) => std::panic::resume_unwind(panic),
            Err(Err(error)) => Err(error.to_string()),
        }
    })
}

/// Starts the thread that serves HTTP clients, which ends once no more of them can arrive. Returns the way to
/// it, the end at which its requests arrive, and the way to change its settings.
fn start_http(config: &Config, connections: ConnectionCounts) -> Result<HttpEnds, String> {
    let (web, arrivals) = mpsc::channel(HTTP_ARRIVALS_MAX);
    let (calls, requests) = Calls::new(CALLS_MAX);
    let (set, settings) = watch::channel(Arc::new(HttpSettings::of(config)));
    spawn("http".into(), move |runtime| {
        runtime.block_on(http::serve(arrivals, calls, settings, connections));
        Ok(())
    })?;
    Ok((web, requests, set))
}

/// Returns the senders for the listeners, and the receivers of each shard, in the order of the shards.
fn wire(
    shards: usize,
    limits: &watch::Receiver<Limits>,
    input: &mpsc::Sender<Input>,
) -> (Vec<mpsc::Sender<Arrival>>, Vec<Wiring>) {
    let wiring = |_| {
        let (door, arrivals) = mpsc::channel(ARRIVALS_MAX);
        (door, Wiring { arrivals, limits: limits.clone(), input: input.clone() })
    };
    (0..shards).map(wiring).unzip()
}

/// Runs several shards: the first on this thread, the turn loop and the others on their own.
fn run_apart<C: Core>(
    runtime: &LocalRuntime,
    wirings: Vec<Wiring>,
    turns: impl FnOnce(Outlet) -> Turns<C> + Send + 'static,
) -> Result<(), String> {
    let shards = wirings.len() as u32;
    let mut outlets = Vec::new();
    let mut ends: Vec<RemoteEnds> = Vec::new();
    for wiring in wirings {
        let (outlet, effects) = mpsc::channel(EFFECTS_QUEUE_MAX);
        outlets.push(outlet);
        ends.push((wiring, effects));
    }
    let first = ends.remove(0);
    let engine = spawn("engine".into(), move |runtime| {
        let (_stores, done) = runtime.block_on(turns(Outlet::Remote(outlets)).run());
        done
    })?;
    let mut handles = Vec::new();
    for (index, ends) in (1..).zip(ends) {
        handles.push(spawn(format!("io-{index}"), move |runtime| {
            runtime.block_on(run_shard(index, shards, ends));
            Ok(())
        })?);
    }
    runtime.block_on(run_shard(0, shards, first));
    handles.push(engine);
    let mut done = Ok(());
    for handle in handles {
        match handle.join() {
            Ok(ended) => done = done.and(ended),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    done
}

/// Runs a shard on another thread than the turn loop: sends inboxes and receives effects.
async fn run_shard(index: u32, shards: u32, (wiring, mut effects): RemoteEnds) {
    let Wiring { arrivals, limits, input } = wiring;
    let shard = start_shard(index, shards, arrivals, limits);
    let reader = shard.clone();
    // This is a separate task, because if effects waited for it, the shard and the turn loop could wait for
    // each other.
    tokio::task::spawn_local(async move {
        loop {
            let mut inbox = Inbox::default();
            poll_fn(|cx| reader.poll_inbox(cx, &mut inbox)).await;
            if input.send(Input::Batch(inbox)).await.is_err() {
                return;
            }
        }
    });
    let mut batch = Vec::with_capacity(EFFECTS_BATCH);
    while effects.recv_many(&mut batch, EFFECTS_BATCH).await > 0 {
        let last = batch.len() - 1;
        for (number, effects) in batch.drain(..).enumerate() {
            shard.apply(&effects, number < last);
        }
    }
    wait_empty(&shard).await;
}

/// Starts the tasks of a shard.
fn start_shard(
    index: u32,
    shards: u32,
    mut arrivals: mpsc::Receiver<Arrival>,
    mut limits: watch::Receiver<Limits>,
) -> Rc<Shard> {
    let current = *limits.borrow_and_update();
    let shard = Shard::new(index, shards, current);
    tokio::task::spawn_local(shard.clone().reap());
    let admitting = shard.clone();
    tokio::task::spawn_local(async move {
        while let Some(arrival) = arrivals.recv().await {
            admit(&admitting, arrival);
        }
    });
    let limited = shard.clone();
    tokio::task::spawn_local(async move {
        while limits.changed().await.is_ok() {
            let current = *limits.borrow_and_update();
            limited.set_limits(current);
        }
    });
    shard
}

async fn wait_empty(shard: &Shard) {
    let _ = tokio::time::timeout(STOP_TIME_MAX, poll_fn(|cx| shard.poll_empty(cx))).await;
}

fn runtime() -> io::Result<LocalRuntime> {
    Builder::new_current_thread().enable_all().build_local(LocalOptions::default())
}

/// The result of a thread.
type Ended = Result<(), String>;

fn spawn(
    name: String,
    work: impl FnOnce(LocalRuntime) -> Ended + Send + 'static,
) -> Result<JoinHandle<Ended>, String> {
    let begin = move || match runtime() {
        Ok(runtime) => work(runtime),
        Err(error) => Err(format!("cannot start a thread's runtime: {error}")),
    };
    thread::Builder::new().name(name).spawn(begin).map_err(no_thread)
}

fn no_thread(error: io::Error) -> String {
    format!("cannot start a thread: {error}")
}

/// Returns a function that reports an answer to the turn loop, and blocks while the turn loop is busy.
fn reporter(input: mpsc::Sender<Input>) -> impl Fn(Ticket, JobAnswer) + Clone + Send + 'static {
    move |ticket, answer| {
        // Fails only after the server has stopped, when no session waits for the answer.
        let _ = input.blocking_send(Input::Answered(ticket, answer));
    }
}

/// Like [`reporter`], without blocking.
fn replier(input: mpsc::Sender<Input>) -> impl AsyncFn(Ticket, JobAnswer) + Send + 'static {
    async move |ticket, answer| {
        let _ = input.send(Input::Answered(ticket, answer)).await;
    }
}
