/*
 * --version: version, licence and build.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <pcap/pcap.h>
#include <stdio.h>

#include "action.h"

int action_version(const struct settings *settings)
{
    (void)settings;
    printf("ipmon " IPMON_VERSION "\n"
           "Licence: GPL-2.0-or-later\n"
           "Built with %s for Wireshark " IPMON_WIRESHARK_VERSION "; %s\n",
           "gcc " __VERSION__, pcap_lib_version());
    return 0;
}
