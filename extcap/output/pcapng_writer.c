/*
 * pcap-ng blocks into a buffer, the buffer into a descriptor.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pcapng_writer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BLOCK_INTERFACE_DESCRIPTION = 1,
    BLOCK_INTERFACE_STATISTICS = 5,
    BLOCK_ENHANCED_PACKET = 6,
    BLOCK_SECTION_HEADER = 0x0A0D0D0A,
    BYTE_ORDER_MAGIC = 0x1A2B3C4D,
    VERSION_MAJOR = 1,
    VERSION_MINOR = 0,

    /* 32-bit words from the begin of a block */
    WORD_TYPE = 0,
    WORD_LENGTH = 1,
    WORD_INTERFACE = 2, /* of an enhanced packet block */

    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_SHB_HARDWARE = 2,
    OPTION_SHB_OS = 3,
    OPTION_SHB_APPLICATION = 4,
    OPTION_IF_NAME = 2,
    OPTION_IF_DESCRIPTION = 3,
    OPTION_IF_IPV4 = 4,
    OPTION_IF_IPV6 = 5,
    OPTION_IF_MAC = 6,
    OPTION_IF_SPEED = 8,
    OPTION_IF_TSRESOL = 9,
    OPTION_IF_FILTER = 11,
    OPTION_IF_OS = 12,
    OPTION_IF_FCSLEN = 13,
    OPTION_IF_HARDWARE = 15,
    OPTION_EPB_FLAGS = 2,
    OPTION_EPB_DROPCOUNT = 4,
    OPTION_EPB_PACKETID = 5,
    OPTION_EPB_QUEUE = 6,
    OPTION_EPB_PROCESS_THREAD = 8,
    OPTION_ISB_START = 2,
    OPTION_ISB_END = 3,
    OPTION_ISB_RECEIVED = 4,
    OPTION_ISB_DROPPED = 5,
    OPTION_ISB_OS_DROPPED = 7,
    OPTION_ISB_DELIVERED = 8,

    OPTION_HEADER = 4, /* bytes: code and length */
    /* What end_block adds: the end of the options and the length again. */
    BLOCK_TRAILER = OPTION_HEADER + 4,
    PADDING_MAX = 3, /* bytes, to a multiple of 4 */
    MAC_LENGTH = 6,
    IPV4_LENGTH = 4,
    IPV6_LENGTH = 16,
    FILTER_IS_STRING = 0, /* first byte of if_filter */
};

static void put(struct pcapng_writer *writer, const void *bytes, size_t length)
{
    memcpy(writer->buffer + writer->end, bytes, length);
    writer->end += length;
}

static void put_u16(struct pcapng_writer *writer, uint16_t number)
{
    put(writer, &number, sizeof number);
}

static void put_u32(struct pcapng_writer *writer, uint32_t number)
{
    put(writer, &number, sizeof number);
}

/* 64-bit times are written as two halves, the upper one first, in both byte orders. */
static void put_time(struct pcapng_writer *writer, uint64_t ticks)
{
    put_u32(writer, (uint32_t)(ticks >> 32));
    put_u32(writer, (uint32_t)ticks);
}

static void put_padding(struct pcapng_writer *writer, size_t length)
{
    static const uint8_t zeros[PADDING_MAX] = {0};

    put(writer, zeros, -length & PADDING_MAX);
}

static void begin_block(struct pcapng_writer *writer, uint32_t type, size_t limit)
{
    writer->block = writer->end;
    writer->block_limit = writer->end + limit;
    put_u32(writer, type);
    put_u32(writer, 0); /* the length; end_block knows it */
}

static void end_block(struct pcapng_writer *writer)
{
    uint32_t length = (uint32_t)(writer->end + sizeof length - writer->block);

    put_u32(writer, length);
    writer->total += length;
    memcpy(writer->buffer + writer->block + WORD_LENGTH * sizeof length, &length, sizeof length);
}

/* Where a block ends with an option of no bytes more, with any padding. */
static size_t end_with_option(const struct pcapng_writer *writer)
{
    return writer->end + OPTION_HEADER + PADDING_MAX + BLOCK_TRAILER;
}

/* Bytes of the longest option that its length field and the block's limit allow, or 0. */
static size_t option_space(const struct pcapng_writer *writer)
{
    size_t least = end_with_option(writer);
    size_t space = writer->block_limit > least ? writer->block_limit - least : 0;

    return space < UINT16_MAX ? space : UINT16_MAX;
}

