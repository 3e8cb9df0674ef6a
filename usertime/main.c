// SPDX-License-Identifier: GPL-2.0-only
/*
 * usertime: how much user CPU time did these processes use?
 *
 * This file only orders initialisation and exit: each part may use those above it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/stringify.h>

#include "chardev.h"
#include "index.h"
#include "precise.h"
#include "probe.h"
#include "proc.h"
#include "registry.h"
#include "session.h"
#include "uapi/usertime.h"
#include "version.h"

static int __init usertime_init(void)
{
	int err;

	err = urt_index_init();
	if (err)
		return err;
	err = urt_sessions_init();
	if (err)
		goto index;
	err = urt_precise_init();
	if (err)
		goto sessions;
	err = urt_probes_init();
	if (err)
		goto precise;
	err = urt_registry_init();
	if (err)
		goto probes;
	err = urt_proc_init();
	if (err)
		goto registry;
	err = urt_chardev_init();
	if (err)
		goto proc;
	pr_info("version %s\n", urt_version);
	return 0;

proc:
	urt_proc_exit();
registry:
	urt_registry_exit();
probes:
	urt_probes_exit();
precise:
	urt_precise_exit();
sessions:
	urt_sessions_exit();
index:
	urt_index_exit();
	return err;
}

static void __exit usertime_exit(void)
{
	urt_chardev_exit();
	urt_proc_exit();
	urt_registry_exit();
	urt_probes_exit();
	urt_precise_exit();
	urt_sessions_exit();
	urt_index_exit();
}

module_init(usertime_init);
module_exit(usertime_exit);

MODULE_DESCRIPTION("User CPU time of processes: /proc/urt, /dev/urt");
MODULE_AUTHOR("usertime maintainers");
MODULE_LICENSE("GPL");
MODULE_INFO(usertime_abi, __stringify(USERTIME_ABI_VERSION));
