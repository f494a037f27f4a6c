//! Landlock: limits the files within reach.

use std::path::PathBuf;

use landlock::{
    ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetStatus, Scope, make_bitflags, path_beneath_rules,
};

use super::confinement::Confinement;

/// The newest kernel interface whose rights are requested; an older kernel enforces the rights that it knows.
const NEWEST: ABI = ABI::V6;

/// Files that the resolver, the search for certificates and Rust's standard library read.
const READABLE: [&str; 24] = [
    "/dev/urandom",
    "/etc/ca-certificates",
    "/etc/gai.conf",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/pki",
    "/etc/protocols",
    "/etc/resolv.conf",
    "/etc/services",
    "/etc/ssl",
    "/lib",
    "/lib64",
    "/nix/store",
    "/proc/self",
    "/run/nscd",
    "/run/systemd/resolve",
    "/sys/devices/system/cpu",
    "/sys/fs/cgroup",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share",
];

/// Devices without content.
const DEVICES: [&str; 2] = ["/dev/null", "/dev/tty"];

/// Returns the rights to read. Nothing may be executed anywhere.
fn reading() -> BitFlags<AccessFs> {
    make_bitflags!(AccessFs::{ReadFile | ReadDir})
}

/// Returns the rights to read and to make the changes that a store, a cache and a results folder need: no
/// devices, pipes or sockets.
fn changing() -> BitFlags<AccessFs> {
    let made = make_bitflags!(AccessFs::{MakeDir | MakeReg | MakeSym | RemoveDir | RemoveFile});
    reading() | made | make_bitflags!(AccessFs::{WriteFile | Truncate | Refer})
}

/// Restricts the calling thread, and returns how far the kernel enforces it.
///
/// # Errors
///
/// A message if the kernel has no Landlock, or rejects the rules.
pub(super) fn restrict(confinement: &Confinement) -> Result<String, String> {
    let text = |error: landlock::RulesetError| error.to_string();
    let proc = confinement.measured.then(|| PathBuf::from("/proc"));
    let readable = READABLE.iter().map(PathBuf::from).chain(proc).chain(confinement.readable.iter().cloned());
    let meter = confinement.measured.then(|| PathBuf::from("/proc/self/clear_refs"));
    let emptying = make_bitflags!(AccessFs::{RemoveDir});
    let planted = make_bitflags!(AccessFs::{MakeFifo | MakeSock});
    let writable = if confinement.measured { changing() | planted } else { changing() };
    let devices = DEVICES.iter().map(PathBuf::from).chain(meter);
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))
        .and_then(|rules| rules.scope(Scope::from_all(NEWEST)))
        .and_then(|rules| rules.create())
        .and_then(|rules| rules.add_rules(path_beneath_rules(readable, reading())))
        .and_then(|rules| rules.add_rules(path_beneath_rules(devices, changing())))
        .and_then(|rules| rules.add_rules(path_beneath_rules(&confinement.writable, writable)))
        .and_then(|rules| rules.add_rules(path_beneath_rules(&confinement.emptied, emptying)))
        .and_then(|rules| rules.restrict_self())
        .map_err(text)?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err("this kernel has no Landlock, or it is not switched on".to_owned()),
        RulesetStatus::PartiallyEnforced => {
            Ok("Landlock, with the rights that this older kernel knows".to_owned())
        }
        RulesetStatus::FullyEnforced => Ok("Landlock".to_owned()),
    }
}
