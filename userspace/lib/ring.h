/* SPDX-License-Identifier: GPL-2.0-only */
/* The consumer's side of a ring of records in memory that the kernel fills: <linux/usertime.h>. */
#ifndef USERTIME_RING_H
#define USERTIME_RING_H

#include "usertime.h"

struct usertime_ring {
	const struct usertime_producer *producer;
	const struct usertime_record *records;
	struct usertime_consumer *consumer;
	uint32_t size;		/* in records, a power of two */
	uint32_t tail;		/* ours; what is in the consumer page only tells the kernel */
};

/* Records in the ring from the oldest on, up to its end. */
uint32_t usertime_ring_peek(const struct usertime_ring *ring,
			    const struct usertime_record **records);

/* Gives the slots of the oldest records back; false: there are not so many records. */
bool usertime_ring_consume(struct usertime_ring *ring, size_t count);

/* What the kernel has counted. */
void usertime_ring_drops(const struct usertime_ring *ring, struct usertime_drops *drops);

/* The same from the LOST records among count. */
void usertime_add_lost(struct usertime_drops *drops, const struct usertime_record *records,
		       size_t count);

#endif
