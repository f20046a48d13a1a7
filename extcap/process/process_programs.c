/*
 * The module that loads the programs into the kernel, attaches them, and maps their memory. A
 * capture calls it before it gives up its privileges; the programs end with the descriptors of the
 * process, however it ends.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "array.h"
#include "log.h"
#include "process_feed.h"
#include "process_refusal.h"
#include "trace_programs.skel.h"
#include "function_programs.skel.h"

struct loaded {
    struct bpf_object *object;
    void *skeleton; /* of the set that is loaded; NULL: none is */
    void (*destroy)(void *skeleton);
    struct bpf_link **links;
    size_t link_count;
    size_t link_capacity;
    struct bpf_link *iterator; /* one of the links */
    struct process_event *existing;
    size_t existing_capacity;
    size_t page;
};

__attribute__((visibility("default"))) bool
ipmon_process_open(struct process_feed *feed, bool arguments, struct failure *failure);

/* The verifier's log has thousands of lines. */
static int print_line(enum libbpf_print_level level, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static int print_line(enum libbpf_print_level level, const char *format, va_list arguments)
{
    char text[FAILURE_TEXT_SIZE];

    if (level == LIBBPF_DEBUG)
        return 0;
    vsnprintf(text, sizeof text, format, arguments);
    text[strcspn(text, "\n")] = '\0';
    log_line(IPMON_LOG_DEBUG, "%s", text);
    return 0;
}

static void destroy_trace(void *skeleton)
{
    trace_programs__destroy(skeleton);
}

static bool open_trace(struct loaded *loaded, bool arguments)
{
    struct trace_programs *skeleton = trace_programs__open();

    if (!skeleton)
        return false;
    skeleton->rodata->wants_arguments = arguments;
    loaded->object = skeleton->obj;
    loaded->skeleton = skeleton;
    loaded->destroy = destroy_trace;
    return true;
}

static void destroy_functions(void *skeleton)
{
    function_programs__destroy(skeleton);
}

/* How many arguments a function of the kernel has; -1: it is not known. */
static int count_arguments(const char *function)
{
    struct btf *types = btf__load_vmlinux_btf();
    const int id = types ? btf__find_by_name_kind(types, function, BTF_KIND_FUNC) : -1;
    const struct btf_type *type = id > 0 ? btf__type_by_id(types, (__u32)id) : NULL;
    const int count = type ? btf_vlen(btf__type_by_id(types, type->type)) : -1;

    btf__free(types);
    return count;
}

static bool open_functions(struct loaded *loaded, bool arguments)
{
    enum { ACCEPT_ARGUMENTS = 2 }; /* from Linux 6.10 on; four before */
    struct function_programs *skeleton = function_programs__open();
    const bool is_later = count_arguments("inet_csk_accept") == ACCEPT_ARGUMENTS;

    if (!skeleton)
        return false;
    skeleton->rodata->wants_arguments = arguments;
    bpf_program__set_autoload(skeleton->progs.on_accept, is_later);
    bpf_program__set_autoload(skeleton->progs.on_accept_before, !is_later);
    loaded->object = skeleton->obj;
    loaded->skeleton = skeleton;
    loaded->destroy = destroy_functions;
    return true;
}

/* In the order in which they are tried. */
static const struct {
    const char *name;
    bool (*open)(struct loaded *loaded, bool arguments);
} sets[] = {{"tracepoints", open_trace}, {"functions", open_functions}};

static bool keep_link(struct loaded *loaded, struct bpf_link *link)
{
    struct bpf_link **grown = array_reserve(loaded->links, loaded->link_count,
                                            &loaded->link_capacity, sizeof(struct bpf_link *));

    if (!grown) {
        bpf_link__destroy(link);
        return false;
    }
    loaded->links = grown;
    loaded->links[loaded->link_count++] = link;
    return true;
}

static bool attach(struct loaded *loaded)
{
    struct bpf_program *program;

    bpf_object__for_each_program(program, loaded->object)
    {
        struct bpf_link *link;

        if (!bpf_program__autoload(program))
            continue;
        link = bpf_program__attach(program);
        if (!link || !keep_link(loaded, link))
            return false;
        if (strcmp(bpf_program__name(program), "find_existing") == 0)
            loaded->iterator = link;
    }
    return true;
}

static void unload(struct loaded *loaded)
{
    while (loaded->link_count != 0)
        bpf_link__destroy(loaded->links[--loaded->link_count]);
    if (loaded->skeleton)
        loaded->destroy(loaded->skeleton);
    loaded->skeleton = NULL;
    loaded->iterator = NULL;
}

/*
 * The first set that the kernel accepts. The failure is that of the first one, which older kernels
 * refuse whatever the rights are, unless a right is missing for another one.
 */
static bool load(struct loaded *loaded, struct process_feed *feed, bool arguments,
                 struct failure *failure)
{
    int error = 0;

    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        if (sets[i].open(loaded, arguments) && bpf_object__load(loaded->object) == 0 &&
            attach(loaded)) {
            feed->programs = sets[i].name;
            return true;
        }
        if (error == 0 || errno == EPERM)
            error = errno;
        unload(loaded);
    }
    return process_refuse(failure, error);
}

