/*
 * Capturing with libpcap: whole frames with the link type of the device, and every filter that
 * libpcap knows for it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet_source.h"

#include <errno.h>
#include <linux/filter.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture_filter.h"
#include "clock.h"
#include "device_list.h"
#include "log.h"
#include "permission.h"
#include "vlan_tag.h"

enum {
    BUFFER_LATENCY = 30, /* milliseconds until libpcap's ring hands over a block not yet full */
    EXPRESSION_SIZE = 8192,
    ADDRESS_TEST_SIZE =
        (VLAN_TAGS_MAX + 1) * (HOST_ADDRESS_TEXT_SIZE + 24), /* a host after each tag */
};

struct source_pcap {
    struct packet_source source;
    const struct settings *settings;
    struct arrival *arrival;
    struct arrival_queue queue;
    pcap_t *pcap;
    char device[DESCRIPTION_SIZE];
    unsigned interface; /* the kernel's index, or 0 */
    uint64_t unit;      /* nanoseconds of the timestamps' second part */
    struct packet_counts counts;
    uint64_t taken;            /* packets that libpcap gave */
    uint64_t refused;          /* of these, by `filter` */
    struct bpf_program filter; /* one that the kernel does not run; libpcap would not count */
    struct pcap_stat last;     /* counters of 32 bits, which wrap around */
    bool gone;
};

static struct packet_counts read_counts(struct packet_source *base)
{
    struct source_pcap *source = (struct source_pcap *)base;
    struct pcap_stat now;

    if (pcap_stats(source->pcap, &now) == 0) {
        source->counts.received += now.ps_recv - source->last.ps_recv;
        source->counts.dropped += now.ps_drop - source->last.ps_drop;
        source->counts.received =
            packet_source_unwrap(source->counts.received, source->taken + source->counts.dropped);
        source->last = now;
    }
    return (struct packet_counts){
        .received = source->counts.received - source->refused,
        .dropped = source->counts.dropped,
    };
}

static uint64_t dropped(struct packet_source *base)
{
    return read_counts(base).dropped;
}

/* The next packet of libpcap's; false when there is none. */
static bool read_packet(struct source_pcap *source, struct captured_packet *packet)
{
    uint32_t limit = source->settings->snapshot_length;
    struct pcap_pkthdr *header;
    const u_char *bytes;
    int result;

    errno = 0;
    result = pcap_next_ex(source->pcap, &header, &bytes);
    source->gone = result < 0 && errno != EAGAIN; /* what libpcap calls an error on nflog */
    if (result <= 0 && !source->gone)
        arrival_drained(source->arrival);
    if (result <= 0)
        return false;
    source->taken++;
    *packet = (struct captured_packet){
        .bytes = bytes,
        .captured_length = header->caplen < limit ? header->caplen : limit,
        .wire_length = header->len,
        .timestamp = (uint64_t)header->ts.tv_sec * CLOCK_SECOND +
                     (uint64_t)header->ts.tv_usec * source->unit,
        .interface = source->interface,
    };
    packet->arrival = arrival_time(source->arrival, &source->queue, packet->timestamp);
    return true;
}

static bool next_packet(struct packet_source *base, struct captured_packet *packet)
{
    struct source_pcap *source = (struct source_pcap *)base;

    base->busy = false;
    for (unsigned i = 0; i < PACKET_SOURCE_TURN; i++) {
        if (!read_packet(source, packet))
            return false;
        if (capture_filter_accepts(&source->filter, packet->bytes, packet->captured_length,
                                   packet->wire_length))
            return true;
        source->refused++;
    }
    base->busy = true;
    return false;
}

static enum packet_source_state state(struct packet_source *base, struct failure *failure)
{
    struct source_pcap *source = (struct source_pcap *)base;

    if (!source->gone)
        return PACKET_SOURCE_RUNNING;
    log_event(EVENT_SORECEIVE_ERROR, "libpcap on %s: %s", source->device,
              pcap_geterr(source->pcap));
    failure_set_errno(failure, ENODEV, "libpcap captures no more on %s: %s", source->device,
                      pcap_geterr(source->pcap));
    return PACKET_SOURCE_ENDED;
}

