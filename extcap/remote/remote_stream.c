/*
 * Blocks are read where they are in the buffer, and the comments of packets are made strings there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "remote_stream.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "printable.h"
#include "remote_option.h"

enum {
    BLOCK_INTERFACE_DESCRIPTION = 1,
    BLOCK_PACKET = 2, /* obsolete */
    BLOCK_SIMPLE_PACKET = 3,
    BLOCK_INTERFACE_STATISTICS = 5,
    BLOCK_ENHANCED_PACKET = 6,
    BLOCK_SECTION_HEADER = 0x0A0D0D0A, /* in either byte order */
    BYTE_ORDER_MAGIC = 0x1A2B3C4D,
    VERSION_MAJOR = 1,

    /* offsets from the begin of a block, and of what is before its options */
    BLOCK_LENGTH_AT = 4,
    BLOCK_BODY = 8,
    BLOCK_TRAILER = 4,
    SECTION_MAGIC_AT = 8,
    SECTION_VERSION_AT = 12,
    SECTION_OPTIONS = 24,
    PACKET_INTERFACE_AT = 8,
    PACKET_TIME_AT = 12,
    PACKET_CAPTURED_AT = 20,
    PACKET_WIRE_AT = 24,
    PACKET_BYTES = 28,
    STATISTICS_INTERFACE_AT = 8,
    STATISTICS_OPTIONS = 20,
    REPORT_TOKEN_AT = 8,
    REPORT_TIME_AT = 16,
    REPORT_END = 24,

    OPTION_SHB_APPLICATION = 4,
    OPTION_EPB_FLAGS = 2,
    OPTION_EPB_DROPCOUNT = 4,
    OPTION_EPB_PACKETID = 5,
    OPTION_EPB_QUEUE = 6,
    OPTION_EPB_PROCESS_THREAD = 8,
    OPTION_ISB_RECEIVED = 4,
    OPTION_ISB_DROPPED = 5,
    OPTION_ISB_DELIVERED = 8,

    PLAIN_OPTIONS = 2 * REMOTE_OPTION_HEADER + 4, /* bytes: the flags alone, and the end */
    KNOWN_FLAGS = 0x1F,                           /* direction and reception */
    QUOTE_SIZE = 80,
};

#define APPLICATION "ipmon "

