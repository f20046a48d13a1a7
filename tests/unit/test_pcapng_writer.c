/*
 * The pcap-ng writer: what it wrote is read back by a small reader of its own that checks every
 * length, padding and option; limits of block sizes; and flushing into pipes that are full, whose
 * reader left, and files that refuse.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pcapng_writer.h"

/* Numbers of the draft, written down again. */
enum {
    SECTION_HEADER = 0x0A0D0D0A,
    INTERFACE_DESCRIPTION = 1,
    INTERFACE_STATISTICS = 5,
    ENHANCED_PACKET = 6,
    SECTION_FIXED = 16, /* bytes before the options */
    INTERFACE_FIXED = 8,
    PACKET_FIXED = 20,
    STATISTICS_FIXED = 12,
    REPORT_FIXED = 16,
    SECTION_LIMIT = 2048,
    BLOCK_LIMIT = 262144,
    CAPACITY = 4 * BLOCK_LIMIT,
    OPTIONS_MAX = 25000,
    MANY_ADDRESSES = 20000,
};

struct option_read {
    uint16_t code;
    uint16_t length;
    const uint8_t *value;
};

struct block_read {
    uint32_t type;
    uint32_t length; /* total */
    const uint8_t *body;
    size_t option_count;
};

/* Options of the block read last. */
static struct option_read read_options[OPTIONS_MAX];

struct file {
    uint8_t *bytes;
    size_t length;
    size_t offset; /* of the next block */
};

static uint16_t u16_at(const uint8_t *bytes)
{
    uint16_t number;

    memcpy(&number, bytes, sizeof number);
    return number;
}

static uint32_t u32_at(const uint8_t *bytes)
{
    uint32_t number;

    memcpy(&number, bytes, sizeof number);
    return number;
}

static uint64_t u64_at(const uint8_t *bytes)
{
    uint64_t number;

    memcpy(&number, bytes, sizeof number);
    return number;
}

static uint64_t time_at(const uint8_t *bytes)
{
    return (uint64_t)u32_at(bytes) << 32 | u32_at(bytes + 4);
}

static void check_zeros(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        assert_int_equal(bytes[i], 0);
}

/* Reads options up to the one that ends them, which must end the block too. */
static size_t parse_options(const uint8_t *at, const uint8_t *end)
{
    size_t count = 0;

    for (;;) {
        struct option_read *option = &read_options[count];
        size_t padding;

        assert_true(end - at >= 4);
        option->code = u16_at(at);
        option->length = u16_at(at + 2);
        option->value = at + 4;
        at += 4;
        if (option->code == 0) {
            assert_int_equal(option->length, 0);
            assert_ptr_equal(at, end);
            return count;
        }
        padding = (4 - option->length % 4) % 4;
        assert_true((size_t)(end - at) >= option->length + padding);
        check_zeros(at + option->length, padding);
        at += option->length + padding;
        assert_true(++count < OPTIONS_MAX);
    }
}

static size_t fixed_length(const struct block_read *block)
{
    switch (block->type) {
    case SECTION_HEADER:
        return SECTION_FIXED;
    case INTERFACE_DESCRIPTION:
        return INTERFACE_FIXED;
    case INTERFACE_STATISTICS:
        return STATISTICS_FIXED;
    case PCAPNG_BLOCK_REPORT:
        return REPORT_FIXED;
    case ENHANCED_PACKET:
        return PACKET_FIXED + (u32_at(block->body + 12) + 3U) / 4 * 4;
    default:
        fail_msg("block type %u", block->type);
        return 0;
    }
}

/* The next block; its form is checked whatever its contents. */
static struct block_read next_block(struct file *file, uint32_t type)
{
    const uint8_t *start = file->bytes + file->offset;
    struct block_read block;
    size_t fixed;

    assert_true(file->length - file->offset >= 12);
    block.type = u32_at(start);
    block.length = u32_at(start + 4);
    block.body = start + 8;
    assert_int_equal(block.type, type);
    assert_int_equal(block.length % 4, 0);
    assert_in_range(block.length, 12, type == SECTION_HEADER ? SECTION_LIMIT : BLOCK_LIMIT);
    assert_true(file->length - file->offset >= block.length);
    assert_int_equal(u32_at(start + block.length - 4), block.length);
    fixed = fixed_length(&block);
    assert_true(block.length >= 12 + fixed);
    block.option_count = parse_options(block.body + fixed, start + block.length - 4);
    file->offset += block.length;
    return block;
}

static void check_end(struct file *file)
{
    assert_int_equal(file->offset, file->length);
    free(file->bytes);
}

/* The option of the block read last that has the code; fails when it is there more than once. */
static const struct option_read *option_of(const struct block_read *block, uint16_t code)
{
    const struct option_read *found = NULL;

    for (size_t i = 0; i < block->option_count; i++) {
        if (read_options[i].code != code)
            continue;
        assert_null(found);
        found = &read_options[i];
    }
    return found;
}

static void check_string(const struct block_read *block, uint16_t code, const char *expected)
{
    const struct option_read *option = option_of(block, code);

    if (!expected) {
        assert_null(option);
        return;
    }
    assert_non_null(option);
    assert_int_equal(option->length, strlen(expected));
    assert_memory_equal(option->value, expected, option->length);
}

static void check_u64(const struct block_read *block, uint16_t code, uint64_t expected)
{
    const struct option_read *option = option_of(block, code);

    assert_non_null(option);
    assert_int_equal(option->length, 8);
    assert_int_equal(u64_at(option->value), expected);
}

/* A writer into a file that only exists in memory. */
static struct pcapng_writer open_writer(size_t capacity)
{
    int descriptor = memfd_create("capture", MFD_CLOEXEC);
    struct pcapng_writer writer;

    assert_true(descriptor >= 0);
    assert_true(pcapng_writer_init(&writer, descriptor, capacity));
    assert_int_equal(pcapng_writer_pending(&writer), 0);
    return writer;
}