/* Few link types have another number in files (LINKTYPE_*) than on devices (DLT_*). */
static uint16_t link_type_of(int data_link)
{
    static const struct {
        int data_link;
        uint16_t link_type;
    } different[] = {{DLT_RAW, PCAPNG_LINKTYPE_RAW}, {DLT_ATM_RFC1483, 100}};

    for (size_t i = 0; i < sizeof different / sizeof *different; i++)
        if (different[i].data_link == data_link)
            return different[i].link_type;
    return (uint16_t)data_link;
}

static void describe(struct packet_source *base, unsigned interface,
                     struct source_description *description)
{
    struct source_pcap *source = (struct source_pcap *)base;

    (void)interface;
    description->block.link_type = link_type_of(pcap_datalink(source->pcap));
    snprintf(description->name, sizeof description->name, "%s", source->device);
    snprintf(description->text, sizeof description->text,
             "IP Monitor, receive-all mode %u, with libpcap", source->settings->receive_all_mode);
}

static void stop(struct packet_source *base)
{
    struct source_pcap *source = (struct source_pcap *)base;

    /* Not by pcap_setfilter, which discards what was received. */
    capture_filter_refuse_all(pcap_fileno(source->pcap));
}

static void close_source(struct packet_source *base)
{
    struct source_pcap *source = (struct source_pcap *)base;

    if (source->pcap)
        pcap_close(source->pcap);
    pcap_freecode(&source->filter);
    free(source);
}

static bool choose_device(struct source_pcap *source, const struct packet_source_request *request,
                          struct failure *failure)
{
    unsigned wanted = request->settings->selected_interface;
    struct device_list list;
    bool found;

    if (wanted == 0) {
        snprintf(source->device, sizeof source->device, "%s",
                 request->interface ? request->interface->name : "any");
        return true;
    }
    found = device_list_read(&list, failure) && wanted <= list.count;
    if (found)
        snprintf(source->device, sizeof source->device, "%s", list.devices[wanted - 1]->name);
    else if (permission_is_from_file())
        failure_set_errno(
            failure, EPERM,
            "number %u is no network interface, and with the capability of its file "
            "ipmon opens no other device; see 'ipmon --list-interfaces', or run it as "
            "root",
            wanted);
    else
        failure_set_errno(failure, EINVAL,
                          "libpcap has no device number %u; see 'ipmon --list-interfaces'", wanted);
    device_list_free(&list);
    return found;
}

/* Sets the interface, and its name for printing: the device is open already. */
static void find_index(struct source_pcap *source, const struct host_addresses *host)
{
    for (size_t i = 0; i < host->interface_count; i++) {
        if (strcmp(host->interfaces[i].name, source->device) != 0)
            continue;
        source->interface = host->interfaces[i].index;
        snprintf(source->device, sizeof source->device, "%s", host->interfaces[i].shown);
        return;
    }
}

static bool refuse(struct source_pcap *source, int status, struct failure *failure)
{
    static const struct {
        int status;
        int errno_value;
    } known[] = {{PCAP_ERROR_PERM_DENIED, EPERM},
                 {PCAP_ERROR_PROMISC_PERM_DENIED, EPERM},
                 {PCAP_ERROR_IFACE_NOT_UP, ENETDOWN},
                 {PCAP_ERROR_NO_SUCH_DEVICE, ENODEV}};
    char what[DESCRIPTION_SIZE + PCAP_ERRBUF_SIZE];
    int errno_value = EINVAL;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].status == status)
            errno_value = known[i].errno_value;
    snprintf(what, sizeof what, "libpcap cannot capture on %s: %s", source->device,
             status == PCAP_ERROR ? pcap_geterr(source->pcap) : pcap_statustostr(status));
    return errno_value == EPERM ? packet_source_refused(failure, errno_value, what)
                                : failure_set_errno(failure, errno_value, "%s", what);
}

