//! A server that answers requests of a model's client with arbitrary bytes, and counts them.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Number of bytes of a body that are made at a time.
const PIECE_BYTES: usize = 64 << 10;
/// Time after which the server gives up on a client that reads nothing.
const WRITE_LIMIT: Duration = Duration::from_secs(5);

/// An answer of a provider: status, headers, and a body in pieces, so that a long one needs no memory in this process.
#[derive(Debug, Clone, Default)]
pub(crate) struct HostileAnswer {
    pub(crate) status: u16,
    /// Header lines, including line ends.
    pub(crate) headers: String,
    /// The body, or the part of it before the repeated part.
    pub(crate) before: String,
    pub(crate) repeated: String,
    pub(crate) times: usize,
    pub(crate) after: String,
    /// If true, the server waits between pieces of the body, which are then single bytes.
    pub(crate) slowly: bool,
}

impl HostileAnswer {
    /// Returns an answer with a status and a body.
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, before: body.into(), ..Self::default() }
    }

    /// Returns a successful answer whose body repeats a part many times.
    pub(crate) fn repeating(before: &str, repeated: &str, times: usize, after: &str) -> Self {
        let (before, repeated, after) = (before.to_owned(), repeated.to_owned(), after.to_owned());
        Self { status: 200, before, repeated, times, after, ..Self::default() }
    }

    fn send(&self, stream: &mut TcpStream) -> io::Result<()> {
        let Self { status, headers, .. } = self;
        write!(
            stream,
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n{headers}\r\n"
        )?;
        if self.slowly {
            for byte in self.before.bytes() {
                stream.write_all(&[byte])?;
                thread::sleep(Duration::from_millis(10));
            }
            return Ok(());
        }
        stream.write_all(self.before.as_bytes())?;
        let count = (PIECE_BYTES / self.repeated.len().max(1)).clamp(1, self.times.max(1));
        let piece = self.repeated.repeat(count);
        let mut left = self.times;
        while left > 0 {
            let now = left.min(count);
            stream.write_all(&piece.as_bytes()[..now * self.repeated.len()])?;
            left -= now;
        }
        stream.write_all(self.after.as_bytes())
    }
}

/// A server on this machine. Dropping it stops it.
pub(crate) struct HostileServer {
    address: SocketAddr,
    requests: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl HostileServer {
    /// Starts a server that answers request `n`, counted from 0, with `answer(n)`.
    pub(crate) fn start(answer: impl Fn(u64) -> HostileAnswer + Send + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (requests, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (counted, stopped) = (Arc::clone(&requests), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                // Clients that go away are part of the test.
                drop(serve(stream, &counted, &answer));
            }
        });
        Ok(Self { address, requests, stop, thread: Some(thread) })
    }

    /// Returns the address of the API.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Returns the number of requests so far.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

impl Drop for HostileServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.address));
        drop(self.thread.take().map(JoinHandle::join));
    }
}

fn serve(stream: TcpStream, requests: &AtomicU64, answer: &dyn Fn(u64) -> HostileAnswer) -> io::Result<()> {
    stream.set_write_timeout(Some(WRITE_LIMIT))?;
    stream.set_read_timeout(Some(WRITE_LIMIT))?;
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        let header = line.to_ascii_lowercase();
        if let Some(text) = header.strip_prefix("content-length:") {
            length = text.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    io::copy(&mut reader.by_ref().take(length), &mut io::sink())?;
    let number = requests.fetch_add(1, Ordering::Relaxed);
    let mut stream = reader.into_inner();
    answer(number).send(&mut stream)?;
    stream.flush()
}
