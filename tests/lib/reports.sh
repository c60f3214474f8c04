# SPDX-License-Identifier: GPL-2.0-or-later
# no_reports: true if sanitizers had nothing to say since it was last asked; prints what they said (tests/lib/sanitized)
no_reports() {
	local r status=0
	for r in "${SANITIZER_REPORTS:-/nonexistent}"/*; do
		[ -e "$r" ] || continue
		status=1
		cat "$r"
		rm -f "$r"
	done
	return $status
}
