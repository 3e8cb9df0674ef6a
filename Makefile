# SPDX-License-Identifier: GPL-2.0-only
# Short names for what scripts/ and the kernel's own build do.

KDIR ?= /lib/modules/$(shell uname -r)/build

all: modules

# For the running kernel; needs its headers.
modules:
	$(MAKE) -C $(KDIR) M=$(CURDIR)/usertime modules

deb:
	scripts/packages

# On this machine, as its packages.
install: deb
	suite=$$(bash -c '. scripts/lib/systems.sh && own_system') && \
	apt-get install -y $(CURDIR)/build/packages/$$suite/usertime-dkms_*.deb \
		$(CURDIR)/build/packages/$$suite/usertime-tools_*.deb \
		$(CURDIR)/build/packages/$$suite/libusertime1_*.deb

check:
	scripts/test

demo:
	scripts/demo

clean:
	$(RM) -r build
	-[ ! -d $(KDIR) ] || $(MAKE) -C $(KDIR) M=$(CURDIR)/usertime clean

help:
	@echo 'make [modules]  build the modules for the running kernel (KDIR= for another)'
	@echo 'make deb        build the Debian packages, in build/packages'
	@echo 'make install    build and install them on this machine'
	@echo 'make check      run all tests'
	@echo 'make demo       see it work in a virtual machine'
	@echo 'make clean      remove what was built'

.PHONY: all modules deb install check demo clean help