/* Flushes, closes, and hands over what is in the file. */
static struct file close_writer(struct pcapng_writer *writer)
{
    struct file file = {NULL, 0, 0};
    off_t size;

    assert_int_equal(pcapng_writer_flush(writer), NONBLOCKING_FLUSHED);
    assert_int_equal(pcapng_writer_pending(writer), 0);
    size = lseek(writer->descriptor, 0, SEEK_END);
    assert_true(size >= 0);
    file.length = (size_t)size;
    file.bytes = malloc(file.length + 1);
    assert_non_null(file.bytes);
    assert_int_equal(pread(writer->descriptor, file.bytes, file.length, 0), size);
    close(writer->descriptor);
    pcapng_writer_free(writer);
    return file;
}

/* A string of `length` characters that are not all alike; to be freed. */
static char *long_string(size_t length)
{
    char *text = malloc(length + 1);

    assert_non_null(text);
    for (size_t i = 0; i < length; i++)
        text[i] = (char)('a' + i % 23);
    text[length] = '\0';
    return text;
}

/* Section header */

static void check_section(struct file *file, const char *hardware, const char *system,
                          const char *application)
{
    struct block_read block = next_block(file, SECTION_HEADER);

    assert_int_equal(u32_at(block.body), 0x1A2B3C4D);
    assert_int_equal(u16_at(block.body + 4), 1);
    assert_int_equal(u16_at(block.body + 6), 0);
    assert_int_equal(u64_at(block.body + 8), UINT64_MAX);
    check_string(&block, 2, hardware);
    check_string(&block, 3, system);
    check_string(&block, 4, application);
    assert_int_equal(block.option_count, !!hardware + !!system + !!application);
}

static void test_section(void **state)
{
    struct pcapng_writer writer = open_writer(CAPACITY);
    struct file file;

    (void)state;
    pcapng_write_section(&writer, "x86", "Linux 6.18", "ipmon");
    pcapng_write_section(&writer, NULL, "", "ipmo");
    pcapng_write_section(&writer, NULL, NULL, NULL);
    file = close_writer(&writer);
    check_section(&file, "x86", "Linux 6.18", "ipmon");
    check_section(&file, NULL, NULL, "ipmo");
    check_section(&file, NULL, NULL, NULL);
    check_end(&file);
}

/* Long strings are cut, each of them kept in part, and none makes the block too large. */
static void test_section_long(void **state)
{
    static const size_t lengths[] = {599, 600, 601, 2047, 2048, 65535, 65536, 300000};

    (void)state;
    for (size_t i = 0; i < ROWS(lengths); i++) {
        struct pcapng_writer writer = open_writer(CAPACITY);
        char *text = long_string(lengths[i]);
        struct block_read block;
        struct file file;

        pcapng_write_section(&writer, text, text, text);
        file = close_writer(&writer);
        block = next_block(&file, SECTION_HEADER); /* holds it against SECTION_LIMIT */
        assert_int_equal(block.option_count, 3);
        for (uint16_t code = 2; code <= 4; code++) {
            const struct option_read *option = option_of(&block, code);

            assert_non_null(option);
            assert_true(option->length >= 500 && option->length <= lengths[i]);
            assert_memory_equal(option->value, text, option->length);
        }
        check_end(&file);
        free(text);
    }
}

/* Interface description */

static const uint8_t mac[6] = {2, 0, 0, 0xAA, 0xBB, 0xCC};

static void test_interface(void **state)
{
    static const uint8_t v4[] = {192, 0, 2, 10};
    static const uint8_t mask4[] = {255, 255, 255, 128};
    static const uint8_t v6[] = {0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
    static const uint8_t mask6[16] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    const struct pcapng_address addresses[] = {
        {AF_INET, v4, mask4, 25},
        {AF_INET6, v6, mask6, 64},
    };
    static const char *const comments[] = {"of the interface"};
    const uint8_t fcs_length = 32;
    const struct pcapng_interface interface = {
        .link_type = PCAPNG_LINKTYPE_RAW,
        .snapshot_length = 262000,
        .name = "eth0",
        .description = "first card",
        .filter = "tcp port 80",
        .operating_system = "Linux 6.18.0",
        .hardware = "card 7",
        .speed = 10000000000,
        .hardware_address = mac,
        .fcs_length = &fcs_length,
        .ticks_exponent = 6,
        .addresses = addresses,
        .address_count = ROWS(addresses),
        .comments = {.texts = comments, .count = ROWS(comments)},
    };
    struct pcapng_writer writer = open_writer(CAPACITY);
    const struct option_read *option;
    struct block_read block;
    struct file file;

    (void)state;
    assert_int_equal(pcapng_write_interface(&writer, &interface), 0);
    file = close_writer(&writer);
    block = next_block(&file, INTERFACE_DESCRIPTION);
    assert_int_equal(u16_at(block.body), 101);
    assert_int_equal(u16_at(block.body + 2), 0);
    assert_int_equal(u32_at(block.body + 4), 262000);
    assert_int_equal(block.option_count, 12);
    check_string(&block, 1, "of the interface");
    check_string(&block, 15, "card 7");
    option = option_of(&block, 13);
    assert_non_null(option);
    assert_int_equal(option->length, 1);
    assert_int_equal(option->value[0], 32);
    check_string(&block, 2, "eth0");
    check_string(&block, 3, "first card");
    check_string(&block, 12, "Linux 6.18.0");
    check_u64(&block, 8, 10000000000);
    option = option_of(&block, 4);
    assert_non_null(option);
    assert_int_equal(option->length, 8);
    assert_memory_equal(option->value, v4, 4);
    assert_memory_equal(option->value + 4, mask4, 4);
    option = option_of(&block, 5);
    assert_non_null(option);
    assert_int_equal(option->length, 17);
    assert_memory_equal(option->value, v6, 16);
    assert_int_equal(option->value[16], 64);
    option = option_of(&block, 6);
    assert_non_null(option);
    assert_int_equal(option->length, 6);
    assert_memory_equal(option->value, mac, 6);
    option = option_of(&block, 9);
    assert_non_null(option);
    assert_int_equal(option->length, 1);
    assert_int_equal(option->value[0], 6); /* 10^-6 s */
    option = option_of(&block, 11);
    assert_non_null(option);
    assert_int_equal(option->length, 1 + strlen("tcp port 80"));
    assert_int_equal(option->value[0], 0); /* the kind: libpcap's language */
    assert_memory_equal(option->value + 1, "tcp port 80", strlen("tcp port 80"));
    check_end(&file);
}

/* Without any other option only the resolution is left, and numbers count up from 0. */
static void test_interface_empty(void **state)
{
    static const struct pcapng_interface rows[] = {
        {.link_type = 1},
        {.link_type = 1, .name = "", .description = "", .filter = "", .operating_system = ""},
        {.link_type = 1, .snapshot_length = 0, .speed = 0, .hardware_address = NULL},
    };
    struct pcapng_writer writer = open_writer(CAPACITY);
    struct file file;

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        assert_int_equal(pcapng_write_interface(&writer, &rows[i]), i);
    file = close_writer(&writer);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct block_read block = next_block(&file, INTERFACE_DESCRIPTION);

        assert_int_equal(u16_at(block.body), 1);
        assert_int_equal(u32_at(block.body + 4), 0);
        assert_int_equal(block.option_count, 1);
        assert_non_null(option_of(&block, 9));
    }
    check_end(&file);
}