static enum remote_block break_stream(struct remote_stream *stream, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static enum remote_block break_stream(struct remote_stream *stream, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(stream->fault, sizeof stream->fault, format, arguments);
    va_end(arguments);
    stream->broken = true;
    return REMOTE_BLOCK_BROKEN;
}

/* The first line of what came instead of a stream. */
static enum remote_block refuse_beginning(struct remote_stream *stream)
{
    const char *begin = (const char *)stream->buffer + stream->start;
    size_t length = stream->end - stream->start;
    char text[QUOTE_SIZE];
    char quoted[QUOTE_SIZE];

    while (length > 0 && (*begin == '\r' || *begin == '\n')) {
        begin++;
        length--;
    }
    if (length >= sizeof text)
        length = sizeof text - 1;
    memcpy(text, begin, length);
    text[length] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    printable_copy(quoted, sizeof quoted, text);
    return break_stream(stream, "what comes is no capture of ipmon; it begins with '%s'", quoted);
}

bool remote_stream_init(struct remote_stream *stream)
{
    memset(stream, 0, sizeof *stream);
    stream->buffer = malloc(REMOTE_STREAM_SIZE);
    return stream->buffer != NULL;
}

void remote_stream_free(struct remote_stream *stream)
{
    for (size_t i = 0; i < stream->interface_count; i++)
        remote_interface_free(&stream->interfaces[i]);
    free(stream->interfaces);
    free(stream->buffer);
    memset(stream, 0, sizeof *stream);
}

/* What is left is a part of a block at most, when all whole ones were read. */
uint8_t *remote_stream_room(struct remote_stream *stream, size_t *size)
{
    if (stream->start != 0) {
        memmove(stream->buffer, stream->buffer + stream->start, stream->end - stream->start);
        stream->end -= stream->start;
        stream->start = 0;
    }
    *size = stream->broken ? 0 : REMOTE_STREAM_SIZE - stream->end;
    return stream->buffer + stream->end;
}

void remote_stream_add(struct remote_stream *stream, size_t length)
{
    stream->end += length;
}

/* The application that wrote the stream, which is the last word of the section header. */
static void read_application(struct remote_stream *stream, uint8_t *block, size_t length)
{
    struct remote_options options = {block + SECTION_OPTIONS,
                                     length - SECTION_OPTIONS - BLOCK_TRAILER, stream->swapped};
    struct remote_option option;

    while (remote_option_next(&options, &option))
        if (option.code == OPTION_SHB_APPLICATION)
            snprintf(stream->version, sizeof stream->version, "%s",
                     remote_option_printable(&option));
}

static enum remote_block read_section(struct remote_stream *stream, uint8_t *block, size_t length)
{
    size_t prefix = strlen(APPLICATION);

    if (stream->begun)
        return break_stream(stream, "a second section begins");
    if (length < SECTION_OPTIONS + BLOCK_TRAILER ||
        remote_u16(stream->swapped, block + SECTION_VERSION_AT) != VERSION_MAJOR)
        return break_stream(stream, "the section header is none of pcap-ng version 1");
    read_application(stream, block, length);
    if (strncmp(stream->version, APPLICATION, prefix) != 0)
        return break_stream(stream, "the capture is not written by ipmon%s%s%s",
                            stream->version[0] != '\0' ? ", but by '" : "", stream->version,
                            stream->version[0] != '\0' ? "'" : "");
    memmove(stream->version, stream->version + prefix, strlen(stream->version + prefix) + 1);
    stream->begun = true;
    return REMOTE_BLOCK_SECTION;
}

static bool add_interface(struct remote_stream *stream, const struct remote_interface *interface)
{
    struct remote_interface *rows = array_reserve(stream->interfaces, stream->interface_count,
                                                  &stream->interface_capacity, sizeof *rows);

    if (!rows)
        return false;
    stream->interfaces = rows;
    rows[stream->interface_count++] = *interface;
    return true;
}

static enum remote_block read_interface(struct remote_stream *stream, uint8_t *block, size_t length)
{
    struct remote_interface interface;
    const char *fault;

    if (stream->interface_count == REMOTE_STREAM_INTERFACES_MAX)
        return break_stream(stream, "more than %d interfaces are described",
                            REMOTE_STREAM_INTERFACES_MAX);
    if (length > REMOTE_STREAM_KEPT_MAX - stream->kept)
        return break_stream(stream, "too many interfaces are described");
    fault = remote_interface_read(&interface, block, length, stream->swapped);
    if (!fault && !add_interface(stream, &interface))
        fault = "no memory for another interface";
    if (fault) {
        remote_interface_free(&interface);
        return break_stream(stream, "%s", fault);
    }
    stream->kept += length;
    return REMOTE_BLOCK_INTERFACE;
}

static bool has_plain_options(const struct remote_stream *stream,
                              const struct remote_options *options)
{
    return options->left == PLAIN_OPTIONS &&
           remote_u16(stream->swapped, options->at) == OPTION_EPB_FLAGS &&
           remote_u16(stream->swapped, options->at + REMOTE_OPTION_LENGTH_AT) == sizeof(uint32_t) &&
           remote_u32(stream->swapped, options->at + REMOTE_OPTION_HEADER + sizeof(uint32_t)) ==
               REMOTE_OPTION_END;
}

static void add_comment(struct remote_stream *stream, const struct remote_option *option)
{
    struct pcapng_comments *comments = &stream->options.comments;

    if (comments->count < REMOTE_STREAM_COMMENTS_MAX)
        stream->comments[comments->count++] = remote_option_string(option);
    else
        comments->incomplete = true;
}

static void read_packet_option(struct remote_stream *stream, const struct remote_option *option)
{
    struct pcapng_packet_options *read = &stream->options;

    if (option->code == REMOTE_OPTION_COMMENT) {
        add_comment(stream, option);
    } else if (option->code == OPTION_EPB_FLAGS && option->length == sizeof(uint32_t)) {
        read->has_flags = true;
        read->flags = remote_u32(stream->swapped, option->value);
    } else if (option->code == OPTION_EPB_DROPCOUNT && option->length == sizeof(uint64_t)) {
        stream->packet.drops = remote_u64(stream->swapped, option->value);
    } else if (option->code == OPTION_EPB_PACKETID && option->length == sizeof(uint64_t)) {
        read->has_id = true;
        read->id = remote_u64(stream->swapped, option->value);
    } else if (option->code == OPTION_EPB_QUEUE && option->length == sizeof(uint32_t)) {
        read->has_queue = true;
        read->queue = remote_u32(stream->swapped, option->value);
    } else if (option->code == OPTION_EPB_PROCESS_THREAD &&
               option->length == 2 * sizeof(uint32_t)) {
        read->has_process = true;
        read->process = remote_u32(stream->swapped, option->value);
        read->thread = remote_u32(stream->swapped, option->value + sizeof(uint32_t));
    }
}

/* Most packets have their flags alone. */
static void read_packet_options(struct remote_stream *stream, struct remote_options options)
{
    struct pcapng_packet_options *read = &stream->options;
    struct remote_option option;

    if (has_plain_options(stream, &options)) {
        stream->packet.flags = remote_u32(stream->swapped, options.at + REMOTE_OPTION_HEADER);
        if ((stream->packet.flags & ~(uint32_t)KNOWN_FLAGS) == 0)
            return;
    }
    *read = (struct pcapng_packet_options){.adds_drops = true, .comments.texts = stream->comments};
    while (remote_option_next(&options, &option))
        read_packet_option(stream, &option);
    stream->packet.flags = read->flags;
    if (!read->has_flags || (read->flags & ~(uint32_t)KNOWN_FLAGS) != 0 || read->has_id ||
        read->has_queue || read->has_process || read->comments.count != 0)
        stream->packet.options = read;
}

static enum remote_block read_packet(struct remote_stream *stream, uint8_t *block, size_t length)
{
    const size_t end = length - BLOCK_TRAILER;
    struct remote_packet *packet = &stream->packet;
    uint32_t captured;
    size_t padded;

    if (end < PACKET_BYTES)
        return break_stream(stream, "a packet's block is too short");
    captured = remote_u32(stream->swapped, block + PACKET_CAPTURED_AT);
    if (captured > PCAPNG_PACKET_MAX || captured > end - PACKET_BYTES)
        return break_stream(stream, "a packet is longer than its block");
    padded = remote_padded(captured);
    *packet = (struct remote_packet){
        .bytes = block + PACKET_BYTES,
        .captured_length = captured,
        .wire_length = remote_u32(stream->swapped, block + PACKET_WIRE_AT),
        .interface = remote_u32(stream->swapped, block + PACKET_INTERFACE_AT),
        .timestamp = (uint64_t)remote_u32(stream->swapped, block + PACKET_TIME_AT) << 32 |
                     remote_u32(stream->swapped, block + PACKET_TIME_AT + sizeof(uint32_t)),
    };
    if (packet->interface >= stream->interface_count)
        return break_stream(stream, "a packet is of an interface that was not described");
    read_packet_options(stream,
                        (struct remote_options){block + PACKET_BYTES + padded,
                                                end - PACKET_BYTES - padded, stream->swapped});
    if (packet->drops > REMOTE_STREAM_COUNT_MAX - stream->marked)
        return break_stream(stream, "an impossible number of packets was dropped");
    stream->marked += packet->drops;
    return REMOTE_BLOCK_PACKET;
}

static void read_count(struct remote_stream *stream, const struct remote_option *option)
{
    static const struct {
        uint16_t code;
        bool is_rest;
        size_t member;
    } counts[] = {
        {OPTION_ISB_RECEIVED, false, offsetof(struct remote_statistics, received)},
        {OPTION_ISB_DROPPED, false, offsetof(struct remote_statistics, dropped)},
        {OPTION_ISB_DELIVERED, false, offsetof(struct remote_statistics, delivered)},
        {PCAPNG_OPTION_PAUSED, true, offsetof(struct remote_statistics, paused)},
        {PCAPNG_OPTION_DISCARDED, true, offsetof(struct remote_statistics, discarded)},
    };
    struct remote_statistics *statistics = &stream->statistics;

    if (option->length != sizeof(uint64_t))
        return;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (counts[i].code != option->code)
            continue;
        *(uint64_t *)((char *)statistics + counts[i].member) =
            remote_u64(stream->swapped, option->value);
        statistics->has_rest = statistics->has_rest || counts[i].is_rest;
    }
}