static bool activate(struct source_pcap *source, struct failure *failure)
{
    const struct settings *settings = source->settings;
    char error[PCAP_ERRBUF_SIZE];
    int status;

    source->pcap = pcap_create(source->device, error);
    if (!source->pcap)
        return failure_set_errno(failure, EINVAL, "libpcap cannot open %s: %s", source->device,
                                 error);
    /* These fail only on a handle that is active; the unit of timestamps is read below. */
    if (pcap_set_snaplen(source->pcap, (int)settings->snapshot_length) != 0 ||
        pcap_set_promisc(source->pcap, settings->receive_all_mode == RECEIVE_ALL_PROMISCUOUS) !=
            0 ||
        pcap_set_timeout(source->pcap, BUFFER_LATENCY) != 0 ||
        pcap_set_buffer_size(source->pcap, (int)settings->in_buffer_size) != 0)
        return failure_set_errno(failure, EINVAL, "libpcap cannot set up %s", source->device);
    if (pcap_set_tstamp_precision(source->pcap, PCAP_TSTAMP_PRECISION_NANO) != 0)
        log_line(IPMON_LOG_INFO, "libpcap reports microseconds on %s", source->device);
    status = pcap_activate(source->pcap);
    if (status < 0)
        return refuse(source, status, failure);
    if (status > 0)
        log_line(IPMON_LOG_WARNING, "libpcap on %s: %s", source->device, pcap_statustostr(status));
    source->unit = pcap_get_tstamp_precision(source->pcap) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
    return true;
}

/* libpcap's devices that are no network interfaces have other sockets, or none. */
static enum sandbox_source kind_of(int descriptor)
{
    int family = AF_UNSPEC;
    socklen_t length = sizeof family;

    getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &length);
    return family == AF_PACKET ? SANDBOX_LIBPCAP : SANDBOX_LIBPCAP_DEVICE;
}

/* An interface may have the name of another device of libpcap's, which is then opened. */
static bool check_opened(const struct source_pcap *source, struct failure *failure)
{
    if (!permission_is_from_file() || kind_of(pcap_fileno(source->pcap)) == SANDBOX_LIBPCAP)
        return true;
    return failure_set_errno(failure, EPERM,
                             "%s is no network interface to libpcap, and with the capability of "
                             "its file ipmon opens no other device",
                             source->device);
}

