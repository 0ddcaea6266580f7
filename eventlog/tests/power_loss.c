/* A disk that forgets: preloaded into a process, it takes back what was not synced and ends the process.
 *
 * What it remembers of every file below PREAU_POWER_DIR: the 4 KiB pages as of the last fsync or fdatasync, for
 * those written since, and the size then. Of every folder: the names made, changed and removed since its last
 * fsync. sync_file_range, close and the sync of a new file's content make no name durable.
 *
 * The power goes at the write number PREAU_POWER_AFTER; or before operation number PREAU_POWER_STEP, counted from the
 * mark number PREAU_POWER_MARK on; or at exit. A mark is where a volume, a file whose name begins with a digit, is made
 * under the name *.new, or shortened. Then, each with a chance of PREAU_POWER_LOSS percent:
 * an unsynced page is as it was, an unsynced size is as it was, and in a folder a name and all later ones are
 * as they were. The choice is the same for the same PREAU_POWER_SEED. fdatasync of a file whose name
 * contains PREAU_POWER_IGNORE does nothing: whoever needs it must lose. The process ends with status 77, or with its
 * own if that is not 0.
 *
 * Everything here goes to the kernel directly and under one lock, so the moment of the loss is one moment.
 * Shared writable mappings are not seen, and therefore refused. 64-bit Linux.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096
#define STATUS 77

struct file {
    dev_t device;
    ino_t inode;
    int fd;           /* our own, so that the inode lives and can be put back */
    off_t synced;     /* its size at the last sync */
    unsigned char **pages; /* as they were at the last sync; 0: not written since */
    size_t room;
    struct file *next;
};

enum kind { MADE, MADE_FOLDER, RENAMED, REMOVED, REMOVED_FOLDER };

/* A change of a name that is not on the disk yet. */
struct change {
    enum kind kind;
    char path[PATH_MAX];   /* where it is now, or was if it was removed */
    char before[PATH_MAX]; /* RENAMED: where it was */
    char kept[PATH_MAX];   /* what was removed or replaced, kept aside; empty if nothing was */
    struct change *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX], aside[PATH_MAX + 8];
static struct file *files;
static struct change *changes, **last_change = &changes;
static uint64_t state;
static long after, step, mark, loss, writes, steps, marks, kept_aside;
static const char *ignored;

static long number(const char *name, long otherwise) {
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : otherwise;
}

/* splitmix64 */
static uint64_t next_random(void) {
    uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

static int lost(void) {
    return (long)(next_random() % 100) < loss;
}

static void refuse(const char *why, const char *what) {
    dprintf(2, "power_loss.c cannot go on: %s %s: %s\n", why, what, strerror(errno));
    _exit(70);
}

/* Removes a name, past our own hook. */
static int drop(const char *path, int flags) {
    return syscall(SYS_unlinkat, AT_FDCWD, path, flags);
}

static int below(const char *path) {
    size_t length = strlen(root);
    return length && strncmp(path, root, length) == 0 && path[length] == '/';
}

static int path_of(int fd, char out[PATH_MAX]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, out, PATH_MAX - 1);
    if (length < 0) return 0;
    out[length] = 0;
    return 1;
}

