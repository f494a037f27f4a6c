//! Each restriction of a hardened process, from inside of one. Restrictions cannot be taken back, so this program starts itself
//! again, as its user and, if that is root, as another one, and asks what the child could do.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use hyperspace_sandbox::harden::{Confinement, HardenError, NetworkUse, harden, hardening};
use rustix::process::{DumpableBehavior, Pid, Resource, Rlimit};

/// A user that owns nothing.
const NOBODY: u32 = 65_534;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[1..] {
        ["child", folder, mode] => child(Path::new(folder), mode),
        ["probe"] => probe(),
        _ => parent(),
    }
}

fn parent() {
    several_threads_are_refused();
    let probe = Command::new(std::env::current_exe().unwrap()).arg("probe").output().unwrap();
    assert!(probe.status.success(), "{}", String::from_utf8_lossy(&probe.stderr));
    if !probe.stdout.is_empty() {
        println!("SKIPPED: this kernel cannot take away: {}", String::from_utf8_lossy(&probe.stdout));
        return;
    }
    let root = rustix::process::getuid().is_root();
    for user in root.then_some(Some(NOBODY)).into_iter().chain([None]) {
        for mode in ["offline", "online"] {
            restrictions_hold(user, mode);
        }
        println!("ok: restrictions hold as {}", user.map_or("this user".to_owned(), |user| user.to_string()));
    }
    if root {
        other_processes_of_the_user_are_kept_out();
        println!("ok: other processes of the user are kept out");
    } else {
        println!(
            "SKIPPED other_processes_of_the_user_are_kept_out: only root can start processes of another user"
        );
    }
}

/// Prints the measures that this kernel does not have.
fn probe() {
    let hardening = harden(&Confinement::default()).unwrap();
    let missing: Vec<_> = hardening.missing().map(|measure| measure.measure).collect();
    print!("{}", missing.join(", "));
}

fn several_threads_are_refused() {
    let (send, wait) = std::sync::mpsc::channel::<()>();
    let other = thread::spawn(move || wait.recv());
    assert!(matches!(harden(&Confinement::default()), Err(HardenError::Threads(2))));
    drop(send);
    drop(other.join());
    assert!(
        hardening()
            .measures
            .iter()
            .all(|measure| !measure.in_force || measure.measure == "no new privileges")
    );
}

/// Returns a folder that every user can read, with a place to write for everybody.
fn grounds() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mode = |name: &str, mode| {
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    for name in ["writable", "readable", "outside"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("file"), "text").unwrap();
        mode(name, 0o777);
        mode(&format!("{name}/file"), 0o666);
    }
    mode("", 0o755);
    // Every user can execute it.
    fs::copy(std::env::current_exe().unwrap(), folder.path().join("program")).unwrap();
    mode("program", 0o755);
    folder
}

fn start(folder: &Path, mode: &str, user: Option<u32>) -> Child {
    let mut command = Command::new(folder.join("program"));
    command.args(["child", folder.to_str().unwrap(), mode]).stdin(Stdio::piped()).stdout(Stdio::piped());
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    command.spawn().unwrap()
}

fn restrictions_hold(user: Option<u32>, mode: &str) {
    let folder = grounds();
    let mut child = start(folder.path(), mode, user);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success(), "{user:?} {mode}: the child's panic says what it could do");
    assert!(folder.path().join("writable/made").is_dir());
    assert!(!folder.path().join("outside/made").exists());
}

/// Asks whether a process of the same user can read the environment of a child, which takes the right to trace it.
fn other_processes_of_the_user_are_kept_out() {
    let folder = grounds();
    for (mode, readable) in [("open", true), ("offline", false)] {
        let mut child = start(folder.path(), mode, Some(NOBODY));
        // It says a word when it is in the state that is asked about, and waits for the end of its input.
        let mut said = [0];
        child.stdout.as_mut().unwrap().read_exact(&mut said).unwrap();
        let environment = format!("/proc/{}/environ", child.id());
        let reader =
            Command::new("cat").arg(environment).uid(NOBODY).gid(NOBODY).stderr(Stdio::null()).output();
        assert_eq!(reader.unwrap().status.success(), readable, "{mode}");
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }
}

