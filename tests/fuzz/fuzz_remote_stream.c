/*
 * The stream of another machine, however it is cut into pieces, and whether its packets are taken
 * alone or in runs: the same blocks come out as from the whole, what they point to can be read, and
 * behind something wrong nothing comes.
 * Input: 1 byte how long the pieces are, then the stream.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <sys/socket.h>

#include "remote_option.h"
#include "remote_stream.h"

enum {
    /* bytes from the begin of a packet's block */
    LENGTH_AT = 4,
    INTERFACE_AT = 8,
    TIME_AT = 12,
    CAPTURED_AT = 20,
    PACKET_BYTES = 28,
    TRAILER = 4,
    OPTION_COMMENT = 1,
    OPTION_FLAGS = 2,
    RUN_LIMIT = 65536, /* bytes */
    NUMBER = 4711,     /* of each interface */
};

struct seen {
    uint64_t sum; /* of all that was read, in its order */
    size_t counts[REMOTE_BLOCK_BROKEN + 1];
    int broken;
};

static void see(struct seen *seen, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        seen->sum = seen->sum * 31 + ((const uint8_t *)bytes)[i];
}

static void see_number(struct seen *seen, uint64_t number)
{
    see(seen, &number, sizeof number);
}

static void see_text(struct seen *seen, const char *text)
{
    if (text)
        see(seen, text, strlen(text) + 1);
}

static void see_comments(struct seen *seen, const struct pcapng_comments *comments)
{
    for (size_t i = 0; i < comments->count; i++)
        see_text(seen, comments->texts[i]);
}

static void see_interface(struct seen *seen, const struct pcapng_interface *block)
{
    FUZZ_CHECK(block->ticks_exponent <= PCAPNG_NANOSECONDS);
    see_text(seen, block->name);
    see_text(seen, block->description);
    see_text(seen, block->filter);
    see_text(seen, block->operating_system);
    see_text(seen, block->hardware);
    see_number(seen, block->speed);
    see_comments(seen, &block->comments);
    if (block->hardware_address)
        see(seen, block->hardware_address, 6);
    if (block->fcs_length)
        see(seen, block->fcs_length, 1);
    for (size_t i = 0; i < block->address_count; i++) {
        see(seen, block->addresses[i].bytes, block->addresses[i].family == AF_INET ? 4 : 16);
        if (block->addresses[i].family == AF_INET)
            see(seen, block->addresses[i].netmask, 4);
    }
}

static void see_packet(struct seen *seen, const struct remote_stream *stream)
{
    const struct remote_packet *packet = &stream->packet;

    FUZZ_CHECK(packet->interface < stream->interface_count);
    FUZZ_CHECK(packet->captured_length <= PCAPNG_PACKET_MAX);
    see(seen, packet->bytes, packet->captured_length);
    see_number(seen, packet->timestamp);
    see_number(seen, packet->drops);
    see_number(seen, packet->flags);
    if (packet->options)
        see_comments(seen, &packet->options->comments);
}

static void see_block(struct seen *seen, const struct remote_stream *stream,
                      enum remote_block block)
{
    seen->counts[block]++;
    if (block == REMOTE_BLOCK_SECTION)
        see_text(seen, stream->version);
    if (block == REMOTE_BLOCK_INTERFACE)
        see_interface(seen, &stream->interfaces[stream->interface_count - 1].block);
    if (block == REMOTE_BLOCK_PACKET)
        see_packet(seen, stream);
    if (block == REMOTE_BLOCK_REPORT)
        see(seen, &stream->report, sizeof stream->report);
    if (block != REMOTE_BLOCK_STATISTICS)
        return;
    FUZZ_CHECK(stream->statistics.number < stream->interface_count);
    see_number(seen, stream->statistics.received + stream->statistics.paused);
    see_text(seen, stream->statistics.comment);
}

