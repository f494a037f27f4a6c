//! The programs that the shell offers.

/// Programs of bashkit that are left out: the network, which is absent, editors that need a screen, other users, and programs
/// that no system has under these names, which would hide functions and variables that scripts expect.
const LEFT_OUT: [&str; 16] = [
    "assert", "busybox", "curl", "dotenv", "http", "json", "log", "man", "nano", "retry", "semver", "sudo",
    "template", "verify", "vi", "wget",
];

/// Returns whether the shell offers a program of bashkit.
pub(crate) fn is_offered(name: &str) -> bool {
    !LEFT_OUT.contains(&name)
}
