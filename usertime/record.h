/* SPDX-License-Identifier: GPL-2.0-only */
/* How a target becomes a record of its totals. */
#ifndef URT_RECORD_H
#define URT_RECORD_H

#include "session.h"
#include "uapi/usertime.h"

static_assert(URT_ESTIMATED == USERTIME_FLAG_ESTIMATED && URT_STALE == USERTIME_FLAG_STALE &&
	      URT_UNLOOKED == USERTIME_FLAG_UNLOOKED);

#define URT_FLAGS_SHOWN	(URT_ESTIMATED | URT_STALE | URT_UNLOOKED)

/* Where the split of totals comes from. */
static __always_inline enum usertime_split urt_split_source(u32 flags)
{
	if (likely(!(flags & (URT_CONTEXT | URT_BETWEEN))))
		return USERTIME_SPLIT_TICK;
	return flags & URT_CONTEXT ? USERTIME_SPLIT_CONTEXT : USERTIME_SPLIT_PRECISE;
}

/* All of @r is written: it is memory that the owner of the ring can read. */
static __always_inline void urt_record_totals(struct usertime_record *r, const struct urt_target *t,
					      const struct urt_totals *totals,
					      enum usertime_record_type type, u64 time)
{
	r->time = time;
	r->start = t->start;
	r->user = totals->user;
	r->system = totals->system;
	r->minor_faults = totals->minor_faults;
	r->major_faults = totals->major_faults;
	/* Volatile: the compiler would shift and join it with the next, to save a store. */
	WRITE_ONCE(r->pid, t->nr);
	r->threads = totals->threads;
	r->type = type;
	r->split = urt_split_source(totals->flags);
	r->flags = totals->flags & URT_FLAGS_SHOWN;
	r->samples = totals->looks;
}

#endif
