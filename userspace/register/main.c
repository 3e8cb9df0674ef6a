// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "register.h"

int main(int argc, char **argv)
{
	return usertime_register(argc, argv, NULL);
}
