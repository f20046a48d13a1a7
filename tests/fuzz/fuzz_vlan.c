/*
 * VLAN tags of any bytes: the header that is found lies within them, behind whole tags only, and no
 * further than a frame's tags may reach.
 * Input: 1 byte the kernel's protocol and direction, 1 byte how many more were on the wire, packet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <linux/if_ether.h>

#include "vlan_tag.h"

static void check_tags(const uint8_t *bytes, int length)
{
    for (int at = 0; at < length; at += VLAN_TAG_LENGTH) {
        uint16_t ethertype = (uint16_t)(bytes[at + 2] << 8 | bytes[at + 3]);

        if (at + VLAN_TAG_LENGTH == length)
            FUZZ_CHECK(ethertype == ETH_P_IP || ethertype == ETH_P_IPV6);
        else
            FUZZ_CHECK(vlan_tag_is(ethertype));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t protocols[] = {0, ETH_P_IP, ETH_P_IPV6, ETH_P_8021Q};
    struct fuzz_input input = {data, size};
    uint8_t known = (uint8_t)fuzz_number(&input, 1);
    uint32_t more = (uint32_t)fuzz_number(&input, 1);
    uint8_t *copy = fuzz_copy(input.data, input.left);
    const struct vlan_packet packet = {
        .bytes = copy,
        .captured_length = (uint32_t)input.left,
        .wire_length = (uint32_t)input.left + more,
        .protocol = protocols[known & 3],
        .sent = (known >> 2 & 1) != 0,
    };
    int length = vlan_tags_length(&packet);

    FUZZ_CHECK(length >= -1 && length % VLAN_TAG_LENGTH == (length < 0 ? -1 : 0));
    FUZZ_CHECK(length <= (packet.sent ? VLAN_TAGS_LENGTH : VLAN_TAGS_LENGTH - VLAN_TAG_LENGTH));
    FUZZ_CHECK(length < 0 || (uint32_t)length <= packet.captured_length);
    check_tags(copy, length);
    free(copy);
    return 0;
}
