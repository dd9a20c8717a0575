// Functions that LD_PRELOAD puts in front of those of the C library. With them, a server keeps a second copy of its database:
// what a disk that loses all unsynced writes would contain after a loss of power. Each sync of a file NAME first waits, and then
// copies what was written to NAME since the last sync into NAME.synced. If the server is killed during the copying, the disk has
// stored a part of the writes.
//
// SQLite writes and syncs with the functions `pwrite64` and `fsync`. Only the database and its write-ahead log are copied.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FILES = 2 };
static const char *const NAMES[FILES] = {"/tickcast.db", "/tickcast.db-wal"};

// The time that the disk takes for a sync. It is half of the time between two ticks, so that many kills come
// between a write and the end of its sync.
static const struct timespec SYNC_TIME = {.tv_nsec = 15000000};

// The part of each file that contains all unsynced writes.
static struct { off_t start, end; } unsynced[FILES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void check(int is_done, const char *task) {
    if (!is_done) {
        perror(task);
        abort();
    }
}

// Finds the path of an open file. Returns the index of its name, or FILES if it has none of the names.
static int find(int fd, char path[PATH_MAX]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    int index = length < 0 ? FILES : 0;
    path[length < 0 ? 0 : length] = 0;
    for (; index < FILES; index++) {
        size_t name = strlen(NAMES[index]);
        if ((size_t)length > name && strcmp(path + length - name, NAMES[index]) == 0)
            break;
    }
    return index;
}

static void copy(int from, int to, off_t start, off_t end) {
    char buffer[1 << 16];
    while (start < end) {
        size_t part = end - start < (off_t)sizeof buffer ? (size_t)(end - start) : sizeof buffer;
        ssize_t bytes = pread(from, buffer, part, start);
        if (bytes == 0)
            return; // The file was truncated after it was written.
        check(bytes > 0 && pwrite(to, buffer, bytes, start) == bytes, "copying a synced file");
        start += bytes;
    }
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    ssize_t (*write)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
    char path[PATH_MAX];
    int index = find(fd, path);
    if (index == FILES)
        return write(fd, bytes, length, offset);
    pthread_mutex_lock(&lock);
    ssize_t written = write(fd, bytes, length, offset);
    if (written > 0) {
        off_t end = offset + written;
        int is_first = unsynced[index].start == unsynced[index].end;
        unsynced[index].start = is_first || offset < unsynced[index].start ? offset : unsynced[index].start;
        unsynced[index].end = is_first || end > unsynced[index].end ? end : unsynced[index].end;
    }
    pthread_mutex_unlock(&lock);
    return written;
}

int fsync(int fd) {
    int (*sync)(int) = dlsym(RTLD_NEXT, "fsync");
    char path[PATH_MAX], synced_path[PATH_MAX + 8];
    struct stat file;
    int index = find(fd, path);
    if (index == FILES)
        return sync(fd);
    nanosleep(&SYNC_TIME, NULL);
    snprintf(synced_path, sizeof synced_path, "%s.synced", path);
    pthread_mutex_lock(&lock);
    int synced = open(synced_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    check(synced >= 0, synced_path);
    copy(fd, synced, unsynced[index].start, unsynced[index].end);
    check(fstat(fd, &file) == 0 && ftruncate(synced, file.st_size) == 0 && close(synced) == 0, synced_path);
    unsynced[index].start = unsynced[index].end = 0;
    pthread_mutex_unlock(&lock);
    return 0;
}