static bool has_possible_counts(const struct remote_statistics *statistics)
{
    const uint64_t counts[] = {statistics->received, statistics->dropped, statistics->delivered,
                               statistics->paused, statistics->discarded};

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (counts[i] > REMOTE_STREAM_COUNT_MAX)
            return false;
    return true;
}

static enum remote_block read_statistics(struct remote_stream *stream, uint8_t *block,
                                         size_t length)
{
    struct remote_options options = {block + STATISTICS_OPTIONS, 0, stream->swapped};
    struct remote_option option;

    if (length < STATISTICS_OPTIONS + BLOCK_TRAILER)
        return break_stream(stream, "a statistics block is too short");
    options.left = length - STATISTICS_OPTIONS - BLOCK_TRAILER;
    stream->statistics = (struct remote_statistics){
        .number = remote_u32(stream->swapped, block + STATISTICS_INTERFACE_AT)};
    if (stream->statistics.number >= stream->interface_count)
        return break_stream(stream, "statistics are of an interface that was not described");
    while (remote_option_next(&options, &option)) {
        if (option.code == REMOTE_OPTION_COMMENT)
            stream->statistics.comment = remote_option_printable(&option);
        else if (option.code == PCAPNG_OPTION_INTERIM)
            stream->statistics.is_interim = true;
        else
            read_count(stream, &option);
    }
    if (!has_possible_counts(&stream->statistics))
        return break_stream(stream, "statistics have an impossible count");
    return REMOTE_BLOCK_STATISTICS;
}

