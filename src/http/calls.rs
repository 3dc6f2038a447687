//! The way from a request to the engine and back.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::engine::{Call, CallRefused, CallResult};

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

/// Makes calls.
#[derive(Clone, Debug)]
pub struct Calls(mpsc::Sender<CallRequest>);

impl Calls {
    /// Returns a caller, and the end at which its calls arrive; at most `queue` of them wait there.
    pub fn new(queue: usize) -> (Calls, mpsc::Receiver<CallRequest>) {
        let (calls, requests) = mpsc::channel(queue);
        (Calls(calls), requests)
    }

    /// Makes a call and waits for its result, with [`CallRefused::Busy`] if that takes too long or the server
    /// is stopping.
    pub async fn make(&self, by: &str, call: Call) -> CallResult {
        let (reply, result) = oneshot::channel();
        let request = CallRequest { by: by.into(), call: Box::new(call), reply };
        let made = async {
            self.0.send(request).await.ok()?;
            result.await.ok()
        };
        let in_time = tokio::time::timeout(ANSWER_TIME_MAX, made).await;
        in_time.ok().flatten().unwrap_or(Err(CallRefused::Busy))
    }
}
