/*
 * The number of packets and bytes, of all packets or of those that pass a filter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_STATISTICS_PACKETS_H
#define IPMON_STATISTICS_PACKETS_H

/* To be called once; see statistics_register. */
void statistics_packets_register(void);

#endif
