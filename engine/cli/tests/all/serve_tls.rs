//! Encryption of `serve`, with a certificate that the test signs itself and its client trusts.

use std::process::{Command, Stdio};

use hyperspace_testkit::command::TestEnvironment;

use crate::common::environment;
use crate::http_server::ServeProcess;

/// Makes a certificate for 127.0.0.1 and its key; `None` where there is no `openssl`.
fn certificate(env: &TestEnvironment, name: &str) -> Option<()> {
    let (key, chain) = (format!("{name}.key"), format!("{name}.pem"));
    let options =
        ["-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
        .args(options)
        .arg("-keyout")
        .arg(env.path(&key))
        .arg("-out")
        .arg(env.path(&chain))
        .stderr(Stdio::null())
        .status()
        .ok()?;
    made.success().then_some(())
}

/// Asks for a path with curl, which trusts this certificate and no other.
fn ask(env: &TestEnvironment, url: &str, trusted: &str) -> Option<(bool, String)> {
    let mut command = Command::new("curl");
    command
        .args(["--silent", "--show-error", "--max-time", "30", "--cacert"])
        .arg(env.path(trusted))
        .arg(url);
    let output = command.output().ok()?;
    let said = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

#[test]
fn connections_are_encrypted_with_the_certificate_that_is_given() {
    let env = environment();
    let made = certificate(&env, "own").and(certificate(&env, "other"));
    if made.is_none() || Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("SKIPPED: needs openssl and curl");
        return;
    }
    let server = ServeProcess::start(&env, &["--tls-cert", "own.pem", "--tls-key", "own.key"]);
    let (scheme, address) = server.address.split_once("://").unwrap();
    assert_eq!(scheme, "https");
    let url = format!("https://{address}/healthz");
    let (answered, text) = ask(&env, &url, "own.pem").unwrap();
    assert!(answered && text.contains("\"ok\""), "{text}");
    let (answered, text) = ask(&env, &url, "other.pem").unwrap();
    assert!(!answered && text.contains("certificate"), "{text}");
    let (answered, text) = ask(&env, &format!("http://{address}/healthz"), "own.pem").unwrap();
    assert!(!answered, "it answers without encryption: {text}");
    assert_eq!(server.end("TERM").0, Some(0));

    env.fails(
        &["serve", "--listen", "127.0.0.1:0", "--tls-cert", "own.pem", "--tls-key", "other.key"],
        2,
        &["certificate"],
    );
    env.fails(
        &["serve", "--listen", "127.0.0.1:0", "--tls-cert", "own.key", "--tls-key", "own.key"],
        2,
        &["certificate"],
    );
}
