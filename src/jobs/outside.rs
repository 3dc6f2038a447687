//! Questions to the outside, on one thread with a runtime of its own: host names, ident, scripts, mail.
//!
//! Invariants: at most [`RUNNING_MAX`] questions are under way and [`QUEUE_MAX`] wait; each has a limit of
//! time; each is answered exactly once, if only with [`JobAnswer::Failed`].

use std::future::poll_fn;
use std::io;
use std::sync::mpsc::SyncSender;
use std::task::{Context, Poll};
use std::thread;
use std::time::Instant;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::auth_script::AuthScripts;
use super::host::Hosts;
use super::ip_check::IpChecks;
use super::mail::Mails;
use super::{QUEUE_MAX, Waiting, ident};
use crate::engine::{Job, JobAnswer, Ticket};

/// Questions under way.
const RUNNING_MAX: usize = 512;

/// The way to ask. The thread ends when it is dropped and everything was answered.
#[derive(Debug)]
pub(super) struct Outside {
    queue: mpsc::Sender<(Ticket, Job)>,
}

impl Outside {
    /// Starts the thread, which calls `report` with every answer, or leaves the rest to `hashing`.
    pub(super) fn start(
        report: impl Fn(Ticket, JobAnswer) + Send + 'static,
        hashing: SyncSender<Waiting>,
    ) -> io::Result<Outside> {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(super::host::THREADS_MAX)
            .thread_name("job-dns")
            .build()?;
        thread::Builder::new().name("job-outside".into()).spawn(move || {
            work(&runtime, waiting, &hashing, report);
            // A name server that never answers must not keep anyone.
            runtime.shutdown_background();
        })?;
        Ok(Outside { queue })
    }

    /// Queues a question; false when the queue is full, and then nothing will be reported.
    pub(super) fn submit(&self, ticket: Ticket, job: Job) -> bool {
        self.queue.try_send((ticket, job)).is_ok()
    }
}

enum Step {
    Begin(Ticket, Job),
    Done(Ticket, Found),
    End,
}

/// What a question leads to.
#[derive(Debug)]
enum Found {
    Answer(JobAnswer),
    /// A job for the other threads.
    Hash(Job),
}

fn work(
    runtime: &Runtime,
    mut waiting: mpsc::Receiver<(Ticket, Job)>,
    hashing: &SyncSender<Waiting>,
    report: impl Fn(Ticket, JobAnswer),
) {
    let means = Means::default();
    let mut running = JoinSet::new();
    loop {
        match runtime.block_on(poll_fn(|cx| poll_step(cx, &mut waiting, &mut running))) {
            Step::Begin(ticket, job) => {
                let means = means.clone();
                let question = runtime.spawn(async move { ask(&means, job).await });
                let failed = Found::Answer(JobAnswer::Failed);
                let answered = async move { (ticket, question.await.unwrap_or(failed)) };
                running.spawn_on(answered, runtime.handle());
            }
            // Outside of the runtime: it may have to wait until there is room.
            Step::Done(ticket, Found::Answer(answer)) => report(ticket, answer),
            Step::Done(ticket, Found::Hash(job)) => {
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
    waiting: &mut mpsc::Receiver<(Ticket, Job)>,
    running: &mut JoinSet<(Ticket, Found)>,
) -> Poll<Step> {
    if let Poll::Ready(Some(Ok((ticket, answer)))) = running.poll_join_next(cx) {
        return Poll::Ready(Step::Done(ticket, answer));
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

/// What the questions are asked with.
#[derive(Clone, Debug, Default)]
struct Means {
    hosts: Hosts,
    ip_checks: IpChecks,
    auth_scripts: AuthScripts,
    mails: Mails,
}

/// Asks a question. A login that a script cannot judge is left to be judged by its passphrase.
async fn ask(means: &Means, job: Job) -> Found {
    Found::Answer(match &job {
        Job::LookUpHost { ip, confirm } => JobAnswer::HostFound(means.hosts.look_up(*ip, *confirm).await),
        Job::AskIdent { endpoints } => JobAnswer::IdentFound(ident::ask(endpoints).await),
        Job::CheckIp { script, ip } => match means.ip_checks.ask(script, *ip).await {
            Ok(verdict) => JobAnswer::IpChecked(verdict),
            Err(error) => {
                tracing::error!(target: "internal", %ip, "ip-check-script failed: {error}");
                JobAnswer::Failed
            }
        },
        Job::AskAuthScript { script } => match means.auth_scripts.ask(script).await {
            Ok(verdict) => JobAnswer::Login(verdict),
            Err(error) => {
                tracing::error!(target: "internal", "auth-script failed: {error}");
                JobAnswer::Failed
            }
        },
        Job::CheckLogin { script: Some(script), credentials, passphrase, cost } => {
            match means.auth_scripts.ask(script).await {
                Ok(verdict) => JobAnswer::Login(verdict),
                Err(error) => {
                    tracing::error!(target: "internal", "auth-script failed: {error}");
                    let (credentials, passphrase) = (credentials.clone(), passphrase.clone());
                    return Found::Hash(Job::CheckLogin {
                        script: None,
                        credentials,
                        passphrase,
                        cost: *cost,
                    });
                }
            }
        }
        Job::SendMail { settings, mail } => match means.mails.send(settings, mail).await {
            Ok(()) => JobAnswer::Mailed,
            Err(error) => {
                tracing::error!(target: "internal", "mail to {} failed: {error}", mail.to);
                JobAnswer::Failed
            }
        },
        // Not for the outside.
        Job::VerifyPassword { .. }
        | Job::CheckLogin { .. }
        | Job::HashPassphrase { .. }
        | Job::AskHistory(_) => JobAnswer::Failed,
    })
}
