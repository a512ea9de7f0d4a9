#ifndef CMICROHTTPD_READINESS_H
#define CMICROHTTPD_READINESS_H

#define _GNU_SOURCE 1
#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

// Linux's ways to wait for many descriptors, an instant and another thread at once. The C library's
// module for Swift leaves them out.

struct cmicrohttpd_event {
    uint64_t tag;
    uint32_t events;
};

enum {
    CMICROHTTPD_READABLE = EPOLLIN,
    CMICROHTTPD_GONE = EPOLLRDHUP,
    CMICROHTTPD_ONCE = EPOLLONESHOT,
};

static inline int cmicrohttpd_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }

static inline int cmicrohttpd_watch(int epoll, int descriptor, uint32_t events, uint64_t tag, int again) {
    struct epoll_event event;
    event.events = events;
    event.data.u64 = tag;
    return epoll_ctl(epoll, again ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event);
}

static inline int cmicrohttpd_unwatch(int epoll, int descriptor) {
    struct epoll_event event;
    event.events = 0;
    event.data.u64 = 0;
    return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event);
}

static inline int cmicrohttpd_wait(int epoll, struct cmicrohttpd_event *events, int count, int milliseconds) {
    struct epoll_event ready[64];
    int found = epoll_wait(epoll, ready, count < 64 ? count : 64, milliseconds);
    for (int index = 0; index < found; index++) {
        events[index].tag = ready[index].data.u64;
        events[index].events = ready[index].events;
    }
    return found;
}

static inline int cmicrohttpd_timer(void) { return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC); }

// Readable from this instant of the monotonic clock on, in nanoseconds; 0: never.
static inline int cmicrohttpd_timer_set(int timer, int64_t instant) {
    struct itimerspec when;
    when.it_interval.tv_sec = 0;
    when.it_interval.tv_nsec = 0;
    when.it_value.tv_sec = instant / 1000000000;
    when.it_value.tv_nsec = instant % 1000000000;
    return timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static inline int cmicrohttpd_signal(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

static inline int cmicrohttpd_accept(int listener, struct sockaddr_storage *address, socklen_t *length) {
    return accept4(listener, (struct sockaddr *) address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

#endif
