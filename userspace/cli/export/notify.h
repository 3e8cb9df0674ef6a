/* SPDX-License-Identifier: GPL-2.0-only */
/* Tells the service manager how the service is: sd_notify(3), for which this needs no library. */
#ifndef USERTIME_NOTIFY_H
#define USERTIME_NOTIFY_H

/* "READY=1", say. Does nothing where no service manager wants it. */
void notify(const char *state);

#endif
