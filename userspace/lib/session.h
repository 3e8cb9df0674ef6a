/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USERTIME_SESSION_H
#define USERTIME_SESSION_H

#include <pthread.h>

#include "ring.h"

/* So many records one read(2) asks for. */
#define USERTIME_READ_RECORDS	128

/*
 * fd, info and settings never change while it is open, and the kernel orders what goes through the
 * descriptor: only what consumes records needs a lock.
 */
struct usertime_session {
	int fd;
	struct usertime_info info;
	struct usertime_session_options settings;

	void *consumer_page;	/* NULL: records are read */
	void *producer_pages;	/* NULL: they cannot be mapped at all */
	size_t consumer_size;
	size_t producer_size;

	pthread_mutex_t lock;	/* what is below; nobody waits for the kernel under it */
	struct usertime_ring ring;
	struct usertime_drops lost;		/* from LOST records, where there are no pages */
	struct usertime_record *buffer;		/* what was read: */
	size_t first, filled;			/* records from first to filled are not consumed */
};

/* Adds a target as usertime_session_add(), but gives the error, and no message. */
int usertime_add_target(struct usertime_session *session, pid_t pid, uint64_t *start);

#endif
