// SPDX-License-Identifier: GPL-2.0-only
/*
 * Visibility of processes through a procfs mount, and who may sample which.
 *
 * The kernel decides by ptrace_may_access() with the credentials of the current task. That is not
 * exported, and here the opener of a file is judged, so the rule is built again: the same user and
 * group throughout, no more capabilities, and dumpable; or CAP_SYS_PTRACE over it. What a security
 * module (SELinux, ...) would say beyond that is not asked.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/proc_fs.h>
#include <linux/user_namespace.h>

#include "compat.h"
#include "visible.h"

static struct proc_fs_info *proc_info(const struct file *file)
{
	return proc_sb_info(file_inode(file)->i_sb);
}

bool urt_all_visible(const struct file *file)
{
	return proc_info(file)->hide_pid == HIDEPID_OFF;
}

bool urt_same_user(const struct file *file, const struct cred *cred)
{
	kuid_t uid = file->f_cred->fsuid;

	return uid_eq(uid, cred->uid) && uid_eq(uid, cred->euid) && uid_eq(uid, cred->suid);
}

static bool same_group(const struct file *file, const struct cred *cred)
{
	kgid_t gid = file->f_cred->fsgid;

	return gid_eq(gid, cred->gid) && gid_eq(gid, cred->egid) && gid_eq(gid, cred->sgid);
}

static bool may_ptrace(const struct file *file, struct task_struct *task, const struct cred *cred)
{
	struct user_namespace *owner = cred->user_ns;

	if (!(urt_same_user(file, cred) && same_group(file, cred) &&
	      cap_issubset(cred->cap_permitted, file->f_cred->cap_effective)) &&
	    !file_ns_capable(file, cred->user_ns, CAP_SYS_PTRACE))
		return false;
	return !task || urt_task_dumpable(task, &owner) ||
	       file_ns_capable(file, owner, CAP_SYS_PTRACE);
}

/* The mount's gid= exception; group lists are sorted. */
static bool in_group(const struct cred *cred, kgid_t gid)
{
	const struct group_info *groups = cred->group_info;
	int low = 0, high = groups->ngroups;

	if (gid_eq(cred->fsgid, gid))
		return true;
	while (low < high) {
		int middle = (low + high) / 2;

		if (gid_eq(groups->gid[middle], gid))
			return true;
		if (gid_lt(groups->gid[middle], gid))
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/*
 * From hidepid=1 on others' times are not to be read (there /proc/PID can be listed, but not
 * entered), so what counts here is whether it is set at all.
 */
bool urt_visible(const struct file *file, struct task_struct *task, const struct cred *cred)
{
	struct proc_fs_info *info = proc_info(file);

	if (info->hide_pid == HIDEPID_OFF)
		return true;
	if (info->hide_pid != HIDEPID_NOT_PTRACEABLE && in_group(file->f_cred, info->pid_gid))
		return true;
	return may_ptrace(file, task, cred);
}

bool urt_may_observe(const struct file *file, struct task_struct *task, const struct cred *cred)
{
	struct user_namespace *owner = cred->user_ns;
	bool dumpable = !task || urt_task_dumpable(task, &owner);

	return (dumpable && urt_same_user(file, cred) && same_group(file, cred)) ||
	       file_ns_capable(file, owner, CAP_PERFMON) ||
	       file_ns_capable(file, owner, CAP_SYS_PTRACE);
}
