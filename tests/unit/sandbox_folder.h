/*
 * Child processes that record: folders, what they have open, and how they enter the sandbox.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_SANDBOX_FOLDER_H
#define IPMON_SANDBOX_FOLDER_H

#include "sandbox_child.h"

#include <ftw.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum {
    NEW_FILE = SANDBOX_NEW_FILE,
    PATH_SIZE = 128,
    OPEN_FOLDERS = 8,
};

/*
 * Folders and what a recorder has open. In the folder are the file `old`, the folder `sub`, and the
 * links `away`, to the folder `outside`, and `dangling`. In `outside` is the file `victim`.
 */
struct place {
    char top[sizeof "/tmp/ipmon-test-XXXXXX"]; /* has both; the working directory of the child */
    int folder;
    int outside;
    int low;     /* below the next ones; may not be written to */
    int ring[2]; /* what ring files are opened as */
};

static inline void make_file(int folder, const char *name)
{
    int descriptor = openat(folder, name, NEW_FILE, 0600);

    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, "old", 3), 3);
    close(descriptor);
}

static inline int make_folder(const char *top, const char *name)
{
    char path[PATH_SIZE];
    int descriptor;

    snprintf(path, sizeof path, "%s/%s", top, name);
    assert_int_equal(mkdir(path, 0700), 0);
    descriptor = open(path, O_PATH | O_DIRECTORY);
    assert_true(descriptor >= 0);
    return descriptor;
}

static inline struct place make_place(void)
{
    struct place place = {.top = "/tmp/ipmon-test-XXXXXX"};

    assert_non_null(mkdtemp(place.top));
    place.folder = make_folder(place.top, "folder");
    place.outside = make_folder(place.top, "outside");
    place.low = open("/dev/null", O_WRONLY);
    place.ring[0] = open("/dev/null", O_WRONLY);
    place.ring[1] = open("/dev/null", O_WRONLY);
    make_file(place.folder, "old");
    make_file(place.outside, "victim");
    assert_int_equal(mkdirat(place.folder, "sub", 0700), 0);
    assert_int_equal(symlinkat("../outside", place.folder, "away"), 0);
    assert_int_equal(symlinkat("../outside/absent", place.folder, "dangling"), 0);
    return place;
}

static inline int remove_entry(const char *path, const struct stat *status, int type,
                               struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline void leave_place(const struct place *place)
{
    const int descriptors[] = {place->folder, place->outside, place->low, place->ring[0],
                               place->ring[1]};

    for (size_t i = 0; i < ROWS(descriptors); i++)
        close(descriptors[i]);
    assert_int_equal(nftw(place->top, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS), 0);
}

static inline int landlock_abi(void)
{
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static inline void need_landlock(void)
{
    if (landlock_abi() < 0)
        skip();
}

/* What the kernel then answers to the call. */
struct answer {
    int call; /* SYS_... */
    int error;
};

static inline bool arrange(const struct answer *answer)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)answer->call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)answer->error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = ROWS(filter), .filter = filter};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static inline bool enter_folder(const struct place *place, const struct prison *prison,
                                struct failure *failure)
{
    const struct sandbox_descriptors descriptors = {
        .outputs = place->ring,
        .output_count = ROWS(place->ring),
        .truncatable = place->ring,
        .truncatable_count = ROWS(place->ring),
        .folder = place->folder,
        .dump_socket = -1,
        .kind = prison->kind,
        .source = -1,
    };

    return sandbox_enter(&descriptors, prison->violation, failure);
}

/* Its exit status or negative signal. */
static inline int end_of(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

#endif
