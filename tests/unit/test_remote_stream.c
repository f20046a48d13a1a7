/*
 * The stream of another machine, in both byte orders and in pieces of any size: what is in it comes
 * out, and what is wrong with it ends it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <byteswap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "remote_stream.h"

enum {
    SECTION = 0x0A0D0D0A,
    INTERFACE = 1,
    SIMPLE_PACKET = 3,
    NAMES = 4,
    STATISTICS = 5,
    PACKET = 6,
    MAGIC = 0x1A2B3C4D,
};

/* A stream that a test writes. */
struct written {
    uint8_t bytes[32768];
    size_t length;
    size_t block;
    bool swapped;
};

static void put(struct written *to, const void *bytes, size_t length)
{
    assert_true(to->length + length <= sizeof to->bytes);
    memcpy(to->bytes + to->length, bytes, length);
    to->length += length;
}

static void put_u16(struct written *to, uint16_t number)
{
    number = to->swapped ? bswap_16(number) : number;
    put(to, &number, sizeof number);
}

static void put_u32(struct written *to, uint32_t number)
{
    number = to->swapped ? bswap_32(number) : number;
    put(to, &number, sizeof number);
}

static void put_u64(struct written *to, uint64_t number)
{
    number = to->swapped ? bswap_64(number) : number;
    put(to, &number, sizeof number);
}

static void pad(struct written *to)
{
    static const uint8_t junk[] = {0xAA, 0xAA, 0xAA}; /* nobody may rely on zeros */

    put(to, junk, -to->length & 3);
}

static void put_option(struct written *to, uint16_t code, const void *value, size_t length)
{
    put_u16(to, code);
    put_u16(to, (uint16_t)length);
    put(to, value, length);
    pad(to);
}

static void put_u64_option(struct written *to, uint16_t code, uint64_t number)
{
    put_u16(to, code);
    put_u16(to, sizeof number);
    put_u64(to, number);
}

static void begin(struct written *to, uint32_t type)
{
    to->block = to->length;
    put_u32(to, type);
    put_u32(to, 0);
}

/* length: what the block says of itself; 0: its length. */
static void end(struct written *to, uint32_t length)
{
    struct written word = {.swapped = to->swapped};

    if (length == 0)
        length = (uint32_t)(to->length + sizeof length - to->block);
    put_u32(to, length);
    put_u32(&word, length);
    memcpy(to->bytes + to->block + 4, word.bytes, sizeof length);
}

static void put_section(struct written *to, const char *application)
{
    begin(to, SECTION);
    put_u32(to, MAGIC);
    put_u16(to, 1);
    put_u16(to, 0);
    put_u64(to, UINT64_MAX);
    put_option(to, 4, application, strlen(application));
    put_u32(to, 0);
    end(to, 0);
}

static void put_interface(struct written *to)
{
    static const uint8_t address[] = {192, 0, 2, 1, 255, 255, 255, 0};
    static const uint8_t nanoseconds = 9;

    begin(to, INTERFACE);
    put_u16(to, 101);
    put_u16(to, 0);
    put_u32(to, 1000);
    put_option(to, 9, &nanoseconds, 1);
    put_option(to, 2, "eth\x1b", 4);
    put_option(to, 4, address, sizeof address);
    put_option(to, 4, address, sizeof address - 1);
    put_option(to, 11, "\0udp", 4);
    put_u64_option(to, 8, 1000000000);
    put_option(to, 1, "here", 4);
    put_u32(to, 0);
    end(to, 0);
}

static void begin_packet(struct written *to, uint32_t interface, uint32_t captured)
{
    begin(to, PACKET);
    put_u32(to, interface);
    put_u32(to, 0x11223344);
    put_u32(to, 0x55667788);
    put_u32(to, captured);
    put_u32(to, 1500);
}

static void put_packet(struct written *to)
{
    const uint8_t bytes[] = {1, 2, 3, 4, 5};

    begin_packet(to, 0, sizeof bytes);
    put(to, bytes, sizeof bytes);
    pad(to);
}

static void put_flags(struct written *to, uint32_t flags)
{
    put_u16(to, 2);
    put_u16(to, sizeof flags);
    put_u32(to, flags);
}

static struct written begin_stream(bool swapped)
{
    struct written to = {.swapped = swapped};