/* What see_packet sees of a packet in a block. */
static void see_packet_block(struct seen *seen, uint8_t *block, uint32_t length)
{
    const uint32_t captured = remote_u32(false, block + CAPTURED_AT);
    const size_t options_at = PACKET_BYTES + remote_padded(captured);
    struct remote_options options = {block + options_at, length - options_at - TRAILER, false};
    struct remote_options comments = options;
    struct remote_option option;
    uint32_t flags = 0;

    FUZZ_CHECK(captured <= PCAPNG_PACKET_MAX && options_at + TRAILER <= length);
    FUZZ_CHECK(remote_u32(false, block + INTERFACE_AT) == NUMBER);
    while (remote_option_next(&options, &option))
        if (option.code == OPTION_FLAGS)
            flags = remote_u32(false, option.value);
    see(seen, block + PACKET_BYTES, captured);
    see_number(seen, (uint64_t)remote_u32(false, block + TIME_AT) << 32 |
                         remote_u32(false, block + TIME_AT + sizeof(uint32_t)));
    see_number(seen, 0);
    see_number(seen, flags);
    while (remote_option_next(&comments, &option)) {
        if (option.code != OPTION_COMMENT)
            continue;
        see(seen, option.value, option.length);
        see(seen, "", 1);
    }
}

/* Takes the packets that come next in runs. */
static void take_runs(struct seen *seen, struct remote_stream *stream)
{
    struct pcapng_run run;

    while (remote_stream_next_run(stream, RUN_LIMIT, &run)) {
        size_t packets = 0;

        FUZZ_CHECK(run.length != 0 && run.length <= RUN_LIMIT);
        for (size_t i = 0; i < run.interface_count; i++) {
            FUZZ_CHECK(run.interfaces[i].number < stream->interface_count);
            packets += run.interfaces[i].packets;
        }
        for (size_t at = 0; at < run.length; packets--) {
            const uint32_t length = remote_u32(false, run.blocks + at + LENGTH_AT);

            see_packet_block(seen, (uint8_t *)(uintptr_t)run.blocks + at, length);
            seen->counts[REMOTE_BLOCK_PACKET]++;
            at += length;
        }
        FUZZ_CHECK(packets == 0);
    }
}

/* Takes all blocks that are whole; false when something is wrong. */
static int take_blocks(struct seen *seen, struct remote_stream *stream, int in_runs)
{
    for (;;) {
        enum remote_block block;

        if (in_runs)
            take_runs(seen, stream);
        block = remote_stream_next(stream);
        if (block == REMOTE_BLOCK_NONE)
            return 1;
        if (block == REMOTE_BLOCK_BROKEN)
            return 0;
        see_block(seen, stream, block);
        if (block == REMOTE_BLOCK_INTERFACE)
            stream->interfaces[stream->interface_count - 1].number = NUMBER;
    }
}

static void read_in_pieces(struct seen *seen, const struct fuzz_input *input, size_t piece,
                           int in_runs)
{
    struct remote_stream stream;
    const char *fault;

    memset(seen, 0, sizeof *seen);
    FUZZ_CHECK(remote_stream_init(&stream));
    for (size_t at = 0; at < input->left; at += piece) {
        const size_t rest = input->left - at;
        size_t room;
        uint8_t *to = remote_stream_room(&stream, &room);

        FUZZ_CHECK(room >= piece);
        memcpy(to, input->data + at, rest < piece ? rest : piece);
        remote_stream_add(&stream, rest < piece ? rest : piece);
        if (!take_blocks(seen, &stream, in_runs))
            break;
    }
    fault = remote_stream_finish(&stream);
    seen->broken = *fault != '\0';
    FUZZ_CHECK(strlen(fault) < REMOTE_STREAM_FAULT_SIZE);
    FUZZ_CHECK(remote_stream_next(&stream) == REMOTE_BLOCK_BROKEN);
    remote_stream_free(&stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen whole;
    struct seen others;
    struct fuzz_input input = {data, size};
    const size_t piece = fuzz_number(&input, 1) + 1;

    if (input.left == 0)
        return 0;
    read_in_pieces(&whole, &input, input.left, 0);
    for (int in_runs = 0; in_runs < 2; in_runs++) {
        read_in_pieces(&others, &input, piece, in_runs);
        FUZZ_CHECK(memcmp(&whole, &others, sizeof whole) == 0);
        read_in_pieces(&others, &input, input.left, in_runs);
        FUZZ_CHECK(memcmp(&whole, &others, sizeof whole) == 0);
    }
    return 0;
}
