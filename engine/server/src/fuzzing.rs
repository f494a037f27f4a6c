//! The oracle of the fuzz target for requests over HTTP, including those of the Model Context Protocol. It takes arbitrary bytes,
//! and panics if a property does not hold.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use hyperspace_service::Engine;

use crate::ServerLimits;
use crate::http::HttpServer;

/// Maximum time for an answer, far above the limits of the server.
const PATIENCE: Duration = Duration::from_secs(60);
/// Maximum number of bytes of an answer that are read.
const ANSWER_MAX: u64 = 1 << 20;

/// Checks a request: a line `METHOD PATH`, then header lines up to an empty one, then the body. The server answers it, with a
/// document if it refuses it, never fails by itself, and answers the next request. Bytes that begin with an empty line are sent
/// unchanged.
pub fn requests(data: &[u8]) {
    let server = server();
    match data.strip_prefix(b"\n") {
        Some(raw) => drop(exchange(server, raw, true)),
        None => {
            let answer = exchange(server, &formed(data), false);
            let status = status(&answer).unwrap_or_else(|| panic!("no answer: {:?}", text(&answer)));
            assert!((200..500).contains(&status) || status == 504, "{}", text(&answer));
            if status >= 400 {
                assert!(text(&answer).contains("\r\n\r\n"), "a refusal has a body: {}", text(&answer));
            }
        }
    }
    let alive =
        exchange(server, b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n", false);
    assert_eq!(status(&alive), Some(200), "the next request: {}", text(&alive));
}

/// Returns a well-formed HTTP request, whatever the bytes are.
fn formed(data: &[u8]) -> Vec<u8> {
    let (head, body) = match data.windows(2).position(|two| two == b"\n\n") {
        Some(end) => (&data[..end], &data[end + 2..]),
        None => (data, &b""[..]),
    };
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let word = |word: &str| word.chars().filter(char::is_ascii_graphic).collect::<String>();
    let (method, path) = lines.next().unwrap_or_default().split_once(' ').unwrap_or_default();
    let method: String = method.chars().filter(char::is_ascii_uppercase).collect();
    let method = if method.is_empty() || method == "CONNECT" { "POST" } else { &method };
    let mut request =
        format!("{method} /{} HTTP/1.1\r\nhost: 127.0.0.1\r\n", word(path).trim_start_matches('/'));
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let name: String = name.chars().filter(|c| c.is_ascii_alphabetic() || *c == '-').collect();
        // Headers that frame a request do not come from the input.
        let frames = ["content-length", "transfer-encoding", "connection", "host", "expect", "upgrade"];
        if !name.is_empty() && !frames.contains(&name.to_ascii_lowercase().as_str()) {
            request.push_str(&format!("{name}: {}\r\n", word(value)));
        }
    }
    request.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()));
    [request.as_bytes(), body].concat()
}

/// Sends bytes and returns the answer. With `ends`, nothing more is sent, even if the request is incomplete.
fn exchange(server: SocketAddr, bytes: &[u8], ends: bool) -> Vec<u8> {
    let mut stream = TcpStream::connect(server).expect("the server is there");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    // A server may answer and close before it has read everything.
    drop(stream.write_all(bytes));
    if ends {
        drop(stream.shutdown(Shutdown::Write));
    }
    let mut answer = Vec::new();
    drop(stream.take(ANSWER_MAX).read_to_end(&mut answer));
    answer
}

fn status(answer: &[u8]) -> Option<u16> {
    text(answer).strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}

fn text(answer: &[u8]) -> String {
    String::from_utf8_lossy(answer).into_owned()
}

/// Returns the address of the server for all inputs, whose store is in memory.
fn server() -> SocketAddr {
    static SERVER: OnceLock<SocketAddr> = OnceLock::new();
    *SERVER.get_or_init(|| {
        let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/hyperspace-cache");
        let engine = Engine::builder().workers(1).cache_dir(cache).build().expect("an engine");
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = HttpServer::listen(engine.clone(), local, None).expect("a free port");
        let limits =
            ServerLimits::default().with_request(Duration::from_secs(2)).with_body(Duration::from_secs(1));
        let (sender, ready) = mpsc::channel();
        let address = server.address();
        let server = server.limits(limits).on_ready(move |_| sender.send(()).expect("somebody waits"));
        thread::spawn(move || engine.block_on(server.serve()));
        ready.recv().expect("the server begins");
        address
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    fn seeds() -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/requests");
        let files = fs::read_dir(folder).expect("the seeds").map(|file| file.expect("a seed").path());
        files.map(|path| fs::read(path).expect("a seed")).collect()
    }

    #[test]
    fn the_seeds_are_answered() {
        let seeds = seeds();
        assert!(seeds.len() >= 6, "too few seeds");
        seeds.iter().for_each(|seed| requests(seed));
        let succeeds = |seed: &&Vec<u8>| status(&exchange(server(), &formed(seed), false)) == Some(200);
        assert!(seeds.iter().filter(succeeds).count() >= 4, "too few seeds get anywhere");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn any_bytes_are_answered(data in prop::collection::vec(any::<u8>(), 0..200)) {
            requests(&data);
        }

        #[test]
        fn changed_seeds_are_answered(
            seed in prop::sample::select(seeds()),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        ) {
            let mut data = seed;
            for (at, byte) in changes {
                let at = at.index(data.len());
                data[at] = byte;
            }
            requests(&data);
        }
    }
}
