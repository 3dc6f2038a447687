//! Jobs that wait for the network or a program, on one thread with its own runtime: host names, ident,
//! scripts, mail.
//!
//! Each kind of job has a file here; [`perform`] is their table. Invariants: at most [`RUNNING_MAX`] jobs run
//! and [`QUEUE_MAX`] wait; each has a time limit; each is answered exactly once, if only with
//! [`JobAnswer::Failed`].

mod auth_script;
mod dns;
mod ident;
mod ip_check;
mod mail;
mod script;

use std::fmt::Display;
use std::future::poll_fn;
use std::io;
use std::sync::mpsc::SyncSender;
use std::task::{Context, Poll};
use std::thread;
use std::time::Instant;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use self::auth_script::AuthScripts;
use self::dns::Hosts;
use self::ip_check::IpChecks;
use self::mail::Mails;
use super::{QUEUE_MAX, Waiting};
use crate::config::LogType;
use crate::engine::{HashJob, JobAnswer, NetworkJob, Ticket};

/// Maximum number of jobs that run at the same time.
const RUNNING_MAX: usize = 512;

/// The thread with its queue. The thread ends when this is dropped and every job has been answered.
#[derive(Debug)]
pub(super) struct NetworkJobs {
    queue: mpsc::Sender<(Ticket, NetworkJob)>,
}

impl NetworkJobs {
    /// Starts the thread, which calls `report` with every answer or passes the job on to `hashing`.
    pub(super) fn start(
        report: impl Fn(Ticket, JobAnswer) + Send + 'static,
        hashing: SyncSender<Waiting>,
    ) -> io::Result<NetworkJobs> {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(dns::THREADS_MAX)
            .thread_name("job-dns")
            .build()?;
        thread::Builder::new().name("job-network".into()).spawn(move || {
            work(&runtime, waiting, &hashing, report);
            // Do not wait for a name server that never answers.
            runtime.shutdown_background();
        })?;
        Ok(NetworkJobs { queue })
    }

    /// Queues a job; returns false if the queue is full, and nothing will be reported.
    pub(super) fn submit(&self, ticket: Ticket, job: NetworkJob) -> bool {
        self.queue.try_send((ticket, job)).is_ok()
    }
}

enum Step {
    Begin(Ticket, NetworkJob),
    Done(Ticket, Done),
    End,
}

/// The result of a job.
#[derive(Debug)]
enum Done {
    Answer(JobAnswer),
    /// Another job decides, on a processor.
    Hash(HashJob),
}

fn work(
    runtime: &Runtime,
    mut waiting: mpsc::Receiver<(Ticket, NetworkJob)>,
    hashing: &SyncSender<Waiting>,
    report: impl Fn(Ticket, JobAnswer),
) {
    let clients = Clients::default();
    let mut running = JoinSet::new();
    loop {
        match runtime.block_on(poll_fn(|cx| poll_step(cx, &mut waiting, &mut running))) {
            Step::Begin(ticket, job) => {
                let clients = clients.clone();
                let performed = runtime.spawn(async move { perform(&clients, job).await });
                let failed = Done::Answer(JobAnswer::Failed);
                let answered = async move { (ticket, performed.await.unwrap_or(failed)) };
                running.spawn_on(answered, runtime.handle());
            }
            // Not inside the runtime: it may block until there is room.
            Step::Done(ticket, Done::Answer(answer)) => report(ticket, answer),
            Step::Done(ticket, Done::Hash(job)) => {
                if hashing.try_send(Waiting { ticket, job, since: Instant::now() }).is_err() {
                    report(ticket, JobAnswer::Failed);
                }
            }
            Step::End => return,
        }
    }
}

fn poll_step(
    cx: &mut Context<'_>,
    waiting: &mut mpsc::Receiver<(Ticket, NetworkJob)>,
    running: &mut JoinSet<(Ticket, Done)>,
) -> Poll<Step> {
    if let Poll::Ready(Some(Ok((ticket, done)))) = running.poll_join_next(cx) {
        return Poll::Ready(Step::Done(ticket, done));
    }
    if running.len() >= RUNNING_MAX {
        return Poll::Pending;
    }
    match waiting.poll_recv(cx) {
        Poll::Ready(Some((ticket, job))) => Poll::Ready(Step::Begin(ticket, job)),
        Poll::Ready(None) if running.is_empty() => Poll::Ready(Step::End),
        Poll::Ready(None) | Poll::Pending => Poll::Pending,
    }
}

/// One client for each kind of job, with its limits.
#[derive(Clone, Debug, Default)]
struct Clients {
    hosts: Hosts,
    ip_checks: IpChecks,
    auth_scripts: AuthScripts,
    mails: Mails,
}

/// Does a job. A login on which the script gives no verdict is decided by its passphrase.
async fn perform(clients: &Clients, job: NetworkJob) -> Done {
    Done::Answer(match job {
        NetworkJob::LookUpHost { ip, confirm } => clients.hosts.answer(ip, confirm).await,
        NetworkJob::AskIdent { endpoints } => ident::answer(&endpoints).await,
        NetworkJob::CheckIp { script, ip } => clients.ip_checks.answer(&script, ip).await,
        NetworkJob::AskAuthScript { call, otherwise } => {
            match (clients.auth_scripts.answer(&call).await, otherwise) {
                (JobAnswer::Failed, Some(job)) => return Done::Hash(job),
                (answer, _) => answer,
            }
        }
        NetworkJob::SendMail { route, mail } => clients.mails.answer(&route, &mail).await,
    })
}

/// Logs why a job failed, and answers it.
fn failed(what: impl Display, error: impl Display) -> JobAnswer {
    tracing::error!(target: LogType::Internal.name(), "{what} failed: {error}");
    JobAnswer::Failed
}
