/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "connection_state.h"

#include "connection.h"
#include "sctp_association.h"
#include "tcp_outcome.h"

/* The side that opened the connection, or that is likely to have done so. */
static unsigned client_of(const struct connection_view *view,
                          const struct connection_outcome *outcome)
{
    if (outcome->client != CONNECTION_SIDE_UNKNOWN)
        return outcome->client;
    return view->ports[0] < view->ports[1];
}

static void fill(struct connection_state *state, const struct connection_view *view,
                 const struct connection_outcome *outcome,
                 const struct connection_reporter *reporter)
{
    const unsigned client = client_of(view, outcome);

    state->protocol = view->protocol;
    state->version = view->version;
    for (unsigned i = 0; i < 2; i++) {
        state->addresses[i] = view->addresses[i ^ client];
        state->ports[i] = view->ports[i ^ client];
    }
    state->outcome = *outcome;
    state->outcome.side ^= (uint8_t)client;
    state->outcome.client = CONNECTION_CLIENT;
    state->reporter = outcome->errno_value != 0 ? reporter : NULL;
}

static void fill_past(struct connection_state *state, const struct connection_view *view,
                      const struct connection_past *past)
{
    state->number = past->number;
    fill(state, view, &past->outcome, past->reporter);
}

bool connection_state_find(struct connection_state *state, const packet_info *pinfo,
                           const struct header_place *place)
{
    const struct connection_past *past;
    struct connection_outcome outcome;
    struct connection_view view;

    if (!connection_find(&view, pinfo, place))
        return false;
    past = connection_life_at(view.life, pinfo->num);
    if (past) {
        fill_past(state, &view, past);
        return true;
    }
    outcome = view.tcp ? tcp_outcome(view.tcp, pinfo->fd->visited != 0) : sctp_outcome(view.sctp);
    state->number = view.life->number;
    fill(state, &view, &outcome, connection_life_reporter(view.life));
    return true;
}

bool connection_state_replaced(struct connection_state *state, const packet_info *pinfo,
                               const struct header_place *place)
{
    const struct connection_past *past;
    struct connection_view view;

    if (!connection_find(&view, pinfo, place))
        return false;
    past = connection_life_replaced(view.life, pinfo->num);
    if (past)
        fill_past(state, &view, past);
    return past != NULL;
}
