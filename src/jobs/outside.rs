//! Questions to the outside, on one thread with a runtime of its own: host names, ident, scripts.
//!
//! Invariants: at most [`RUNNING_MAX`] questions are under way and [`QUEUE_MAX`] wait; each has a limit of
//! time; each is answered exactly once, if only with [`JobAnswer::Failed`].

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};
use std::thread;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::host::Hosts;
use super::ip_check::IpChecks;
use super::{QUEUE_MAX, ident};
use crate::engine::{Job, JobAnswer, Ticket};

/// Questions under way.
const RUNNING_MAX: usize = 512;

/// The way to ask. The thread ends when it is dropped and everything was answered.
#[derive(Debug)]
pub(super) struct Outside {
    queue: mpsc::Sender<(Ticket, Job)>,
}

impl Outside {
    /// Starts the thread, which calls `report` with every answer.
    pub(super) fn start(report: impl Fn(Ticket, JobAnswer) + Send + 'static) -> io::Result<Outside> {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(super::host::THREADS_MAX)
            .thread_name("job-dns")
            .build()?;
        thread::Builder::new().name("job-outside".into()).spawn(move || {
            work(&runtime, waiting, report);
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
    Done(Ticket, JobAnswer),
    End,
}

fn work(runtime: &Runtime, mut waiting: mpsc::Receiver<(Ticket, Job)>, report: impl Fn(Ticket, JobAnswer)) {
    let (hosts, ip_checks) = (Hosts::default(), IpChecks::default());
    let mut running = JoinSet::new();
    loop {
        match runtime.block_on(poll_fn(|cx| poll_step(cx, &mut waiting, &mut running))) {
            Step::Begin(ticket, job) => {
                let (hosts, ip_checks) = (hosts.clone(), ip_checks.clone());
                let question = runtime.spawn(async move { answer(&hosts, &ip_checks, &job).await });
                let answered = async move { (ticket, question.await.unwrap_or(JobAnswer::Failed)) };
                running.spawn_on(answered, runtime.handle());
            }
            // Outside of the runtime: it may have to wait until there is room.
            Step::Done(ticket, answer) => report(ticket, answer),
            Step::End => return,
        }
    }
}

fn poll_step(
    cx: &mut Context<'_>,
    waiting: &mut mpsc::Receiver<(Ticket, Job)>,
    running: &mut JoinSet<(Ticket, JobAnswer)>,
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

async fn answer(hosts: &Hosts, ip_checks: &IpChecks, job: &Job) -> JobAnswer {
    match job {
        Job::LookUpHost { ip, confirm } => JobAnswer::HostFound(hosts.look_up(*ip, *confirm).await),
        Job::AskIdent { endpoints } => JobAnswer::IdentFound(ident::ask(endpoints).await),
        Job::CheckIp { script, ip } => match ip_checks.ask(script, *ip).await {
            Ok(verdict) => JobAnswer::IpChecked(verdict),
            Err(error) => {
                tracing::error!(target: "internal", %ip, "ip-check-script failed: {error}");
                JobAnswer::Failed
            }
        },
        // Not for the outside.
        Job::VerifyPassword { .. } => JobAnswer::Failed,
    }
}
