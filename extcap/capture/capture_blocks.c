/*
 * The blocks around the packets: section, interfaces, statistics.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_blocks.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "capture_printer.h"
#include "clock.h"
#include "printable.h"

enum {
    INTERFACE_ADDRESSES_MAX = 512,
    COMMENT_SIZE = 1024,
    APPLICATION_SIZE = 512,
    MAC_LENGTH = 6, /* bytes of if_MACaddr; hardware addresses of other lengths are left out */
};

static const char *operating_system(char *text, size_t size)
{
    struct utsname name;

    if (uname(&name) != 0)
        return NULL;
    snprintf(text, size, "%s %s", name.sysname, name.release);
    return text;
}

void capture_write_section(struct capture *capture)
{
    const char *replayed = capture->replay ? capture->settings->file : NULL;
    struct utsname name;
    char system[256];
    char application[APPLICATION_SIZE];
    char shown[APPLICATION_SIZE];

    if (capture->printer.print)
        return;
    snprintf(application, sizeof application, "ipmon " IPMON_VERSION "%s%s",
             replayed ? ", replay of " : "", replayed ? replayed : "");
    printable_copy(shown, sizeof shown, application); /* a path may be no UTF-8 */
    pcapng_write_section(&capture->writer, uname(&name) == 0 ? name.machine : NULL,
                         operating_system(system, sizeof system), shown);
}

static size_t find_addresses(const struct capture *capture, unsigned index,
                             struct pcapng_address *addresses)
{
    size_t count = 0;

    for (size_t i = 0; i < capture->host.state.address_count && count < INTERFACE_ADDRESSES_MAX;
         i++) {
        const struct host_address *address = &capture->host.state.addresses[i];

        if (address->interface_index == index)
            addresses[count++] = (struct pcapng_address){
                .family = address->family,
                .bytes = address->bytes,
                .netmask = address->netmask,
                .prefix_length = address->prefix_length,
            };
    }
    return count;
}

/* Also one that was deleted recently: the latest with this index. */
static const struct host_interface *find_interface(const struct capture *capture, unsigned index)
{
    const struct host_interface *found = host_interface_by_index(&capture->host.state, index);

    for (unsigned i = 1; !found && i <= capture->host.gone_count && i <= GONE_REMEMBERED; i++) {
        const struct host_interface *gone =
            &capture->host.gone[(capture->host.gone_count - i) % GONE_REMEMBERED];

        if (gone->index == index)
            found = gone;
    }
    return found;
}

/* Fills in what the machine knows of an interface. */
static void describe_own(const struct capture *capture, unsigned index,
                         struct source_description *description)
{
    const struct host_interface *found = find_interface(capture, index);

    if (found) {
        snprintf(description->name, sizeof description->name, "%s", found->shown);
        description->block.speed = host_interface_speed(capture->host.ioctl_socket, found);
        if (found->hardware_length == MAC_LENGTH)
            description->block.hardware_address = found->hardware_address;
    } else {
        snprintf(description->name, sizeof description->name, "interface %u", index);
    }
    snprintf(description->text, sizeof description->text, "IP Monitor, receive-all mode %u",
             (unsigned)capture->mode.latest);
}

void capture_name_interface(const struct capture *capture,
                            const struct captured_interface *interface, char *name, size_t size)
{
    const struct packet_source_operations *operations = capture->source->operations;
    struct source_description description = {.block = {.name = description.name}};

    describe_own(capture, interface->index, &description);
    if (operations->describe)
        operations->describe(capture->source, interface->index, &description);
    if (description.block.name && description.block.name[0] != '\0')
        printable_copy(name, size, description.block.name);
    else
        snprintf(name, size, "interface %u", interface->index);
}

