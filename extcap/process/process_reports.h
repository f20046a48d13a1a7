/*
 * What the programs in the kernel report of processes: their names, paths, control groups and
 * command lines, once for each program that a process executes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PROCESS_REPORTS_H
#define IPMON_PROCESS_REPORTS_H

#include "kernel_types.h"

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#include "process_event.h"

enum {
    RING_SIZE = 4 * 1024 * 1024,
    RING_WAKE = 1024 * 1024, /* bytes that wait when the capture is woken */
    KNOWN_PROCESSES = 16384,
    TASK_IS_KERNEL = 0x00200000, /* PF_KTHREAD */
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, RING_SIZE);
} records SEC(".maps");

/* Records that found no room; read by the capture through its memory. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} lost SEC(".maps");

struct known_process {
    __u64 start;
    __u32 program;
    __u32 has_arguments; /* flag: its command line was reported, too */
    __u64 name[2];       /* TASK_COMM_LEN */
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, KNOWN_PROCESSES);
    __type(key, __u32);
    __type(value, struct known_process);
} known_processes SEC(".maps");

const volatile bool wants_arguments = false;

static __always_inline void lose(void)
{
    const __u32 first = 0;
    __u64 *count = bpf_map_lookup_elem(&lost, &first);

    if (count)
        __sync_fetch_and_add(count, 1);
}

/* Waking the capture for each record would cost more than all the rest. */
static __always_inline __u64 wake(void)
{
    return bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA) > RING_WAKE ? BPF_RB_FORCE_WAKEUP
                                                                      : BPF_RB_NO_WAKEUP;
}

/* The verifier lets a program read the members of what it knows the type of, without a call. */
#ifndef TASK_MEMBER
#define TASK_MEMBER(task, member) BPF_CORE_READ(task, member)
#endif
#ifndef CURRENT_ID
#define CURRENT_ID(task) bpf_get_current_pid_tgid()
#define CURRENT_USER(task) ((__u32)bpf_get_current_uid_gid())
#endif

static __always_inline bool is_kernel_task(struct task_struct *task)
{
    return (TASK_MEMBER(task, flags) & TASK_IS_KERNEL) != 0;
}

/* A place in the tree of files, across mounts. */
struct place {
    struct dentry *dentry;
    struct mount *mount;
};

/* Writes the name of a place, "" for the root of a mount, and goes up. False for the root of all.
 */
static __always_inline bool step_up(struct place *place, char name[PROCESS_PART_SIZE])
{
    struct dentry *dentry = place->dentry;
    struct mount *mount = place->mount;
    struct mount *above = BPF_CORE_READ(mount, mnt_parent);

    if (dentry != BPF_CORE_READ(mount, mnt.mnt_root)) {
        bpf_probe_read_kernel_str(name, PROCESS_PART_SIZE, BPF_CORE_READ(dentry, d_name.name));
        place->dentry = BPF_CORE_READ(dentry, d_parent);
        return true;
    }
    place->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
    place->mount = above;
    return above != mount;
}

/* The names of the executable's path, up to the root. */
static __always_inline void read_path(struct process_record *record, struct task_struct *task)
{
    struct file *file = BPF_CORE_READ(task, mm, exe_file);
    struct vfsmount *vfsmount = BPF_CORE_READ(file, f_path.mnt);
    struct place place = {
        .dentry = BPF_CORE_READ(file, f_path.dentry),
        .mount = (void *)vfsmount - __builtin_preserve_field_info(((struct mount *)0)->mnt, 0),
    };

    record->path_whole = 0;
    for (unsigned part = 0; file && part < PROCESS_PATH_PARTS; part++) {
        if (!step_up(&place, record->path[part])) {
            record->path_whole = 1;
            return;
        }
    }
}

static __always_inline struct kernfs_node *parent_of(struct kernfs_node *node)
{
    struct kernfs_node___later *later = (void *)node;

    return bpf_core_field_exists(later->__parent) ? BPF_CORE_READ(later, __parent)
                                                  : BPF_CORE_READ(node, parent);
}