/* Makes a path absolute. Returns whether it is below the folder that is watched. */
static int absolute(int folder, const char *path, char out[PATH_MAX]) {
    char base[PATH_MAX];
    if (!root[0] || !path) return 0;
    if (path[0] == '/') {
        snprintf(out, PATH_MAX, "%s", path);
    } else {
        if (folder == AT_FDCWD ? !getcwd(base, sizeof base) : !path_of(folder, base)) return 0;
        if (snprintf(out, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) refuse("path too long", path);
    }
    return below(out);
}

/* Files */

static struct file *find(int fd) {
    struct stat at;
    if (!root[0] || fstat(fd, &at) != 0) return NULL;
    for (struct file *file = files; file; file = file->next)
        if (file->inode == at.st_ino && file->device == at.st_dev) return file;
    return NULL;
}

static off_t size_of(int fd) {
    struct stat at;
    return fstat(fd, &at) == 0 ? at.st_size : 0;
}

/* Begins to watch a file. What it holds now is taken for synced, if it is not new. */
static struct file *watch(const char *path, int is_new) {
    int fd = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return NULL;
    struct file *file = find(fd);
    if (file) {
        close(fd);
        return file;
    }
    struct stat at;
    if (fstat(fd, &at) != 0 || !S_ISREG(at.st_mode)) {
        close(fd);
        return NULL;
    }
    file = calloc(1, sizeof *file);
    if (!file) refuse("no memory for", path);
    file->device = at.st_dev;
    file->inode = at.st_ino;
    file->fd = fd;
    file->synced = is_new ? 0 : at.st_size;
    file->next = files;
    return files = file;
}

/* Keeps the pages from `from` to `to` as they are, unless they were written since the last sync. */
static void keep(struct file *file, off_t from, off_t to) {
    for (size_t page = from / PAGE; (off_t)page * PAGE < to; page++) {
        if (page >= file->room) {
            size_t room = (page + 64) * 2;
            unsigned char **pages = realloc(file->pages, room * sizeof *pages);
            if (!pages) refuse("no memory for", "pages");
            memset(pages + file->room, 0, (room - file->room) * sizeof *pages);
            file->pages = pages;
            file->room = room;
        }
        if (file->pages[page]) continue;
        file->pages[page] = calloc(1, PAGE); /* zeros behind the end of the file */
        if (!file->pages[page]) refuse("no memory for", "a page");
        if (syscall(SYS_pread64, file->fd, file->pages[page], PAGE, (off_t)page * PAGE) < 0)
            refuse("cannot read", "a page");
    }
}

static void synced(struct file *file) {
    for (size_t page = 0; page < file->room; page++) {
        free(file->pages[page]);
        file->pages[page] = NULL;
    }
    file->synced = size_of(file->fd);
}

static long put_back(struct file *file) {
    long pages = 0;
    off_t now = size_of(file->fd), size = now;
    if (now != file->synced && lost()) size = file->synced;
    for (size_t page = 0; page < file->room; page++) {
        if (!file->pages[page]) continue;
        /* Where cutting a file is undone, what was cut is there again. */
        if (!lost() && !(size > now && (off_t)(page + 1) * PAGE > now)) continue;
        if (syscall(SYS_pwrite64, file->fd, file->pages[page], PAGE, (off_t)page * PAGE) != PAGE)
            refuse("cannot write", "a page");
        pages++;
    }
    if (size_of(file->fd) != size && syscall(SYS_ftruncate, file->fd, size) != 0)
        refuse("cannot cut", "a file");
    return pages;
}

/* Names */

static struct change *note(enum kind kind, const char *path) {
    struct change *change = calloc(1, sizeof *change);
    if (!change) refuse("no memory for", path);
    change->kind = kind;
    snprintf(change->path, PATH_MAX, "%s", path);
    *last_change = change;
    last_change = &change->next;
    return change;
}

/* Keeps what will be removed or replaced under another name, on the same disk. */
static void put_aside(const char *path, char out[PATH_MAX]) {
    struct stat at;
    if (lstat(path, &at) != 0 || !S_ISREG(at.st_mode)) return;
    if (snprintf(out, PATH_MAX, "%s/%ld", aside, kept_aside++) >= PATH_MAX) refuse("path too long", path);
    if (linkat(AT_FDCWD, path, AT_FDCWD, out, 0) != 0) refuse("cannot keep", path);
}

static void folder_of(const char *path, char out[PATH_MAX]) {
    snprintf(out, PATH_MAX, "%s", path);
    char *slash = strrchr(out, '/');
    if (slash) *slash = 0;
}

static void folder_synced(int fd) {
    char folder[PATH_MAX], of[PATH_MAX];
    if (!path_of(fd, folder)) return;
    struct change **at = &changes;
    while (*at) {
        folder_of((*at)->path, of);
        if (strcmp(of, folder) != 0) {
            at = &(*at)->next;
            continue;
        }
        struct change *done = *at;
        if (done->kept[0]) drop(done->kept, 0);
        *at = done->next;
        free(done);
    }
    last_change = at;
}

/* Follows a folder that got another name. */
static void move_paths(const char *from, const char *to) {
    size_t length = strlen(from);
    for (struct change *change = changes; change; change = change->next) {
        char *paths[] = {change->path, change->before};
        for (int i = 0; i < 2; i++) {
            if (strncmp(paths[i], from, length) != 0 || paths[i][length] != '/') continue;
            char moved[PATH_MAX];
            if (snprintf(moved, PATH_MAX, "%s%s", to, paths[i] + length) >= PATH_MAX) refuse("path too long", to);
            strcpy(paths[i], moved);
        }
    }
}

static void remove_all(const char *path) {
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char inner[PATH_MAX * 2];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (drop(inner, 0) != 0) remove_all(inner);
    }
    if (folder) closedir(folder);
    drop(path, AT_REMOVEDIR);
}