static void test_interface_addresses(void **state)
{
    static const size_t counts[] = {0, 1, 2, 100, MANY_ADDRESSES};
    static uint8_t numbers[MANY_ADDRESSES][16];
    static struct pcapng_address addresses[MANY_ADDRESSES];
    struct pcapng_interface interface = {.link_type = 101, .name = "eth0", .addresses = addresses};

    (void)state;
    for (size_t i = 0; i < MANY_ADDRESSES; i++) {
        memcpy(numbers[i], &i, sizeof i);
        addresses[i] = (struct pcapng_address){i % 2 ? AF_INET6 : AF_INET, numbers[i], numbers[i],
                                               (uint8_t)(i % 100)};
    }
    for (size_t c = 0; c < ROWS(counts); c++) {
        struct pcapng_writer writer = open_writer(CAPACITY);
        struct block_read block;
        struct file file;
        size_t seen = 0;

        interface.address_count = counts[c];
        pcapng_write_interface(&writer, &interface);
        file = close_writer(&writer);
        block = next_block(&file, INTERFACE_DESCRIPTION);
        for (size_t i = 0; i < block.option_count; i++) {
            const struct option_read *option = &read_options[i];

            if (option->code != 4 && option->code != 5)
                continue;
            assert_int_equal(option->code, addresses[seen].family == AF_INET6 ? 5 : 4);
            assert_int_equal(option->length, option->code == 5 ? 17 : 8);
            assert_memory_equal(option->value, numbers[seen], option->code == 5 ? 16 : 4);
            seen++;
        }
        if (counts[c] < MANY_ADDRESSES) {
            assert_int_equal(seen, counts[c]);
        } else {
            assert_true(seen < counts[c]);
            assert_true(block.length > BLOCK_LIMIT - 64); /* as many as fit */
        }
        check_string(&block, 2, "eth0");
        check_end(&file);
    }
}

/* Once the block is full nothing is done for the rest, which could be any number. */
static void test_interface_addresses_behind_the_last(void **state)
{
    static const uint8_t number[16] = {1};
    static struct pcapng_address addresses[MANY_ADDRESSES];
    const struct pcapng_interface interface = {
        .link_type = 101, .addresses = addresses, .address_count = MANY_ADDRESSES};
    const size_t fit = BLOCK_LIMIT / 24; /* bytes of an option with an IPv6 address */
    struct pcapng_writer writer = open_writer(CAPACITY);
    struct block_read block;
    struct file file;

    (void)state;
    assert_true(fit < MANY_ADDRESSES);
    for (size_t i = 0; i < MANY_ADDRESSES; i++) /* those behind would be a crash */
        addresses[i] = (struct pcapng_address){AF_INET6, i <= fit ? number : NULL, NULL, 64};
    pcapng_write_interface(&writer, &interface);
    file = close_writer(&writer);
    block = next_block(&file, INTERFACE_DESCRIPTION);
    assert_true(block.length > BLOCK_LIMIT - 64);
    check_end(&file);
}

/* An option's length has 16 bits: names are cut to it, a filter that is cut would be another. */
static void test_interface_long_strings(void **state)
{
    static const struct {
        size_t length;
        uint16_t name;
        uint16_t filter; /* with its kind; 0: left out */
    } rows[] = {
        {1, 1, 2},         {65533, 65533, 65534}, {65534, 65534, 65535}, {65535, 65535, 0},
        {65536, 65535, 0}, {70000, 65535, 0},     {300000, 65535, 0},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct pcapng_writer writer = open_writer(CAPACITY);
        char *text = long_string(rows[i].length);
        const struct pcapng_interface named = {.link_type = 101, .name = text, .filter = text};
        const struct option_read *option;
        struct block_read block;
        struct file file;

        pcapng_write_interface(&writer, &named);
        file = close_writer(&writer);
        block = next_block(&file, INTERFACE_DESCRIPTION);
        option = option_of(&block, 2);
        assert_non_null(option);
        assert_int_equal(option->length, rows[i].name);
        assert_memory_equal(option->value, text, option->length);
        option = option_of(&block, 11);
        assert_int_equal(option ? option->length : 0, rows[i].filter);
        if (option)
            assert_memory_equal(option->value + 1, text, option->length - 1);
        assert_non_null(option_of(&block, 9));
        check_end(&file);
        free(text);
    }
}