/* Starts an option unless it would make the block too large; an empty one has a header, too. */
static bool begin_option(struct pcapng_writer *writer, uint16_t code, size_t length)
{
    if (end_with_option(writer) > writer->block_limit || length > option_space(writer))
        return false;
    put_u16(writer, code);
    put_u16(writer, (uint16_t)length);
    return true;
}

static bool put_option(struct pcapng_writer *writer, uint16_t code, const void *bytes,
                       size_t length)
{
    if (!begin_option(writer, code, length))
        return false;
    put(writer, bytes, length);
    put_padding(writer, length);
    return true;
}

/* At most `limit` bytes of a string that may be NULL. */
static void put_string(struct pcapng_writer *writer, uint16_t code, const char *text, size_t limit)
{
    if (text && *text)
        put_option(writer, code, text, strnlen(text, limit));
}

static bool is_utf8_continuation(char byte)
{
    return ((uint8_t)byte & 0xC0) == 0x80;
}

/* At most `limit` bytes of UTF-8, without a part of a character at the end. */
static size_t whole_characters(const char *text, size_t limit)
{
    while (limit > 0 && is_utf8_continuation(text[limit]))
        limit--;
    return limit;
}

static bool put_comments(struct pcapng_writer *writer, const struct pcapng_comments *comments)
{
    for (size_t i = 0; i < comments->count; i++) {
        const char *text = comments->texts[i];
        size_t length = comments->lengths ? comments->lengths[i] : strlen(text);

        if (put_option(writer, OPTION_COMMENT, text, length))
            continue;
        if (length > 0)
            length = whole_characters(text, option_space(writer));
        if (length > 0)
            put_option(writer, OPTION_COMMENT, text, length);
        return false;
    }
    return !comments->incomplete;
}

static void put_end_of_options(struct pcapng_writer *writer)
{
    put_u32(writer, OPTION_END);
}

bool pcapng_writer_init(struct pcapng_writer *writer, int descriptor, size_t capacity)
{
    memset(writer, 0, sizeof *writer);
    writer->descriptor = descriptor;
    writer->capacity = capacity;
    writer->buffer = malloc(capacity);
    if (!writer->buffer)
        return false;
    /* Maps the pages now, not when a reader is late first. (Zeros would be made a calloc.) */
    memset(writer->buffer, UINT8_MAX, capacity);
    return true;
}

void pcapng_writer_free(struct pcapng_writer *writer)
{
    free(writer->buffer);
    writer->buffer = NULL;
}

void pcapng_write_section(struct pcapng_writer *writer, const char *hardware,
                          const char *operating_system, const char *application)
{
    enum { STRING_MAX = 600 }; /* three of them fit into PCAPNG_SECTION_MAX */

    begin_block(writer, BLOCK_SECTION_HEADER, PCAPNG_SECTION_MAX);
    put_u32(writer, BYTE_ORDER_MAGIC);
    put_u16(writer, VERSION_MAJOR);
    put_u16(writer, VERSION_MINOR);
    put_time(writer, UINT64_MAX); /* the section's length is not known */
    put_string(writer, OPTION_SHB_HARDWARE, hardware, STRING_MAX);
    put_string(writer, OPTION_SHB_OS, operating_system, STRING_MAX);
    put_string(writer, OPTION_SHB_APPLICATION, application, STRING_MAX);
    put_end_of_options(writer);
    end_block(writer);
}

static bool put_address(struct pcapng_writer *writer, const struct pcapng_address *address)
{
    uint8_t option[IPV6_LENGTH + 1];

    if (address->family == AF_INET) {
        memcpy(option, address->bytes, IPV4_LENGTH);
        memcpy(option + IPV4_LENGTH, address->netmask, IPV4_LENGTH);
        return put_option(writer, OPTION_IF_IPV4, option, (size_t)2 * IPV4_LENGTH);
    }
    memcpy(option, address->bytes, IPV6_LENGTH);
    option[IPV6_LENGTH] = address->prefix_length;
    return put_option(writer, OPTION_IF_IPV6, option, sizeof option);
}

/* Up to the first that does not fit: those missing are the last ones. */
static void put_addresses(struct pcapng_writer *writer, const struct pcapng_interface *interface)
{
    for (size_t i = 0; i < interface->address_count; i++)
        if (!put_address(writer, &interface->addresses[i]))
            return;
}

