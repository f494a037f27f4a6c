//! A client of raw HTTP, which sends what it is told to, right or wrong.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// Time for an answer.
const PATIENCE: Duration = Duration::from_secs(120);

/// An answer.
#[derive(Debug)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// The lines of the head, in lower case.
    pub head: String,
    /// The body as it came; an answer without a length has its chunks' sizes in it.
    pub body: Vec<u8>,
}

impl HttpAnswer {
    /// Returns the body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Returns the body as a document.
    ///
    /// # Panics
    ///
    /// If it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.head, self.text()))
    }

    /// Returns the value of a header, in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.split_once(": ").filter(|(key, _)| *key == name))
            .map(|(_, value)| value)
    }
}

/// Opens a connection and sends a request with this head, a line for each header, and this body, whose length is added.
///
/// # Panics
///
/// If the server is not there.
#[must_use]
pub fn send(address: &str, head: &[&str], body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    let head = format!("{}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n", head.join("\r\n"));
    stream.write_all(head.as_bytes()).unwrap();
    // A server may answer, and close, before it has read everything.
    drop(stream.write_all(body));
    stream
}

/// Reads an answer to its end.
///
/// # Panics
///
/// If it is no answer, or does not come.
#[must_use]
pub fn receive(mut stream: TcpStream) -> HttpAnswer {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase().replace("\r\n", "\n");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    HttpAnswer { status, head, body: bytes.split_off(end + 4) }
}

/// Sends a document and returns the answer.
///
/// # Panics
///
/// As [`send`] and [`receive`].
#[must_use]
pub fn post(address: &str, path: &str, document: &Value, headers: &[&str]) -> HttpAnswer {
    let line = format!("POST {path} HTTP/1.1");
    let host = format!("host: {address}");
    let head = [&[&*line, &*host, "content-type: application/json"], headers].concat();
    receive(send(address, &head, document.to_string().as_bytes()))
}

/// Sends a request without a body, such as `GET /healthz`, and returns the answer.
///
/// # Panics
///
/// As [`send`] and [`receive`].
#[must_use]
pub fn ask(address: &str, request: &str, headers: &[&str]) -> HttpAnswer {
    let line = format!("{request} HTTP/1.1");
    let host = format!("host: {address}");
    receive(send(address, &[&[&*line, &*host], headers].concat(), b""))
}
