"""Stands in for `resource`: the limits are those of the guest, which no program changes, and of what is used only time is measured."""

import collections
import time

RLIM_INFINITY = -1
RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE, RLIMIT_RSS, RLIMIT_NPROC, RLIMIT_NOFILE, RLIMIT_MEMLOCK, RLIMIT_AS = range(10)
RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD = 0, -1, 1
error = OSError

struct_rusage = collections.namedtuple(
    "struct_rusage",
    "ru_utime ru_stime ru_maxrss ru_ixrss ru_idrss ru_isrss ru_minflt ru_majflt ru_nswap ru_inblock ru_oublock ru_msgsnd ru_msgrcv ru_nsignals "
    "ru_nvcsw ru_nivcsw",
)


def getrlimit(resource):
    return RLIM_INFINITY, RLIM_INFINITY


def setrlimit(resource, limits):
    soft, hard = limits
    if hard != RLIM_INFINITY and soft > hard:
        raise ValueError("current limit exceeds maximum limit")


def prlimit(pid, resource, limits=None):
    if limits is not None:
        setrlimit(resource, limits)
    return getrlimit(resource)


def getrusage(who):
    return struct_rusage(time.process_time() if who != RUSAGE_CHILDREN else 0.0, 0.0, *[0] * 14)


def getpagesize():
    return 65536