/* All that is long at once, and addresses: some must go, the block stays whole and in bounds. */
static void test_interface_everything_long(void **state)
{
    static const uint8_t number[16] = {1};
    static struct pcapng_address addresses[1000];
    struct pcapng_writer writer = open_writer(CAPACITY);
    char *text = long_string(65534);
    const struct pcapng_interface interface = {
        .link_type = 101,
        .name = text,
        .description = text,
        .filter = text,
        .operating_system = text,
        .speed = 1,
        .hardware_address = mac,
        .addresses = addresses,
        .address_count = ROWS(addresses),
    };
    struct block_read block;
    struct file file;

    (void)state;
    for (size_t i = 0; i < ROWS(addresses); i++)
        addresses[i] = (struct pcapng_address){AF_INET, number, number, 8};
    pcapng_write_interface(&writer, &interface);
    pcapng_write_section(&writer, NULL, NULL, NULL);
    file = close_writer(&writer);
    block = next_block(&file, INTERFACE_DESCRIPTION);
    assert_non_null(option_of(&block, 2));
    assert_non_null(option_of(&block, 9));
    check_section(&file, NULL, NULL, NULL); /* the next block starts where it should */
    check_end(&file);
    free(text);
}

/* Packets */

static void test_packet_lengths(void **state)
{
    static const uint32_t lengths[] = {0, 1, 2, 3, 4, 5, 20, 65535, 261999, 262000};
    struct pcapng_writer writer = open_writer(16 * BLOCK_LIMIT);
    char *bytes = long_string(262000);
    struct file file;

    (void)state;
    for (size_t i = 0; i < ROWS(lengths); i++) {
        const struct pcapng_packet packet = {
            .interface = (uint32_t)i,
            .timestamp = i,
            .bytes = (const uint8_t *)bytes,
            .captured_length = lengths[i],
            .wire_length = lengths[i] + 7,
            .drops = i,
        };

        pcapng_write_packet(&writer, &packet);
    }
    file = close_writer(&writer);
    for (size_t i = 0; i < ROWS(lengths); i++) {
        struct block_read block = next_block(&file, ENHANCED_PACKET);
        uint32_t padding = (4 - lengths[i] % 4) % 4;

        assert_int_equal(u32_at(block.body), i);
        assert_int_equal(u32_at(block.body + 12), lengths[i]);
        assert_int_equal(u32_at(block.body + 16), lengths[i] + 7);
        assert_memory_equal(block.body + 20, bytes, lengths[i]);
        check_zeros(block.body + 20 + lengths[i], padding);
        assert_non_null(option_of(&block, 2));
        assert_int_equal(block.option_count, i == 0 ? 1 : 2);
        if (i != 0)
            check_u64(&block, 4, i);
    }
    check_end(&file);
    free(bytes);
}

static void test_packet_times(void **state)
{
    static const struct {
        uint64_t time;
        uint32_t upper, lower;
    } rows[] = {
        {0, 0, 0},
        {1, 0, 1},
        {0xFFFFFFFF, 0, 0xFFFFFFFF},
        {0x100000000, 1, 0},
        {0x0123456789ABCDEF, 0x01234567, 0x89ABCDEF},
        {UINT64_MAX, 0xFFFFFFFF, 0xFFFFFFFF},
    };
    struct pcapng_writer writer = open_writer(CAPACITY);
    struct file file;

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        pcapng_write_packet(
            &writer,
            &(struct pcapng_packet){.timestamp = rows[i].time, .bytes = mac, .captured_length = 1});
    file = close_writer(&writer);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct block_read block = next_block(&file, ENHANCED_PACKET);

        assert_int_equal(u32_at(block.body + 4), rows[i].upper);
        assert_int_equal(u32_at(block.body + 8), rows[i].lower);
    }
    check_end(&file);
}

static void test_packet_flags(void **state)
{
    static const enum pcapng_direction directions[] = {PCAPNG_DIRECTION_UNKNOWN, PCAPNG_INBOUND,
                                                       PCAPNG_OUTBOUND};
    static const enum pcapng_reception receptions[] = {PCAPNG_RECEPTION_UNKNOWN, PCAPNG_UNICAST,
                                                       PCAPNG_MULTICAST, PCAPNG_BROADCAST,
                                                       PCAPNG_PROMISCUOUS};
    static const uint64_t drops[] = {0, 1, 0xFFFFFFFF, 0x100000000, UINT64_MAX};
    struct pcapng_writer writer = open_writer(CAPACITY);
    struct file file;

    (void)state;
    for (size_t d = 0; d < ROWS(directions); d++)
        for (size_t r = 0; r < ROWS(receptions); r++)
            pcapng_write_packet(&writer, &(struct pcapng_packet){.bytes = mac,
                                                                 .captured_length = 6,
                                                                 .wire_length = 6,
                                                                 .direction = directions[d],
                                                                 .reception = receptions[r],
                                                                 .drops = drops[r]});
    file = close_writer(&writer);
    for (uint32_t d = 0; d < ROWS(directions); d++) {
        for (uint32_t r = 0; r < ROWS(receptions); r++) {
            struct block_read block = next_block(&file, ENHANCED_PACKET);
            const struct option_read *option = option_of(&block, 2);

            assert_non_null(option);
            assert_int_equal(option->length, 4);
            assert_int_equal(u32_at(option->value), d | r << 2); /* bits 0-1 and 2-4 */
            if (drops[r] != 0)
                check_u64(&block, 4, drops[r]);
            else
                assert_null(option_of(&block, 4));
        }
    }
    check_end(&file);
}

static struct block_read written_packet(struct file *file, const struct pcapng_packet *packet,
                                        bool whole)
{
    struct pcapng_writer writer = open_writer(CAPACITY);
    struct block_read block;

    row_equal("whole", pcapng_write_packet(&writer, packet), whole);
    *file = close_writer(&writer);
    block = next_block(file, ENHANCED_PACKET); /* holds it against BLOCK_LIMIT */
    assert_int_equal(u32_at(block.body + 12), packet->captured_length);
    return block;
}

