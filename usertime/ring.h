/* SPDX-License-Identifier: GPL-2.0-only */
/* The ring of records that a session fills and its owner empties; uapi/usertime.h describes it. */
#ifndef URT_RING_H
#define URT_RING_H

#include <linux/atomic.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "uapi/usertime.h"

struct vm_area_struct;

#define URT_RING_MAX	0x100000U	/* records; 64 MiB */

/* What did not fit. */
struct urt_lost {
	u64 samples, exits, user, system, events, children;
};

/**
 * struct urt_ring - records on their way to a session's owner
 * @size: in records, a power of two
 * @mask: @size - 1
 * @watermark: in records
 * @wake_exit: an EXIT record is reported at once
 * @head: of the next record; the owner sees it when it is published
 * @tail: the owner's, as seen last; @head - @tail is never more than @size
 * @limit: until @head is there, records other than EXIT can be put without looking at anything else
 * @keep: slots that are left free: for EXIT records, and one for a LOST record after the last
 * @unreported: what was lost and stands in no LOST record yet
 * @any_unreported: anything in it
 * @after_put_exit: position after the latest EXIT record
 * @after_exit: the same of those that are published
 * @had_targets: when something was published
 * @hung_up: the last of at least one target is gone, and all records are published
 * @mapped: the consumer page was mapped; never false again
 * @wait: for records
 * @consumer: written by the owner at any time: nothing in it is trusted
 *
 * One producer at a time: whoever holds the session's lock.
 */
struct urt_ring {
	u32 size;
	u32 mask;
	u32 head;
	u32 tail;
	u32 limit;
	u32 keep;
	struct usertime_record *records;
	struct usertime_producer *producer;
	struct usertime_consumer *consumer;
	bool any_unreported;
	bool wake_exit;
	bool had_targets;
	bool hung_up;
	bool mapped;
	u32 after_put_exit;
	u32 after_exit;
	u32 watermark;
	struct urt_lost unreported;
	wait_queue_head_t wait;
	void *area;			/* the three of them: one mapping of ... */
	struct page **pages;
	unsigned int nr_pages;
};

u32 urt_ring_round(u32 size);
unsigned long urt_ring_pages(u32 size);
size_t urt_ring_producer_size(u32 size);
struct urt_ring *urt_ring_new(u32 size, u32 watermark, bool wake_exit);
void urt_ring_free(struct urt_ring *r);
int urt_ring_mmap(struct urt_ring *r, struct vm_area_struct *vma);

bool urt_ring_make_room(struct urt_ring *r);
bool urt_ring_has_exit_slot(struct urt_ring *r);
void urt_ring_lose(struct urt_ring *r, const struct urt_lost *lost);
void urt_ring_publish(struct urt_ring *r, unsigned int targets);

__poll_t urt_ring_poll(const struct urt_ring *r);
ssize_t urt_ring_read(struct urt_ring *r, char __user *to, size_t n);

/* Whether there is a slot for a record other than EXIT: slots for these are left free. */
static __always_inline bool urt_ring_has_slot(struct urt_ring *r)
{
	return likely(r->head != r->limit) || urt_ring_make_room(r);
}

/* The next slot, which must be there. The caller fills all of it. */
static __always_inline struct usertime_record *urt_ring_slot(struct urt_ring *r)
{
	return &r->records[r->head++ & r->mask];
}

/* To be asked before looking for records: then there are no more than these. */
static inline bool urt_ring_hung_up(const struct urt_ring *r)
{
	/* Pairs with urt_ring_publish(). */
	return smp_load_acquire(&r->hung_up);
}

/*
 * Before records are put: @targets may each have an EXIT record coming. When the last of them is
 * gone, what was lost since the last LOST record has a slot as well.
 */
static inline void urt_ring_reserve(struct urt_ring *r, unsigned int targets)
{
	r->keep = targets ? min_t(u32, targets + 1, r->size / 2) : 0;
	r->limit = r->head;
}

#endif