static __always_inline void read_group(struct process_record *record, struct task_struct *task)
{
    struct kernfs_node *node = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);

    for (unsigned part = 0; part < PROCESS_GROUP_PARTS; part++) {
        if (!node)
            return;
        bpf_probe_read_kernel_str(record->group[part], PROCESS_GROUP_SIZE,
                                  BPF_CORE_READ(node, name));
        node = parent_of(node);
    }
}

static __noinline void fill_process(struct process_record *record, struct task_struct *task)
{
    for (unsigned part = 0; part < PROCESS_PATH_PARTS; part++)
        record->path[part][0] = '\0';
    for (unsigned part = 0; part < PROCESS_GROUP_PARTS; part++)
        record->group[part][0] = '\0';
    record->time = bpf_ktime_get_ns();
    record->arguments_length = 0;
    record->process = BPF_CORE_READ(task, tgid);
    record->program = (__u32)BPF_CORE_READ(task, self_exec_id);
    BPF_CORE_READ_STR_INTO(&record->name, task, group_leader, comm);
    read_path(record, task);
    read_group(record, task);
}

/*
 * As in /proc/PID/cmdline: a title that the process has written over its arguments, and over their
 * last NUL, is one text, which may go on behind them.
 */
static __always_inline void read_arguments(struct process_record_long *record,
                                           struct task_struct *task)
{
    const unsigned long begin = BPF_CORE_READ(task, mm, arg_start);
    const unsigned long end = BPF_CORE_READ(task, mm, arg_end);
    unsigned long length = end - begin;
    char last = '\0';
    long read;

    if (length == 0)
        return;
    bpf_probe_read_user(&last, sizeof last, (void *)(end - 1));
    if (last != '\0') {
        read = bpf_probe_read_user_str(record->arguments, sizeof record->arguments, (void *)begin);
        record->record.arguments_length = read > 0 ? read : 0;
        return;
    }
    if (length > PROCESS_ARGUMENTS_SIZE)
        length = PROCESS_ARGUMENTS_SIZE;
    if (bpf_probe_read_user(record->arguments, length, (void *)begin) == 0)
        record->record.arguments_length = length;
}

/* Of the current task. */
static __always_inline bool report_long(struct task_struct *task)
{
    struct process_record_long *record = bpf_ringbuf_reserve(&records, sizeof *record, 0);

    if (!record)
        return false;
    fill_process(&record->record, task);
    read_arguments(record, task);
    bpf_ringbuf_submit(record, wake());
    return true;
}

static __always_inline bool report_short(struct task_struct *task)
{
    struct process_record *record = bpf_ringbuf_reserve(&records, sizeof *record, 0);

    if (!record)
        return false;
    fill_process(record, task);
    bpf_ringbuf_submit(record, wake());
    return true;
}

/*
 * Reports a process when it, the program that it executes, or its name is a new one, and again when
 * its command line, which only a program that runs in it can read, was not reported yet.
 */
static __noinline void report_process(struct task_struct *task, bool is_current)
{
    struct known_process now = {
        .start = BPF_CORE_READ(task, group_leader, start_boottime),
        .program = (__u32)BPF_CORE_READ(task, self_exec_id),
        .has_arguments = is_current && wants_arguments,
    };
    const __u32 process = BPF_CORE_READ(task, tgid);
    struct known_process *known = bpf_map_lookup_elem(&known_processes, &process);
    bool is_reported;

    BPF_CORE_READ_INTO(&now.name, task, group_leader, comm);
    if (known && known->start == now.start && known->program == now.program &&
        known->has_arguments >= now.has_arguments && known->name[0] == now.name[0] &&
        known->name[1] == now.name[1])
        return;
    if (now.has_arguments)
        is_reported = report_long(task);
    else
        is_reported = report_short(task);
    if (is_reported)
        bpf_map_update_elem(&known_processes, &process, &now, BPF_ANY);
    else
        lose();
}

#endif
