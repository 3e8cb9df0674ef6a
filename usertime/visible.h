/* SPDX-License-Identifier: GPL-2.0-only */
/* Who may see and sample which process. Judged is always who opened the file, never who uses it. */
#ifndef URT_VISIBLE_H
#define URT_VISIBLE_H

#include <linux/types.h>

struct cred;
struct file;
struct task_struct;

/* Whether the procfs mount of @file hides nothing, so that asking for single processes is idle. */
bool urt_all_visible(const struct file *file);

/* Whether a process is visible through @file; RCU read section. @task NULL: an exited one. */
bool urt_visible(const struct file *file, struct task_struct *task, const struct cred *cred);

/*
 * Whether a process may be sampled by whoever opened @file, /dev/urt; RCU read section. @cred is
 * the process's; @task NULL: it is gone.
 */
bool urt_may_observe(const struct file *file, struct task_struct *task, const struct cred *cred);

/* Whether @cred is of the very user who opened @file. */
bool urt_same_user(const struct file *file, const struct cred *cred);

#endif
