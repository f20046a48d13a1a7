/*
 * Addresses out of interface description blocks, in either byte order, and of files that are
 * damaged or of another kind.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <byteswap.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pcapng_reader.h"

enum {
    FILE_MAX = 4096,
    SECTION = 0x0A0D0D0A,
    INTERFACE = 1,
    PACKET = 6,
};

static const uint8_t ipv4[] = {192, 0, 2, 10, 255, 255, 255, 128};
static const uint8_t ipv6[] = {0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 64};
static const uint8_t mac[] = {2, 0, 0, 0xAA, 0xBB, 0xCC};

/* A file that is written block by block. */
struct writing {
    uint8_t bytes[FILE_MAX];
    size_t length;
    size_t block;
    bool swapped;
};

static void put_u16(struct writing *file, uint16_t number)
{
    number = file->swapped ? bswap_16(number) : number;
    memcpy(file->bytes + file->length, &number, sizeof number);
    file->length += sizeof number;
}

static void put_u32(struct writing *file, uint32_t number)
{
    number = file->swapped ? bswap_32(number) : number;
    memcpy(file->bytes + file->length, &number, sizeof number);
    file->length += sizeof number;
}

static void begin(struct writing *file, uint32_t type)
{
    file->block = file->length;
    put_u32(file, type);
    put_u32(file, 0);
}

static void end(struct writing *file)
{
    const size_t whole = file->length + 4;
    const uint32_t length = (uint32_t)(whole - file->block);

    put_u32(file, length);
    file->length = file->block + 4;
    put_u32(file, length);
    file->length = whole;
}

static void add_section(struct writing *file, bool swapped)
{
    file->swapped = swapped;
    begin(file, SECTION);
    put_u32(file, 0x1A2B3C4D);
    put_u32(file, 1);
    put_u32(file, UINT32_MAX);
    put_u32(file, UINT32_MAX);
    end(file);
}

static void add_option(struct writing *file, uint16_t code, const void *value, size_t length)
{
    put_u16(file, code);
    put_u16(file, (uint16_t)length);
    memcpy(file->bytes + file->length, value, length);
    file->length += (length + 3) / 4 * 4;
}

static void begin_interface(struct writing *file)
{
    begin(file, INTERFACE);
    put_u32(file, 1);
    put_u32(file, 0);
}

static void add_packet(struct writing *file)
{
    begin(file, PACKET);
    for (int i = 0; i < 5; i++)
        put_u32(file, 0);
    end(file);
}

/* Two interfaces, the second one behind a packet and without any address. */
static void add_whole_section(struct writing *file, bool swapped)
{
    add_section(file, swapped);
    begin_interface(file);
    add_option(file, 2, "eth0", 4);
    add_option(file, 4, ipv4, sizeof ipv4);
    add_option(file, 5, ipv6, sizeof ipv6);
    add_option(file, 4, ipv4, sizeof ipv4 - 1); /* too short */
    add_option(file, 6, mac, sizeof mac);
    add_option(file, 0, "", 0);
    add_option(file, 4, ipv4, sizeof ipv4); /* behind the end of the options */
    end(file);
    add_packet(file);
    begin_interface(file);
    end(file);
}

static struct pcapng_reader open_reader(const void *bytes, size_t length)
{
    struct pcapng_reader reader;
    char path[64];
    int memory = memfd_create("file", MFD_CLOEXEC);

    assert_true(memory >= 0);
    assert_int_equal(write(memory, bytes, length), length);
    snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
    pcapng_reader_open(&reader, path);
    assert_true(reader.descriptor >= 0);
    close(memory);
    return reader;
}

static void check_first(struct pcapng_reader *reader, unsigned section)
{
    struct pcapng_link link;

    assert_true(pcapng_reader_next(reader, &link));
    assert_int_equal(link.section, section);
    assert_int_equal(link.address_count, 2);
    assert_int_equal(link.addresses[0].family, AF_INET);
    assert_memory_equal(link.addresses[0].bytes, ipv4, 4);
    assert_memory_equal(link.addresses[0].netmask, ipv4 + 4, 4);
    assert_int_equal(link.addresses[1].family, AF_INET6);
    assert_memory_equal(link.addresses[1].bytes, ipv6, 16);
    assert_int_equal(link.addresses[1].prefix_length, 64);
    assert_memory_equal(link.hardware_address, mac, sizeof mac);
    pcapng_link_free(&link);
}

static void check_second(struct pcapng_reader *reader, unsigned section)
{
    struct pcapng_link link;

    assert_true(pcapng_reader_next(reader, &link));
    assert_int_equal(link.section, section);
    assert_int_equal(link.address_count, 0);
    assert_null(link.hardware_address);
    pcapng_link_free(&link);
}

static void check_none(struct pcapng_reader *reader)
{
    struct pcapng_link link;

    for (int i = 0; i < 2; i++) {
        assert_false(pcapng_reader_next(reader, &link));
        assert_int_equal(reader->descriptor, -1);
    }
    pcapng_reader_close(reader);
}

static void test_two_sections(void **state)
{
    struct writing file = {.length = 0};
    struct pcapng_reader reader;

    (void)state;
    add_whole_section(&file, false);
    add_whole_section(&file, true);
    reader = open_reader(file.bytes, file.length);
    for (unsigned section = 0; section < 2; section++) {
        check_first(&reader, section);
        check_second(&reader, section);
    }
    check_none(&reader);
}

/* Cut at any place: what is whole is read, and then nothing more. */
static void test_cut(void **state)
{
    struct writing file = {.length = 0};
    size_t first; /* the end of the first interface's block */

    (void)state;
    add_section(&file, true);
    begin_interface(&file);
    add_option(&file, 4, ipv4, sizeof ipv4);
    end(&file);
    first = file.length;
    add_packet(&file);
    for (size_t length = 0; length <= file.length; length++) {
        struct pcapng_reader reader = open_reader(file.bytes, length);
        struct pcapng_link link;

        row_equal("found", pcapng_reader_next(&reader, &link), length >= first);
        pcapng_link_free(&link);
        check_none(&reader);
    }
}

/* Any byte of the first block's options may be wrong, and any length. */
static void test_damaged(void **state)
{
    struct writing file = {.length = 0};

    (void)state;
    add_whole_section(&file, false);
    for (size_t at = 0; at < file.length; at++) {
        const uint8_t right = file.bytes[at];

        for (unsigned wrong = 0; wrong <= UINT8_MAX; wrong += 15) {
            struct pcapng_reader reader;
            struct pcapng_link link;
            unsigned found = 0;

            file.bytes[at] = (uint8_t)wrong;
            reader = open_reader(file.bytes, file.length);
            while (pcapng_reader_next(&reader, &link)) {
                for (size_t i = 0; i < link.address_count; i++)
                    assert_true(link.addresses[i].bytes > link.body);
                pcapng_link_free(&link);
                found++;
            }
            assert_in_range(found, 0, 10);
        }
        file.bytes[at] = right;
    }
}

static void test_other_files(void **state)
{
    static const char *const files[] = {"", "text that is no capture file, but long enough",
                                        "\xD4\xC3\xB2\xA1\x02\0\x04\0"};
    struct pcapng_reader reader;

    (void)state;
    for (size_t i = 0; i < ROWS(files); i++) {
        reader = open_reader(files[i], strlen(files[i]));
        check_none(&reader);
    }
    pcapng_reader_open(&reader, "/no/such/file");
    check_none(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_sections),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_other_files),
    };

    return cmocka_run_group_tests_name("pcapng_reader", tests, NULL, NULL);
}
