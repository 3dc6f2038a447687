//! The way from a request to the engine and back.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::engine::{Call, CallRefused, CallResult};
use crate::metrics::TurnCounts;

/// Maximum time for the engine to answer. Hashing a passphrase takes the longest.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);

/// A call, with the way for its result.
#[derive(Debug)]
pub struct CallRequest {
    /// The program, as logs and notices name it.
    pub by: Box<str>,
    /// The call.
    pub call: Box<Call>,
    /// Where the result goes.
    pub reply: oneshot::Sender<CallResult>,
}

/// Something that the turn loop is asked for.
#[derive(Debug)]
pub enum TurnRequest {
    /// A call to the engine.
    Call(CallRequest),
    /// What the turn loop has counted.
    Counts(oneshot::Sender<Box<TurnCounts>>),
}

/// Makes calls.
#[derive(Clone, Debug)]
pub struct Calls(mpsc::Sender<TurnRequest>);

impl Calls {
    /// Returns a caller, and the end at which its calls arrive; at most `queue` of them wait there.
    pub fn new(queue: usize) -> (Calls, mpsc::Receiver<TurnRequest>) {
        let (calls, requests) = mpsc::channel(queue);
        (Calls(calls), requests)
    }

    /// Makes a call and waits for its result, with [`CallRefused::Busy`] if that takes too long or the server
    /// is stopping.
    pub async fn make(&self, by: &str, call: Call) -> CallResult {
        let (reply, result) = oneshot::channel();
        let request = CallRequest { by: by.into(), call: Box::new(call), reply };
        let made = async {
            self.0.send(TurnRequest::Call(request)).await.ok()?;
            result.await.ok()
        };
        let in_time = tokio::time::timeout(ANSWER_TIME_MAX, made).await;
        in_time.ok().flatten().unwrap_or(Err(CallRefused::Busy))
    }

    /// Returns what the turn loop has counted; `None` if that takes too long or the server is stopping.
    pub async fn counts(&self) -> Option<Box<TurnCounts>> {
        let (reply, counts) = oneshot::channel();
        let asked = async {
            self.0.send(TurnRequest::Counts(reply)).await.ok()?;
            counts.await.ok()
        };
        tokio::time::timeout(ANSWER_TIME_MAX, asked).await.ok().flatten()
    }
}
