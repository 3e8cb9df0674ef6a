// SPDX-License-Identifier: GPL-2.0-only
/* A directory in /proc whose file "status" is a registry's. */
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/printk.h>
#include <linux/proc_fs.h>

#include "mp.h"
#include "registry.h"

#define NAME_BYTES	64

/* Not of digits alone, which would be a process's; to the kernel Latin-1 has letters, too. */
bool mp_dir_name_is_valid(const char *name)
{
	bool number = true;
	const char *c;

	for (c = name; *c; c++) {
		if (!isascii(*c) || (!isalnum(*c) && *c != '-' && *c != '_'))
			return false;
		number = number && isdigit(*c);
	}
	return !number && c - name <= NAME_BYTES;
}

/* procfs takes a second entry of a name for a bug of the kernel, and says so at length. */
bool mp_dir_is_free(const char *name)
{
	char text[sizeof("/proc/") + NAME_BYTES];
	struct path path;

	snprintf(text, sizeof(text), "/proc/%s", name);
	if (kern_path(text, 0, &path))
		return true;
	path_put(&path);
	pr_err("/proc/%s exists already; the parameters mp1_dir and mp3_dir name others\n", name);
	return false;
}

/**
 * mp_dir_create - make /proc/NAME/status
 * @name: valid, and free
 * @r: the registry that it is of
 *
 * Returns the directory, for proc_remove(), or NULL without memory.
 */
struct proc_dir_entry *mp_dir_create(const char *name, struct urt_registry *r)
{
	struct proc_dir_entry *dir = proc_mkdir(name, NULL);

	if (dir && !urt_registry_create_file(r, "status", dir)) {
		proc_remove(dir);
		return NULL;
	}
	return dir;
}
