//! `/healthz` and `/readyz`, for supervisors and load balancers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::sync::Mutex;

use crate::engine::Call;

use super::Face;

/// Time for which a result is reused, so that these routes cannot be used to load the engine.
const REUSE: Duration = Duration::from_secs(1);
/// Maximum time for the engine to answer a trivial call.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(2);

/// The latest result, and when it was found.
#[derive(Debug, Default)]
pub(super) struct Health(Mutex<Option<(Instant, bool)>>);

pub(super) fn routes() -> Router<Arc<Face>> {
    Router::new().route("/healthz", get(|| async { "ok\n" })).route("/readyz", get(ready))
}

/// Reports whether the engine serves clients.
async fn ready(State(face): State<Arc<Face>>) -> (StatusCode, &'static str) {
    let mut latest = face.health.0.lock().await;
    let known = latest.filter(|(at, _)| at.elapsed() < REUSE).map(|(_, is_ready)| is_ready);
    let is_ready = match known {
        Some(is_ready) => is_ready,
        None => {
            let call = face.calls.make("readyz", Call::ReadStatus);
            let is_ready =
                tokio::time::timeout(ANSWER_TIME_MAX, call).await.is_ok_and(|result| result.is_ok());
            *latest = Some((Instant::now(), is_ready));
            is_ready
        }
    };
    if is_ready { (StatusCode::OK, "ready\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready\n") }
}