static enum remote_block read_report(struct remote_stream *stream, uint8_t *block, size_t length)
{
    if (length < REPORT_END + BLOCK_TRAILER)
        return break_stream(stream, "a report is too short");
    stream->report = (struct remote_report){
        .token = remote_u64(false, block + REPORT_TOKEN_AT), /* these bytes were sent from here */
        .time = remote_u64(stream->swapped, block + REPORT_TIME_AT),
    };
    return REMOTE_BLOCK_REPORT;
}

/* ipmon writes no packets in other blocks; to skip them would lose packets. */
static enum remote_block refuse_packet(struct remote_stream *stream, uint8_t *block, size_t length)
{
    (void)block;
    (void)length;
    return break_stream(stream, "packets come in blocks that ipmon does not write");
}

static enum remote_block read_block(struct remote_stream *stream, uint32_t type, uint8_t *block,
                                    size_t length)
{
    static const struct {
        uint32_t type;
        enum remote_block (*read)(struct remote_stream *stream, uint8_t *block, size_t length);
    } readers[] = {
        {BLOCK_ENHANCED_PACKET, read_packet},
        {BLOCK_SECTION_HEADER, read_section},
        {BLOCK_INTERFACE_DESCRIPTION, read_interface},
        {BLOCK_INTERFACE_STATISTICS, read_statistics},
        {PCAPNG_BLOCK_REPORT, read_report},
        {BLOCK_PACKET, refuse_packet},
        {BLOCK_SIMPLE_PACKET, refuse_packet},
    };

    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (readers[i].type == type)
            return readers[i].read(stream, block, length);
    return REMOTE_BLOCK_NONE; /* of no interest */
}

/* The byte order is that of the magic number, which the length of this very block has, too. */
static bool begin_section(struct remote_stream *stream, const uint8_t *block)
{
    stream->swapped = false;
    stream->swapped = remote_u32(stream->swapped, block + SECTION_MAGIC_AT) != BYTE_ORDER_MAGIC;
    return remote_u32(stream->swapped, block + SECTION_MAGIC_AT) == BYTE_ORDER_MAGIC;
}

/* Whether the first bytes are those of a section header, as far as they are there. */
static bool is_beginning(const uint8_t *block, size_t length)
{
    static const uint8_t type[] = {0x0A, 0x0D, 0x0D, 0x0A};

    return memcmp(block, type, length < sizeof type ? length : sizeof type) == 0;
}

/* Sets *length when the next block is whole; 0: not yet. */
static enum remote_block find_block(struct remote_stream *stream, size_t *length)
{
    const uint8_t *block = stream->buffer + stream->start;
    const size_t there = stream->end - stream->start;
    uint32_t claimed;

    *length = 0;
    if (!stream->begun && !is_beginning(block, there))
        return refuse_beginning(stream);
    if (there < SECTION_VERSION_AT)
        return REMOTE_BLOCK_NONE;
    if (!stream->begun && !begin_section(stream, block))
        return refuse_beginning(stream);
    claimed = remote_u32(stream->swapped, block + BLOCK_LENGTH_AT);
    if (claimed < BLOCK_BODY + BLOCK_TRAILER || claimed % REMOTE_PADDING != 0 ||
        claimed > PCAPNG_BLOCK_MAX)
        return break_stream(stream, "a block has an impossible length, %u bytes", claimed);
    if (there < claimed)
        return REMOTE_BLOCK_NONE;
    if (remote_u32(stream->swapped, block + claimed - BLOCK_TRAILER) != claimed)
        return break_stream(stream, "the two lengths of a block differ");
    *length = claimed;
    return REMOTE_BLOCK_NONE;
}

enum remote_block remote_stream_next(struct remote_stream *stream)
{
    while (!stream->broken) {
        uint8_t *block = stream->buffer + stream->start;
        size_t length;
        enum remote_block found = find_block(stream, &length);

        if (found != REMOTE_BLOCK_NONE || length == 0)
            return found;
        stream->start += length;
        found = read_block(stream, remote_u32(stream->swapped, block), block, length);
        if (found != REMOTE_BLOCK_NONE)
            return found;
    }
    return REMOTE_BLOCK_BROKEN;
}