static void put_filter(struct pcapng_writer *writer, const char *filter)
{
    size_t length = filter ? strlen(filter) : 0;
    const uint8_t kind = FILTER_IS_STRING;

    if (length == 0 || !begin_option(writer, OPTION_IF_FILTER, length + 1))
        return;
    put(writer, &kind, 1);
    put(writer, filter, length);
    put_padding(writer, length + 1);
}

/* The resolution comes first: if it did not fit, all times of the interface would be wrong. */
uint32_t pcapng_write_interface(struct pcapng_writer *writer,
                                const struct pcapng_interface *interface)
{
    begin_block(writer, BLOCK_INTERFACE_DESCRIPTION, PCAPNG_BLOCK_MAX);
    put_u16(writer, interface->link_type);
    put_u16(writer, 0);
    put_u32(writer, interface->snapshot_length);
    put_option(writer, OPTION_IF_TSRESOL, &interface->ticks_exponent,
               sizeof interface->ticks_exponent);
    put_string(writer, OPTION_IF_NAME, interface->name, UINT16_MAX);
    put_string(writer, OPTION_IF_DESCRIPTION, interface->description, UINT16_MAX);
    if (interface->hardware_address)
        put_option(writer, OPTION_IF_MAC, interface->hardware_address, MAC_LENGTH);
    if (interface->speed != 0)
        put_option(writer, OPTION_IF_SPEED, &interface->speed, sizeof interface->speed);
    if (interface->fcs_length)
        put_option(writer, OPTION_IF_FCSLEN, interface->fcs_length, 1);
    put_filter(writer, interface->filter);
    put_string(writer, OPTION_IF_OS, interface->operating_system, UINT16_MAX);
    put_string(writer, OPTION_IF_HARDWARE, interface->hardware, UINT16_MAX);
    put_addresses(writer, interface);
    put_comments(writer, &interface->comments);
    put_end_of_options(writer);
    end_block(writer);
    return writer->interfaces++;
}

/* An enhanced packet block up to the packet's bytes, and from its flags to the end. */
struct packet_head {
    uint32_t type;
    uint32_t length;
    uint32_t interface;
    uint32_t time_high;
    uint32_t time_low;
    uint32_t captured_length;
    uint32_t wire_length;
};

struct packet_tail {
    uint16_t code;
    uint16_t code_length;
    uint32_t flags;
    uint32_t end_of_options;
    uint32_t length;
};

/* The next bytes of the buffer, which are aligned as the words of a block are. */
static void *take(struct pcapng_writer *writer, size_t length)
{
    void *at = writer->buffer + writer->end;

    writer->end += length;
    return at;
}

static uint32_t padded(uint32_t length)
{
    return length + (-length & PADDING_MAX);
}

/*
 * The words are stored where they belong: a copy would read them in larger units than they were
 * stored in, and the processor would have to wait for each store.
 */
static void store_head(struct pcapng_writer *writer, const struct pcapng_packet *packet,
                       uint32_t length)
{
    struct packet_head *head = take(writer, sizeof *head);

    head->type = BLOCK_ENHANCED_PACKET;
    head->length = length;
    head->interface = packet->interface;
    head->time_high = (uint32_t)(packet->timestamp >> 32);
    head->time_low = (uint32_t)packet->timestamp;
    head->captured_length = packet->captured_length;
    head->wire_length = packet->wire_length;
}

/* The bytes overwrite all of the last word but the padding. */
static inline void store_padded(struct pcapng_writer *writer, const void *bytes, uint32_t length)
{
    uint8_t *at = take(writer, padded(length));

    if (padded(length) != length)
        memset(at + padded(length) - sizeof length, 0, sizeof length);
    memcpy(at, bytes, length);
}

/* Nearly every packet: its only option is the flags, so that all lengths are known in advance. */
static void write_plain_packet(struct pcapng_writer *writer, const struct pcapng_packet *packet,
                               uint32_t flags)
{
    const uint32_t length = (uint32_t)(sizeof(struct packet_head) + sizeof(struct packet_tail)) +
                            padded(packet->captured_length);
    struct packet_tail *tail;

    store_head(writer, packet, length);
    store_padded(writer, packet->bytes, packet->captured_length);
    tail = take(writer, sizeof *tail);
    tail->code = OPTION_EPB_FLAGS;
    tail->code_length = sizeof flags;
    tail->flags = flags;
    tail->end_of_options = OPTION_END;
    tail->length = length;
    writer->total += length;
}

