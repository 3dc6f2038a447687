//! Work that is too slow for the engine: hashing on a few threads, everything that waits in `network`.
//!
//! It does not know who asked. Invariants: at most [`QUEUE_MAX`] jobs wait, and at most one runs on each
//! thread; every accepted job is reported exactly once, with [`JobAnswer::Failed`] if it waited too long or
//! panicked. If a job is rejected because the queue is full, the caller answers it.

pub mod hash;
mod network;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use self::network::NetworkJobs;
use crate::auth::Salts;
use crate::engine::{HashJob, JobAnswer, NetworkJob, Ticket};

/// Maximum number of waiting jobs.
pub const QUEUE_MAX: usize = 256;
/// Priority of the threads, so that they leave the processor to the others; they still get a tenth of a busy
/// one.
const NICENESS: i32 = 10;
/// Time after which a waiting job is dropped: its client has given up.
const WAIT_MAX: Duration = Duration::from_secs(30);

struct Waiting {
    ticket: Ticket,
    job: HashJob,
    since: Instant,
}

/// The threads and their queue. They end when this is dropped and the queue is empty.
#[derive(Debug)]
pub struct Jobs {
    queue: SyncSender<Waiting>,
    network: NetworkJobs,
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The job may hold a password.
        f.debug_struct("Waiting").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}

impl Jobs {
    /// Starts `threads` threads, which call `report` with each answer.
    ///
    /// # Errors
    /// The system cannot start another thread.
    pub fn start(
        threads: usize,
        report: impl Fn(Ticket, JobAnswer) + Clone + Send + 'static,
    ) -> std::io::Result<Jobs> {
        let (queue, waiting) = sync_channel(QUEUE_MAX);
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..threads.max(1) {
            let (waiting, report) = (waiting.clone(), report.clone());
            let work = move || {
                // On Linux this applies to this thread only. If it fails, the work is the same.
                let _ = rustix::process::nice(NICENESS);
                while let Some(Waiting { ticket, job, since }) = next(&waiting) {
                    let fresh = since.elapsed() < WAIT_MAX;
                    report(ticket, if fresh { execute(&job) } else { JobAnswer::Failed });
                }
            };
            thread::Builder::new().name(format!("job-{number}")).spawn(work)?;
        }
        Ok(Jobs { network: NetworkJobs::start(report, queue.clone())?, queue })
    }

    /// Queues work for a processor; returns false if the queue is full, and nothing will be reported.
    pub fn hash(&self, ticket: Ticket, job: HashJob) -> bool {
        self.queue.try_send(Waiting { ticket, job, since: Instant::now() }).is_ok()
    }

    /// Queues a job that waits; returns false if the queue is full, and nothing will be reported.
    pub fn ask(&self, ticket: Ticket, job: NetworkJob) -> bool {
        self.network.submit(ticket, job)
    }
}

fn next(waiting: &Mutex<Receiver<Waiting>>) -> Option<Waiting> {
    // Nothing can panic while it holds the lock: it only receives.
    waiting.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).recv().ok()
}

fn execute(job: &HashJob) -> JobAnswer {
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

    fn verify_job(hash: &str, password: &str) -> HashJob {
        HashJob::VerifyPassword { hash: hash.into(), password: password.into() }
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
            assert!(jobs.hash(Ticket(number as u64), verify_job(hash, password)));
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
        assert!(jobs.hash(Ticket(0), verify_job("", "")));
        starts.recv().unwrap();
        // The one thread is busy reporting: the queue fills up.
        for number in 0..QUEUE_MAX {
            assert!(jobs.hash(Ticket(number as u64), verify_job("", "")));
        }
        assert!(!jobs.hash(Ticket(9999), verify_job("", "")));
        drop(go);
    }
}