/* Options of another file's packet are written as they are, and no others. */
static void test_packet_options(void **state)
{
    static const char *const comments[] = {"first", "", "second"};
    const struct pcapng_packet_options nothing = {0};
    const struct pcapng_packet_options all = {
        .has_flags = true,
        .has_drops = true,
        .has_id = true,
        .has_queue = true,
        .flags = 0xFFFF01E6,
        .queue = 7,
        .drops = 0,
        .id = 0x123456789ABCDEF0,
        .comments = {.texts = comments, .count = ROWS(comments)},
    };
    struct pcapng_packet packet = {.bytes = mac,
                                   .captured_length = 6,
                                   .direction = PCAPNG_INBOUND,
                                   .drops = 3,
                                   .options = &nothing};
    struct block_read block;
    struct file file;

    (void)state;
    block = written_packet(&file, &packet, true);
    assert_int_equal(block.option_count, 0);
    check_end(&file);
    packet.options = &all;
    block = written_packet(&file, &packet, true);
    assert_int_equal(block.option_count, 4 + ROWS(comments));
    assert_int_equal(u32_at(option_of(&block, 2)->value), all.flags);
    assert_int_equal(u32_at(option_of(&block, 6)->value), all.queue);
    check_u64(&block, 4, all.drops);
    check_u64(&block, 5, all.id);
    for (size_t i = 0; i < ROWS(comments); i++) {
        const struct option_read *option = &read_options[4 + i];

        row_equal(comments[i], option->code, 1);
        row_equal(comments[i], option->length, strlen(comments[i]));
        row_equal(comments[i], memcmp(option->value, comments[i], option->length), 0);
    }
    check_end(&file);
}

/*
 * Of a packet with processes: those of the sender, the comments, and what was lost before it.
 * Whether the lengths of the comments are known makes no difference.
 */
static void test_process_options(void **state)
{
    static const char *const comments[] = {"PID: 7", "PID: 12 "};
    static const uint16_t lengths[] = {6, 8};
    struct pcapng_packet_options options = {
        .has_flags = true,
        .has_process = true,
        .adds_drops = true,
        .flags = pcapng_flags(PCAPNG_OUTBOUND, PCAPNG_UNICAST),
        .process = 7,
        .thread = 8,
        .comments = {.texts = comments, .count = ROWS(comments)},
    };

    (void)state;
    for (uint32_t captured = 3; captured <= 6; captured++) {
        struct pcapng_packet packet = {
            .bytes = mac, .captured_length = captured, .options = &options};
        struct block_read block;
        struct file file;
        struct file other;

        options.comments.lengths = NULL;
        block = written_packet(&file, &packet, true);
        assert_int_equal(block.option_count, 4);
        assert_int_equal(option_of(&block, 8)->length, 8);
        assert_int_equal(u32_at(option_of(&block, 8)->value), 7);
        assert_int_equal(u32_at(option_of(&block, 8)->value + 4), 8);
        assert_int_equal(u32_at(option_of(&block, 2)->value), 2 | 1 << 2);
        options.comments.lengths = lengths;
        written_packet(&other, &packet, true);
        assert_int_equal(other.length, file.length);
        assert_memory_equal(other.bytes, file.bytes, file.length);
        check_end(&other);
        check_end(&file);
        packet.drops = 3;
        block = written_packet(&file, &packet, true);
        assert_int_equal(block.option_count, 5);
        check_u64(&block, 4, 3);
        check_end(&file);
    }
}

/* The packet is kept whatever its comments are; a character is not cut in two. */
static void test_comments_that_do_not_fit(void **state)
{
    enum { LONG = 65535, SHORT = 20 };
    char *bytes = long_string(PCAPNG_PACKET_MAX);
    char *text = long_string(LONG + 10);
    const char *const comments[] = {text, text};
    const char *const umlaut[] = {text};
    struct pcapng_packet_options options = {
        .has_flags = true,
        .has_drops = true,
        .has_id = true,
        .has_queue = true,
        .comments = {.texts = comments, .count = ROWS(comments)}};
    struct pcapng_packet packet = {
        .bytes = (const uint8_t *)bytes, .captured_length = PCAPNG_PACKET_MAX, .options = &options};
    const struct option_read *option;
    struct block_read block;
    struct file file;

    (void)state;
    block = written_packet(&file, &packet, false);
    assert_int_equal(block.option_count, 5);
    option = option_of(&block, 1);
    assert_non_null(option);
    assert_true(option->length >= SHORT && block.length > BLOCK_LIMIT - 8);
    assert_memory_equal(option->value, text, option->length);
    check_end(&file);

    text[LONG] = '\0';
    options.comments = (struct pcapng_comments){
        .texts = umlaut, .count = ROWS(umlaut), .lengths = &(const uint16_t){LONG}};
    block = written_packet(&file, &packet, false);
    assert_memory_equal(option_of(&block, 1)->value, text, option_of(&block, 1)->length);
    check_end(&file);

    packet.captured_length = 1;
    text[LONG - 1] = '\xC3';
    text[LONG] = '\xA4';
    options.comments = (struct pcapng_comments){.texts = umlaut, .count = ROWS(umlaut)};
    block = written_packet(&file, &packet, false);
    assert_int_equal(option_of(&block, 1)->length, LONG - 1);
    check_end(&file);

    text[LONG - 1] = '\0';
    written_packet(&file, &packet, true);
    check_end(&file);
    options.comments.incomplete = true;
    written_packet(&file, &packet, false);
    check_end(&file);
    free(text);
    free(bytes);
}

/* Each empty comment has a header: more of them than fit do not make the block too large. */
static void test_empty_comments_that_do_not_fit(void **state)
{
    enum { COMMENTS = 1000 };
    char *bytes = long_string(PCAPNG_PACKET_MAX);
    const char *comments[COMMENTS];
    struct pcapng_packet_options options = {.has_flags = true,
                                            .comments = {.texts = comments, .count = COMMENTS}};
    struct pcapng_packet packet = {
        .bytes = (const uint8_t *)bytes, .captured_length = PCAPNG_PACKET_MAX, .options = &options};
    struct block_read block;
    struct file file;

    (void)state;
    for (size_t i = 0; i < COMMENTS; i++)
        comments[i] = "";
    block = written_packet(&file, &packet, false);
    assert_true(block.length > BLOCK_LIMIT - 16 && block.length <= BLOCK_LIMIT);
    check_end(&file);

    options.comments.count = block.option_count - 1;
    block = written_packet(&file, &packet, true);
    assert_int_equal(block.option_count, options.comments.count + 1);
    check_end(&file);
    free(bytes);
}

