/*
 * A walk over the blocks of a file by their lengths. It stops at each interface description block,
 * so that a file whose interfaces are all described at the start is not read a second time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pcapng_reader.h"

#include <byteswap.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ip_address.h"

enum {
    BLOCK_INTERFACE_DESCRIPTION = 1,
    BLOCK_SECTION_HEADER = 0x0A0D0D0A,
    BYTE_ORDER_MAGIC = 0x1A2B3C4D,
    OPTION_END = 0,
    OPTION_IF_IPV4 = 4,
    OPTION_IF_IPV6 = 5,
    OPTION_IF_MAC = 6,
    OPTION_HEADER = 4, /* bytes: code and length */
    OPTION_LENGTH_FIELD = 2,
    PADDING_UNIT = 4, /* bytes: blocks and options are padded to a multiple of it */
    BLOCK_HEADER = 8, /* bytes: type and length */
    BLOCK_LENGTH_FIELD = 4,
    BLOCK_FRAME = 12,                      /* bytes: the header, and the length again */
    INTERFACE_FIXED = 8,                   /* bytes before the options */
    IPV4_LENGTH = 2 * IPV4_ADDRESS_LENGTH, /* bytes: address and netmask */
    IPV6_LENGTH = IPV6_ADDRESS_LENGTH + 1, /* bytes: address and prefix length */
    MAC_LENGTH = 6,
    BODY_MAX = 1024 * 1024, /* of a block whose options are read */
};

static uint16_t u16_at(const struct pcapng_reader *reader, const uint8_t *bytes)
{
    uint16_t number;

    memcpy(&number, bytes, sizeof number);
    return reader->swapped ? bswap_16(number) : number;
}

static uint32_t u32_at(const struct pcapng_reader *reader, const uint8_t *bytes)
{
    uint32_t number;

    memcpy(&number, bytes, sizeof number);
    return reader->swapped ? bswap_32(number) : number;
}

void pcapng_reader_close(struct pcapng_reader *reader)
{
    if (reader->descriptor >= 0)
        close(reader->descriptor);
    reader->descriptor = -1;
}

void pcapng_link_free(struct pcapng_link *link)
{
    free(link->addresses);
    free(link->body);
    memset(link, 0, sizeof *link);
}

void pcapng_reader_open(struct pcapng_reader *reader, const char *path)
{
    memset(reader, 0, sizeof *reader);
    reader->descriptor = open(path, O_RDONLY | O_CLOEXEC);
}

static bool read_all(const struct pcapng_reader *reader, void *bytes, size_t length)
{
    size_t got = 0;

    while (got < length) {
        ssize_t more = read(reader->descriptor, (uint8_t *)bytes + got, length - got);

        if (more <= 0)
            return false;
        got += (size_t)more;
    }
    return true;
}

/* The section header has the byte order of the section, its own length included. */
static bool begin_section(struct pcapng_reader *reader)
{
    uint8_t magic[4];

    if (!read_all(reader, magic, sizeof magic) ||
        lseek(reader->descriptor, -(off_t)sizeof magic, SEEK_CUR) < 0)
        return false;
    reader->swapped = false;
    reader->swapped = u32_at(reader, magic) != BYTE_ORDER_MAGIC;
    reader->section++;
    return u32_at(reader, magic) == BYTE_ORDER_MAGIC;
}

/* The next block's type and the length of what follows its header; false at the end. */
static bool read_header(struct pcapng_reader *reader, uint32_t *type, uint32_t *rest)
{
    uint8_t header[BLOCK_HEADER];
    uint32_t length;

    if (!read_all(reader, header, sizeof header))
        return false;
    *type = u32_at(reader, header);
    if (*type == BLOCK_SECTION_HEADER && !begin_section(reader))
        return false;
    length = u32_at(reader, header + BLOCK_LENGTH_FIELD);
    *rest = length - BLOCK_HEADER;
    return reader->section != 0 && length >= BLOCK_FRAME && length % PADDING_UNIT == 0;
}

static bool add_address(struct pcapng_link *link, const struct pcapng_address *address)
{
    struct pcapng_address *grown =
        realloc(link->addresses, (link->address_count + 1) * sizeof *grown);

    if (!grown)
        return false;
    link->addresses = grown;
    grown[link->address_count++] = *address;
    return true;
}

static bool read_option(struct pcapng_link *link, uint16_t code, const uint8_t *value,
                        size_t length)
{
    if (code == OPTION_IF_IPV4 && length == IPV4_LENGTH)
        return add_address(link, &(struct pcapng_address){.family = AF_INET,
                                                          .bytes = value,
                                                          .netmask = value + IPV4_ADDRESS_LENGTH});
    if (code == OPTION_IF_IPV6 && length == IPV6_LENGTH)
        return add_address(link, &(struct pcapng_address){.family = AF_INET6,
                                                          .bytes = value,
                                                          .prefix_length = value[IPV6_LENGTH - 1]});
    if (code == OPTION_IF_MAC && length == MAC_LENGTH)
        link->hardware_address = value;
    return true;
}

static void read_options(const struct pcapng_reader *reader, struct pcapng_link *link,
                         const uint8_t *at, size_t left)
{
    while (left >= OPTION_HEADER) {
        uint16_t code = u16_at(reader, at);
        size_t length = u16_at(reader, at + OPTION_LENGTH_FIELD);
        size_t padded = (length + PADDING_UNIT - 1) / PADDING_UNIT * PADDING_UNIT;

        at += OPTION_HEADER;
        left -= OPTION_HEADER;
        if (code == OPTION_END || padded > left || !read_option(link, code, at, length))
            return;
        at += padded;
        left -= padded;
    }
}

/* rest: bytes from the end of the block's header to the next block. */
static bool read_interface(struct pcapng_reader *reader, struct pcapng_link *link, uint32_t rest)
{
    const uint32_t body = rest - (BLOCK_FRAME - BLOCK_HEADER);

    if (body < INTERFACE_FIXED || body > BODY_MAX)
        return lseek(reader->descriptor, rest, SEEK_CUR) >= 0;
    link->body = malloc(rest);
    if (!link->body || !read_all(reader, link->body, rest))
        return false;
    read_options(reader, link, link->body + INTERFACE_FIXED, body - INTERFACE_FIXED);
    return true;
}

bool pcapng_reader_next(struct pcapng_reader *reader, struct pcapng_link *link)
{
    uint32_t type;
    uint32_t rest;

    memset(link, 0, sizeof *link);
    while (reader->descriptor >= 0) {
        if (!read_header(reader, &type, &rest)) {
            pcapng_reader_close(reader);
        } else if (type != BLOCK_INTERFACE_DESCRIPTION) {
            if (lseek(reader->descriptor, rest, SEEK_CUR) < 0)
                pcapng_reader_close(reader);
        } else if (read_interface(reader, link, rest)) {
            link->section = reader->section - 1;
            return true;
        } else {
            pcapng_link_free(link);
            pcapng_reader_close(reader);
        }
    }
    return false;
}