fn child(folder: &Path, mode: &str) {
    let at = |name: &str| folder.join(name);
    if mode != "open" {
        let network = if mode == "online" { NetworkUse::Internet } else { NetworkUse::Nothing };
        let confinement = Confinement::default()
            .readable(at("readable"))
            .readable(at("none-such"))
            .writable(at("writable"))
            .network(network);
        let hardening = harden(&confinement).unwrap();
        let missing: Vec<_> = hardening.missing().map(|measure| measure.measure).collect();
        let expected: &[&str] = if mode == "online" { &["no sockets"] } else { &[] };
        assert_eq!(missing, expected, "{hardening:?}");
        assert!(matches!(harden(&confinement), Err(HardenError::Again)));
        files(&at);
        processes();
        sockets(mode == "online", &at("writable/socket"));
        limits();
        // What everything needs still works, on threads that were started afterwards as well.
        thread::spawn(|| assert!(Command::new("/bin/true").status().is_err())).join().unwrap();
        thread::scope(|scope| scope.spawn(|| files_of_a_thread(folder)).join()).unwrap();
    }
    print!(".");
    io::stdout().flush().unwrap();
    let mut rest = Vec::new();
    io::stdin().read_to_end(&mut rest).unwrap();
}

fn refused<T>(what: &str, result: io::Result<T>) {
    let kind = result.err().map(|error| error.kind());
    assert_eq!(kind, Some(io::ErrorKind::PermissionDenied), "{what}");
}

fn files(at: &dyn Fn(&str) -> std::path::PathBuf) {
    assert_eq!(fs::read(at("readable/file")).unwrap(), b"text");
    assert_eq!(fs::read_dir(at("readable")).unwrap().count(), 1);
    refused("writing where one may read", OpenOptions::new().append(true).open(at("readable/file")));
    refused("making where one may read", File::create(at("readable/new")));
    fs::create_dir(at("writable/made")).unwrap();
    fs::write(at("writable/made/file"), "x").unwrap();
    fs::rename(at("writable/made/file"), at("writable/moved")).unwrap();
    fs::remove_file(at("writable/moved")).unwrap();
    for path in ["/etc/passwd", "/etc/shadow", "/root", "/proc/1/environ"] {
        let result = File::open(path);
        assert!(result.is_err(), "{path} was opened");
    }
    refused("/etc/passwd", OpenOptions::new().append(true).open("/etc/passwd"));
    refused("a file outside", File::open(at("outside/file")));
    refused("a folder outside", fs::read_dir(at("outside")));
    refused("making outside", fs::create_dir(at("outside/made")));
    refused("removing outside", fs::remove_file(at("outside/file")));
    refused("cutting outside", OpenOptions::new().write(true).truncate(true).open(at("outside/file")));
    refused("modes", fs::set_permissions(at("writable/file"), fs::Permissions::from_mode(0o4755)));
    std::os::unix::fs::symlink(at("outside/file"), at("writable/link")).unwrap();
    refused("a link to the outside", File::open(at("writable/link")));
    assert!(fs::hard_link(at("outside/file"), at("writable/hard")).is_err());
    assert!(fs::rename(at("outside/file"), at("writable/taken")).is_err());
}

fn files_of_a_thread(folder: &Path) {
    refused("a file outside, on a thread", File::open(folder.join("outside/file")));
    assert!(fs::read(folder.join("readable/file")).is_ok());
}

fn processes() {
    refused("a program", Command::new("/bin/true").spawn());
    let program = std::env::current_exe().unwrap();
    refused("this program", Command::new(&program).spawn());
    refused("another program in this process", Err::<(), _>(Command::new("/bin/true").exec()));
    let parent = Pid::from_raw(i32::try_from(std::os::unix::process::parent_id()).unwrap()).unwrap();
    refused("a signal", rustix::process::test_kill_process(parent).map_err(io::Error::from));
    rustix::process::test_kill_process(rustix::process::getpid()).unwrap();
    assert!(fs::read(format!("/proc/{}/environ", parent.as_raw_nonzero())).is_err());
}

fn sockets(online: bool, path: &Path) {
    let (mut one, mut other) = UnixStream::pair().unwrap();
    one.write_all(b"x").unwrap();
    other.read_exact(&mut [0]).unwrap();
    if online {
        TcpListener::bind("127.0.0.1:0").unwrap();
        UdpSocket::bind("127.0.0.1:0").unwrap();
        refused("a socket in a folder", UnixListener::bind(path));
    } else {
        refused("a listener", TcpListener::bind("127.0.0.1:0"));
        refused("a datagram", UdpSocket::bind("127.0.0.1:0"));
        refused("a socket of a folder", UnixStream::connect(path));
    }
}

fn limits() {
    let core = rustix::process::getrlimit(Resource::Core);
    assert_eq!((core.current, core.maximum), (Some(0), Some(0)));
    let raised = Rlimit { current: Some(1 << 20), maximum: Some(1 << 20) };
    refused("a raised limit", rustix::process::setrlimit(Resource::Core, raised).map_err(io::Error::from));
    let open = rustix::process::set_dumpable_behavior(DumpableBehavior::Dumpable);
    refused("opening up again", open.map_err(io::Error::from));
}
