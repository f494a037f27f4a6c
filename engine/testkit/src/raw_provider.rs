//! A provider that answers with bytes as a test gives them, right or wrong, and keeps what it was asked.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

/// An answer: a head and a body, or bytes in place of both.
#[derive(Debug, Clone)]
pub struct RawAnswer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Bytes of a body that the head announces and that never come.
    missing: usize,
    chunked: bool,
    reset: bool,
    /// Milliseconds between two bytes of the body.
    pause_ms: u64,
}

impl RawAnswer {
    /// Creates a successful answer with this body.
    #[must_use]
    pub fn new(body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self {
            status: 200,
            headers,
            body: body.into(),
            missing: 0,
            chunked: false,
            reset: false,
            pause_ms: 0,
        }
    }

    /// Creates a successful answer with a value.
    #[must_use]
    pub fn json(value: &Value) -> Self {
        Self::new(value.to_string())
    }

    /// Sets the status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Sets a header; another value of it is replaced.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Announces more bytes than there are.
    #[must_use]
    pub fn cut(mut self) -> Self {
        self.missing = 100;
        self
    }

    /// Sends the body as a chunk, and no end of the chunks.
    #[must_use]
    pub fn cut_chunks(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// Resets the connection in place of the last half of the body.
    #[must_use]
    pub fn reset(mut self) -> Self {
        self.reset = true;
        self.missing = 100;
        self
    }

    /// Waits between two bytes of the body.
    #[must_use]
    pub fn slowly(mut self, pause_ms: u64) -> Self {
        self.pause_ms = pause_ms;
        self
    }

    fn send(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        let mut head = format!("HTTP/1.1 {} X\r\nconnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let length = self.body.len() + self.missing;
        if self.chunked {
            head.push_str(&format!("transfer-encoding: chunked\r\n\r\n{:x}\r\n", self.body.len()));
        } else {
            head.push_str(&format!("content-length: {length}\r\n\r\n"));
        }
        stream.write_all(head.as_bytes())?;
        if self.pause_ms > 0 {
            for byte in &self.body {
                stream.write_all(&[*byte])?;
                thread::sleep(Duration::from_millis(self.pause_ms));
            }
        }
        let most = if self.reset { self.body.len() / 2 } else { self.body.len() };
        if self.pause_ms == 0 {
            stream.write_all(&self.body[..most])?;
        }
        if self.chunked {
            stream.write_all(b"\r\n")?;
        }
        stream.flush()
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct RawRequest {
    /// The lines of the head.
    pub head: String,
    /// The body; null where the answer did not wait for it.
    pub body: Value,
}

/// The server, which ends with this value.
pub struct RawProvider {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<RawRequest>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl RawProvider {
    /// Starts a server that gives these answers in order, and the last one to all further requests.
    ///
    /// # Panics
    ///
    /// If no port is free, or no answer is given.
    #[must_use]
    pub fn start(answers: Vec<RawAnswer>) -> Self {
        assert!(!answers.is_empty(), "a server needs an answer");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (asked, stopped) = (Arc::clone(&requests), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                // A client that goes away is what some answers are for.
                drop(serve(stream, &asked, &answers));
            }
        });
        Self { address, requests, stop, thread: Some(thread) }
    }

    /// Returns the address of the API.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Returns the requests so far, in order.
    ///
    /// # Panics
    ///
    /// If the server panicked.
    #[must_use]
    pub fn requests(&self) -> Vec<RawRequest> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for RawProvider {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.address));
        drop(self.thread.take().map(JoinHandle::join));
    }
}

fn serve(
    mut stream: TcpStream,
    requests: &Mutex<Vec<RawRequest>>,
    answers: &[RawAnswer],
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let number = requests.lock().unwrap().len();
    let answer = &answers[number.min(answers.len() - 1)];
    // A connection that is closed before everything was read is reset: then nothing is read ahead.
    let mut reader = BufReader::with_capacity(if answer.reset { 1 } else { 8 << 10 }, &mut stream);
    let head = head_of(&mut reader)?;
    if head.is_empty() {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    let mut body = Vec::new();
    if !answer.reset {
        let lower = head.to_ascii_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length = length.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        reader.take(length).read_to_end(&mut body)?;
    }
    let body = serde_json::from_slice(&body).unwrap_or_default();
    requests.lock().unwrap().push(RawRequest { head, body });
    answer.send(&mut stream)
}

fn head_of(reader: &mut impl BufRead) -> std::io::Result<String> {
    let mut head = String::new();
    while reader.read_line(&mut head)? > 2 {}
    Ok(head)
}
