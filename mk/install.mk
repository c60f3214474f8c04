# SPDX-License-Identifier: GPL-2.0-or-later
# make run         install what building needs (Debian, root), build, open the monitor; ARGS='-v files'
# make deps        only install what building needs
# make man         man page and bash completion, made from the program's own tables
# make install     PREFIX=/usr/local DESTDIR=
# make uninstall   removes exactly that
# make setcap      lets an installed binary run without root
# make dist        source archive of the last commit

PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share
MANDIR  ?= $(DATADIR)/man
SETCAPS ?= cap_bpf,cap_perfmon

MAN     := $(O)/ctop-trace.8
COMPL   := $(O)/ctop-trace.bash
SCHEMA  := $(O)/views.schema.json

deps:
	$(Q)packaging/deps.sh build

# a make of its own: what deps installs changes what this one has already looked up
run: deps
	$(Q)$(MAKE) $(if $(V),,-s) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$$(nproc)) all
	$(Q)[ "$$(id -u)" -eq 0 ] || { echo 'make run: needs root, as in: sudo make run' >&2; exit 1; }
	$(Q)exec ./ctop-trace $(ARGS)

$(MAN): ctop-trace
	$(call say,MAN,$@)
	$(Q)./ctop-trace --generate=man > $@

$(COMPL): ctop-trace
	$(call say,COMPL,$@)
	$(Q)./ctop-trace --generate=completion > $@

$(SCHEMA): ctop-trace
	$(call say,SCHEMA,$@)
	$(Q)./ctop-trace --generate=schema > $@

man: $(MAN) $(COMPL) $(SCHEMA)

install: all man
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(MANDIR)/man8 $(DESTDIR)$(DATADIR)/ctop-trace \
		$(DESTDIR)$(DATADIR)/bash-completion/completions
	install -m 755 ctop-trace $(DESTDIR)$(BINDIR)/ctop-trace
	install -m 644 views.json $(DESTDIR)$(DATADIR)/ctop-trace/views.json
	install -m 644 $(SCHEMA) $(DESTDIR)$(DATADIR)/ctop-trace/views.schema.json
	install -m 644 $(MAN) $(DESTDIR)$(MANDIR)/man8/ctop-trace.8
	install -m 644 $(COMPL) $(DESTDIR)$(DATADIR)/bash-completion/completions/ctop-trace

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/ctop-trace $(DESTDIR)$(MANDIR)/man8/ctop-trace.8 \
		$(DESTDIR)$(DATADIR)/ctop-trace/views.json $(DESTDIR)$(DATADIR)/ctop-trace/views.schema.json \
		$(DESTDIR)$(DATADIR)/bash-completion/completions/ctop-trace
	-rmdir $(DESTDIR)$(DATADIR)/ctop-trace 2>/dev/null

# Who may execute the file sees what every process does: GROUP=NAME lets in only that group.
setcap:
	$(Q)PATH=$$PATH:/usr/sbin:/sbin; command -v setcap > /dev/null || packaging/deps.sh caps || exit; \
	f=$(DESTDIR)$(BINDIR)/ctop-trace; [ -e $$f ] || { echo "make setcap: no $$f: make install first" >&2; exit 1; }; \
	if [ -n "$(GROUP)" ]; then chgrp $(GROUP) $$f && chmod 750 $$f; fi && setcap $(SETCAPS)+ep $$f && getcap $$f && ls -l $$f

dist:
	git archive --format=tar.gz --prefix=ctop-trace-$(VERSION)/ -o ctop-trace-$(VERSION).tar.gz HEAD

.PHONY: deps run man install uninstall setcap dist