/* Whether the writer keeps an option, in as many bytes. */
static bool is_kept(const struct remote_option *option)
{
    static const uint16_t lengths[] = {
        [OPTION_EPB_FLAGS] = sizeof(uint32_t),
        [OPTION_EPB_PACKETID] = sizeof(uint64_t),
        [OPTION_EPB_QUEUE] = sizeof(uint32_t),
        [OPTION_EPB_PROCESS_THREAD] = 2 * sizeof(uint32_t),
    };

    if (option->code == REMOTE_OPTION_COMMENT)
        return !memchr(option->value, '\0', option->length);
    return option->code < sizeof lengths / sizeof *lengths && lengths[option->code] != 0 &&
           lengths[option->code] == option->length;
}

/* Whether all options are kept, each of them once or a comment, and end where the block does. */
static bool are_kept(struct remote_options options)
{
    struct remote_option option;
    size_t comments = 0;
    uint32_t seen = 0;

    while (remote_option_next(&options, &option)) {
        const uint32_t bit = UINT32_C(1) << (option.code & 31);

        if (!is_kept(&option) || (seen & bit) != 0)
            return false;
        if (option.code != REMOTE_OPTION_COMMENT)
            seen |= bit;
        else if (++comments > REMOTE_STREAM_COMMENTS_MAX)
            return false;
    }
    return options.left == REMOTE_OPTION_HEADER &&
           remote_u32(options.swapped, options.at) == REMOTE_OPTION_END;
}

/* The length of the block of a packet that may be written as it is; 0: it is none. */
static size_t unchanged_length(const struct remote_stream *stream, uint8_t *block, size_t left)
{
    struct remote_options options = {.swapped = false};
    uint32_t length;
    uint32_t captured;

    if (left < PACKET_BYTES + BLOCK_TRAILER || remote_u32(false, block) != BLOCK_ENHANCED_PACKET)
        return 0;
    length = remote_u32(false, block + BLOCK_LENGTH_AT);
    if (length < PACKET_BYTES + BLOCK_TRAILER || length % REMOTE_PADDING != 0 ||
        length > PCAPNG_BLOCK_MAX || length > left ||
        remote_u32(false, block + length - BLOCK_TRAILER) != length)
        return 0;
    options.left = length - PACKET_BYTES - BLOCK_TRAILER;
    captured = remote_u32(false, block + PACKET_CAPTURED_AT);
    if (captured > PCAPNG_PACKET_MAX || remote_padded(captured) > options.left ||
        remote_u32(false, block + PACKET_INTERFACE_AT) >= stream->interface_count)
        return 0;
    options.at = block + PACKET_BYTES + remote_padded(captured);
    options.left -= remote_padded(captured);
    return has_plain_options(stream, &options) || are_kept(options) ? length : 0;
}

/* False when the run has packets of as many other interfaces as it can count. */
static bool count_in_run(struct pcapng_run *run, uint32_t interface)
{
    size_t i = 0;

    while (i < run->interface_count && run->interfaces[i].number != interface)
        i++;
    if (i == PCAPNG_RUN_INTERFACES)
        return false;
    if (i == run->interface_count) {
        run->interfaces[i].number = interface;
        run->interfaces[i].packets = 0;
        run->interface_count++;
    }
    run->interfaces[i].packets++;
    return true;
}

static bool add_to_run(struct remote_stream *stream, struct pcapng_run *run, size_t limit)
{
    const size_t there = stream->end - stream->start;
    const size_t room = limit - run->length;
    uint8_t *block = stream->buffer + stream->start;
    const size_t length = unchanged_length(stream, block, there < room ? there : room);
    uint32_t interface;

    if (length == 0)
        return false;
    interface = remote_u32(false, block + PACKET_INTERFACE_AT);
    if (!count_in_run(run, interface))
        return false;
    memcpy(block + PACKET_INTERFACE_AT, &stream->interfaces[interface].number, sizeof interface);
    stream->start += length;
    run->length += length;
    return true;
}

bool remote_stream_next_run(struct remote_stream *stream, size_t limit, struct pcapng_run *run)
{
    run->blocks = stream->buffer + stream->start;
    run->length = 0;
    run->interface_count = 0;
    if (!stream->begun || stream->broken || stream->swapped)
        return false;
    while (add_to_run(stream, run, limit))
        ;
    return run->length != 0;
}

const char *remote_stream_finish(struct remote_stream *stream)
{
    if (!stream->broken && stream->end != stream->start)
        break_stream(stream, "the stream ends within a block");
    stream->broken = true;
    return stream->fault;
}