static void undo(struct change *change) {
    switch (change->kind) {
    case MADE:
        drop(change->path, 0);
        break;
    case MADE_FOLDER:
        remove_all(change->path);
        break;
    case RENAMED:
        syscall(SYS_renameat2, AT_FDCWD, change->path, AT_FDCWD, change->before, 0);
        move_paths(change->path, change->before);
        if (change->kept[0]) syscall(SYS_renameat2, AT_FDCWD, change->kept, AT_FDCWD, change->path, 0);
        break;
    case REMOVED:
        if (change->kept[0]) syscall(SYS_renameat2, AT_FDCWD, change->kept, AT_FDCWD, change->path, 0);
        break;
    case REMOVED_FOLDER:
        syscall(SYS_mkdirat, AT_FDCWD, change->path, 0777);
        break;
    }
}

/* Undoes names from the newest to the oldest: in each folder from the first one lost on. */
static long undo_names(void) {
    size_t count = 0, undone = 0;
    for (struct change *change = changes; change; change = change->next) count++;
    struct change **all = calloc(count + 1, sizeof *all);
    char(*folders)[PATH_MAX] = calloc(count + 1, PATH_MAX);
    size_t lost_folders = 0;
    if (!all || !folders) refuse("no memory for", "names");
    for (struct change *change = changes; change; change = change->next) {
        char folder[PATH_MAX];
        folder_of(change->path, folder);
        int gone = 0;
        for (size_t i = 0; i < lost_folders; i++) gone |= strcmp(folders[i], folder) == 0;
        if (!gone && !lost()) continue;
        if (!gone) strcpy(folders[lost_folders++], folder);
        all[undone++] = change;
    }
    for (size_t i = undone; i > 0; i--) undo(all[i - 1]);
    return undone;
}

static void lose(int status, const char *when) {
    long pages = 0, names;
    for (struct file *file = files; file; file = file->next) pages += put_back(file);
    names = undo_names();
    remove_all(aside);
    dprintf(2, "power lost %s, after %ld writes: %ld pages and %ld names are as they were\n", when, writes, pages,
            names);
    _exit(status ? status : STATUS);
}

static void at_exit(int status, void *unused) {
    (void)unused;
    pthread_mutex_lock(&lock);
    lose(status, "at exit");
}

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("PREAU_POWER_DIR");
    if (!folder) return;
    state = strtoull(getenv("PREAU_POWER_SEED") ? getenv("PREAU_POWER_SEED") : "1", NULL, 10);
    after = number("PREAU_POWER_AFTER", 0);
    step = number("PREAU_POWER_STEP", 0);
    mark = number("PREAU_POWER_MARK", 0);
    loss = number("PREAU_POWER_LOSS", 100);
    ignored = getenv("PREAU_POWER_IGNORE");
    snprintf(aside, sizeof aside, "%s.aside", folder);
    syscall(SYS_mkdirat, AT_FDCWD, aside, 0777);
    snprintf(root, sizeof root, "%s", folder);
    on_exit(at_exit, NULL);
}

/* Is called before every operation that changes or syncs something, under the lock. */
static void operation(void) {
    if (step && marks >= mark && ++steps == step) lose(0, "at a step");
}

