//! Outages of a model at random points of real runs, beside kills: the provider goes away, answers 5xx, half an answer, nonsense
//! or nothing, and the process is killed meanwhile. Then `resume` until the run ends.
//!
//! A provider here is the stub server behind a proxy that counts requests and fails from the one it was told on, so the moment
//! of an outage follows from the seed; which guest's request is that one depends on the scheduler.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use hyperspace_testkit::command::{StubProcess, TestEnvironment, document, kill_after};
use hyperspace_testkit::paths;
use hyperspace_testkit::random::SplitMix64;
use serde_json::Value;

use crate::committed;
use crate::common::environment;

const GENERATIONS: &str = "3";
/// Longer than any answer of the stub takes, and short enough to wait for one that does not come.
const TIMEOUT: &str = "timeout-ms = 1500\n";

/// The ways a provider fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outage {
    /// Its process is gone: connections break off, and new ones are refused.
    Gone,
    /// 503.
    Status,
    /// Half of the answer, and then the end of the connection.
    Half,
    /// Something that is no JSON.
    Nonsense,
    /// Nothing, until the time is over.
    Silence,
}

const OUTAGES: [Outage; 5] = [Outage::Gone, Outage::Status, Outage::Half, Outage::Nonsense, Outage::Silence];

/// Returns whether this is an end that [`Paired::round`] reported.
pub(crate) fn is_one(end: &str) -> bool {
    OUTAGES.iter().any(|outage| end.starts_with(&format!("{outage:?} ").to_lowercase()))
}

/// The state that the connections of a proxy share.
struct ProxyState {
    upstream: SocketAddr,
    outage: Option<Outage>,
    /// The requests that fail, counted from 1.
    first: u64,
    last: u64,
    asked: AtomicU64,
    gone: AtomicBool,
}

/// A provider that fails, in front of a working one. It ends with this value.
struct Proxy {
    address: SocketAddr,
    state: Arc<ProxyState>,
    accepting: Option<thread::JoinHandle<()>>,
}

impl Proxy {
    /// In front of `upstream`, failing for `count` requests from number `first` on.
    fn start(upstream: SocketAddr, outage: Option<Outage>, first: u64, count: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, gone) = (AtomicU64::new(0), AtomicBool::new(false));
        let state = Arc::new(ProxyState { upstream, outage, first, last: first + count - 1, asked, gone });
        let shared = Arc::clone(&state);
        let accepting = thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.gone.load(Ordering::SeqCst) {
                    break;
                }
                let (Ok(stream), state) = (stream, Arc::clone(&shared)) else { continue };
                thread::spawn(move || state.connection(stream, address));
            }
        });
        Self { address, state, accepting: Some(accepting) }
    }

    fn asked(&self) -> u64 {
        self.state.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.end(self.address);
        if let Some(accepting) = self.accepting.take() {
            accepting.join().unwrap();
        }
    }
}