static uint32_t described_length(const struct pcapng_packet *packet)
{
    const struct pcapng_packet_options *options = packet->options;
    size_t length = sizeof(struct packet_head) + padded(packet->captured_length) + OPTION_HEADER +
                    sizeof options->flags + BLOCK_TRAILER;

    if (options->has_process)
        length += OPTION_HEADER + sizeof options->process + sizeof options->thread;
    for (size_t i = 0; i < options->comments.count; i++)
        length += OPTION_HEADER + padded(options->comments.lengths[i]);
    return (uint32_t)length;
}

static void store_options(struct pcapng_writer *writer, const struct pcapng_packet_options *options)
{
    put_u16(writer, OPTION_EPB_FLAGS);
    put_u16(writer, sizeof options->flags);
    put_u32(writer, options->flags);
    if (options->has_process) {
        put_u16(writer, OPTION_EPB_PROCESS_THREAD);
        put_u16(writer, sizeof options->process + sizeof options->thread);
        put_u32(writer, options->process);
        put_u32(writer, options->thread);
    }
    for (size_t i = 0; i < options->comments.count; i++) {
        put_u16(writer, OPTION_COMMENT);
        put_u16(writer, options->comments.lengths[i]);
        store_padded(writer, options->comments.texts[i], options->comments.lengths[i]);
    }
}

/* False unless the comments are those of processes, which fit, and nothing was lost before. */
static bool write_described_packet(struct pcapng_writer *writer, const struct pcapng_packet *packet)
{
    const bool is_described = packet->options && packet->options->comments.lengths;
    const uint32_t length = is_described && packet->drops == 0 ? described_length(packet) : 0;

    if (length == 0 || length > PCAPNG_BLOCK_MAX)
        return false;
    store_head(writer, packet, length);
    store_padded(writer, packet->bytes, packet->captured_length);
    store_options(writer, packet->options);
    put_end_of_options(writer);
    put_u32(writer, length);
    writer->total += length;
    return true;
}

/* The small ones first: they always fit, also beside the largest packet. */
static bool put_packet_options(struct pcapng_writer *writer,
                               const struct pcapng_packet_options *options, uint64_t drops)
{
    const uint32_t process[] = {options->process, options->thread};

    if (options->has_flags)
        put_option(writer, OPTION_EPB_FLAGS, &options->flags, sizeof options->flags);
    if (options->has_drops)
        put_option(writer, OPTION_EPB_DROPCOUNT, &options->drops, sizeof options->drops);
    if (options->adds_drops && drops != 0)
        put_option(writer, OPTION_EPB_DROPCOUNT, &drops, sizeof drops);
    if (options->has_id)
        put_option(writer, OPTION_EPB_PACKETID, &options->id, sizeof options->id);
    if (options->has_queue)
        put_option(writer, OPTION_EPB_QUEUE, &options->queue, sizeof options->queue);
    if (options->has_process)
        put_option(writer, OPTION_EPB_PROCESS_THREAD, process, sizeof process);
    return put_comments(writer, &options->comments);
}

/* A function of its own, for the sake of plain packets: they need no room for options. */
static __attribute__((noinline)) bool
write_with_options(struct pcapng_writer *writer, const struct pcapng_packet *packet, uint32_t flags)
{
    const struct pcapng_packet_options own = {
        .has_flags = true, .adds_drops = true, .flags = flags};
    bool whole;

    if (write_described_packet(writer, packet))
        return true;
    begin_block(writer, BLOCK_ENHANCED_PACKET, PCAPNG_BLOCK_MAX);
    put_u32(writer, packet->interface);
    put_time(writer, packet->timestamp);
    put_u32(writer, packet->captured_length);
    put_u32(writer, packet->wire_length);
    put(writer, packet->bytes, packet->captured_length);
    put_padding(writer, packet->captured_length);
    whole = put_packet_options(writer, packet->options ? packet->options : &own, packet->drops);
    put_end_of_options(writer);
    end_block(writer);
    return whole;
}

bool pcapng_write_packet(struct pcapng_writer *writer, const struct pcapng_packet *packet)
{
    const uint32_t flags = pcapng_flags(packet->direction, packet->reception);

    if (packet->options || packet->drops != 0)
        return write_with_options(writer, packet, flags);
    write_plain_packet(writer, packet, flags);
    return true;
}

static uint64_t ticks_of(uint64_t nanoseconds, uint8_t exponent)
{
    for (unsigned digits = exponent; digits < PCAPNG_NANOSECONDS; digits++)
        nanoseconds /= 10;
    return nanoseconds;
}

