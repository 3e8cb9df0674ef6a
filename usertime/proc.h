/* SPDX-License-Identifier: GPL-2.0-only */
/* The files under /proc/urt. */
#ifndef URT_PROC_H
#define URT_PROC_H

#include <linux/proc_fs.h>
#include <linux/seq_file.h>

struct urt_name;
struct urt_registry;

int urt_proc_init(void);
void urt_proc_exit(void);

extern const struct seq_operations urt_detail_seq_ops;

/**
 * struct urt_reader - what is remembered of an open file that shows a registry
 * @registry: which
 * @seen: its refreshes, when poll last reported one
 * @flags: atomic bits
 * @last: shown; valid from start to stop of a read
 */
struct urt_reader {
	struct urt_registry *registry;
	unsigned long seen;
	unsigned long flags;
	const struct urt_name *last;
};

/*
 * Reading a registry through a seq_file, whose private data is a struct urt_reader: start, next
 * and stop. The position is the smallest PID that may come next, so a read can be cut anywhere,
 * whatever is registered meanwhile. At position 0 the element is SEQ_START_TOKEN, for a header.
 */
void *urt_seq_start(struct seq_file *m, loff_t *pos);
void *urt_seq_next(struct seq_file *m, void *v, loff_t *pos);
void urt_seq_stop(struct seq_file *m, void *v);
bool urt_seq_visible(const struct seq_file *m, const struct urt_name *name);

#endif
