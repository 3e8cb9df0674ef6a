// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "split.h"

#define MS	1000000ULL
#define TICK	(4 * MS)

/* How many user instructions a system call takes here, the call itself included. */
#define CALL	7

static u64 random_bytes;	/* of them getrandom() makes a millisecond of kernel code */
static u64 zero_bytes;		/* the same of /dev/zero, by read() */
static u64 tick_phase;		/* when ticks come, modulo their distance, CLOCK_MONOTONIC */
static int zero_fd;
static char buffer[1 << 20];

#ifdef __x86_64__
u64 instructions_now(void)
{
	unsigned int low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high) : : "memory");
	return (u64)high << 32 | low;
}

static long call(long number, long a, long b, long c)
{
	register long result asm("rax") = number;

	asm volatile("syscall" : "+r" (result) : "D" (a), "S" (b), "d" (c) : "rcx", "r11", "memory");
	return result;
}

u64 user_for(u64 instructions)
{
	u64 times = instructions / 2;

	asm volatile("1: dec %0; jnz 1b" : "+r" (times) : : "cc");
	return instructions;
}
#else
static u64 now_ns(void);

u64 instructions_now(void)
{
	return now_ns();
}

static long call(long number, long a, long b, long c)
{
	register long x8 asm("x8") = number;
	register long x0 asm("x0") = a;
	register long x1 asm("x1") = b;
	register long x2 asm("x2") = c;

	asm volatile("svc 0" : "+r" (x0) : "r" (x8), "r" (x1), "r" (x2) : "memory");
	return x0;
}

u64 user_for(u64 instructions)
{
	u64 times = instructions / 2;

	asm volatile("1: subs %0, %0, 1; b.ne 1b" : "+r" (times) : : "cc");
	return instructions;
}
#endif

static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* ---- kernel code ---- */

static u64 getrandom_for(double ms)
{
	u64 n = ms * random_bytes;

	call(SYS_getrandom, (long)buffer, n, 0);
	return CALL;
}

static u64 zero_for(double ms)
{
	u64 n = ms * zero_bytes;

	call(SYS_read, zero_fd, (long)buffer, n);
	return CALL;
}

/* The least of some: interrupts come in between. */
static u64 cost_of(u64 (*work)(double ms))
{
	u64 least = -1, begin, took;
	int i;

	for (i = 0; i < 10; i++) {
		begin = instructions_now();
		work(1);
		took = instructions_now() - begin;
		least = took < least ? took : least;
	}
	return least;
}

/* When the longest gap between two looks at the clock was: the tick's. */
static void find_tick(void)
{
	u64 begin = now_ns(), last = begin, longest = 0, now;

	while ((now = now_ns()) - begin < 4 * TICK) {
		if (now - last > longest) {
			longest = now - last;
			tick_phase = now % TICK;
		}
		last = now;
	}
}

void loads_init(void)
{
	zero_fd = open("/dev/zero", O_RDONLY);
	if (zero_fd < 0) {
		perror("/dev/zero");
		exit(1);
	}
	getrandom_for(0);
	random_bytes = zero_bytes = 200000;
	random_bytes = random_bytes * MS / cost_of(getrandom_for);
	zero_bytes = zero_bytes * MS / cost_of(zero_for);
	if (zero_bytes > sizeof(buffer))
		zero_bytes = sizeof(buffer);
	find_tick();
}

/* ---- the loads ---- */

static u64 random_only(void)
{
	return getrandom_for(1);
}

static u64 zero_only(void)
{
	return zero_for(1);
}

static u64 user_only(void)
{
	return user_for(MS);
}

static u64 user_first(void)
{
	u64 user = user_for(MS / 2);

	return user + getrandom_for(0.5);
}

static u64 kernel_first(void)
{
	u64 user = getrandom_for(0.5);

	return user + user_for(MS / 2);
}

static u64 two_seconds(void)
{
	u64 user = 0;
	int i, j;

	for (i = 0; i < 200; i++) {
		user += user_for(3 * MS);
		for (j = 0; j < 7; j++)
			user += getrandom_for(1);
	}
	return user;
}

/* Wakes shortly after a tick, and is through before the next. */
static void after_tick(void)
{
	u64 next = now_ns() / TICK * TICK + tick_phase + TICK / 16 + 2 * TICK;
	struct timespec t = { next / 1000000000, next % 1000000000 };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static u64 locked_kernel(void)
{
	prctl(PR_SET_TIMERSLACK, 1);
	after_tick();
	return getrandom_for(1);
}

static u64 locked_half(void)
{
	u64 user = 0;
	int i;

	prctl(PR_SET_TIMERSLACK, 1);
	for (i = 0; i < 4; i++) {
		after_tick();
		user += user_for(MS / 2) + getrandom_for(0.5);
	}
	return user;
}

static u64 slices(void)
{
	struct timespec t = { 0, 50000 };
	u64 user = 0;
	int i;

	prctl(PR_SET_TIMERSLACK, 1);
	for (i = 0; i < 80; i++) {
		user += user_for(25000) + CALL;
		call(SYS_nanosleep, (long)&t, 0, 0);
	}
	return user;
}

static u64 calls(void)
{
	int i;

	for (i = 0; i < 10000; i++)
		call(SYS_getppid, 0, 0, 0);
	return 10000 * CALL;
}

static u64 faults(void)
{
	enum { PAGES = 2000 };
	size_t page = sysconf(_SC_PAGESIZE), i;
	volatile char *p = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		_exit(1);
	madvise((void *)p, PAGES * page, MADV_NOHUGEPAGE);
	for (i = 0; i < PAGES; i++)
		p[i * page] = 1;
	return PAGES * 4;
}

static void *second_thread(void *user)
{
	*(u64 *)user = user_for(MS);
	return NULL;
}

static u64 two_threads(void)
{
	u64 user = 0, other = 0;
	pthread_t thread;

	if (pthread_create(&thread, NULL, second_thread, &other))
		_exit(1);
	user = getrandom_for(1);
	pthread_join(thread, NULL);
	return user + other;
}

const struct load loads[] = {
	{ "A1", "1 ms of kernel: getrandom()", 200, 1, random_only },
	{ "A2", "1 ms of kernel: /dev/zero", 200, 1, zero_only },
	{ "B", "1 ms of user code", 200, 1, user_only },
	{ "C1", "half and half, user first", 200, 1, user_first },
	{ "C2", "half and half, kernel first", 200, 1, kernel_first },
	{ "D", "2 s, 30 to 70", 4, 0.5, two_seconds },
	{ "E1", "kernel, never at a tick", 200, 1, locked_kernel },
	{ "E2", "half and half, never at a tick", 200, 1, locked_half },
	{ "F", "slices of 25 us", 200, 2, slices },
	{ "G", "getppid() all the time", 200, 2, calls },
	{ "P", "page faults all the time", 200, 3, faults },
	{ "T", "a thread in user code, one in the kernel", 200, 1, two_threads },
};

const int nr_loads = sizeof(loads) / sizeof(loads[0]);
