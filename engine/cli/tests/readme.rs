//! `README.md` as a test: every command in order, in one folder, and the output that the page promises.
//!
//! - ` ```sh `: each line is run; `cargo run --release --` is the command itself, other lines of `cargo` and `git` are not run.
//!   A line that ends in `&` is a server, which runs until the end of the page.
//! - ` ```text ` after it: its lines occur in the output of that block, in this order.
//! - ` ```console `: after `$ cat FILE`, the content of a file that the page gives; after any other `$ COMMAND`, its whole output.
//!
//! A `text` block that no `sh` block precedes is a figure. Rust is compiled and run by the doc tests of the crate `hyperspace`. Times
//! differ and are not compared.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use hyperspace_testkit::command::TestEnvironment;
use hyperspace_testkit::paths::repository;

/// The port of the page's stub server; the test takes a free one.
const PORT: &str = "8123";

/// A fenced block: its language and its lines.
struct Block {
    language: String,
    lines: Vec<String>,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some(language) if !open => {
                blocks.push(Block { language: language.to_owned(), lines: Vec::new() })
            }
            None if open => blocks.last_mut().unwrap().lines.push(line.to_owned()),
            _ => {}
        }
        open ^= line.starts_with("```");
    }
    blocks
}

/// Replaces each number before the unit ` s` and drops trailing spaces.
fn without_times(line: &str) -> String {
    let mut words: Vec<&str> = line.trim_end().split(' ').collect();
    for index in 1..words.len() {
        let unit = words[index].trim_matches(|c: char| !c.is_alphanumeric());
        if unit == "s" && words[index - 1].trim_start_matches('(').parse::<f64>().is_ok() {
            words[index - 1] = "TIME";
        }
    }
    words.join(" ")
}

/// Servers of the page, which end with this value.
#[derive(Default)]
struct Servers(Vec<Child>);

impl Drop for Servers {
    fn drop(&mut self) {
        for server in &mut self.0 {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }
}

/// The folder that the page's commands run in.
struct Page {
    env: TestEnvironment,
    port: String,
    servers: Servers,
}

impl Page {
    fn new() -> Self {
        let env = TestEnvironment::new(env!("CARGO_BIN_EXE_hyperspace"));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        copy(&repository().join("data/examples"), &env.path("data/examples"), &port);
        Self { env, port, servers: Servers::default() }
    }

    /// The shell with a command, in which `hyperspace` is found.
    fn shell(&self, command: &str) -> Command {
        let hermetic = self.env.command(&[]);
        let mut shell = Command::new("bash");
        shell.args(["-c", &command.replace(PORT, &self.port)]).current_dir(self.env.path("."));
        shell.env_clear().envs(hermetic.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let program = self.env.program().parent().unwrap().display();
        shell.env("PATH", format!("{program}:/usr/local/bin:/usr/bin:/bin")).stdin(Stdio::null());
        shell
    }

    /// Runs a command; standard output and standard error, each in lines.
    fn run(&self, command: &str) -> (Vec<String>, Vec<String>) {
        let output = self.shell(command).output().unwrap();
        let [printed, said] = [output.stdout, output.stderr]
            .map(|bytes| String::from_utf8(bytes).unwrap().lines().map(without_times).collect::<Vec<_>>());
        // The guest of the page fails on purpose.
        assert!([Some(0), Some(15)].contains(&output.status.code()), "{command}: {printed:?} {said:?}");
        (printed, said)
    }

    /// Starts a server and waits until it listens.
    fn serve(&mut self, command: &str) {
        let mut shell = self.shell(&format!("exec {command}"));
        self.servers.0.push(shell.stdout(Stdio::null()).spawn().unwrap());
        let listens = (0..600).any(|_| {
            thread::sleep(Duration::from_millis(50));
            TcpStream::connect(format!("127.0.0.1:{}", self.port)).is_ok()
        });
        assert!(listens, "{command} does not listen");
    }

    /// Runs the lines of a `sh` block; what they print.
    fn script(&mut self, lines: &[String]) -> Vec<String> {
        let mut printed = Vec::new();
        for line in
            lines.iter().map(|line| line.split(" #").next().unwrap().trim()).filter(|line| !line.is_empty())
        {
            let line = line
                .strip_prefix("cargo run --release -- ")
                .map_or(line.to_owned(), |args| format!("hyperspace {args}"));
            if let Some(command) = line.strip_suffix('&') {
                self.serve(command.trim());
            } else if !["cargo ", "git ", "cd "].iter().any(|tool| line.starts_with(tool)) {
                printed.extend(self.run(&line).0);
            }
        }
        printed
    }

    /// Checks a `console` block.
    fn console(&self, lines: &[String]) {
        let mut lines = lines.iter().peekable();
        while let Some(command) = lines.next() {
            let command = command.strip_prefix("$ ").unwrap_or_else(|| panic!("{command:?} is no command"));
            let mut expected = Vec::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
                expected.push(without_times(line));
            }
            match command.strip_prefix("cat ") {
                Some(name) if !self.env.path(name).exists() => {
                    self.env.write(name, expected.join("\n") + "\n")
                }
                _ => {
                    let (printed, said) = self.run(command);
                    assert_eq!([printed, said].concat(), expected, "$ {command}");
                }
            }
        }
    }
}

/// Copies a folder, with another port in its settings.
fn copy(from: &Path, to: &Path, port: &str) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target, port);
        } else {
            let content = std::fs::read(entry.path()).unwrap();
            let settings = target.extension().is_some_and(|extension| extension == "toml");
            let text = String::from_utf8(content.clone());
            let changed = text.map(|text| text.replace(PORT, port)).map(String::into_bytes);
            std::fs::write(target, if settings { changed.unwrap() } else { content }).unwrap();
        }
    }
}

#[test]
fn the_readme_does_what_it_says() {
    let text = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let mut page = Page::new();
    let (mut printed, mut checked) = (Vec::new(), 0);
    for block in blocks(&text) {
        match block.language.as_str() {
            "sh" => printed.extend(page.script(&block.lines)),
            "console" => page.console(&block.lines),
            "text" if printed.is_empty() => continue,
            "text" => {
                let mut rest = printed.iter();
                for line in block.lines.iter().map(|line| without_times(line)) {
                    let found = rest.any(|found| *found == line);
                    assert!(found, "{line:?} is not printed, or not there: {printed:#?}");
                }
                printed.clear();
            }
            _ => continue,
        }
        checked += 1;
    }
    assert!(checked >= 5, "only {checked} blocks of README.md were tried");
}

/// A longer run than that of the page, whose root every build has had so far.
#[test]
#[ignore = "takes some minutes: run it with --ignored when generations, guests or scores change"]
fn a_longer_run_has_the_root_that_it_always_had() {
    let env = TestEnvironment::new(env!("CARGO_BIN_EXE_hyperspace"));
    let (view, code) = env.json(&["evolve", "--task", "bin-packing", "--generations", "60", "--seed", "42"]);
    let root = "a36cc5451e815fd3bbcb93222bcbcecc0ba666f90685ece3101313189d94a18f";
    assert_eq!((code, view["root"].as_str()), (0, Some(root)));
}

#[test]
fn times_are_not_compared() {
    assert_eq!(without_times("a, 36.7 s"), "a, TIME s");
    assert_eq!(
        without_times("1 generation (57 events, 1.6 s): none "),
        "1 generation (57 events, TIME s): none"
    );
    assert_eq!(without_times("5.7 is s"), "5.7 is s");
}