    put_section(&to, "ipmon 1.2.3, controlled");
    put_interface(&to);
    return to;
}

/* Opens the stream and gives it all bytes. */
static struct remote_stream *open_stream(const struct written *from)
{
    static struct remote_stream stream;
    uint8_t *room;
    size_t size;

    assert_true(remote_stream_init(&stream));
    room = remote_stream_room(&stream, &size);
    assert_true(size >= from->length);
    memcpy(room, from->bytes, from->length);
    remote_stream_add(&stream, from->length);
    return &stream;
}

static struct remote_stream *open_behind_interface(const struct written *from)
{
    struct remote_stream *stream = open_stream(from);

    assert_int_equal(remote_stream_next(stream), REMOTE_BLOCK_SECTION);
    assert_int_equal(remote_stream_next(stream), REMOTE_BLOCK_INTERFACE);
    return stream;
}

static void check_end(struct remote_stream *stream)
{
    assert_int_equal(remote_stream_next(stream), REMOTE_BLOCK_NONE);
    assert_string_equal(remote_stream_finish(stream), "");
    remote_stream_free(stream);
}

static void check_broken(struct remote_stream *stream, const char *fault)
{
    size_t size;

    for (int i = 0; i < 2; i++)
        assert_int_equal(remote_stream_next(stream), REMOTE_BLOCK_BROKEN);
    assert_non_null(strstr(remote_stream_finish(stream), fault));
    remote_stream_room(stream, &size);
    assert_int_equal(size, 0);
    remote_stream_free(stream);
}

static void test_section_and_interface(void **state)
{
    (void)state;
    for (int swapped = 0; swapped < 2; swapped++) {
        const struct written to = begin_stream(swapped);
        struct remote_stream *stream = open_behind_interface(&to);
        const struct pcapng_interface *block = &stream->interfaces[0].block;

        assert_string_equal(stream->version, "1.2.3, controlled");
        assert_int_equal(block->link_type, 101);
        assert_int_equal(block->snapshot_length, 1000);
        assert_int_equal(block->ticks_exponent, 9);
        assert_string_equal(block->name, "eth?");
        assert_string_equal(block->filter, "udp");
        assert_int_equal(block->speed, 1000000000);
        assert_int_equal(block->address_count, 1);
        assert_int_equal(block->addresses[0].family, AF_INET);
        assert_int_equal(block->addresses[0].bytes[3], 1);
        assert_int_equal(block->comments.count, 1);
        assert_string_equal(block->comments.texts[0], "here");
        check_end(stream);
    }
}

static void test_plain_packet(void **state)
{
    (void)state;
    for (int swapped = 0; swapped < 2; swapped++) {
        struct written to = begin_stream(swapped);
        struct remote_stream *stream;

        put_packet(&to);
        put_flags(&to, 5);
        put_u32(&to, 0);
        end(&to, 0);
        stream = open_behind_interface(&to);
        assert_int_equal(remote_stream_next(stream), REMOTE_BLOCK_PACKET);
        assert_int_equal(stream->packet.captured_length, 5);
        assert_int_equal(stream->packet.wire_length, 1500);
        assert_int_equal(stream->packet.timestamp, 0x1122334455667788);
        assert_memory_equal(stream->packet.bytes, "\1\2\3\4\5", 5);
        assert_int_equal(stream->packet.flags, 5);
        assert_null(stream->packet.options);
        check_end(stream);
    }
}

static void test_packet_with_options(void **state)
{
    (void)state;
    for (int swapped = 0; swapped < 2; swapped++) {
        struct written to = begin_stream(swapped);
        const struct pcapng_packet_options *options;
        struct remote_stream *stream;

        put_packet(&to);
        put_option(&to, 1, "four", 4);
        put_flags(&to, 0x105);
        put_u64_option(&to, 4, 17);
        put_u64_option(&to, 5, 18);
        put_option(&to, 1, "", 0);
        put_option(&to, 1, "a\nb", 3);
        put_u16(&to, 8);
        put_u16(&to, 8);
        put_u32(&to, 4711);
        put_u32(&to, 4712);
        put_u32(&to, 0);
        end(&to, 0);
        stream = open_behind_interface(&to);
        assert_int_equal(remote_stream_next(stream), REMOTE_BLOCK_PACKET);
        options = stream->packet.options;
        assert_non_null(options);
        assert_int_equal(stream->packet.drops, 17);
        assert_int_equal(options->id, 18);
        assert_int_equal(options->flags, 0x105);
        assert_true(options->has_process && options->process == 4711 && options->thread == 4712);
        assert_int_equal(options->comments.count, 3);
        assert_string_equal(options->comments.texts[0], "four");
        assert_string_equal(options->comments.texts[1], "");
        assert_string_equal(options->comments.texts[2], "a\nb");
        check_end(stream);
    }
}

