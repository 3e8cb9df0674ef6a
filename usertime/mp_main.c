// SPDX-License-Identifier: GPL-2.0-only
/*
 * usertime_mp: /proc/mp1/status, /proc/mp3/status and the device mp3_dev, as programs written for
 * two systems of operating systems courses expect them. What it measures, usertime measures; this
 * module is never loaded unless somebody asks for it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "mp.h"
#include "version.h"

static bool mp1 = true;
module_param(mp1, bool, 0444);
MODULE_PARM_DESC(mp1, "Whether there is /proc/mp1 (default Y)");

static bool mp3 = true;
module_param(mp3, bool, 0444);
MODULE_PARM_DESC(mp3, "Whether there are /proc/mp3 and the device mp3_dev (default Y)");

static char *mp1_dir = "mp1";
module_param(mp1_dir, charp, 0444);
MODULE_PARM_DESC(mp1_dir, "Name of the directory in /proc instead of mp1: letters, digits, - and _");

static char *mp3_dir = "mp3";
module_param(mp3_dir, charp, 0444);
MODULE_PARM_DESC(mp3_dir, "Name of the directory in /proc instead of mp3: letters, digits, - and _");

static char *mp3_cpu_unit = "jiffies";
module_param(mp3_cpu_unit, charp, 0444);
MODULE_PARM_DESC(mp3_cpu_unit, "Unit of the fourth number of a sample: jiffies (default), or percent of one processor");

static bool percent(void)
{
	return !strcmp(mp3_cpu_unit, "percent");
}

static int check_parameters(void)
{
	if (!percent() && strcmp(mp3_cpu_unit, "jiffies")) {
		pr_err("mp3_cpu_unit is jiffies or percent\n");
		return -EINVAL;
	}
	if (!mp_dir_name_is_valid(mp1_dir) || !mp_dir_name_is_valid(mp3_dir)) {
		pr_err("mp1_dir and mp3_dir are names of directories in /proc: letters, digits, - and _, at most 64, and not digits alone\n");
		return -EINVAL;
	}
	if (!mp1 && !mp3) {
		pr_err("with mp1 and mp3 both off there is nothing to do\n");
		return -EINVAL;
	}
	return 0;
}

/* Before anybody can open anything: an init that fails then leaves users with nothing. */
static int check_dirs(void)
{
	if (mp1 && mp3 && !strcmp(mp1_dir, mp3_dir)) {
		pr_err("mp1_dir and mp3_dir are the same\n");
		return -EINVAL;
	}
	if ((mp1 && !mp_dir_is_free(mp1_dir)) || (mp3 && !mp_dir_is_free(mp3_dir)))
		return -EBUSY;		/* to modprobe EEXIST is success: loaded already */
	return 0;
}

static int __init usertime_mp_init(void)
{
	int err = check_parameters();

	if (!err)
		err = check_dirs();
	if (!err && mp1)
		err = mp1_init(mp1_dir);
	if (err)
		return err;
	if (mp3)
		err = mp3_init(mp3_dir, percent());
	if (err && mp1)
		mp1_exit();
	return err;
}

static void __exit usertime_mp_exit(void)
{
	if (mp3)
		mp3_exit();
	if (mp1)
		mp1_exit();
}

module_init(usertime_mp_init);
module_exit(usertime_mp_exit);

MODULE_DESCRIPTION("Interfaces of the course systems mp1 and mp3 on top of usertime");
MODULE_AUTHOR("usertime maintainers");
MODULE_LICENSE("GPL");
MODULE_INFO(import_ns, "USERTIME");
