//! `serve` in a process of its own.

use std::io::{BufReader, Read};
use std::process::{Child, Command, Stdio};

use hyperspace_testkit::command::TestEnvironment;
use hyperspace_testkit::http::{HttpAnswer, ask, post};
use serde_json::Value;

/// A server, which is killed with this value.
pub(crate) struct ServeProcess {
    process: Child,
    /// Its address and port.
    pub(crate) address: String,
    /// A header that every request has, or nothing.
    pub(crate) header: Option<String>,
}

impl ServeProcess {
    /// Starts a server of the store S on a free port.
    pub(crate) fn start(env: &TestEnvironment, args: &[&str]) -> Self {
        let own = ["serve", "--json", "--store", "S", "--listen", "127.0.0.1:0"];
        let mut command = env.command(&[&own, args].concat());
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let printed = BufReader::new(process.stdout.take().unwrap());
        let document = serde_json::Deserializer::from_reader(printed).into_iter::<Value>().next();
        let Some(Ok(document)) = document else {
            panic!("{}", String::from_utf8_lossy(&process.wait_with_output().unwrap().stderr))
        };
        let address = document["url"].as_str().unwrap().trim_start_matches("http://").to_owned();
        Self { process, address, header: None }
    }

    fn headers(&self) -> Vec<&str> {
        self.header.as_deref().into_iter().collect()
    }

    pub(crate) fn post(&self, path: &str, document: &Value) -> HttpAnswer {
        post(&self.address, path, document, &self.headers())
    }

    pub(crate) fn ask(&self, request: &str) -> HttpAnswer {
        ask(&self.address, request, &self.headers())
    }

    /// Returns the document of an answer with this status.
    pub(crate) fn posted(&self, path: &str, document: &Value, status: u16) -> Value {
        let answer = self.post(path, document);
        assert_eq!(answer.status, status, "{path} {document}: {}", answer.text());
        answer.json()
    }

    /// Returns the document of an answer with status 200.
    pub(crate) fn asked(&self, request: &str) -> Value {
        let answer = self.ask(request);
        assert_eq!(answer.status, 200, "{request}: {}", answer.text());
        answer.json()
    }

    /// Sends a signal, such as `TERM`, and returns the exit code, if it has one, and what was said on standard error.
    pub(crate) fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        let status = self.process.wait().unwrap();
        let mut said = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (status.code(), said)
    }
}

impl Drop for ServeProcess {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