static void put_time_option(struct pcapng_writer *writer, uint16_t code, uint64_t ticks)
{
    if (!begin_option(writer, code, sizeof ticks))
        return;
    put_time(writer, ticks);
}

static void put_count(struct pcapng_writer *writer, uint16_t code, uint64_t count)
{
    put_option(writer, code, &count, sizeof count);
}

void pcapng_write_statistics(struct pcapng_writer *writer,
                             const struct pcapng_statistics *statistics)
{
    uint64_t start = ticks_of(statistics->start_time, statistics->ticks_exponent);
    uint64_t end = ticks_of(statistics->end_time, statistics->ticks_exponent);

    begin_block(writer, BLOCK_INTERFACE_STATISTICS, PCAPNG_BLOCK_MAX);
    put_u32(writer, statistics->interface);
    put_time(writer, end);
    put_time_option(writer, OPTION_ISB_START, start);
    put_time_option(writer, OPTION_ISB_END, end);
    put_count(writer, OPTION_ISB_RECEIVED, statistics->received);
    put_count(writer, OPTION_ISB_DROPPED, statistics->dropped);
    put_count(writer, OPTION_ISB_OS_DROPPED, statistics->dropped);
    put_count(writer, OPTION_ISB_DELIVERED, statistics->delivered);
    put_string(writer, OPTION_COMMENT, statistics->comment, UINT16_MAX);
    if (statistics->has_rest) {
        put_count(writer, PCAPNG_OPTION_PAUSED, statistics->paused);
        put_count(writer, PCAPNG_OPTION_DISCARDED, statistics->discarded);
    }
    if (statistics->is_interim)
        put_option(writer, PCAPNG_OPTION_INTERIM, "", 0);
    put_end_of_options(writer);
    end_block(writer);
}

void pcapng_write_report(struct pcapng_writer *writer, uint64_t token, uint64_t time)
{
    begin_block(writer, PCAPNG_BLOCK_REPORT, PCAPNG_BLOCK_MAX);
    put(writer, &token, sizeof token);
    put(writer, &time, sizeof time);
    put_end_of_options(writer);
    end_block(writer);
}

static uint32_t block_word(const struct pcapng_writer *writer, size_t block, size_t at)
{
    uint32_t word;

    memcpy(&word, writer->buffer + block + at * sizeof word, sizeof word);
    return word;
}

/* The first block whose end was not handed to the kernel; the buffer begins with a whole block. */
static size_t first_unsent(const struct pcapng_writer *writer)
{
    size_t at = 0;

    while (at < writer->end && at + block_word(writer, at, WORD_LENGTH) <= writer->start)
        at += block_word(writer, at, WORD_LENGTH);
    return at;
}

void pcapng_writer_unsent(const struct pcapng_writer *writer,
                          void (*packet)(void *context, uint32_t interface), void *context)
{
    for (size_t at = first_unsent(writer); at < writer->end;
         at += block_word(writer, at, WORD_LENGTH))
        if (block_word(writer, at, WORD_TYPE) == BLOCK_ENHANCED_PACKET)
            packet(context, block_word(writer, at, WORD_INTERFACE));
}

size_t pcapng_writer_partial(const struct pcapng_writer *writer)
{
    return writer->start - first_unsent(writer);
}

size_t pcapng_writer_rewind(struct pcapng_writer *writer)
{
    const size_t partial = pcapng_writer_partial(writer);

    writer->start -= partial;
    return partial;
}

void pcapng_writer_begin_file(struct pcapng_writer *writer, int descriptor)
{
    writer->descriptor = descriptor;
    writer->start = writer->end = 0;
    writer->interfaces = 0;
    writer->total = 0;
}

/* Frees the space of the blocks that were sent. */
static void move_to_front(struct pcapng_writer *writer)
{
    size_t front = first_unsent(writer);

    if (front == 0)
        return;
    memmove(writer->buffer, writer->buffer + front, writer->end - front);
    writer->end -= front;
    writer->start -= front;
}

enum nonblocking_flush pcapng_writer_flush(struct pcapng_writer *writer)
{
    const enum nonblocking_flush result = nonblocking_flush(
        writer->descriptor, writer->how, writer->buffer, &writer->start, writer->end);

    if (result == NONBLOCKING_FLUSHED)
        writer->start = writer->end = 0;
    else if (result == NONBLOCKING_PENDING)
        move_to_front(writer);
    return result;
}