/* Whether the kernel accepts a filter; otherwise libpcap would run it without notice. */
static bool kernel_runs(const struct bpf_program *program)
{
    const struct sock_fprog filter = {
        .len = (unsigned short)program->bf_len,
        .filter = (struct sock_filter *)(void *)program->bf_insns, /* laid out alike */
    };
    int trial = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool runs = trial >= 0 && program->bf_len <= BPF_MAXINSNS &&
                setsockopt(trial, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0;

    if (trial >= 0)
        close(trial);
    return runs;
}

static bool install_filter(struct source_pcap *source, struct bpf_program *program,
                           const char *expression, struct failure *failure)
{
    if (kernel_runs(program))
        return pcap_setfilter(source->pcap, program) == 0 ||
               failure_set_errno(failure, EINVAL, "libpcap refused the capture filter: %s",
                                 pcap_geterr(source->pcap));
    /* For the packets' bytes alone: a program for the device may load ancillary data. */
    if (!capture_filter_compile(&source->filter, pcap_datalink(source->pcap),
                                source->settings->snapshot_length, expression, failure))
        return false;
    log_line(IPMON_LOG_WARNING, CAPTURE_FILTER_HERE);
    return true;
}

/*
 * Mode 0 as an expression of libpcap's. `host` does not match behind a VLAN tag: each `vlan` moves
 * what follows behind one more tag.
 */
static void write_address_test(const struct source_pcap *source, const struct host_address *address,
                               char *text, size_t size)
{
    const unsigned tags = pcap_datalink(source->pcap) == DLT_EN10MB ? VLAN_TAGS_MAX : 0;
    const int length = (int)strcspn(address->text, "%");
    size_t used = (size_t)snprintf(text, size, "(host %.*s", length, address->text);

    for (unsigned i = 0; i < tags; i++)
        used += (size_t)snprintf(text + used, size - used, " or (vlan and host %.*s)", length,
                                 address->text);
    snprintf(text + used, size - used, ")");
}

/* The user's expression and, in mode 0, the test of the address. */
static bool set_filter(struct source_pcap *source, const struct host_address *address,
                       struct failure *failure)
{
    const char *given = source->settings->capture_filter;
    bool is_given = given && *given;
    bool restricted = source->settings->receive_all_mode == RECEIVE_ALL_OFF && address;
    char address_test[ADDRESS_TEST_SIZE] = "";
    char expression[EXPRESSION_SIZE];
    struct bpf_program program;
    bool installed;
    int length;

    if (restricted)
        write_address_test(source, address, address_test, sizeof address_test);
    length = snprintf(expression, sizeof expression, "%s%s%s%s%s", is_given ? "(" : "",
                      is_given ? given : "", is_given ? ")" : "",
                      is_given && restricted ? " and " : "", address_test);
    if (length < 0 || (size_t)length >= sizeof expression)
        return failure_set_errno(failure, EMSGSIZE, "the capture filter is too long");
    capture_filter_silence_resolver();
    if (pcap_compile(source->pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0)
        return capture_filter_refuse(failure, pcap_geterr(source->pcap), given ? given : expression,
                                     "");
    installed = install_filter(source, &program, expression, failure);
    pcap_freecode(&program);
    return installed;
}

/* libpcap discards the loopback's copies, too, but counts them as received. */
static void keep_copies_out(struct source_pcap *source, const struct packet_source_request *request)
{
    unsigned loopback = packet_source_loopback(request, RECEIVE_ALL_OFF);
    bool is_there = source->interface == loopback || strcmp(source->device, "any") == 0;

    if (loopback != 0 && is_there &&
        !capture_filter_refuse_copies(pcap_fileno(source->pcap), loopback))
        log_line(IPMON_LOG_WARNING, "the loopback's packets are counted twice: %s",
                 strerror(errno));
}

static bool prepare(struct source_pcap *source, const struct packet_source_request *request,
                    struct failure *failure)
{
    char error[PCAP_ERRBUF_SIZE];

    if (source->settings->receive_all_mode == RECEIVE_ALL_SOCKET_LEVEL)
        return failure_set_errno(failure, EINVAL,
                                 "receive-all mode 2 does not go together with --use-pcap");
    if (!choose_device(source, request, failure) || !activate(source, failure) ||
        !check_opened(source, failure) || !set_filter(source, request->address, failure))
        return false;
    find_index(source, request->host);
    keep_copies_out(source, request);
    if (pcap_setnonblock(source->pcap, 1, error) != 0)
        return failure_set_errno(failure, EINVAL, "libpcap on %s: %s", source->device, error);
    source->source.descriptor = pcap_get_selectable_fd(source->pcap);
    source->source.kind = kind_of(source->source.descriptor);
    return source->source.descriptor >= 0 ||
           failure_set_errno(failure, ENODEV, "%s cannot be waited on", source->device);
}

/* libpcap's socket is bound to the interface's index, whatever its name. */
static void host_changed(struct packet_source *base, const struct host_addresses *host,
                         const struct host_change *change)
{
    struct source_pcap *source = (struct source_pcap *)base;

    (void)host;
    if (change && change->shown_before[0] != '\0' && source->interface != 0 &&
        change->interface.index == source->interface)
        snprintf(source->device, sizeof source->device, "%s", change->interface.shown);
}

static const struct packet_source_operations operations = {
    .next = next_packet,
    .state = state,
    .counts = read_counts,
    .dropped = dropped,
    .describe = describe,
    .host_changed = host_changed,
    .stop = stop,
    .close = close_source,
};

struct packet_source *source_pcap_open(const struct packet_source_request *request,
                                       struct failure *failure)
{
    struct source_pcap *source = calloc(1, sizeof *source);

    if (!source) {
        failure_set_errno(failure, ENOMEM, "cannot capture with libpcap");
        return NULL;
    }
    source->source = (struct packet_source){
        .operations = &operations, .descriptor = -1, .latency = BUFFER_LATENCY};
    source->settings = request->settings;
    source->arrival = request->arrival;
    if (prepare(source, request, failure))
        return &source->source;
    close_source(&source->source);
    return NULL;
}
