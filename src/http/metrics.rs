//! `/metrics`: what the server counts and measures, in the OpenMetrics format.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use crate::engine::{Call, CallAnswer, LoginOutcome, ServerStatus};
use crate::metrics::{ConnectionCounts, Histogram, JobPlace, TurnCounts};

use super::Face;
use super::access::authorized;

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Number of microseconds in a second.
const MICROSECONDS: f64 = 1e6;

pub(super) fn routes(face: &Arc<Face>) -> Router<Arc<Face>> {
    Router::new().route("/metrics", get(metrics)).route_layer(from_fn_with_state(face.clone(), authorized))
}

async fn metrics(State(face): State<Arc<Face>>) -> Response {
    let (counts, status) = (face.calls.counts().await, face.calls.make("metrics", Call::ReadStatus).await);
    let (Some(counts), Ok(CallAnswer::Status(status))) = (counts, status) else {
        return (StatusCode::SERVICE_UNAVAILABLE, "Server is busy\n").into_response();
    };
    let mut registry = Registry::with_prefix("ircd");
    registry.register_collector(Box::new(Shown { counts, status, connections: face.connections.clone() }));
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The numbers at one moment.
#[derive(Debug)]
struct Shown {
    counts: Box<TurnCounts>,
    status: Box<ServerStatus>,
    connections: ConnectionCounts,
}

impl Collector for Shown {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (counts, status) = (&self.counts, &self.status);
        for (name, help, value) in [
            ("users", "Users", status.users),
            ("users_invisible", "Users with mode i", status.invisible),
            ("operators", "Operators", status.operators),
            ("unregistered", "Connections that are not registered yet", status.unregistered),
            ("channels", "Channels", status.channels),
            (
                "spool_bytes",
                "History that the database does not have yet, in bytes",
                counts.spool_bytes as usize,
            ),
        ] {
            ConstGauge::new(value as u64).encode(encoder.encode_descriptor(
                name,
                help,
                None,
                MetricType::Gauge,
            )?)?;
        }
        for (name, help, value) in [
            ("lines_received", "Lines from clients", counts.lines_received),
            ("lines_sent", "Lines to clients, once for each recipient", counts.lines_sent),
            ("calls", "Calls of programs", counts.calls),
            ("sendq_closes", "Clients closed because they did not read", counts.sendq_closes),
            ("jobs_rejected", "Jobs rejected because too many waited", counts.jobs_rejected),
        ] {
            ConstCounter::new(value).encode(encoder.encode_descriptor(
                name,
                help,
                None,
                MetricType::Counter,
            )?)?;
        }
        for (name, help, histogram) in [
            ("turn", "Time to handle all events of a turn", &counts.turns),
            ("event", "Time to handle the first event of a turn", &counts.events),
            ("durable", "Time that output waited until its changes were on disk", &counts.durable),
        ] {
            let unit = Some(&Unit::Seconds);
            times(histogram, encoder.encode_descriptor(name, help, unit, MetricType::Histogram)?)?;
        }
        let help = "Recipients of a line that others caused";
        let recipients = encoder.encode_descriptor("recipients", help, None, MetricType::Histogram)?;
        scaled(&counts.recipients, 1.0, recipients)?;
        let help = "Time from the request of a job to its answer, by the place where it is done";
        let mut jobs = encoder.encode_descriptor("job", help, Some(&Unit::Seconds), MetricType::Histogram)?;
        for place in JobPlace::ALL {
            times(&counts.jobs[place as usize], jobs.encode_family(&[("place", place.name())])?)?;
        }
        let help = "Attempts to log in, by outcome";
        let mut logins = encoder.encode_descriptor("logins", help, None, MetricType::Counter)?;
        for outcome in LoginOutcome::ALL {
            let labels = [("outcome", outcome.name())];
            ConstCounter::new(counts.logins[outcome as usize]).encode(logins.encode_family(&labels)?)?;
        }
        self.connections(&mut encoder)
    }
}

impl Shown {
    fn connections(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let all = self.connections.all();
        let mut open =
            encoder.encode_descriptor("connections", "Open connections", None, MetricType::Gauge)?;
        for (address, counts) in &all {
            ConstGauge::new(counts.get().0).encode(open.encode_family(&[("listener", address.as_str())])?)?;
        }
        let help = "Connections since the start";
        let mut accepted = encoder.encode_descriptor("accepted", help, None, MetricType::Counter)?;
        for (address, counts) in &all {
            let labels = [("listener", address.as_str())];
            ConstCounter::new(counts.get().1).encode(accepted.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

/// Encodes a histogram of times, in seconds.
fn times(histogram: &Histogram, encoder: MetricEncoder<'_>) -> fmt::Result {
    scaled(histogram, 1.0 / MICROSECONDS, encoder)
}

fn scaled(histogram: &Histogram, scale: f64, mut encoder: MetricEncoder<'_>) -> fmt::Result {
    let bound = |bound: Option<u64>| bound.map_or(f64::MAX, |bound| bound as f64 * scale);
    let buckets: Vec<(f64, u64)> = histogram.buckets().map(|(upto, count)| (bound(upto), count)).collect();
    let entries = buckets.iter().map(|(_, count)| count).sum();
    encoder.encode_histogram::<NoLabelSet>(histogram.sum() as f64 * scale, entries, &buckets, None)
}
