/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USERTIME_REGISTRY_H
#define USERTIME_REGISTRY_H

/* Nothing in it changes once it is open, so it needs no lock. */
struct usertime_registry {
	int fd;			/* status, opened to write */
	char *proc;		/* where the procfs is mounted that it is of */
};

#endif