static int map_descriptor(const struct loaded *loaded, const char *name)
{
    return bpf_object__find_map_fd_by_name(loaded->object, name);
}

/* Two pages of positions, of which the second one and the data are only read. */
static bool map_ring(struct loaded *loaded, struct process_feed *feed, struct failure *failure)
{
    const size_t page = loaded->page = (size_t)sysconf(_SC_PAGESIZE);
    void *consumer;
    void *producer;
    void *lost;

    feed->descriptor = map_descriptor(loaded, "records");
    feed->size = bpf_map__max_entries(bpf_object__find_map_by_name(loaded->object, "records"));
    consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, feed->descriptor, 0);
    producer =
        mmap(NULL, page + 2 * feed->size, PROT_READ, MAP_SHARED, feed->descriptor, (off_t)page);
    lost = mmap(NULL, page, PROT_READ, MAP_SHARED, map_descriptor(loaded, "lost"), 0);
    if (consumer == MAP_FAILED || producer == MAP_FAILED || lost == MAP_FAILED)
        return failure_set_errno(failure, errno, "cannot map the memory of the kernel's programs");
    feed->consumer = consumer;
    feed->producer = producer;
    feed->data = (const uint8_t *)producer + page;
    feed->lost = lost;
    return true;
}

static bool read_existing(struct loaded *loaded, struct process_feed *feed, int descriptor)
{
    struct process_event event;
    ssize_t length;

    feed->existing_count = 0;
    while ((length = read(descriptor, &event, sizeof event)) == (ssize_t)sizeof event) {
        struct process_event *grown = array_reserve(loaded->existing, feed->existing_count,
                                                    &loaded->existing_capacity, sizeof event);

        if (!grown)
            return false;
        feed->existing = loaded->existing = grown;
        loaded->existing[feed->existing_count++] = event;
    }
    return length == 0;
}

static bool find_existing(struct process_feed *feed)
{
    struct loaded *loaded = feed->state;
    const int descriptor = bpf_iter_create(bpf_link__fd(loaded->iterator));
    const bool found = descriptor >= 0 && read_existing(loaded, feed, descriptor);

    if (descriptor >= 0)
        close(descriptor);
    return found;
}

static void close_feed(struct process_feed *feed)
{
    struct loaded *loaded = feed->state;

    if (feed->consumer) {
        munmap(feed->consumer, loaded->page);
        munmap((void *)(uintptr_t)feed->producer, loaded->page + 2 * feed->size);
        munmap((void *)(uintptr_t)feed->lost, loaded->page);
    }
    unload(loaded);
    free(loaded->links);
    free(loaded->existing);
    free(loaded);
    *feed = (struct process_feed){.descriptor = -1};
}

bool ipmon_process_open(struct process_feed *feed, bool arguments, struct failure *failure)
{
    struct loaded *loaded = calloc(1, sizeof *loaded);

    *feed = (struct process_feed){.descriptor = -1, .state = loaded};
    if (!loaded)
        return failure_set_errno(failure, ENOMEM, "no memory for the programs of the kernel");
    feed->find_existing = find_existing;
    feed->close = close_feed;
    libbpf_set_print(print_line);
    if (!load(loaded, feed, arguments, failure) || !map_ring(loaded, feed, failure))
        return false;
    return find_existing(feed) ||
           failure_set_errno(failure, errno, "cannot find the sockets that exist");
}
