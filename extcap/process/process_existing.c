/*
 * Between two searches for existing sockets the command lines are read: a process that is found by
 * both with the same start, and the same count of executed programs, was no other one in between.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "process_existing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 32 };

struct command_line {
    struct process_event owner; /* one of its sockets */
    char *bytes;                /* NULL: not known */
    size_t length;
};

/*
 * Whether the numbers of /proc are those of the first pid namespace, as in the feed. A process of
 * that namespace is not in the /proc of another one. Source: linux/proc_ns.h, PROC_PID_INIT_INO.
 */
static bool has_first_numbers(void)
{
    static const ino_t first = 0xEFFFFFFCU;
    struct stat status;

    return stat("/proc/self/ns/pid", &status) == 0 && status.st_ino == first;
}

static int compare_numbers(uint32_t a, uint32_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_owners(const void *first, const void *second)
{
    const struct process_event *a = first;
    const struct process_event *b = second;
    int order = compare_numbers(a->process, b->process);

    if (order == 0)
        order = compare_numbers(a->program, b->program);
    return order != 0 ? order : compare_numbers(a->started, b->started);
}

/* Up to `size` bytes; 0 when there are none. */
static size_t read_file(const char *path, char *bytes, size_t size)
{
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    size_t used = 0;
    ssize_t length;

    if (descriptor < 0)
        return 0;
    while (used < size && (length = read(descriptor, bytes + used, size - used)) > 0)
        used += (size_t)length;
    close(descriptor);
    return used;
}

static void read_command_line(struct command_line *line)
{
    char bytes[PROCESS_ARGUMENTS_SIZE];
    char path[PATH_SIZE];

    snprintf(path, sizeof path, "/proc/%u/cmdline", line->owner.process);
    line->length = read_file(path, bytes, sizeof bytes);
    line->bytes = line->length != 0 ? malloc(line->length) : NULL;
    if (line->bytes)
        memcpy(line->bytes, bytes, line->length);
}

/* In the order of compare_owners; NULL when there is no memory. */
static struct process_event *sort_existing(const struct process_feed *feed)
{
    struct process_event *sorted = calloc(feed->existing_count + 1, sizeof *sorted);

    if (!sorted || feed->existing_count == 0)
        return sorted;
    memcpy(sorted, feed->existing, feed->existing_count * sizeof *sorted);
    qsort(sorted, feed->existing_count, sizeof *sorted, compare_owners);
    return sorted;
}

/* One of each process; NULL when there is no memory. */
static struct command_line *read_command_lines(const struct process_feed *feed, size_t *count)
{
    struct process_event *sorted = sort_existing(feed);
    struct command_line *lines = calloc(feed->existing_count + 1, sizeof *lines);

    *count = 0;
    for (size_t i = 0; sorted && lines && i < feed->existing_count; i++) {
        if (i != 0 && compare_owners(&sorted[i - 1], &sorted[i]) == 0)
            continue;
        lines[*count].owner = sorted[i];
        read_command_line(&lines[(*count)++]);
    }
    free(sorted);
    return lines;
}

static void add_those_found_again(const struct process_feed *feed, struct process_name_table *names,
                                  const struct command_line *lines, size_t count)
{
    struct process_event *again = sort_existing(feed);

    for (size_t i = 0; again && i < count; i++)
        if (lines[i].bytes &&
            bsearch(&lines[i].owner, again, feed->existing_count, sizeof *again, compare_owners))
            process_names_add_arguments(names, lines[i].owner.process, lines[i].owner.program,
                                        lines[i].bytes, lines[i].length);
    free(again);
}

void process_existing_add_arguments(struct process_feed *feed, struct process_name_table *names)
{
    struct command_line *lines;
    size_t count;

    if (!has_first_numbers())
        return;
    lines = read_command_lines(feed, &count);
    if (feed->find_existing(feed))
        add_those_found_again(feed, names, lines, count);
    for (size_t i = 0; i < count; i++)
        free(lines[i].bytes);
    free(lines);
}
