/*
 * The stream of another machine, however it is cut into pieces: the same blocks come out as from
 * the whole, what they point to can be read, and behind something wrong nothing comes.
 * Input: 1 byte how long the pieces are, then the stream.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <sys/socket.h>

#include "remote_stream.h"

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

/* Takes all blocks that are whole; false when something is wrong. */
static int take_blocks(struct seen *seen, struct remote_stream *stream)
{
    for (;;) {
        const enum remote_block block = remote_stream_next(stream);

        if (block == REMOTE_BLOCK_NONE)
            return 1;
        if (block == REMOTE_BLOCK_BROKEN)
            return 0;
        see_block(seen, stream, block);
    }
}

static void read_in_pieces(struct seen *seen, const struct fuzz_input *input, size_t piece)
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
        if (!take_blocks(seen, &stream))
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
    struct seen pieces;
    struct fuzz_input input = {data, size};
    const size_t piece = fuzz_number(&input, 1) + 1;

    if (input.left == 0)
        return 0;
    read_in_pieces(&whole, &input, input.left);
    read_in_pieces(&pieces, &input, piece);
    FUZZ_CHECK(memcmp(&whole, &pieces, sizeof whole) == 0);
    return 0;
}