/* Statistics */

static void check_time_option(const struct block_read *block, uint16_t code, uint64_t expected)
{
    const struct option_read *option = option_of(block, code);

    assert_non_null(option);
    assert_int_equal(option->length, 8);
    assert_int_equal(time_at(option->value), expected);
}

static void test_statistics(void **state)
{
    static const struct pcapng_statistics rows[] = {
        {.ticks_exponent = PCAPNG_NANOSECONDS},
        {.interface = 3,
         .ticks_exponent = PCAPNG_NANOSECONDS,
         .start_time = 0x1111111122222222,
         .end_time = 0x3333333344444444,
         .received = 1000,
         .dropped = 30,
         .delivered = 970,
         .comment = "paused"},
        {.interface = UINT32_MAX,
         .ticks_exponent = PCAPNG_NANOSECONDS,
         .start_time = 1,
         .end_time = UINT64_MAX,
         .received = UINT64_MAX,
         .dropped = 0x100000000,
         .delivered = UINT64_MAX - 1},
        {.interface = 1,
         .ticks_exponent = 6,
         .start_time = 1999,
         .end_time = 1700000000123456789},
        {.interface = 1, .start_time = 999999999, .end_time = 1700000000999999999},
    };
    static const uint64_t divisors[] = {1, 1, 1, 1000, 1000000000};
    struct pcapng_writer writer = open_writer(CAPACITY);
    struct file file;

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        pcapng_write_statistics(&writer, &rows[i]);
    file = close_writer(&writer);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct block_read block = next_block(&file, INTERFACE_STATISTICS);

        assert_int_equal(u32_at(block.body), rows[i].interface);
        assert_int_equal(time_at(block.body + 4), rows[i].end_time / divisors[i]);
        assert_int_equal(block.option_count, rows[i].comment ? 7 : 6);
        check_time_option(&block, 2, rows[i].start_time / divisors[i]);
        check_time_option(&block, 3, rows[i].end_time / divisors[i]);
        check_u64(&block, 4, rows[i].received);
        check_u64(&block, 5, rows[i].dropped);
        check_u64(&block, 7, rows[i].dropped);
        check_u64(&block, 8, rows[i].delivered);
    }
    check_end(&file);
}

/* What only another ipmon reads: it must not be in a file that others read. */
static void test_report(void **state)
{
    static const struct pcapng_statistics rows[] = {
        {.interface = 1},
        {.interface = 1, .has_rest = true, .paused = 7, .discarded = UINT64_MAX},
        {.interface = 1, .has_rest = true, .is_interim = true},
    };
    struct pcapng_writer writer = open_writer(CAPACITY);
    struct block_read block;
    struct file file;

    (void)state;
    pcapng_write_report(&writer, 0x1122334455667788, 1700000000123456789);
    for (size_t i = 0; i < ROWS(rows); i++)
        pcapng_write_statistics(&writer, &rows[i]);
    file = close_writer(&writer);
    block = next_block(&file, PCAPNG_BLOCK_REPORT);
    assert_int_equal(u64_at(block.body), 0x1122334455667788);
    assert_int_equal(u64_at(block.body + 8), 1700000000123456789);
    for (size_t i = 0; i < ROWS(rows); i++) {
        block = next_block(&file, INTERFACE_STATISTICS);
        assert_int_equal(option_of(&block, PCAPNG_OPTION_PAUSED) != NULL, rows[i].has_rest);
        assert_int_equal(option_of(&block, PCAPNG_OPTION_DISCARDED) != NULL, rows[i].has_rest);
        assert_int_equal(option_of(&block, PCAPNG_OPTION_INTERIM) != NULL, rows[i].is_interim);
        if (!rows[i].has_rest)
            continue;
        check_u64(&block, PCAPNG_OPTION_PAUSED, rows[i].paused);
        check_u64(&block, PCAPNG_OPTION_DISCARDED, rows[i].discarded);
    }
    check_end(&file);
}

/* Buffer and pipe */

static void test_room(void **state)
{
    struct pcapng_writer writer = open_writer(2 * BLOCK_LIMIT);
    struct file file;
    size_t block;

    (void)state;
    assert_true(pcapng_writer_has_room(&writer, 0));
    assert_true(pcapng_writer_has_room(&writer, 2));
    assert_false(pcapng_writer_has_room(&writer, 3));
    pcapng_write_section(&writer, NULL, NULL, NULL);
    block = pcapng_writer_pending(&writer);
    assert_int_equal(block, 12 + SECTION_FIXED + 4);
    assert_true(pcapng_writer_has_room(&writer, 1));
    assert_false(pcapng_writer_has_room(&writer, 2));
    while (pcapng_writer_has_room(&writer, 1)) {
        pcapng_write_section(&writer, NULL, NULL, NULL);
        assert_true(pcapng_writer_pending(&writer) <= 2 * BLOCK_LIMIT);
    }
    /* The last one was written when exactly one of the largest blocks fitted, or a bit more. */
    assert_in_range(pcapng_writer_pending(&writer), BLOCK_LIMIT + 1, BLOCK_LIMIT + block);
    assert_int_equal(pcapng_writer_flush(&writer), NONBLOCKING_FLUSHED);
    assert_true(pcapng_writer_has_room(&writer, 2));
    assert_int_equal(pcapng_writer_flush(&writer), NONBLOCKING_FLUSHED); /* nothing is no failure */
    file = close_writer(&writer);
    while (file.offset < file.length)
        next_block(&file, SECTION_HEADER);
    check_end(&file);
}

