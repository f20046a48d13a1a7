/*
 * Statistics over all IP headers: tshark -z ipmon,tree and the Statistics menu.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_STATISTICS_H
#define IPMON_STATISTICS_H

/* The tap that gets a struct ip_packet for each annotated header. */
#define STATISTICS_TAP "ipmon"

/* Registers the statistics. To be called when Wireshark registers tap listeners. */
void statistics_register(void);

#endif
