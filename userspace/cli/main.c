// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "command.h"

int main(int argc, char **argv)
{
	return usertime_cli(argc, argv, NULL);
}
