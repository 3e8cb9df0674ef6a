/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev/urt */
#ifndef URT_CHARDEV_H
#define URT_CHARDEV_H

int urt_chardev_init(void);
void urt_chardev_exit(void);

#endif
