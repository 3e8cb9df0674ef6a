/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of /dev/urt share: a session and its ring, by the header alone. */
#ifndef DEV_H
#define DEV_H

#include "urt.h"

struct dev {
	int fd;
	struct usertime_setup setup;
	struct usertime_consumer *consumer;
	const struct usertime_producer *producer;
	const struct usertime_record *records;
};

int dev_open(void);
/* 0 or -errno; setup as for the ioctl. */
int dev_setup(int fd, struct usertime_setup *setup);
int dev_add(int fd, pid_t pid, u64 *start);		/* start may be NULL */
int dev_remove(int fd, pid_t pid);
int dev_sample(int fd);
struct usertime_info dev_info(int fd);

/* A session that is set up; mapped, too. */
struct dev dev_start(u64 period, unsigned int ring, unsigned int flags);
struct dev dev_start_mapped(u64 period, unsigned int ring, unsigned int flags);
void *dev_map(const struct dev *d, int prot, size_t size, off_t offset);
void dev_close(struct dev *d);

/*
 * The next record, if there is one: checked to be of the form that the header promises. Counts
 * never fall from one record of a process to the next.
 */
bool dev_next(struct dev *d, struct usertime_record *r);

/* All that is in the ring now, at most so much of it; only then the kernel has room again. */
unsigned int dev_take(struct dev *d, struct usertime_record *r, unsigned int most);

/* Takes records until one of that type of that process comes, which must happen. */
struct usertime_record dev_wait(struct dev *d, enum usertime_record_type type, pid_t pid);

/* An unprivileged user, whose processes may be sampled. */
#define ALICE	1001

typedef void alice_fn(struct kid *parent, pid_t other);

struct kid start_alice(alice_fn *fn, pid_t other);	/* is the user when it returns */
void let_alice(alice_fn *fn, pid_t other);		/* and reap it: all must be well */

#endif
