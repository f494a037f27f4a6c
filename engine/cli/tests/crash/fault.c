/* Faults of the device and the clock, injected into a process that writes a store (preloaded before the C library).
 *
 * HYPERSPACE_FAULT=KIND:COUNT:SEED. The fault comes with call number COUNT of its class, on the database and its log alone:
 *   kill     SIGKILL before a write, truncation or sync
 *   torn     half of a write is made, then SIGKILL
 *   power    writes since the last sync of their file are lost, kept or garbled, then SIGKILL
 *   full     this write and all later ones fail with ENOSPC
 *   read     a read fails with EIO
 *   sync     a sync fails with EIO
 *   wall     the wall clock jumps by up to ten years, back or forth, at a reading of it
 *   mono     the monotonic clock jumps ahead by an hour, at a reading of it
 * HYPERSPACE_FAULT_COUNTS=FILE: the calls of each class are written there when the process ends. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char kind[16] = "none";
static uint64_t at, state;
static uint64_t writes, reads, syncs, clocks;
static int64_t wall_jump, mono_jump;

/* A write that no sync has followed yet, with what was there before. */
struct pending { struct pending *next; int fd; dev_t dev; ino_t ino; off_t from; size_t len; off_t size; size_t had; char *old; };
static struct pending *unsynced;

#define REAL(type, name, ...) \
    static type (*real_##name)(__VA_ARGS__); \
    if (!real_##name) real_##name = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

/* splitmix64 */
static uint64_t draw(void) {
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

__attribute__((constructor)) static void start(void) {
    const char *text = getenv("HYPERSPACE_FAULT");
    unsigned long long count = 0, seed = 0;
    if (text && sscanf(text, "%15[a-z]:%llu:%llu", kind, &count, &seed) == 3) { at = count; state = seed; }
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("HYPERSPACE_FAULT_COUNTS");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file) return;
    fprintf(file, "%llu %llu %llu %llu\n", (unsigned long long)writes, (unsigned long long)reads,
            (unsigned long long)syncs, (unsigned long long)clocks);
    fclose(file);
}

/* Whether a descriptor is the database or its log. Index files of shared memory hold nothing that has to last. */
static int is_store(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (len <= 0) return 0;
    path[len] = 0;
    const char *name = strrchr(path, '/');
    return name && (!strcmp(name, "/store.db") || !strcmp(name, "/store.db-wal"));
}

static int is(const char *what) { return !strcmp(kind, what); }
static void die(void) { kill(getpid(), SIGKILL); for (;;) pause(); }

static ssize_t put(int fd, const void *bytes, size_t len, off_t from) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off_t);
    return real_pwrite64(fd, bytes, len, from);
}

static void cut(int fd, off_t size) {
    REAL(int, ftruncate64, int, off_t);
    (void)!real_ftruncate64(fd, size);
}

static void remember(int fd, off_t from, size_t len) {
    REAL(ssize_t, pread64, int, void *, size_t, off_t);
    struct stat status;
    struct pending *one = calloc(1, sizeof *one);
    if (!one || fstat(fd, &status)) { free(one); return; }
    one->old = malloc(len ? len : 1);
    ssize_t had = real_pread64(fd, one->old, len, from);
    one->fd = fd; one->dev = status.st_dev; one->ino = status.st_ino; one->from = from; one->len = len;
    one->size = status.st_size; one->had = had > 0 ? (size_t)had : 0; one->next = unsynced;
    unsynced = one;
}

static void synced(int fd) {
    struct stat status;
    if (fstat(fd, &status)) return;
    for (struct pending **place = &unsynced; *place;) {
        struct pending *one = *place;
        if (one->dev == status.st_dev && one->ino == status.st_ino) { *place = one->next; free(one->old); free(one); }
        else place = &one->next;
    }
}

