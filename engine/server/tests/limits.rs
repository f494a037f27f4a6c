//! Limits of a server of HTTP: the queue, slow bodies, connections, and clients that go away.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

use std::io::{Read, Write};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hyperspace_server::ServerLimits;
use hyperspace_server::http::{HttpServer, StopHandle};
use hyperspace_service::Engine;
use hyperspace_testkit::http::{ask, post, send};
use hyperspace_testkit::paths::interpreter_cache;
use serde_json::json;

/// Starts a server with one worker, so with two places.
fn start(limits: ServerLimits) -> (String, StopHandle, JoinHandle<()>) {
    let engine = Engine::builder().workers(1).cache_dir(interpreter_cache()).build().unwrap();
    let server = HttpServer::listen(engine.clone(), "127.0.0.1:0".parse().unwrap(), None).unwrap();
    let address = server.address().to_string();
    let (sender, ready) = mpsc::channel();
    let server = server.limits(limits).on_ready(move |stop| sender.send(stop).unwrap());
    let served = thread::spawn(move || drop(engine.block_on(server.serve()).unwrap().unwrap()));
    (address, ready.recv().unwrap(), served)
}

/// Waits until something holds.
fn eventually(what: &str, holds: impl Fn() -> bool) {
    let held = (0..6_000).any(|_| {
        let held = holds();
        if !held {
            thread::sleep(Duration::from_millis(10));
        }
        held
    });
    assert!(held, "{what}");
}

/// Returns how many requests could be worked on at once.
fn places_free(address: &str) -> Option<u64> {
    let text = ask(address, "GET /metrics", &[]).text();
    text.lines().find_map(|line| line.strip_prefix("hyperspace_places_free ")?.parse().ok())
}

#[test]
fn requests_beyond_the_queue_are_refused_and_told_when_to_come_again() {
    let (address, stop, served) =
        start(ServerLimits::default().with_waiting_max(0).with_request(Duration::from_secs(2)));
    let short = || post(&address, "/v1/execute", &json!({ "code": "1" }), &[]).status;
    eventually("the interpreter is prepared", || short() == 200);
    let endless = json!({ "code": "while True: pass", "fuel": 1_000_000_000_000_u64 });
    let at_work: Vec<_> = (0..2)
        .map(|_| {
            let (address, endless) = (address.clone(), endless.clone());
            thread::spawn(move || post(&address, "/v1/execute", &endless, &[]).status)
        })
        .collect();
    eventually("both are at work", || places_free(&address) == Some(0));
    let refused = post(&address, "/v1/execute", &json!({ "code": "1" }), &[]);
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")), "{}", refused.text());
    for done in at_work {
        assert_eq!(done.join().unwrap(), 504);
    }
    eventually("the places are free again", || short() == 200);
    stop.stop();
    served.join().unwrap();
}

#[test]
fn work_of_a_client_that_disconnects_is_cancelled() {
    let (address, stop, served) = start(ServerLimits::default());
    let head = ["POST /v1/execute HTTP/1.1", "host: localhost", "content-type: application/json"];
    let body = json!({ "code": "while True: pass", "fuel": 1_000_000_000_000_u64 }).to_string();
    let stream = send(&address, &head, body.as_bytes());
    eventually("it is at work", || places_free(&address) == Some(1));
    drop(stream);
    eventually("the work has ended", || places_free(&address) == Some(2));
    stop.stop();
    served.join().unwrap();
}

#[test]
fn a_client_that_takes_no_answer_loses_its_connection() {
    let limits = ServerLimits::default().with_body(Duration::from_millis(300)).with_connections_max(1);
    let (address, stop, served) = start(limits);
    let request = b"GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let answers = || {
        let mut other = std::net::TcpStream::connect(&address).unwrap();
        drop(other.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"));
        matches!(other.read(&mut [0; 64]), Ok(1..))
    };
    let mut deaf = std::net::TcpStream::connect(&address).unwrap();
    // More answers than the buffers of both ends hold.
    deaf.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
    while deaf.write_all(&request.repeat(100)).is_ok() {}
    eventually("its place is free again", answers);
    drop(deaf);
    stop.stop();
    served.join().unwrap();
}

#[test]
fn slow_bodies_and_too_many_connections_and_sessions_are_ended() {
    let limits = ServerLimits::default()
        .with_body(Duration::from_millis(300))
        .with_connections_max(3)
        .with_sessions(1, Duration::from_millis(400));
    let (address, stop, served) = start(limits);
    let mut slow = std::net::TcpStream::connect(&address).unwrap();
    write!(slow, "POST /v1/execute HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{{")
        .unwrap();
    let mut start = [0; 12];
    slow.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 408");
    drop(slow);

    let session = || post(&address, "/v1/sessions", &json!({}), &[]);
    assert_eq!(session().status, 201);
    let refused = session();
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("10")), "{}", refused.text());
    thread::sleep(Duration::from_millis(500));
    assert_eq!(session().status, 201);

    let open: Vec<_> = (0..3).map(|_| std::net::TcpStream::connect(&address).unwrap()).collect();
    thread::sleep(Duration::from_millis(200));
    let mut more = std::net::TcpStream::connect(&address).unwrap();
    drop(more.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"));
    // It is closed without an answer.
    assert!(!matches!(more.read(&mut [0; 64]), Ok(1..)));
    drop(open);
    thread::sleep(Duration::from_millis(200));
    assert_eq!(ask(&address, "GET /healthz", &[]).status, 200);
    stop.stop();
    served.join().unwrap();
}