/// Reads one HTTP message with a `Content-Length`; `None` if the other side closed the connection before its end.
fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 16 << 10]);
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(0, |text| text.trim().parse().unwrap());
            if bytes.len() >= end + 4 + length {
                return Some(bytes);
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

impl ProxyState {
    /// Takes no more connections.
    fn end(&self, address: SocketAddr) {
        if !self.gone.swap(true, Ordering::SeqCst) {
            // Wakes the thread that accepts.
            drop(TcpStream::connect(address));
        }
    }

    /// Answers the requests of one connection. The client may go away at any time.
    fn connection(&self, mut stream: TcpStream, address: SocketAddr) {
        while let Some(request) = message(&mut stream) {
            let number = 1 + self.asked.fetch_add(1, Ordering::SeqCst);
            let fails = (self.first..=self.last).contains(&number);
            let outage = if self.gone.load(Ordering::SeqCst) {
                Some(Outage::Gone)
            } else {
                self.outage.filter(|_| fails)
            };
            let answer = match outage {
                None => self.ask(&request),
                Some(Outage::Gone) => {
                    self.end(address);
                    None
                }
                Some(Outage::Status) => {
                    Some(http("503 Service Unavailable", "{\"error\": {\"message\": \"down\"}}"))
                }
                Some(Outage::Nonsense) => Some(http("200 OK", "{\"choices\": [{\"mess")),
                Some(Outage::Half) => {
                    if let Some(answer) = self.ask(&request) {
                        drop(stream.write_all(&answer[..answer.len() - 40]));
                    }
                    None
                }
                Some(Outage::Silence) => {
                    // Until the other side gives up.
                    drop(stream.read(&mut [0]));
                    None
                }
            };
            let Some(answer) = answer else { break };
            if stream.write_all(&answer).is_err() {
                break;
            }
        }
        drop(stream.shutdown(Shutdown::Both));
    }

    fn ask(&self, request: &[u8]) -> Option<Vec<u8>> {
        let mut stream = TcpStream::connect(self.upstream).ok()?;
        stream.write_all(request).ok()?;
        message(&mut stream)
    }
}

fn http(status: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The paired example, and the results of an undisturbed run of it.
pub(crate) struct Paired {
    env: TestEnvironment,
    _server: StubProcess,
    upstream: SocketAddr,
    settings: String,
    whole: Value,
    requests: u64,
    wall_ms: u64,
}

impl Paired {
    pub(crate) fn new() -> Self {
        let env = environment();
        let read = |name: &str| std::fs::read_to_string(paths::example("paired").join(name)).unwrap();
        let (server, url) = env.serve(&read("script.toml"));
        let upstream = url.trim_start_matches("http://").split('/').next().unwrap().parse().unwrap();
        let address = "base-url = \"http://127.0.0.1:8123\"\n";
        let settings = read("hyperspace.toml").replace(address, &format!("{address}{TIMEOUT}"));
        assert_eq!(settings.matches(TIMEOUT).count(), 3);
        let mut paired =
            Self { env, _server: server, upstream, settings, whole: Value::Null, requests: 0, wall_ms: 0 };
        let proxy = Proxy::start(upstream, None, 1, 1);
        let output = paired.command("evolve", "whole", &proxy, 1).output().unwrap();
        let whole = document(&output);
        assert_eq!(output.status.code(), Some(0), "{whole}");
        (paired.requests, paired.wall_ms) = (proxy.asked(), whole["wall_ms"].as_u64().unwrap());
        assert!(paired.requests > 50, "outages would miss: {} requests", paired.requests);
        paired.whole = whole;
        paired
    }

    /// `evolve` or `resume` on a store, with a provider behind `proxy`. Each store has a folder with settings of its own.
    fn command(&self, command: &str, store: &str, proxy: &Proxy, attempts: u64) -> Command {
        let read = |name: &str| std::fs::read_to_string(paths::example("paired/task").join(name)).unwrap();
        for name in ["task.toml", "train.csv", "held.csv", "test.csv"] {
            self.env.write(&format!("{store}/data/examples/paired/task/{name}"), read(name));
        }
        let url = format!("http://{}", proxy.address);
        let settings = self.settings.replace("http://127.0.0.1:8123", &url);
        self.env.write(&format!("{store}/hyperspace.toml"), &settings);
        let attempts = attempts.to_string();
        let more =
            ["--generations", GENERATIONS, "--store", "store", "--attempts", &attempts, "--json", "-v"];
        let mut command = self.env.command(&[&[command], &more[..]].concat());
        command.current_dir(self.env.path(store));
        command
    }

    /// Runs a command on the store of a round; returns its document and exit code.
    fn ask(&self, store: &str, command: &str) -> (Value, Option<i32>) {
        let mut asked = self.env.command(&[command, "--store", "store", "--json"]);
        let output = asked.current_dir(self.env.path(store)).output().unwrap();
        (serde_json::from_slice(&output.stdout).unwrap_or_default(), output.status.code())
    }

    /// Starts or resumes the run with a failing provider and, every other time, a kill.
    fn disturb(&self, command: &str, store: &str, draws: &mut SplitMix64) -> (String, Output) {
        let outage = OUTAGES[usize::try_from(draws.below(OUTAGES.len() as u64)).unwrap()];
        let (first, count) = (1 + draws.below(self.requests), 1 + draws.below(3));
        let proxy = Proxy::start(self.upstream, Some(outage), first, count);
        // With two attempts, an outage of one request is waited out.
        let mut begun = self.command(command, store, &proxy, 1 + draws.below(2));
        let kill = draws.below(2) == 0;
        let output = if kill {
            kill_after(&mut begun, Duration::from_micros(draws.below(self.wall_ms * 1_000)))
        } else {
            begun.output().unwrap()
        };
        let kind = format!("{outage:?}").to_lowercase();
        (if kill { format!("{kind} and kill") } else { kind }, output)
    }

    /// Disturbs one store by up to three outages, then resumes the run to its end; returns the end of each disturbed run.
    pub(crate) fn round(&self, seed: u64, round: u64) -> Vec<String> {
        let mut draws = SplitMix64::new(seed.wrapping_mul(1_000_003).wrapping_add(round));
        let store = format!("outage-{round}");
        let (mut ends, mut acknowledged, mut made) = (Vec::new(), 0, false);
        let next = |made: bool| if made { "resume" } else { "evolve" };
        for fault in 0..1 + draws.below(3) {
            let (kind, output) = self.disturb(next(made), &store, &mut draws);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let context =
                format!("seed {seed}, round {round}, outage {fault} ({kind}): {:?}, {said}", output.status);
            let end = match output.status.code() {
                Some(0) => {
                    assert_eq!(document(&output)["root"], self.whole["root"], "{context}");
                    "done"
                }
                Some(13) => "stopped",
                None if kind.ends_with("kill") => "killed",
                _ => panic!("{context}"),
            };
            assert!(!said.contains("panicked"), "{context}");
            ends.push(format!("{kind} {end}"));
            acknowledged = acknowledged.max(committed(&said));
            let (log, code) = self.ask(&store, "log");
            let kept = log["runs"][0]["generations"].as_u64();
            made = kept.is_some();
            assert!(kept.unwrap_or(0) >= acknowledged, "{kept:?} of {acknowledged} are left; {context}");
            if code != Some(2) {
                let (fsck, code) = self.ask(&store, "fsck");
                assert_eq!(code, Some(0), "{fsck}; {context}");
            }
        }
        let proxy = Proxy::start(self.upstream, None, 1, 1);
        let output = self.command(next(made), &store, &proxy, 8).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "seed {seed}, round {round}: {said}");
        let last = document(&output);
        assert_eq!(last["root"], self.whole["root"], "seed {seed}, round {round}");
        let (spent, whole) = (&last["models"]["spent"]["calls"], &self.whole["models"]["spent"]["calls"]);
        assert_eq!(spent, whole, "seed {seed}, round {round}: what was recorded is not paid again");
        assert_eq!(self.ask(&store, "fsck").1, Some(0), "seed {seed}, round {round}");
        std::fs::remove_dir_all(self.env.path(&store)).unwrap();
        ends
    }
}