static void lose_power(void) {
    int all = draw() % 2;
    for (struct pending *one = unsynced; one; one = one->next) {
        uint64_t fate = all ? 0 : draw() % 4;
        if (fate == 0 || fate == 1) {
            static const char zeros[65536];
            put(one->fd, one->old, one->had, one->from);
            if (one->had < one->len && one->len <= sizeof zeros)
                put(one->fd, zeros, one->len - one->had, one->from + (off_t)one->had);
            if (all) cut(one->fd, one->size);
        } else if (fate == 2 && one->len) {
            uint64_t junk = draw();
            size_t len = one->len < sizeof junk ? one->len : sizeof junk;
            put(one->fd, &junk, len, one->from + (off_t)(draw() % (one->len - len + 1)));
        }
    }
    die();
}

/* Before a change of the store: 0 go on, -1 errno is set. */
static int before_write(int fd, const void *bytes, size_t len, off_t from) {
    pthread_mutex_lock(&lock);
    int failed = 0;
    writes++;
    if (writes == at && is("kill")) die();
    if (writes == at && is("power")) lose_power();
    if (writes == at && is("torn")) { if (bytes) put(fd, bytes, len / 2, from); die(); }
    if (at && writes >= at && is("full") && bytes) failed = 1;
    else if (is("power") && bytes) remember(fd, from, len);
    pthread_mutex_unlock(&lock);
    if (failed) errno = ENOSPC;
    return failed ? -1 : 0;
}

static int before_read(void) {
    pthread_mutex_lock(&lock);
    int failed = ++reads == at && is("read");
    pthread_mutex_unlock(&lock);
    if (failed) errno = EIO;
    return failed ? -1 : 0;
}

static int before_sync(int fd) {
    pthread_mutex_lock(&lock);
    int failed = ++syncs == at && is("sync");
    if (!failed) synced(fd);
    pthread_mutex_unlock(&lock);
    if (failed) errno = EIO;
    return failed ? -1 : 0;
}

ssize_t write(int fd, const void *bytes, size_t len) {
    REAL(ssize_t, write, int, const void *, size_t);
    if (is_store(fd) && before_write(fd, bytes, len, lseek(fd, 0, SEEK_CUR))) return -1;
    return real_write(fd, bytes, len);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off_t from) {
    if (is_store(fd) && before_write(fd, bytes, len, from)) return -1;
    return put(fd, bytes, len, from);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t from) { return pwrite64(fd, bytes, len, from); }

int ftruncate64(int fd, off_t size) {
    REAL(int, ftruncate64, int, off_t);
    if (is_store(fd) && before_write(fd, NULL, 0, size)) return -1;
    return real_ftruncate64(fd, size);
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

ssize_t read(int fd, void *bytes, size_t len) {
    REAL(ssize_t, read, int, void *, size_t);
    if (is_store(fd) && before_read()) return -1;
    return real_read(fd, bytes, len);
}

ssize_t pread64(int fd, void *bytes, size_t len, off_t from) {
    REAL(ssize_t, pread64, int, void *, size_t, off_t);
    if (is_store(fd) && before_read()) return -1;
    return real_pread64(fd, bytes, len, from);
}

ssize_t pread(int fd, void *bytes, size_t len, off_t from) { return pread64(fd, bytes, len, from); }

int fsync(int fd) {
    REAL(int, fsync, int);
    if (is_store(fd) && before_sync(fd)) return -1;
    return real_fsync(fd);
}

int fdatasync(int fd) {
    REAL(int, fdatasync, int);
    if (is_store(fd) && before_sync(fd)) return -1;
    return real_fdatasync(fd);
}

static void at_clock(void) {
    if (__atomic_add_fetch(&clocks, 1, __ATOMIC_RELAXED) != at) return;
    if (is("wall")) wall_jump = (int64_t)(draw() % 631152000u) - 315576000;
    if (is("mono")) mono_jump = 3600;
}

int clock_gettime(clockid_t id, struct timespec *out) {
    REAL(int, clock_gettime, clockid_t, struct timespec *);
    int answer = real_clock_gettime(id, out);
    at_clock();
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) out->tv_sec += wall_jump;
    if (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE) out->tv_sec += mono_jump;
    return answer;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone) {
    REAL(int, gettimeofday, struct timeval *, void *);
    int answer = real_gettimeofday(out, zone);
    at_clock();
    out->tv_sec += wall_jump;
    return answer;
}