void capture_describe(struct capture *capture, struct captured_interface *interface)
{
    const struct packet_source_operations *operations = capture->source->operations;
    struct pcapng_address addresses[INTERFACE_ADDRESSES_MAX];
    char system[256];
    struct source_description description = {
        .block = {
            .link_type = PCAPNG_LINKTYPE_RAW,
            .ticks_exponent = PCAPNG_NANOSECONDS,
            .snapshot_length = capture->settings->snapshot_length,
            .name = description.name,
            .description = description.text,
            .filter = capture->settings->capture_filter,
            .operating_system = operating_system(system, sizeof system),
            .addresses = addresses,
            .address_count = find_addresses(capture, interface->index, addresses),
        }};

    describe_own(capture, interface->index, &description);
    if (operations->describe)
        operations->describe(capture->source, interface->index, &description);
    captured_interface_described(
        &capture->interfaces, interface,
        capture->printer.print ? capture_print_interface(capture, interface, &description.block)
                               : pcapng_write_interface(&capture->writer, &description.block),
        description.block.ticks_exponent);
}

/* Adds a part to a comment; one that does not fit whole is left out. */
static void add_part(char *comment, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add_part(char *comment, const char *format, ...)
{
    static const char between[] = "; ";
    const size_t used = strlen(comment);
    size_t at = used;
    va_list arguments;
    int length;

    if (used + sizeof between > COMMENT_SIZE)
        return;
    if (used != 0) {
        memcpy(comment + used, between, sizeof between);
        at += sizeof between - 1;
    }
    va_start(arguments, format);
    length = vsnprintf(comment + at, COMMENT_SIZE - at, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= COMMENT_SIZE - at)
        comment[used] = '\0';
}

/* What the numbers of the statistics block leave out. */
static void make_comment(const struct capture *capture, const struct captured_interface *interface,
                         char *comment)
{
    uint64_t paused = pause_length(&capture->pause, clock_now(CLOCK_MONOTONIC)) / CLOCK_MILLISECOND;
    char events[COMMENT_SIZE / 2];

    comment[0] = '\0';
    if (capture->pause.times != 0)
        add_part(comment,
                 "Paused %u times, for %" PRIu64 ".%03" PRIu64 " s; %" PRIu64
                 " packets were discarded meanwhile",
                 capture->pause.times, paused / 1000, paused % 1000, interface->paused);
    if (interface->discarded != 0)
        add_part(comment, "%" PRIu64 " packets were discarded at the end", interface->discarded);
    if (interface != capture->interfaces.rows) /* what follows is about all of them */
        return;
    if (capture->mode.changes != 0)
        add_part(comment, "The receive-all mode was changed %u times, to %u in the end",
                 capture->mode.changes, capture->mode.latest);
    if (event_counts_print(&capture->events, events, sizeof events) != 0)
        add_part(comment, "Network events that ipmon met: %s", events);
}

size_t capture_write_statistics(struct capture *capture, const struct packet_counts *counts,
                                size_t first)
{
    uint64_t now = clock_now(CLOCK_REALTIME);
    size_t i = first;

    for (; i < capture->interfaces.count && pcapng_writer_has_room(&capture->writer, 2); i++) {
        struct captured_interface *interface = &capture->interfaces.rows[i];
        /* One socket for all: its losses are in the first block. */
        uint64_t dropped = i == 0 ? counts->dropped : 0;
        uint64_t others =
            i == 0 ? counts->received - captured_interfaces_seen(&capture->interfaces) : 0;
        char comment[COMMENT_SIZE];

        if (!interface->described)
            capture_describe(capture, interface);
        make_comment(capture, interface, comment);
        pcapng_write_statistics(&capture->writer,
                                &(struct pcapng_statistics){
                                    .interface = interface->number,
                                    .ticks_exponent = interface->exponent,
                                    .start_time = capture->accounting.start_time,
                                    .end_time = now,
                                    .received = captured_interface_seen(interface) + others,
                                    .dropped = dropped,
                                    .delivered = interface->delivered,
                                    .comment = comment[0] != '\0' ? comment : NULL,
                                });
    }
    return i;
}
