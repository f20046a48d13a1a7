/*
 * Hides the host part of IP addresses in texts for the user (--mask-sensitive).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_MASK_H
#define IPMON_MASK_H

#include <stddef.h>

/* From now on mask_text() does its work; before, it leaves texts alone. */
void mask_enable(void);

/*
 * Replaces what stands behind the first 24 bits of each IPv4 address and the first 64 of each IPv6
 * address by 'x': 192.0.2.x, 2001:db8::x. size: bytes at `text`; what no longer fits is cut off.
 */
void mask_text(char *text, size_t size);

#endif
