/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_pty.c - terminals. */
#include <sys/ioctl.h>

#include "spy.h"

struct kernel_termios {
	unsigned iflag, oflag, cflag, lflag;
	unsigned char rest[20];
};

int main(void)
{
	struct winsize w = {.ws_row = 24, .ws_col = 80};
	struct kernel_termios t;
	int n = 0;
	long a, rc;

	begin();
	a = CALL(SYS_open, "/dev/ptmx", O_RDWR | O_NOCTTY);
	if (a < 0)
		return done();
	expect("ioctl(%s, TIOCSPTLCK, [0]) = %s", fd(a), res(CALL(SYS_ioctl, a, TIOCSPTLCK, &n)));
	expect("ioctl(%s, TIOCSWINSZ, {ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}) = %s", fd(a),
	       res(CALL(SYS_ioctl, a, TIOCSWINSZ, &w)));
	expect("ioctl(%s, TIOCGWINSZ, {ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}) = %s", fd(a),
	       res(CALL(SYS_ioctl, a, TIOCGWINSZ, &w)));
	rc = CALL(SYS_ioctl, a, TCGETS, &t);
	/* what the kernel gives every new terminal */
	if (t.iflag == 0x500 && t.oflag == 0x5 && t.cflag == 0xbf && t.lflag == 0x8a3b)
		expect("ioctl(%s, TCGETS, {c_iflag=ICRNL|IXON, c_oflag=NL0|CR0|TAB0|BS0|VT0|FF0|OPOST|ONLCR, "
		       "c_cflag=B38400|CS8|CREAD, "
		       "c_lflag=ISIG|ICANON|ECHO|ECHOE|ECHOK|IEXTEN|ECHOCTL|ECHOKE, ...}) = %s",
		       fd(a), res(rc));
	return done();
}
