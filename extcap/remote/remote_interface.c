/*
 * The strings of a description are made in a copy of its block, which lasts as long as the
 * interface.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "remote_interface.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ip_address.h"
#include "remote_option.h"

enum {
    /* bytes from the begin of the block */
    LINK_TYPE_AT = 8,
    SNAPSHOT_AT = 12,
    OPTIONS_AT = 16,
    BLOCK_TRAILER = 4,

    OPTION_NAME = 2,
    OPTION_DESCRIPTION = 3,
    OPTION_IPV4 = 4,
    OPTION_IPV6 = 5,
    OPTION_MAC = 6,
    OPTION_SPEED = 8,
    OPTION_RESOLUTION = 9,
    OPTION_FILTER = 11,
    OPTION_OS = 12,
    OPTION_FCS_LENGTH = 13,
    OPTION_TIME_OFFSET = 14,
    OPTION_HARDWARE = 15,

    MICROSECONDS = 6, /* the resolution of an interface without that option */
    MAC_LENGTH = 6,
    IPV4_LENGTH = 2 * IPV4_ADDRESS_LENGTH, /* bytes: address and netmask */
    IPV6_LENGTH = IPV6_ADDRESS_LENGTH + 1, /* bytes: address and prefix length */
};

static void add_address(struct remote_interface *interface, const struct remote_option *option)
{
    struct pcapng_address *address = &interface->addresses[interface->block.address_count];

    if (option->code == OPTION_IPV4 && option->length == IPV4_LENGTH)
        *address = (struct pcapng_address){.family = AF_INET,
                                           .bytes = option->value,
                                           .netmask = option->value + IPV4_ADDRESS_LENGTH};
    else if (option->code == OPTION_IPV6 && option->length == IPV6_LENGTH)
        *address = (struct pcapng_address){.family = AF_INET6,
                                           .bytes = option->value,
                                           .prefix_length = option->value[IPV6_ADDRESS_LENGTH]};
    else
        return;
    interface->block.address_count++;
}

/* Options that are strings, and where they belong. */
static void read_text(struct remote_interface *interface, const struct remote_option *option)
{
    static const struct {
        uint16_t code;
        size_t member;
    } texts[] = {
        {OPTION_NAME, offsetof(struct pcapng_interface, name)},
        {OPTION_DESCRIPTION, offsetof(struct pcapng_interface, description)},
        {OPTION_OS, offsetof(struct pcapng_interface, operating_system)},
        {OPTION_HARDWARE, offsetof(struct pcapng_interface, hardware)},
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].code == option->code)
            *(const char **)((char *)&interface->block + texts[i].member) =
                remote_option_printable(option);
}

/* A filter in libpcap's syntax has a 0 before its text. */
static void read_filter(struct remote_interface *interface, const struct remote_option *option)
{
    struct remote_option text = *option;

    if (option->length == 0 || option->value[0] != 0)
        return;
    text.value++;
    text.length--;
    interface->block.filter = remote_option_printable(&text);
}

static void read_option(struct remote_interface *interface, const struct remote_option *option,
                        bool swapped)
{
    struct pcapng_interface *block = &interface->block;

    if (option->code == REMOTE_OPTION_COMMENT)
        interface->comments[block->comments.count++] = remote_option_printable(option);
    else if (option->code == OPTION_FILTER)
        read_filter(interface, option);
    else if (option->code == OPTION_MAC && option->length == MAC_LENGTH)
        block->hardware_address = option->value;
    else if (option->code == OPTION_SPEED && option->length == sizeof block->speed)
        block->speed = remote_u64(swapped, option->value);
    else if (option->code == OPTION_RESOLUTION && option->length == 1)
        block->ticks_exponent = option->value[0];
    else if (option->code == OPTION_FCS_LENGTH && option->length == 1)
        block->fcs_length = option->value;
    else if (option->code == OPTION_IPV4 || option->code == OPTION_IPV6)
        add_address(interface, option);
    else
        read_text(interface, option);
}

/* The copy, and as many addresses and comments as it may have. */
static bool reserve(struct remote_interface *interface, const uint8_t *block, size_t length)
{
    const size_t most = length / REMOTE_OPTION_HEADER;

    interface->body = malloc(length);
    interface->addresses = calloc(most, sizeof *interface->addresses);
    interface->comments = calloc(most, sizeof *interface->comments);
    if (!interface->body || !interface->addresses || !interface->comments)
        return false;
    memcpy(interface->body, block, length);
    return true;
}

/* Returns an array with the rows that are in use; should that fail, with more. */
static void *trim(void *rows, size_t count, size_t size)
{
    void *trimmed = realloc(rows, (count + 1) * size);

    if (!trimmed)
        return rows;
    return trimmed;
}

static void finish(struct remote_interface *interface)
{
    struct pcapng_interface *block = &interface->block;

    interface->addresses =
        trim(interface->addresses, block->address_count, sizeof *interface->addresses);
    interface->comments =
        trim(interface->comments, block->comments.count, sizeof *interface->comments);
    block->addresses = interface->addresses;
    block->comments.texts = interface->comments;
}

const char *remote_interface_read(struct remote_interface *interface, const uint8_t *block,
                                  size_t length, bool swapped)
{
    struct remote_options options;
    struct remote_option option;
    bool is_shifted = false;

    memset(interface, 0, sizeof *interface);
    if (length < OPTIONS_AT + BLOCK_TRAILER)
        return "an interface description is too short";
    if (!reserve(interface, block, length))
        return "no memory for another interface";
    interface->block.ticks_exponent = MICROSECONDS;
    interface->block.link_type = remote_u16(swapped, block + LINK_TYPE_AT);
    interface->block.snapshot_length = remote_u32(swapped, block + SNAPSHOT_AT);
    options = (struct remote_options){interface->body + OPTIONS_AT,
                                      length - OPTIONS_AT - BLOCK_TRAILER, swapped};
    while (remote_option_next(&options, &option)) {
        is_shifted = is_shifted || option.code == OPTION_TIME_OFFSET;
        read_option(interface, &option, swapped);
    }
    finish(interface);
    return is_shifted || interface->block.ticks_exponent > PCAPNG_NANOSECONDS
               ? "an interface has times of a unit that ipmon does not write"
               : NULL;
}

void remote_interface_free(struct remote_interface *interface)
{
    free(interface->addresses);
    free(interface->comments);
    free(interface->body);
}
