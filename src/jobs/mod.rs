//! Work too slow for the engine, on a few threads of its own; what waits on a network or a program is
//! asked `outside`.
//!
//! It knows nothing of who asked. Invariants: at most [`QUEUE_MAX`] jobs wait and as many run as there are
//! threads; every job that was accepted is reported exactly once, with [`JobAnswer::Failed`] if it waited too
//! long or panicked. For a job that [`Jobs::submit`] refuses, the caller answers.

mod auth_script;
pub mod hash;
mod host;
mod ident;
mod ip_check;
mod mail;
mod outside;
mod script;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use self::outside::Outside;
use crate::auth::Salts;
use crate::engine::{Job, JobAnswer, Ticket};

/// Jobs that may wait.
pub const QUEUE_MAX: usize = 256;
/// How much the threads of the pool give way to the others; a tenth of a busy processor is still theirs.
const NICENESS: i32 = 10;
/// How long a job may wait before it is no longer worth doing: its client has given up.
const WAIT_MAX: Duration = Duration::from_secs(30);

struct Waiting {
    ticket: Ticket,
    job: Job,
    since: Instant,
}

/// The pool. Its threads end when it is dropped and the queue is done.
#[derive(Debug)]
pub struct Jobs {
    queue: SyncSender<Waiting>,
    outside: Outside,
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The job may hold a password.
        f.debug_struct("Waiting").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}

impl Jobs {
    /// Starts `threads` threads; each calls `report` with what came of a job.
    ///
    /// # Errors
    /// When the system has no thread for us.
    pub fn start(
        threads: usize,
        report: impl Fn(Ticket, JobAnswer) + Clone + Send + 'static,
    ) -> std::io::Result<Jobs> {
        let (queue, waiting) = sync_channel(QUEUE_MAX);
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..threads.max(1) {
            let (waiting, report) = (waiting.clone(), report.clone());
            let work = move || {
                // Linux counts it for this thread alone. Refused, the work is the same.
                let _ = rustix::process::nice(NICENESS);
                while let Some(Waiting { ticket, job, since }) = next(&waiting) {
                    let fresh = since.elapsed() < WAIT_MAX;
                    report(ticket, if fresh { execute(&job) } else { JobAnswer::Failed });
                }
            };
            thread::Builder::new().name(format!("job-{number}")).spawn(work)?;
        }
        Ok(Jobs { outside: Outside::start(report, queue.clone())?, queue })
    }

    /// Queues a job; false when the queue is full, and then nothing will be reported.
    pub fn submit(&self, ticket: Ticket, job: Job) -> bool {
        match job {
            Job::LookUpHost { .. }
            | Job::AskIdent { .. }
            | Job::CheckIp { .. }
            | Job::AskAuthScript { .. }
            | Job::SendMail { .. }
            | Job::CheckLogin { script: Some(_), .. } => self.outside.submit(ticket, job),
            // No history is stored.
            Job::AskHistory(_) => false,
            Job::VerifyPassword { .. } | Job::CheckLogin { .. } | Job::HashPassphrase { .. } => {
                self.queue.try_send(Waiting { ticket, job, since: Instant::now() }).is_ok()
            }
        }
    }
}

fn next(waiting: &Mutex<Receiver<Waiting>>) -> Option<Waiting> {
    // Nothing panics while it holds the lock: receiving is all that happens there.
    waiting.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).recv().ok()
}

fn execute(job: &Job) -> JobAnswer {
    let salts = || {
        let (mut bcrypt, mut scram) = ([0; 16], [0; 16]);
        getrandom::fill(&mut bcrypt).and_then(|()| getrandom::fill(&mut scram)).ok()?;
        Some(Salts { bcrypt, scram })
    };
    catch_unwind(AssertUnwindSafe(|| hash::perform(job, salts))).unwrap_or(JobAnswer::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::BASE64;
    use std::sync::mpsc::channel;

    fn verify_job(hash: &str, password: &str) -> Job {
        Job::VerifyPassword { hash: hash.into(), password: password.into() }
    }

    #[test]
    fn passwords_are_verified() {
        let hash = bcrypt::hash("sesame", 4).unwrap();
        let wrapped = BASE64.encode(hash.as_bytes());
        let (report, reports) = channel();
        let jobs = Jobs::start(2, move |ticket, answer| report.send((ticket, answer)).unwrap()).unwrap();
        let cases = [
            (&hash[..], "sesame", true),
            (&hash, "Sesame", false),
            (&wrapped, "sesame", true),
            ("?", "", false),
        ];
        for (number, (hash, password, _)) in cases.iter().enumerate() {
            assert!(jobs.submit(Ticket(number as u64), verify_job(hash, password)));
        }
        for _ in cases {
            let (Ticket(number), answer) = reports.recv().unwrap();
            assert_eq!(answer, JobAnswer::Password(cases[number as usize].2), "{number}");
        }
    }

    #[test]
    fn a_full_queue_refuses() {
        let (started, starts) = channel();
        let (go, wait) = channel::<()>();
        let wait = Arc::new(Mutex::new(wait));
        let jobs = Jobs::start(1, move |_, _| {
            let _ = started.send(());
            let _ = wait.lock().unwrap().recv();
        })
        .unwrap();
        assert!(jobs.submit(Ticket(0), verify_job("", "")));
        starts.recv().unwrap();
        // The one thread is busy reporting: the queue fills up.
        for number in 0..QUEUE_MAX {
            assert!(jobs.submit(Ticket(number as u64), verify_job("", "")));
        }
        assert!(!jobs.submit(Ticket(9999), verify_job("", "")));
        drop(go);
    }
}