/* Drops alone need no options: they are added to what is lost here. */
static void test_drops_alone(void **state)
{
    struct written to = begin_stream(false);
    struct remote_stream *stream;

    (void)state;
    put_packet(&to);
    put_flags(&to, 6);
    put_u64_option(&to, 4, 3);
    put_u32(&to, 0);
    end(&to, 0);
    put_packet(&to); /* without options, and without their end */
    end(&to, 0);
    stream = open_behind_interface(&to);
    assert_int_equal(remote_stream_next(stream), REMOTE_BLOCK_PACKET);
    assert_true(!stream->packet.options && stream->packet.drops == 3 && stream->packet.flags == 6);
    assert_int_equal(remote_stream_next(stream), REMOTE_BLOCK_PACKET);
    assert_true(stream->packet.options && !stream->packet.options->has_flags);
    assert_true(stream->packet.drops == 0 && stream->packet.flags == 0);
    check_end(stream);
}

static void put_statistics(struct written *to, uint32_t interface, bool has_rest)
{
    begin(to, STATISTICS);
    put_u32(to, interface);
    put_u64(to, 0);
    put_u64_option(to, 4, 100);
    put_u64_option(to, 5, 10);
    put_u64_option(to, 8, 80);
    if (has_rest) {
        put_u64_option(to, PCAPNG_OPTION_PAUSED, 6);
        put_u64_option(to, PCAPNG_OPTION_DISCARDED, 4);
        put_option(to, PCAPNG_OPTION_INTERIM, "", 0);
    }
    put_option(to, 1, "sa\x07id", 5);
    put_u32(to, 0);
    end(to, 0);
}

static void test_statistics_and_report(void **state)
{
    (void)state;
    for (int swapped = 0; swapped < 2; swapped++) {
        const uint64_t token = 77; /* its bytes come back as they were sent */
        struct written to = begin_stream(swapped);
        struct remote_stream *stream;

        put_statistics(&to, 0, false);
        put_statistics(&to, 0, true);
        begin(&to, PCAPNG_BLOCK_REPORT);
        put(&to, &token, sizeof token);
        put_u64(&to, 1700000000123456789);
        put_u32(&to, 0);
        end(&to, 0);
        begin(&to, NAMES); /* of no interest */
        put_u32(&to, 0);
        end(&to, 0);
        stream = open_behind_interface(&to);
        for (int has_rest = 0; has_rest < 2; has_rest++) {
            assert_int_equal(remote_stream_next(stream), REMOTE_BLOCK_STATISTICS);
            assert_int_equal(stream->statistics.received, 100);
            assert_int_equal(stream->statistics.dropped, 10);
            assert_int_equal(stream->statistics.delivered, 80);
            assert_int_equal(stream->statistics.has_rest, has_rest);
            assert_int_equal(stream->statistics.is_interim, has_rest);
            assert_int_equal(stream->statistics.paused, has_rest ? 6 : 0);
            assert_int_equal(stream->statistics.discarded, has_rest ? 4 : 0);
            assert_string_equal(stream->statistics.comment, "sa?id");
        }
        assert_int_equal(remote_stream_next(stream), REMOTE_BLOCK_REPORT);
        assert_int_equal(stream->report.token, token);
        assert_int_equal(stream->report.time, 1700000000123456789);
        check_end(stream);
    }
}

