//! Everything that is served over HTTP, on a thread of its own.
//!
//! A request becomes a [`Call`](crate::engine::Call) to the engine once it has arrived completely and its
//! token was accepted, so slow, huge and unauthorized requests cost the engine nothing. Invariant: time, size
//! and number of everything that a client can hold on to are limited.

mod access;
mod body;
mod calls;
mod health;
mod limits;
mod metrics;
mod settings;
mod v1;

use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::{mpsc, watch};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

pub use calls::{CallRequest, Calls, TurnRequest};
pub use settings::HttpSettings;

use crate::config::LogType;
use crate::metrics::ConnectionCounts;
use crate::net::{HttpArrival, HttpConnection, WRITE_TIME_MAX};

use health::Health;
use limits::Places;

/// Maximum time for a request head, the next one on a kept connection included.
const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// Maximum size of a request head, in bytes.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// Maximum time for the body of a request and the answer to it.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);

/// What all requests have in common.
#[derive(Debug)]
struct Face {
    calls: Calls,
    settings: watch::Receiver<Arc<HttpSettings>>,
    health: Health,
    connections: ConnectionCounts,
}

impl Face {
    /// Returns the current settings.
    fn settings(&self) -> Arc<HttpSettings> {
        self.settings.borrow().clone()
    }
}

/// Serves HTTP clients until no more can arrive. Must run in a local runtime.
pub async fn serve(
    mut arrivals: mpsc::Receiver<HttpArrival>,
    calls: Calls,
    settings: watch::Receiver<Arc<HttpSettings>>,
    connections: ConnectionCounts,
) {
    let face = Arc::new(Face { calls, settings, health: Health::default(), connections });
    let router = router(face);
    let places = Rc::<Places>::default();
    while let Some(arrival) = arrivals.recv().await {
        // Counted before its handshakes, which cost more than everything that follows.
        let Some(place) = places.enter(arrival.connected_from()) else { continue };
        let router = router.clone();
        tokio::task::spawn_local(async move {
            match arrival.open().await {
                Ok(connection) => serve_connection(connection, router).await,
                Err(error) => {
                    tracing::debug!(target: LogType::Api.name(), "HTTP handshake failed: {error}");
                }
            }
            drop(place);
        });
    }
}

fn router(face: Arc<Face>) -> Router {
    Router::new()
        .route("/", get(index))
        .merge(health::routes())
        .merge(metrics::routes(&face))
        .merge(v1::routes(&face))
        .with_state(face)
        .fallback(|| async { (StatusCode::NOT_FOUND, "Not found\n") })
}

async fn index() -> &'static str {
    "This is an IRC server. Connect with an IRC client, or from a browser with one that supports WebSocket.\n"
}

async fn serve_connection(connection: HttpConnection, router: Router) {
    let (stream, door, permit) = connection.into_parts();
    let mut stream = TimeoutStream::new(stream);
    // A client that does not read its answer is closed.
    stream.set_write_timeout(Some(WRITE_TIME_MAX));
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(door.clone());
        answer(router.clone(), request.map(Body::new))
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(target: LogType::Api.name(), "HTTP connection failed: {error}");
    }
    drop(permit);
}

/// Answers a request within its time, and adds the headers that every answer has.
async fn answer(router: Router, request: Request<Body>) -> Result<Response, Infallible> {
    let in_time = tokio::time::timeout(REQUEST_TIME_MAX, router.oneshot(request)).await;
    let mut response = match in_time {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(_) => (StatusCode::REQUEST_TIMEOUT, "The request took too long\n").into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    Ok(response)
}
