/* A library to preload: the clock on the wall jumps once, some seconds after the program's start. Monotonic clocks do not.
 *
 *     CLOCK_JUMP_MS=3600000 CLOCK_JUMP_AFTER_MS=20000 LD_PRELOAD=.../clock_jump.so program
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long begin_ms, after_ms, jump_ms;

static long long now_ms(void) {
    struct timespec t;
    syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

__attribute__((constructor)) static void begin(void) {
    const char *jump = getenv("CLOCK_JUMP_MS"), *after = getenv("CLOCK_JUMP_AFTER_MS");
    jump_ms = jump ? atoll(jump) : 0;
    after_ms = after ? atoll(after) : 0;
    begin_ms = now_ms();
}

int clock_gettime(clockid_t id, struct timespec *t) {
    int result = (int)syscall(SYS_clock_gettime, id, t);
    if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) && now_ms() - begin_ms >= after_ms) {
        long long ns = t->tv_nsec + (jump_ms % 1000) * 1000000LL;
        t->tv_sec += jump_ms / 1000 + ns / 1000000000LL;
        t->tv_nsec = ns % 1000000000LL;
    }
    return result;
}

int gettimeofday(struct timeval *restrict v, void *restrict zone) {
    struct timespec t;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &t);
    v->tv_sec = t.tv_sec;
    v->tv_usec = t.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (out) *out = t.tv_sec;
    return t.tv_sec;
}