/* Space of exactly one block is enough for one block. */
static void test_room_exact(void **state)
{
    struct pcapng_writer writer = {.capacity = 3 * BLOCK_LIMIT, .start = 100};

    (void)state;
    writer.end = 2 * BLOCK_LIMIT;
    assert_true(pcapng_writer_has_room(&writer, 1));
    assert_int_equal(pcapng_writer_pending(&writer), 2 * BLOCK_LIMIT - 100);
    writer.end++;
    assert_false(pcapng_writer_has_room(&writer, 1));
    assert_true(pcapng_writer_has_room(&writer, 0));
}

static struct pcapng_packet numbered_packet(uint32_t number, const char *bytes)
{
    return (struct pcapng_packet){
        .interface = number % 3,
        .timestamp = number,
        .bytes = (const uint8_t *)bytes + number % 5,
        .captured_length = number * 37 % 1500,
        .wire_length = 1500,
        .drops = number % 4,
    };
}

/*
 * A small pipe that is emptied bit by bit while packets keep coming: what comes out must be what a
 * second writer put into a file.
 */
static void test_full_pipe(void **state)
{
    struct pcapng_writer writer;
    struct pcapng_writer twin = open_writer(16 * BLOCK_LIMIT);
    char *bytes = long_string(1600);
    uint8_t *received = malloc(4 * BLOCK_LIMIT);
    size_t length = 0;
    unsigned pending = 0;
    struct file file;
    int ends[2];

    (void)state;
    assert_non_null(received);
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) >= 4096);
    assert_true(pcapng_writer_init(&writer, ends[1], CAPACITY));
    for (uint32_t number = 0; number < 1000; number++) {
        const struct pcapng_packet packet = numbered_packet(number, bytes);

        assert_true(pcapng_writer_has_room(&writer, 1));
        pcapng_write_packet(&writer, &packet);
        pcapng_write_packet(&twin, &packet);
        if (number % 4 == 0) {
            size_t before = pcapng_writer_pending(&writer);
            enum nonblocking_flush result = pcapng_writer_flush(&writer);

            assert_true(pcapng_writer_pending(&writer) <= before);
            if (pcapng_writer_pending(&writer) == 0) {
                assert_int_equal(result, NONBLOCKING_FLUSHED);
            } else {
                assert_int_equal(result, NONBLOCKING_PENDING);
                pending++;
                /* The space in front is free again, and a second flush changes nothing. */
                assert_true(writer.start < 2000);
                before = pcapng_writer_pending(&writer);
                assert_int_equal(pcapng_writer_flush(&writer), NONBLOCKING_PENDING);
                assert_int_equal(pcapng_writer_pending(&writer), before);
            }
        }
        if (number % 2 == 0) {
            ssize_t count = read(ends[0], received + length, 1 + number * 7 % 3000);

            length += count > 0 ? (size_t)count : 0;
        }
    }
    assert_true(pending > 100); /* else the pipe was never full */
    for (enum nonblocking_flush result = NONBLOCKING_PENDING;;) {
        ssize_t count = read(ends[0], received + length, 4096);

        if (count > 0)
            length += (size_t)count;
        else if (result == NONBLOCKING_FLUSHED)
            break;
        result = pcapng_writer_flush(&writer);
        assert_true(result == NONBLOCKING_PENDING || result == NONBLOCKING_FLUSHED);
    }
    assert_int_equal(pcapng_writer_pending(&writer), 0);
    file = close_writer(&twin);
    assert_int_equal(length, file.length);
    assert_memory_equal(received, file.bytes, length);
    for (uint32_t number = 0; number < 1000; number++)
        assert_int_equal(time_at(next_block(&file, ENHANCED_PACKET).body + 4), number);
    check_end(&file);
    close(ends[0]);
    close(ends[1]);
    pcapng_writer_free(&writer);
    free(received);
    free(bytes);
}

static void test_reader_gone(void **state)
{
    struct pcapng_writer writer;
    int ends[2];

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    assert_true(pcapng_writer_init(&writer, ends[1], CAPACITY));
    close(ends[0]);
    assert_int_equal(pcapng_writer_flush(&writer),
                     NONBLOCKING_FLUSHED); /* nothing was written yet */
    pcapng_write_section(&writer, NULL, NULL, NULL);
    assert_int_equal(pcapng_writer_flush(&writer), NONBLOCKING_READER_GONE);
    assert_int_equal(pcapng_writer_flush(&writer), NONBLOCKING_READER_GONE);
    assert_int_equal(pcapng_writer_pending(&writer), 12 + SECTION_FIXED + 4);
    close(ends[1]);
    pcapng_writer_free(&writer);
}

static void test_reader_gone_from_full_pipe(void **state)
{
    struct pcapng_writer writer;
    char *bytes = long_string(PCAPNG_PACKET_MAX);
    const struct pcapng_packet packet = {.bytes = (const uint8_t *)bytes,
                                         .captured_length = PCAPNG_PACKET_MAX};
    int ends[2];

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) >= 4096);
    assert_true(pcapng_writer_init(&writer, ends[1], CAPACITY));
    pcapng_write_packet(&writer, &packet);
    assert_int_equal(pcapng_writer_flush(&writer), NONBLOCKING_PENDING);
    close(ends[0]);
    assert_int_equal(pcapng_writer_flush(&writer), NONBLOCKING_READER_GONE);
    close(ends[1]);
    pcapng_writer_free(&writer);
    free(bytes);
}

static void test_failed(void **state)
{
    struct pcapng_writer writer;
    int full = open("/dev/full", O_WRONLY);

    (void)state;
    assert_true(full >= 0);
    assert_true(pcapng_writer_init(&writer, full, CAPACITY));
    pcapng_write_section(&writer, NULL, NULL, NULL);
    errno = 0;
    assert_int_equal(pcapng_writer_flush(&writer), NONBLOCKING_FAILED);
    assert_int_equal(errno, ENOSPC);
    writer.descriptor = -1;
    errno = 0;
    assert_int_equal(pcapng_writer_flush(&writer), NONBLOCKING_FAILED);
    assert_int_equal(errno, EBADF);
    close(full);
    pcapng_writer_free(&writer);
    pcapng_writer_free(&writer); /* a second time does no harm */
}