/* Byte by byte there are the same blocks, and none before its last byte. */
static void test_pieces(void **state)
{
    struct written to = begin_stream(false);
    struct remote_stream stream;
    enum remote_block found[3];
    size_t count = 0;

    (void)state;
    put_packet(&to);
    end(&to, 0);
    assert_true(remote_stream_init(&stream));
    for (size_t i = 0; i < to.length; i++) {
        size_t size;
        uint8_t *room = remote_stream_room(&stream, &size);
        enum remote_block block;

        assert_true(size >= PCAPNG_BLOCK_MAX);
        *room = to.bytes[i];
        remote_stream_add(&stream, 1);
        block = remote_stream_next(&stream);
        assert_true(block == REMOTE_BLOCK_NONE || count < 3);
        if (block != REMOTE_BLOCK_NONE)
            found[count++] = block;
    }
    assert_int_equal(count, 3);
    assert_int_equal(found[0], REMOTE_BLOCK_SECTION);
    assert_int_equal(found[2], REMOTE_BLOCK_PACKET);
    check_end(&stream);
}

static void test_end_within_a_block(void **state)
{
    const struct written whole = begin_stream(false);

    (void)state;
    for (size_t cut = 1; cut < 4; cut++) {
        struct written to = whole;
        struct remote_stream *stream;

        to.length -= cut;
        stream = open_stream(&to);
        assert_int_equal(remote_stream_next(stream), REMOTE_BLOCK_SECTION);
        assert_int_equal(remote_stream_next(stream), REMOTE_BLOCK_NONE);
        assert_string_equal(remote_stream_finish(stream), "the stream ends within a block");
        remote_stream_free(stream);
    }
}

static void check_beginning(const char *bytes, size_t length, const char *fault)
{
    struct written to = {.length = 0};

    put(&to, bytes, length);
    check_broken(open_stream(&to), fault);
}

static void test_beginnings(void **state)
{
    (void)state;
    check_beginning("\r\nWelcome\x1b[2J to\xff this\r\nhost", 28,
                    "begins with 'Welcome?[2J to? this'");
    check_beginning("x", 1, "begins with 'x'");
    check_beginning("\x0a\x0d\x0dX", 4, "begins with 'X'");
    check_beginning("\x0a\x0d\x0d\x0a\x1c\0\0\0nonsense", 16, "begins with '");
}

static void test_section_of_others(void **state)
{
    struct written to = {.length = 0};

    (void)state;
    put_section(&to, "Dumpcap (Wireshark) 4.0.17");
    check_broken(open_stream(&to), "not written by ipmon, but by 'Dumpcap (Wireshark) 4.0.17'");
}

static void test_second_section(void **state)
{
    struct written to = begin_stream(false);

    (void)state;
    put_section(&to, "ipmon 1");
    check_broken(open_behind_interface(&to), "a second section");
}

/* What is wrong with a block behind the first interface. */
static void test_broken_blocks(void **state)
{
    struct written to;

    (void)state;
    to = begin_stream(false);
    begin_packet(&to, 1, 0);
    end(&to, 0);
    check_broken(open_behind_interface(&to), "of an interface that was not described");

    to = begin_stream(false);
    begin_packet(&to, 0, 5);
    put_u32(&to, 0);
    end(&to, 0);
    check_broken(open_behind_interface(&to), "longer than its block");

    to = begin_stream(false);
    begin_packet(&to, 0, UINT32_MAX);
    end(&to, 0);
    check_broken(open_behind_interface(&to), "longer than its block");

    to = begin_stream(false);
    begin(&to, PACKET);
    put_u32(&to, 0);
    end(&to, 0);
    check_broken(open_behind_interface(&to), "too short");

    to = begin_stream(false);
    put_statistics(&to, 1, false);
    check_broken(open_behind_interface(&to), "of an interface that was not described");

    to = begin_stream(false);
    begin(&to, PCAPNG_BLOCK_REPORT);
    end(&to, 0);
    check_broken(open_behind_interface(&to), "too short");

    to = begin_stream(false);
    begin(&to, SIMPLE_PACKET);
    put_u32(&to, 0);
    end(&to, 0);
    check_broken(open_behind_interface(&to), "blocks that ipmon does not write");
}

static void test_lengths(void **state)
{
    static const uint32_t lengths[] = {4, 8, 13, 14, PCAPNG_BLOCK_MAX + 4, UINT32_MAX};
    struct written to;

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        to = begin_stream(false);
        begin(&to, NAMES);
        end(&to, lengths[i]);
        check_broken(open_behind_interface(&to), "impossible length");
    }
    to = begin_stream(false);
    begin(&to, NAMES);
    end(&to, 0);
    to.bytes[to.length - 4] ^= 4;
    check_broken(open_behind_interface(&to), "two lengths");
}

