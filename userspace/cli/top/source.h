/* SPDX-License-Identifier: GPL-2.0-only */
/* Where top's table gets its values from: the registry, a session, or a recording. */
#ifndef USERTIME_TOP_SOURCE_H
#define USERTIME_TOP_SOURCE_H

#include "cli/targets.h"
#include "table.h"

/**
 * struct top_source - one of them
 * @take: takes what is there, to be shown after the next look; called when @fd is ready. A refresh of
 *	the registry is such a look
 * @look: looks, now
 * @back: looks at what was before; NULL: there is no way back
 * @close: ends it
 * @fd: descriptor to wait for, -1: none; as of the last call
 * @events: what for, as in poll(2)
 * @interval: between two looks, ns, as of the last one; 0: when @fd is ready
 * @time: of the last look, ns since 1970
 * @name: what it is
 * @note: what there is to say of it now, ""
 * @ended: nothing comes any more
 *
 * Functions return false after a message.
 */
struct top_source {
	bool (*take)(struct top_source *source, struct top_table *table);
	bool (*look)(struct top_source *source, struct top_table *table);
	bool (*back)(struct top_source *source, struct top_table *table);
	void (*close)(struct top_source *source);
	int fd;
	short events;
	uint64_t interval;
	int64_t time;
	const char *name;
	const char *note;
	bool ended;
};

/*
 * NULL after a message. root is a directory to be taken for /, NULL for the real one. interval: 0 is
 * the default; that of the registry is its refresh, and others are not shorter.
 */
struct top_source *top_registry(const char *root, uint64_t interval);
struct top_source *top_session(struct targets *targets, const char *root, uint64_t interval);
struct top_source *top_recording(const char *path, uint64_t interval);

#define TOP_PROGRAM "usertime top"

#endif
