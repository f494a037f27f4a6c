//! Numbers about the server, in the text format of Prometheus.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Bounds of the histogram of durations, in seconds.
const DURATIONS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0, 120.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    path: String,
    status: u16,
}

/// Values of gauges, which are read when the metrics are requested.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GaugeReadings {
    pub(crate) waiting: usize,
    pub(crate) places_free: usize,
    pub(crate) sessions: usize,
    pub(crate) runs: usize,
}

/// The metrics of a server. See the module.
#[derive(Debug)]
pub(crate) struct ServerMetrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Histogram,
    fuel: Counter<u64, AtomicU64>,
    waiting: Gauge,
    places_free: Gauge,
    sessions: Gauge,
    runs: Gauge,
}

impl Default for ServerMetrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("hyperspace"),
            requests: Family::default(),
            seconds: Histogram::new(DURATIONS),
            fuel: Counter::default(),
            waiting: Gauge::default(),
            places_free: Gauge::default(),
            sessions: Gauge::default(),
            runs: Gauge::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("requests", "Requests that were answered", metrics.requests.clone());
        registry.register("request_seconds", "Time from a request to its answer", metrics.seconds.clone());
        registry.register("fuel", "Units of fuel that guests used", metrics.fuel.clone());
        registry.register("waiting", "Requests that wait for a place", metrics.waiting.clone());
        registry.register(
            "places_free",
            "Requests that could be worked on at once",
            metrics.places_free.clone(),
        );
        registry.register("sessions", "Sessions that are kept", metrics.sessions.clone());
        registry.register("runs", "Runs that go on", metrics.runs.clone());
        metrics
    }
}

impl ServerMetrics {
    /// Counts an answered request. `path` is the pattern of the path, never the text that the client sent.
    pub(crate) fn answered(&self, method: &str, path: &str, status: u16, took: Duration) {
        let labels = RequestLabels { method: method.to_owned(), path: path.to_owned(), status };
        self.requests.get_or_create(&labels).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// Counts fuel.
    pub(crate) fn used(&self, fuel: u64) {
        self.fuel.inc_by(fuel);
    }

    /// Returns the text.
    pub(crate) fn text(&self, readings: GaugeReadings) -> String {
        let set = |gauge: &Gauge, value: usize| gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        set(&self.waiting, readings.waiting);
        set(&self.places_free, readings.places_free);
        set(&self.sessions, readings.sessions);
        set(&self.runs, readings.runs);
        let mut text = String::new();
        // Writing to a text cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
