/*
 * Reads from a pcap-ng file what libwiretap omits from its interface description blocks: the
 * addresses. A file of another format, a compressed or a damaged one has none.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PCAPNG_READER_H
#define IPMON_PCAPNG_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pcapng.h"

struct pcapng_reader {
    int descriptor;   /* -1: nothing is read any more */
    bool swapped;     /* the section's byte order is not the host's */
    unsigned section; /* sections that began so far */
};

/* The addresses in an interface description block; pointers are valid until pcapng_link_free. */
struct pcapng_link {
    unsigned section;                /* number of the section, from 0 */
    const uint8_t *hardware_address; /* 6 bytes, or NULL */
    struct pcapng_address *addresses;
    size_t address_count;
    uint8_t *body; /* the block's */
};

void pcapng_reader_open(struct pcapng_reader *reader, const char *path);

/*
 * Reads the next interface description block; false when there is none that can be read, now and
 * later. Release *link with pcapng_link_free.
 */
bool pcapng_reader_next(struct pcapng_reader *reader, struct pcapng_link *link);

void pcapng_reader_close(struct pcapng_reader *reader);

void pcapng_link_free(struct pcapng_link *link);

#endif