/* The whole of a capture in the order in which a reader must find it. */
static void test_order(void **state)
{
    struct pcapng_writer writer = open_writer(CAPACITY);
    const struct pcapng_interface interface = {.link_type = 101, .name = "lo"};
    const struct pcapng_packet packet = {.interface = 1, .bytes = mac, .captured_length = 6};
    struct file file;

    (void)state;
    pcapng_write_section(&writer, "x86", "Linux", "ipmon");
    assert_int_equal(pcapng_write_interface(&writer, &interface), 0);
    assert_int_equal(pcapng_write_interface(&writer, &interface), 1);
    assert_int_equal(pcapng_writer_flush(&writer), NONBLOCKING_FLUSHED);
    pcapng_write_packet(&writer, &packet);
    assert_int_equal(pcapng_write_interface(&writer, &interface), 2);
    pcapng_write_statistics(&writer, &(struct pcapng_statistics){.interface = 2});
    file = close_writer(&writer);
    check_section(&file, "x86", "Linux", "ipmon");
    next_block(&file, INTERFACE_DESCRIPTION);
    next_block(&file, INTERFACE_DESCRIPTION);
    next_block(&file, ENHANCED_PACKET);
    next_block(&file, INTERFACE_DESCRIPTION);
    next_block(&file, INTERFACE_STATISTICS);
    check_end(&file);
}

static void count_unsent(void *context, uint32_t interface)
{
    assert_int_equal(interface, 0);
    (*(unsigned *)context)++;
}

/* Packets whose end did not leave, whatever stands around them. */
static void test_unsent(void **state)
{
    enum { PACKETS = 5, LENGTH = 100 };
    static const uint8_t bytes[LENGTH];
    const struct pcapng_packet packet = {
        .bytes = bytes, .captured_length = LENGTH, .wire_length = LENGTH};
    struct pcapng_writer writer;
    size_t ends[PACKETS];

    (void)state;
    assert_true(pcapng_writer_init(&writer, -1, CAPACITY));
    pcapng_write_section(&writer, NULL, NULL, NULL);
    for (size_t i = 0; i < PACKETS; i++) {
        pcapng_write_packet(&writer, &packet);
        ends[i] = writer.end;
    }
    pcapng_write_statistics(&writer, &(struct pcapng_statistics){.interface = 9});
    for (size_t sent = 0; sent <= writer.end; sent++) {
        unsigned unsent = 0;
        unsigned expected = 0;
        size_t whole = 0;

        for (size_t i = 0; i < PACKETS; i++) {
            expected += ends[i] > sent;
            whole = ends[i] <= sent ? ends[i] : whole;
        }
        writer.start = sent;
        pcapng_writer_unsent(&writer, count_unsent, &unsent);
        row_equal("unsent", unsent, expected);
        if (whole != 0 && sent < ends[PACKETS - 1])
            row_equal("partial", pcapng_writer_partial(&writer), sent - whole);
    }
    row_equal("partial", pcapng_writer_partial(&writer), 0);
    pcapng_writer_free(&writer);
}

/* A pipe's reader that leaves in the middle of a block larger than what it took of it. */
static void test_unsent_of_a_large_packet(void **state)
{
    enum { PACKETS = 3 };
    char *bytes = long_string(PCAPNG_PACKET_MAX);
    const struct pcapng_packet packet = {.bytes = (const uint8_t *)bytes,
                                         .captured_length = PCAPNG_PACKET_MAX};
    struct pcapng_writer writer;
    size_t block;
    char taken[4096];
    int ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, sizeof taken) >= (int)sizeof taken);
    assert_true(pcapng_writer_init(&writer, ends[1], CAPACITY));
    for (int i = 0; i < PACKETS; i++)
        pcapng_write_packet(&writer, &packet);
    block = writer.end / PACKETS;
    for (size_t sent = sizeof taken; sent <= PACKETS * (size_t)BLOCK_LIMIT; sent += sizeof taken) {
        unsigned unsent = 0;

        if (pcapng_writer_flush(&writer) == NONBLOCKING_FLUSHED)
            break;
        pcapng_writer_unsent(&writer, count_unsent, &unsent);
        row_equal("unsent", unsent, PACKETS - sent / block);
        row_equal("partial", pcapng_writer_partial(&writer), sent % block);
        assert_true(read(ends[0], taken, sizeof taken) == (ssize_t)sizeof taken);
    }
    close(ends[0]);
    close(ends[1]);
    pcapng_writer_free(&writer);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unsent_of_a_large_packet),
        cmocka_unit_test(test_unsent),
        cmocka_unit_test(test_section),
        cmocka_unit_test(test_section_long),
        cmocka_unit_test(test_interface),
        cmocka_unit_test(test_interface_empty),
        cmocka_unit_test(test_interface_addresses),
        cmocka_unit_test(test_interface_addresses_behind_the_last),
        cmocka_unit_test(test_interface_long_strings),
        cmocka_unit_test(test_interface_everything_long),
        cmocka_unit_test(test_packet_lengths),
        cmocka_unit_test(test_packet_times),
        cmocka_unit_test(test_packet_flags),
        cmocka_unit_test(test_packet_options),
        cmocka_unit_test(test_process_options),
        cmocka_unit_test(test_comments_that_do_not_fit),
        cmocka_unit_test(test_empty_comments_that_do_not_fit),
        cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_room_exact),
        cmocka_unit_test(test_full_pipe),
        cmocka_unit_test(test_reader_gone),
        cmocka_unit_test(test_reader_gone_from_full_pipe),
        cmocka_unit_test(test_failed),
        cmocka_unit_test(test_order),
    };

    return cmocka_run_group_tests_name("pcapng_writer", tests, NULL, NULL);
}
