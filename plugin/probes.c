/*
 * A table in which a pair of hosts replaces another one with the same hash.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "probes.h"

#include <string.h>

#include <epan/packet.h>

#include "hash.h"
#include "ip_address.h"

enum { PAIRS = 1 << 14 };

struct pair {
    uint64_t fingerprint; /* a hash of addresses, VLAN and tunnels; 0: free */
    struct traceroute traceroute;
};

static uint64_t seed;
static struct pair *pairs; /* PAIRS of them; NULL before the first */

static void reset(void)
{
    pairs = NULL;
}

void probes_register(void)
{
    register_init_routine(reset);
    register_cleanup_routine(reset);
    seed = (uint64_t)g_random_int() << 32 | g_random_int();
}

static uint64_t fingerprint_of(const packet_info *pinfo, uint32_t tunnel, uint8_t version,
                               const uint8_t *addresses)
{
    const size_t length = ip_address_length(version);
    uint64_t hash = hash_word(seed, (uint64_t)tunnel << 32 | pinfo->vlan_id);

    hash = hash_address(hash, addresses, length);
    return hash_address(hash, addresses + length, length) | 1;
}

static struct pair *slot_of(uint64_t fingerprint)
{
    return &pairs[fingerprint >> 32 & (PAIRS - 1)];
}

void probes_keep(const packet_info *pinfo, uint32_t tunnel, uint8_t version,
                 const uint8_t *addresses, uint8_t time_to_live)
{
    const uint64_t fingerprint = fingerprint_of(pinfo, tunnel, version, addresses);
    struct pair *pair;

    if (ip_address_is_multicast(version, addresses + ip_address_length(version)))
        return; /* a small one is usual there, and draws no error */
    if (!pairs)
        pairs = wmem_alloc0_array(wmem_file_scope(), struct pair, PAIRS);
    pair = slot_of(fingerprint);
    if (pair->fingerprint != fingerprint)
        *pair = (struct pair){.fingerprint = fingerprint};
    traceroute_add(&pair->traceroute, time_to_live);
}

bool probes_are_traceroute(const packet_info *pinfo, uint32_t tunnel, uint8_t version,
                           const uint8_t *addresses)
{
    const uint64_t fingerprint = fingerprint_of(pinfo, tunnel, version, addresses);

    return pairs && slot_of(fingerprint)->fingerprint == fingerprint &&
           traceroute_is_one(&slot_of(fingerprint)->traceroute);
}
