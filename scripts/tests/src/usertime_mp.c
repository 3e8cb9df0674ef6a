// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands in for a second module of the package: it needs the first one, whose symbol it uses, has a
 * parameter, and is in use while its device is open.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "version.h"

static unsigned int depth = 3;
module_param(depth, uint, 0644);

static const struct file_operations fops = {
	.owner = THIS_MODULE,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "usertime_mp",
	.fops = &fops,
};

static int __init stand_in_init(void)
{
	pr_info("usertime_mp: loaded beside %s\n", urt_version);
	return misc_register(&device);
}

static void __exit stand_in_exit(void)
{
	misc_deregister(&device);
}

module_init(stand_in_init);
module_exit(stand_in_exit);

MODULE_DESCRIPTION("Stand-in for tests");
MODULE_LICENSE("GPL");
