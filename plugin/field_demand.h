/*
 * Whether somebody looks at one of many fields. Wireshark's own question, asked for each field and
 * each packet, would be felt; this reads the mark it would read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_FIELD_DEMAND_H
#define IPMON_FIELD_DEMAND_H

#include <stdbool.h>

#include <wireshark.h>
#include <epan/proto.h>

/* Whether Wireshark's mark says that the protocol or one of its fields is looked at. */
static inline bool is_protocol_wanted(proto_tree *tree, const header_field_info *protocol)
{
    return PTREE_DATA(tree)->visible || protocol->ref_type != HF_REF_TYPE_NONE ||
           !PTREE_DATA(tree)->fake_protocols;
}

/* Whether one of the registered fields is looked at; in a visible tree all are. */
static inline bool fields_are_wanted(proto_tree *tree, const hf_register_info *fields,
                                     unsigned count)
{
    if (PTREE_DATA(tree)->visible)
        return true;
    for (unsigned i = 0; i < count; i++)
        if (fields[i].hfinfo.ref_type != HF_REF_TYPE_NONE)
            return true;
    return false;
}

#endif
