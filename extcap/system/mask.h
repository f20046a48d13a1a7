/*
 * Hides the host part of IP addresses in texts for the user (--mask-sensitive).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_MASK_H
#define IPMON_MASK_H

#include <stdbool.h>
#include <stddef.h>

/* Enables the functions below; without it, they leave texts unchanged. */
void mask_enable(void);

bool mask_is_enabled(void);

/*
 * Replaces all but the first 24 bits of each IPv4 and each Ethernet address and the first 64 of
 * each IPv6 address by 'x': 192.0.2.x, 02:00:5e:x, 2001:db8::x. A hexadecimal number of more than
 * 16 bits (0xc0000201) is taken for an IPv4 address. size: bytes at `text`; what no longer fits is
 * cut off.
 */
void mask_text(char *text, size_t size);

/*
 * Copies a capture filter, or libpcap's message about one, for a text that mask_text will mask:
 * numbers that are an address, or may be one, are replaced by 'x' as far as they are a host part.
 * Ports, lengths, offsets and the like stay. Returns `copy`. size: bytes at `copy`, at least 1;
 * what does not fit is cut off.
 */
const char *mask_filter(char *copy, size_t size, const char *filter);

#endif