static int is_time_to_lose(void) {
    return ++writes == after;
}

static const char *name_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int is_volume(const char *path) {
    return isdigit((unsigned char)*name_of(path));
}

static int is_new_volume(const char *path) {
    size_t length = strlen(path);
    return is_volume(path) && length > 4 && strcmp(path + length - 4, ".new") == 0;
}

/* What is hooked */

static int opened(int folder, const char *path, int flags, mode_t mode) {
    char full[PATH_MAX];
    int writes_it = (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
    if (!writes_it || !absolute(folder, path, full)) return syscall(SYS_openat, folder, path, flags, mode);
    pthread_mutex_lock(&lock);
    struct stat at;
    int is_new = lstat(full, &at) != 0;
    if (is_new) {
        marks += is_new_volume(full);
        operation();
    }
    if (!is_new && flags & O_TRUNC) {
        operation();
        struct file *file = watch(full, 0);
        if (file) keep(file, 0, size_of(file->fd));
    }
    int fd = syscall(SYS_openat, folder, path, flags, mode);
    int error = errno;
    if (fd >= 0) {
        watch(full, is_new);
        if (is_new) note(MADE, full);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return fd;
}

#define MODE_OF(flags)                                                 \
    mode_t mode = 0;                                                   \
    if ((flags) & O_CREAT || ((flags) & O_TMPFILE) == O_TMPFILE) {     \
        va_list rest;                                                  \
        va_start(rest, flags);                                         \
        mode = va_arg(rest, mode_t);                                   \
        va_end(rest);                                                  \
    }

int open(const char *path, int flags, ...) { MODE_OF(flags) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE_OF(flags) return opened(AT_FDCWD, path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE_OF(flags) return opened(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE_OF(flags) return opened(folder, path, flags, mode); }
int creat(const char *path, mode_t mode) { return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

/* `at` is -1 for the place where the descriptor stands. */
static ssize_t written(int fd, const struct iovec *parts, int count, off_t at) {
    pthread_mutex_lock(&lock);
    struct file *file = find(fd);
    if (file) {
        off_t from = at, length = 0;
        for (int i = 0; i < count; i++) length += parts[i].iov_len;
        if (from < 0) from = fcntl(fd, F_GETFL) & O_APPEND ? size_of(fd) : lseek(fd, 0, SEEK_CUR);
        operation();
        keep(file, from, from + length);
    }
    ssize_t done = at < 0 ? syscall(SYS_writev, fd, parts, count) : syscall(SYS_pwritev, fd, parts, count, at, 0);
    int error = errno;
    if (file && is_time_to_lose()) lose(0, "at a write");
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    struct iovec part = {(void *)bytes, length};
    return root[0] ? written(fd, &part, 1, -1) : syscall(SYS_write, fd, bytes, length);
}
ssize_t writev(int fd, const struct iovec *parts, int count) { return written(fd, parts, count, -1); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
    struct iovec part = {(void *)bytes, length};
    return written(fd, &part, 1, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) { return pwrite(fd, bytes, length, at); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) { return written(fd, parts, count, at); }
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) { return written(fd, parts, count, at); }

static int resized(int fd, off_t from, off_t to, long call, long a, long b, long c) {
    pthread_mutex_lock(&lock);
    struct file *file = find(fd);
    if (file) {
        operation();
        keep(file, from, to < 0 ? size_of(fd) : to);
    }
    int done = syscall(call, fd, a, b, c);
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

int ftruncate(int fd, off_t size) {
    char path[PATH_MAX];
    pthread_mutex_lock(&lock);
    marks += find(fd) && size < size_of(fd) && path_of(fd, path) && is_volume(path);
    pthread_mutex_unlock(&lock);
    return resized(fd, size, -1, SYS_ftruncate, size, 0, 0);
}
int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }
int fallocate(int fd, int mode, off_t at, off_t length) { return resized(fd, at, at + length, SYS_fallocate, mode, at, length); }
int fallocate64(int fd, int mode, off64_t at, off64_t length) { return fallocate(fd, mode, at, length); }
int posix_fallocate(int fd, off_t at, off_t length) { return fallocate(fd, 0, at, length) == 0 ? 0 : errno; }
int posix_fallocate64(int fd, off64_t at, off64_t length) { return posix_fallocate(fd, at, length); }

static int is_ignored(int fd) {
    char path[PATH_MAX];
    return ignored && *ignored && path_of(fd, path) && strstr(name_of(path), ignored);
}

static int sync_of(int fd, long call) {
    pthread_mutex_lock(&lock);
    struct stat at;
    int is_folder = root[0] && fstat(fd, &at) == 0 && S_ISDIR(at.st_mode);
    struct file *file = find(fd);
    int skipped = call == SYS_fdatasync && file && is_ignored(fd);
    if (file || is_folder) operation();
    if (file && !skipped) synced(file);
    if (is_folder && !skipped) folder_synced(fd);
    pthread_mutex_unlock(&lock);
    return 0; /* What is really on the disk does not matter here, so nobody waits for it. */
}

int fsync(int fd) { return sync_of(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_of(fd, SYS_fdatasync); }
int sync_file_range(int fd, off64_t at, off64_t length, unsigned flags) {
    (void)fd, (void)at, (void)length, (void)flags;
    return 0; /* Makes nothing durable. */
}

static int renamed(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    char before[PATH_MAX], path[PATH_MAX], kept[PATH_MAX] = "";
    int watched = absolute(from_folder, from, before) & absolute(to_folder, to, path);
    pthread_mutex_lock(&lock);
    if (watched) {
        operation();
        put_aside(path, kept);
    }
    int done = syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    int error = errno;
    if (watched && done == 0) {
        move_paths(before, path);
        struct change *change = note(RENAMED, path);
        snprintf(change->before, PATH_MAX, "%s", before);
        snprintf(change->kept, PATH_MAX, "%s", kept);
    } else if (kept[0]) {
        drop(kept, 0);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

int rename(const char *from, const char *to) { return renamed(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int a, const char *from, int b, const char *to) { return renamed(a, from, b, to, 0); }
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) { return renamed(a, from, b, to, flags); }

static int removed(int folder, const char *path, int flags) {
    char full[PATH_MAX], kept[PATH_MAX] = "";
    int watched = absolute(folder, path, full);
    pthread_mutex_lock(&lock);
    if (watched) {
        operation();
        if (!(flags & AT_REMOVEDIR)) put_aside(full, kept);
    }
    int done = syscall(SYS_unlinkat, folder, path, flags);
    int error = errno;
    if (watched && done == 0) {
        struct change *change = note(flags & AT_REMOVEDIR ? REMOVED_FOLDER : REMOVED, full);
        snprintf(change->kept, PATH_MAX, "%s", kept);
    } else if (kept[0]) {
        drop(kept, 0);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

int unlink(const char *path) { return removed(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return removed(AT_FDCWD, path, AT_REMOVEDIR); }
int unlinkat(int folder, const char *path, int flags) { return removed(folder, path, flags); }

static int folder_made(int folder, const char *path, mode_t mode) {
    char full[PATH_MAX];
    int watched = absolute(folder, path, full);
    pthread_mutex_lock(&lock);
    if (watched) operation();
    int done = syscall(SYS_mkdirat, folder, path, mode);
    int error = errno;
    if (watched && done == 0) note(MADE_FOLDER, full);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

int mkdir(const char *path, mode_t mode) { return folder_made(AT_FDCWD, path, mode); }
int mkdirat(int folder, const char *path, mode_t mode) { return folder_made(folder, path, mode); }

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
    if (root[0] && fd >= 0 && (flags & MAP_SHARED) && (protection & PROT_WRITE) && find(fd))
        refuse("a shared mapping is written through", "that nobody sees");
    return (void *)syscall(SYS_mmap, at, length, protection, flags, fd, offset);
}
void *mmap64(void *at, size_t length, int protection, int flags, int fd, off64_t offset) {
    return mmap(at, length, protection, flags, fd, offset);
}
