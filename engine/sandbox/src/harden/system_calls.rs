//! The filter of system calls.
//!
//! It refuses what this process never does and an attacker would do first. A refused call fails with `EPERM`. `clone3` fails with
//! `ENOSYS`, because a filter cannot see its flags, and the C library then creates threads with `clone`. Calls that are newer than
//! this list fail with `ENOSYS` as well, and so do those of x86-64's other numbering (x32), which the list does not cover.

use std::collections::BTreeMap;

use libc::c_long;
use rustix::process::getpid;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter, sock_filter,
};

use super::confinement::NetworkUse;

/// System calls refused with any arguments.
const REFUSED: &[c_long] = &[
    // Other programs, tracing, memory and descriptors of other processes.
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_kcmp,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_tkill,
    // Parts of the kernel that are large, or that exploits need.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_fanotify_init,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_personality,
    libc::SYS_vmsplice,
    libc::SYS_lookup_dcookie,
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_semget,
    libc::SYS_msgget,
    libc::SYS_mq_open,
    // The system as a whole.
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    // Views of the file system, and calls that Landlock does not cover.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_fchmodat,
    libc::SYS_fchownat,
    libc::SYS_mknodat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    // Users and privileges.
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setgroups,
    libc::SYS_setfsuid,
    libc::SYS_setfsgid,
    libc::SYS_capset,
];

/// System calls refused as well on processors where older variants have numbers of their own.
#[cfg(target_arch = "x86_64")]
const REFUSED_OLD: &[c_long] = &[
    libc::SYS_fork,
    libc::SYS_vfork,
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_mknod,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_kexec_file_load,
];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_OLD: &[c_long] = &[];

/// System calls refused when no socket is needed. Socket pairs within the process remain.
const SOCKETS: &[c_long] = &[
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
];

/// The first number of the calls that are newer than this list, the same on all processors: `fchmodat2` and everything after it,
/// including the numbers of x32.
const NEWER: u32 = 452;

/// Terminal requests that inject input.
const TERMINAL_INPUT: [u64; 2] = [0x5412, 0x541c];

/// Returns the rules: which calls are refused, and with which arguments. A call with an empty list is refused with any arguments.
fn rules(network: NetworkUse) -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::BackendError> {
    use SeccompCmpArgLen::Dword;
    let condition = |argument, operator, value| SeccompCondition::new(argument, Dword, operator, value);
    let one = |argument, operator, value| SeccompRule::new(vec![condition(argument, operator, value)?]);
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        REFUSED.iter().chain(REFUSED_OLD).map(|call| (*call, Vec::new())).collect();
    let mut rule = |call: c_long, conditions| rules.insert(call, conditions);
    match network {
        NetworkUse::Nothing => SOCKETS.iter().for_each(|call| drop(rule(*call, Vec::new()))),
        NetworkUse::Internet => {
            let families = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];
            let others =
                families.map(|family| condition(0, SeccompCmpOp::Ne, u64::from(family.unsigned_abs())));
            rule(libc::SYS_socket, vec![SeccompRule::new(others.into_iter().collect::<Result<_, _>>()?)?]);
        }
    }
    // A new process is a clone that is not a thread.
    let thread = u64::from(libc::CLONE_THREAD.unsigned_abs());
    rule(libc::SYS_clone, vec![one(0, SeccompCmpOp::MaskedEq(thread), 0)?]);
    let own = u64::from(getpid().as_raw_nonzero().get().unsigned_abs());
    rule(libc::SYS_kill, vec![one(0, SeccompCmpOp::Ne, own)?]);
    rule(libc::SYS_tgkill, vec![one(0, SeccompCmpOp::Ne, own)?]);
    // Limits may be read but not set; a process closed to others stays closed.
    rule(libc::SYS_setrlimit, Vec::new());
    let pointer = SeccompCondition::new(2, SeccompCmpArgLen::Qword, SeccompCmpOp::Ne, 0)?;
    rule(libc::SYS_prlimit64, vec![SeccompRule::new(vec![pointer])?]);
    let dumpable = u64::from(libc::PR_SET_DUMPABLE.unsigned_abs());
    rule(libc::SYS_prctl, vec![one(0, SeccompCmpOp::Eq, dumpable)?]);
    let input = TERMINAL_INPUT.map(|request| one(1, SeccompCmpOp::Eq, request));
    rule(libc::SYS_ioctl, input.into_iter().collect::<Result<_, _>>()?);
    Ok(rules)
}

/// Returns the program that refuses all calls from a number on. Its four instructions load the number, compare it, and answer.
fn newer(first: u32) -> BpfProgram {
    const ANSWER: u16 = 0x06;
    let step = |code, jf, k| sock_filter { code, jt: 0, jf, k };
    let refused = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs();
    vec![
        step(0x20, 0, 0),
        step(0x35, 1, first),
        step(ANSWER, 0, refused),
        step(ANSWER, 0, libc::SECCOMP_RET_ALLOW),
    ]
}

/// Returns the programs that the kernel runs for each call, in the order in which they are installed.
fn programs(network: NetworkUse) -> Result<[BpfProgram; 3], String> {
    let text = |error: seccompiler::BackendError| error.to_string();
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(text)?;
    let program = |rules, errno: i32| {
        let refused = SeccompAction::Errno(errno.unsigned_abs());
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, refused, arch).map_err(text)?;
        BpfProgram::try_from(filter).map_err(text)
    };
    let clone3 = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    Ok([newer(NEWER), program(clone3, libc::ENOSYS)?, program(rules(network).map_err(text)?, libc::EPERM)?])
}

/// Filters the system calls of this thread and of those that it starts, and sets that no program can gain privileges.
///
/// # Errors
///
/// A message if this kernel has no such filters, or this processor is unknown.
pub(super) fn filter(network: NetworkUse) -> Result<(), String> {
    programs(network)?.iter().try_for_each(|program| apply_filter(program).map_err(|error| error.to_string()))
}

#[cfg(test)]
#[path = "system_calls_tests.rs"]
mod tests;
