/*
 * rtnetlink dumps and notifications.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "route_netlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* In the loops the rest of a datagram is a signed number: NLMSG_NEXT can bring it below zero. */
enum {
    RECEIVE_SIZE = 64 * 1024, /* the kernel fills at most 32 KiB at once */
    DUMP_ATTEMPTS = 8,        /* before a list that changes all the time is used as it is */
    MONITOR_BUFFER = 1024 * 1024,
};

enum dump_result {
    DUMP_DONE,
    DUMP_CHANGED, /* the list is not of one moment */
    DUMP_FAILED,  /* errno is set */
};

static int open_socket(unsigned groups, int flags)
{
    const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
    int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE);

    if (descriptor >= 0 &&
        bind(descriptor, (const struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;

        close(descriptor);
        errno = error;
        descriptor = -1;
    }
    return descriptor;
}

static bool request_dump(int descriptor, uint16_t type, uint32_t sequence)
{
    struct {
        struct nlmsghdr header;
        struct ifinfomsg link; /* also long enough for a request for addresses */
        struct rtattr attribute;
        uint32_t filter;
    } request = {
        .header = {.nlmsg_len = sizeof request,
                   .nlmsg_type = type,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                   .nlmsg_seq = sequence},
        .attribute = {.rta_len = RTA_LENGTH(sizeof request.filter), .rta_type = IFLA_EXT_MASK},
        .filter = RTEXT_FILTER_SKIP_STATS,
    };

    if (type == RTM_GETADDR)
        request.header.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg));
    return send(descriptor, &request, request.header.nlmsg_len, 0) >= 0;
}

static bool is_handled(const struct nlmsghdr *message)
{
    switch (message->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
        return message->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifinfomsg));
    case RTM_NEWADDR:
    case RTM_DELADDR:
        /* struct ifaddrmsg is shorter; netlink pads it to the same length or attributes follow */
        return message->nlmsg_len >= NLMSG_LENGTH(8);
    default:
        return false;
    }
}

static enum dump_result read_dump(int descriptor, uint32_t sequence, route_handler *handler,
                                  void *context)
{
    _Alignas(struct nlmsghdr) char buffer[RECEIVE_SIZE];
    enum dump_result result = DUMP_DONE;

    for (;;) {
        ssize_t received = recv(descriptor, buffer, sizeof buffer, 0);
        const struct nlmsghdr *message = (const void *)buffer;

        if (received < 0 && errno == EINTR)
            continue;
        if (received <= 0)
            return DUMP_FAILED;
        for (int64_t left = received; NLMSG_OK(message, left);
             message = NLMSG_NEXT(message, left)) {
            if (message->nlmsg_seq != sequence)
                continue; /* of an earlier dump that was not read to its end */
            if (message->nlmsg_flags & NLM_F_DUMP_INTR)
                result = DUMP_CHANGED;
            if (message->nlmsg_type == NLMSG_DONE)
                return result;
            if (message->nlmsg_type == NLMSG_ERROR) {
                errno = -((const struct nlmsgerr *)NLMSG_DATA(message))->error;
                return DUMP_FAILED;
            }
            if (is_handled(message))
                handler(context, message);
        }
    }
}

static enum dump_result dump(int descriptor, uint16_t type, route_handler *handler, void *context)
{
    static uint32_t sequence;

    return request_dump(descriptor, type, ++sequence)
               ? read_dump(descriptor, sequence, handler, context)
               : DUMP_FAILED;
}

int route_dump_socket_open(struct failure *failure)
{
    int descriptor = open_socket(0, 0);

    if (descriptor < 0)
        failure_set_errno(failure, errno, "cannot read this machine's addresses");
    return descriptor;
}

bool route_dump(int dump_socket, void (*begin)(void *context), route_handler *handler,
                void *context, struct failure *failure)
{
    enum dump_result result = DUMP_CHANGED;

    for (int attempt = 0; attempt < DUMP_ATTEMPTS && result == DUMP_CHANGED; attempt++) {
        enum dump_result addresses;

        begin(context);
        result = dump(dump_socket, RTM_GETLINK, handler, context);
        if (result == DUMP_FAILED)
            break;
        addresses = dump(dump_socket, RTM_GETADDR, handler, context);
        if (addresses != DUMP_DONE)
            result = addresses;
    }
    if (result == DUMP_FAILED)
        failure_set_errno(failure, errno, "cannot read this machine's addresses");
    return result != DUMP_FAILED;
}

int route_monitor_open(struct failure *failure)
{
    const int size = MONITOR_BUFFER;
    int descriptor =
        open_socket(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR, SOCK_NONBLOCK);

    if (descriptor < 0)
        failure_set_errno(failure, errno, "cannot watch this machine's interfaces");
    else /* as much as the kernel grants: an overflow is reported */
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    return descriptor;
}

bool route_monitor_read(int monitor, route_handler *handler, void *context)
{
    _Alignas(struct nlmsghdr) char buffer[RECEIVE_SIZE];
    bool complete = true;

    for (;;) {
        struct sockaddr_nl sender = {0};
        socklen_t length = sizeof sender;
        ssize_t received =
            recvfrom(monitor, buffer, sizeof buffer, 0, (struct sockaddr *)&sender, &length);
        const struct nlmsghdr *message = (const void *)buffer;

        if (received < 0 && errno == ENOBUFS)
            complete = false;
        else if (received < 0 && errno != EINTR)
            return complete;
        if (received <= 0 || sender.nl_pid != 0) /* sent by another process */
            continue;
        for (int64_t left = received; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left))
            if (is_handled(message))
                handler(context, message);
    }
}
