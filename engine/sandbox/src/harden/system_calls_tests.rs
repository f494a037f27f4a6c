//! Tests of the filter, with an interpreter that runs its programs as the kernel does: most refused calls cannot be made safely.

use super::*;

/// Returns a program's answer to a call: the action in the upper and the error number in the lower 16 bits.
fn answer(program: &BpfProgram, call: c_long, arguments: [u64; 6]) -> u32 {
    let arch: u32 = if cfg!(target_arch = "x86_64") { 0xc000_003e } else { 0xc000_00b7 };
    let mut data = Vec::new();
    data.extend(u32::try_from(call).unwrap().to_ne_bytes());
    data.extend(arch.to_ne_bytes());
    data.extend([0; 8]);
    arguments.iter().for_each(|argument| data.extend(argument.to_ne_bytes()));
    let (mut accumulator, mut at) = (0u32, 0);
    loop {
        let step = &program[at];
        at += 1;
        let mut jump = |taken: bool| at += usize::from(if taken { step.jt } else { step.jf });
        match step.code {
            0x20 => {
                let from = step.k as usize;
                accumulator = u32::from_ne_bytes(data[from..from + 4].try_into().unwrap());
            }
            0x54 => accumulator &= step.k,
            0x05 => at += step.k as usize,
            0x15 => jump(accumulator == step.k),
            0x25 => jump(accumulator > step.k),
            0x35 => jump(accumulator >= step.k),
            0x06 => return step.k,
            code => panic!("the machine of this test does not know instruction {code:#x}"),
        }
    }
}

const ALLOWED: u32 = 0x7fff_0000;
const EPERM: u32 = 0x0005_0000 | 1;

fn refuses(network: NetworkUse, call: c_long, arguments: [u64; 6]) -> bool {
    let [_, _, main] = programs(network).unwrap();
    match answer(&main, call, arguments) {
        ALLOWED => false,
        EPERM => true,
        other => panic!("{other:#x}"),
    }
}

#[test]
fn programs_processes_tracing_and_the_system_are_out_of_reach() {
    for network in [NetworkUse::Nothing, NetworkUse::Internet] {
        for call in REFUSED.iter().chain(REFUSED_OLD) {
            assert!(refuses(network, *call, [0; 6]) && refuses(network, *call, [u64::MAX; 6]), "{call}");
        }
    }
}

#[test]
fn calls_that_are_newer_than_the_list_and_those_of_x32_do_not_exist() {
    let [newer, ..] = programs(NetworkUse::Internet).unwrap();
    let unknown = 0x0005_0000 | libc::ENOSYS.unsigned_abs();
    // fchmodat2, setxattrat, the last number, and execve and ptrace of x32.
    for call in [452, 463, c_long::from(u32::MAX), 0x4000_0208, 0x4000_0209] {
        assert_eq!(answer(&newer, call, [0; 6]), unknown, "{call}");
    }
    for call in [libc::SYS_read, libc::SYS_futex, 451] {
        assert_eq!(answer(&newer, call, [0; 6]), ALLOWED, "{call}");
    }
}

#[test]
fn a_thread_can_be_made_and_a_process_cannot() {
    let [_, clone3, _] = programs(NetworkUse::Nothing).unwrap();
    assert_eq!(answer(&clone3, libc::SYS_clone3, [0; 6]), 0x0005_0000 | libc::ENOSYS.unsigned_abs());
    assert_eq!(answer(&clone3, libc::SYS_execve, [0; 6]), ALLOWED);
    // The flags of the C library's threads, and of a child that shares memory until it executes a program.
    assert!(!refuses(NetworkUse::Nothing, libc::SYS_clone, [0x003d_0f00, 0, 0, 0, 0, 0]));
    assert!(refuses(NetworkUse::Nothing, libc::SYS_clone, [0x4111, 0, 0, 0, 0, 0]));
    assert!(refuses(NetworkUse::Nothing, libc::SYS_clone, [0x11, 0, 0, 0, 0, 0]));
}

#[test]
fn sockets_are_those_that_are_needed() {
    let family = |family: i32| [u64::from(family.unsigned_abs()), 1, 0, 0, 0, 0];
    for known in [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK] {
        assert!(!refuses(NetworkUse::Internet, libc::SYS_socket, family(known)));
        assert!(refuses(NetworkUse::Nothing, libc::SYS_socket, family(known)));
    }
    for other in [libc::AF_PACKET, libc::AF_ALG, libc::AF_VSOCK] {
        assert!(refuses(NetworkUse::Internet, libc::SYS_socket, family(other)));
    }
    assert!(refuses(NetworkUse::Nothing, libc::SYS_connect, [3, 0, 0, 0, 0, 0]));
    assert!(!refuses(NetworkUse::Internet, libc::SYS_connect, [3, 0, 0, 0, 0, 0]));
    assert!(!refuses(NetworkUse::Nothing, libc::SYS_socketpair, family(libc::AF_UNIX)));
}

#[test]
fn signals_limits_and_terminals_are_this_process_own() {
    let own = u64::from(std::process::id());
    for call in [libc::SYS_kill, libc::SYS_tgkill] {
        assert!(!refuses(NetworkUse::Nothing, call, [own, own, 6, 0, 0, 0]));
        assert!(refuses(NetworkUse::Nothing, call, [1, 1, 9, 0, 0, 0]));
        assert!(refuses(NetworkUse::Nothing, call, [u64::MAX, 1, 9, 0, 0, 0]));
    }
    assert!(!refuses(NetworkUse::Nothing, libc::SYS_prlimit64, [0, 7, 0, 0x7fff_0000_1000, 0, 0]));
    assert!(refuses(NetworkUse::Nothing, libc::SYS_prlimit64, [0, 7, 0x7fff_0000_1000, 0, 0, 0]));
    assert!(refuses(NetworkUse::Nothing, libc::SYS_prctl, [4, 1, 0, 0, 0, 0]));
    assert!(!refuses(NetworkUse::Nothing, libc::SYS_prctl, [15, 1, 0, 0, 0, 0]));
    assert!(refuses(NetworkUse::Nothing, libc::SYS_ioctl, [0, 0x5412, 0, 0, 0, 0]));
    assert!(!refuses(NetworkUse::Nothing, libc::SYS_ioctl, [0, 0x5413, 0, 0, 0, 0]));
}

#[test]
fn the_calls_of_every_day_remain() {
    for call in [
        libc::SYS_read,
        libc::SYS_openat,
        libc::SYS_mmap,
        libc::SYS_mprotect,
        libc::SYS_madvise,
        libc::SYS_futex,
        libc::SYS_fcntl,
        libc::SYS_fchmod,
        libc::SYS_fchown,
        libc::SYS_renameat2,
        libc::SYS_getrandom,
        // The images of memories that instances begin with.
        libc::SYS_memfd_create,
    ] {
        assert!(!refuses(NetworkUse::Nothing, call, [0; 6]), "{call}");
    }
}
