/* SPDX-License-Identifier: GPL-2.0-only */
/* usertime_mp: the interfaces of two course systems, on top of usertime's registries. */
#ifndef URT_MP_H
#define URT_MP_H

#include <linux/types.h>

struct proc_dir_entry;
struct urt_registry;

bool mp_dir_name_is_valid(const char *name);
bool mp_dir_is_free(const char *name);
struct proc_dir_entry *mp_dir_create(const char *name, struct urt_registry *r);

int mp1_init(const char *dir);
void mp1_exit(void);

int mp3_init(const char *dir, bool percent);
void mp3_exit(void);

/**
 * struct mp3_sample - what all registered processes used since the sample before, as clients see it
 * @jiffies: when
 * @minor_faults: page faults served without I/O
 * @major_faults: page faults that needed I/O
 * @cpu: user + system time: jiffies, or percent of one processor
 */
struct mp3_sample {
	unsigned long jiffies;
	unsigned long minor_faults;
	unsigned long major_faults;
	unsigned long cpu;
};

int mp3_buffer_init(void);
void mp3_buffer_exit(void);
void mp3_buffer_put(const struct mp3_sample *sample);

#endif
