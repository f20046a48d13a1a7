/*
 * The reader of interface descriptions of a pcap-ng file: what it finds lies within the block.
 * Input: the file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pcapng_reader.h"

static uint8_t sum; /* of every byte found, so that a sanitizer sees the access */

static void read_bytes(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        sum = (uint8_t)(sum + bytes[i]);
}

static void check(const struct pcapng_link *link)
{
    for (size_t i = 0; i < link->address_count; i++) {
        const struct pcapng_address *address = &link->addresses[i];

        FUZZ_CHECK(address->family == AF_INET || address->family == AF_INET6);
        if (address->family == AF_INET)
            read_bytes(address->netmask, 4);
        read_bytes(address->bytes, address->family == AF_INET ? 4 : 16);
    }
    if (link->hardware_address)
        read_bytes(link->hardware_address, 6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pcapng_reader reader;
    struct pcapng_link link;
    char path[64];
    int file = memfd_create("file", MFD_CLOEXEC);
    size_t found = 0;

    FUZZ_CHECK(file >= 0 && write(file, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    pcapng_reader_open(&reader, path);
    while (pcapng_reader_next(&reader, &link)) {
        FUZZ_CHECK(link.section < reader.section);
        check(&link);
        pcapng_link_free(&link);
        found++;
    }
    FUZZ_CHECK(reader.descriptor < 0 && found <= size / 12);
    close(file);
    return 0;
}