static void test_impossible_counts(void **state)
{
    static const uint64_t counts[] = {REMOTE_STREAM_COUNT_MAX, REMOTE_STREAM_COUNT_MAX + 1,
                                      UINT64_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct written statistics = begin_stream(false);
        struct written packets = begin_stream(false);
        struct remote_stream *stream;

        begin(&statistics, STATISTICS);
        put_u32(&statistics, 0);
        put_u64(&statistics, 0);
        put_u64_option(&statistics, 5, counts[i]);
        end(&statistics, 0);
        stream = open_behind_interface(&statistics);
        if (i == 0) {
            assert_int_equal(remote_stream_next(stream), REMOTE_BLOCK_STATISTICS);
            check_end(stream);
        } else {
            check_broken(stream, "an impossible count");
        }
        for (int n = 0; n < 2; n++) { /* the second one exceeds the limit with the first */
            put_packet(&packets);
            put_u64_option(&packets, 4, counts[i]);
            end(&packets, 0);
        }
        stream = open_behind_interface(&packets);
        if (i == 0)
            assert_int_equal(remote_stream_next(stream), REMOTE_BLOCK_PACKET);
        check_broken(stream, "an impossible number of packets");
    }
}

static void test_too_many_interfaces(void **state)
{
    struct written to = {.length = 0};
    struct remote_stream *stream;

    (void)state;
    put_section(&to, "ipmon 1");
    for (int i = 0; i <= REMOTE_STREAM_INTERFACES_MAX; i++) {
        begin(&to, INTERFACE);
        put_u64(&to, 101);
        end(&to, 0);
    }
    stream = open_stream(&to);
    assert_int_equal(remote_stream_next(stream), REMOTE_BLOCK_SECTION);
    for (int i = 0; i < REMOTE_STREAM_INTERFACES_MAX; i++)
        assert_int_equal(remote_stream_next(stream), REMOTE_BLOCK_INTERFACE);
    check_broken(stream, "more than 1024 interfaces");
}

static void check_interface_option(uint16_t code, uint8_t value, size_t length, const char *fault)
{
    struct written to = {.length = 0};
    const uint8_t bytes[8] = {value};
    struct remote_stream *stream;

    put_section(&to, "ipmon 1");
    begin(&to, INTERFACE);
    put_u64(&to, 101);
    put_option(&to, code, bytes, length);
    put_u32(&to, 0);
    end(&to, 0);
    stream = open_stream(&to);
    assert_int_equal(remote_stream_next(stream), REMOTE_BLOCK_SECTION);
    check_broken(stream, fault);
}

static void test_times_of_another_unit(void **state)
{
    (void)state;
    check_interface_option(9, 10, 1, "times of a unit");
    check_interface_option(9, 0x80 | 9, 1, "times of a unit");
    check_interface_option(14, 1, 8, "times of a unit");
}

/* An option that is not whole ends the options, as one with code 0 does. */
static void test_cut_options(void **state)
{
    struct written to = begin_stream(false);
    struct remote_stream *stream;

    (void)state;
    put_packet(&to);
    put_option(&to, 1, "kept", 4);
    put_u16(&to, 1);
    put_u16(&to, 9);
    put_u64(&to, 0);
    end(&to, 0);
    stream = open_behind_interface(&to);
    assert_int_equal(remote_stream_next(stream), REMOTE_BLOCK_PACKET);
    assert_int_equal(stream->packet.options->comments.count, 1);
    check_end(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_section_and_interface), cmocka_unit_test(test_plain_packet),
        cmocka_unit_test(test_packet_with_options),   cmocka_unit_test(test_drops_alone),
        cmocka_unit_test(test_statistics_and_report), cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_end_within_a_block),    cmocka_unit_test(test_beginnings),
        cmocka_unit_test(test_section_of_others),     cmocka_unit_test(test_second_section),
        cmocka_unit_test(test_broken_blocks),         cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_times_of_another_unit), cmocka_unit_test(test_cut_options),
        cmocka_unit_test(test_too_many_interfaces),   cmocka_unit_test(test_impossible_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
