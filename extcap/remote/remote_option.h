/*
 * Numbers and options of pcap-ng blocks in either byte order, from untrusted bytes.
 * Source: draft-ietf-opsawg-pcapng, "Options".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_REMOTE_OPTION_H
#define IPMON_REMOTE_OPTION_H

#include <byteswap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    REMOTE_OPTION_END = 0,
    REMOTE_OPTION_COMMENT = 1,
    REMOTE_OPTION_HEADER = 4,    /* bytes: code and length */
    REMOTE_OPTION_LENGTH_AT = 2, /* bytes from its begin */
    REMOTE_PADDING = 4,          /* blocks and options are padded to a multiple of it */
};

/* An option. Its value may be changed, and so may the byte before it. */
struct remote_option {
    uint16_t code;
    uint16_t length; /* bytes */
    uint8_t *value;
};

/* The options of a block that were not read yet. */
struct remote_options {
    uint8_t *at;
    size_t left;  /* bytes */
    bool swapped; /* their byte order is not this machine's */
};

static inline uint16_t remote_u16(bool swapped, const uint8_t *bytes)
{
    uint16_t number;

    memcpy(&number, bytes, sizeof number);
    return swapped ? bswap_16(number) : number;
}

static inline uint32_t remote_u32(bool swapped, const uint8_t *bytes)
{
    uint32_t number;

    memcpy(&number, bytes, sizeof number);
    return swapped ? bswap_32(number) : number;
}

static inline uint64_t remote_u64(bool swapped, const uint8_t *bytes)
{
    uint64_t number;

    memcpy(&number, bytes, sizeof number);
    return swapped ? bswap_64(number) : number;
}

/* `length` with its padding. */
static inline size_t remote_padded(size_t length)
{
    return (length + REMOTE_PADDING - 1) / REMOTE_PADDING * REMOTE_PADDING;
}

/* Takes the next option; false at the end, and where one is not whole. */
bool remote_option_next(struct remote_options *options, struct remote_option *option);

/* Makes the value a string in its place, which begins a byte earlier, and returns it. */
char *remote_option_string(const struct remote_option *option);

/* The same; control characters and invalid UTF-8 become '?' (printable.h). */
char *remote_option_printable(const struct remote_option *option);

#endif
