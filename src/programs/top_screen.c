#include "programs/top_screen.h"

#include "base/memory.h"
#include "base/printable.h"
#include "programs/top_dialogue.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#define ESCAPE_MS    25 /* how long the rest of a key may be behind its ESC */
#define SEQUENCE_MAX 64

struct top_screen {
	SCREEN *screen;
	bool color, unicode;
	bool is_gone; /* the terminal */
};

/* ---- at the end ---- */

/* What a handler of signals may look at. */
static struct {
	volatile sig_atomic_t asked; /* the signal that asks to end */
	volatile sig_atomic_t is_taken;
	struct termios before;
	char sequences[SEQUENCE_MAX * 4]; /* what makes the terminal as it was */
	size_t len;
} terminal;

/* By nothing but calls that a handler may make. */
static void give_back_by_force(void)
{
	if (!terminal.is_taken)
		return;
	terminal.is_taken = 0;
	(void)!write(STDOUT_FILENO, terminal.sequences, terminal.len);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &terminal.before);
}

static void on_asked(int signal)
{
	terminal.asked = signal;
}

/* A fault of ours: the shell must be usable behind it. */
static void on_fault(int signal)
{
	give_back_by_force();
	(void)raise(signal); /* which ends it now: SA_RESETHAND */
}

/* It only ends the wait. */
static void on_size(int signal)
{
	(void)signal;
}

static void handle(int signal, void (*handler)(int), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(signal, &action, NULL);
}

static void handle_signals(void)
{
	static const int asking[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	static const int faults[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

	for (size_t i = 0; i < sizeof(asking) / sizeof(asking[0]); i++)
		handle(asking[i], on_asked, 0);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		handle(faults[i], on_fault, (int)(SA_RESETHAND | SA_NODEFER));
	handle(SIGWINCH, on_size, 0);
	handle(SIGPIPE, SIG_IGN, 0);
}

static void add_sequence(const char *name)
{
	const char *sequence = tigetstr(name);
	size_t len;

	if (sequence == NULL || (intptr_t)sequence == -1)
		return;
	len = strlen(sequence);
	if (len > SEQUENCE_MAX || terminal.len + len > sizeof(terminal.sequences))
		return;
	memcpy(terminal.sequences + terminal.len, sequence, len);
	terminal.len += len;
}

static void remember_end(void)
{
	static const char *const names[] = {"sgr0", "rmkx", "cnorm", "rmcup"};

	terminal.len = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		add_sequence(names[i]);
	terminal.is_taken = 1;
}

/* ---- begin and end ---- */

static void begin_colors(struct top_screen *s)
{
	s->color = s->color && has_colors() && start_color() != ERR && use_default_colors() != ERR;
	if (!s->color)
		return;
	(void)init_pair(CANVAS_GOOD, COLOR_GREEN, -1);
	(void)init_pair(CANVAS_WARNING, COLOR_YELLOW, -1);
	(void)init_pair(CANVAS_ALARM, COLOR_RED, -1);
}

static void begin_keys(void)
{
	(void)cbreak();
	(void)noecho();
	(void)nonl();
	(void)keypad(stdscr, TRUE);
	(void)nodelay(stdscr, TRUE);
	(void)set_escdelay(ESCAPE_MS);
	(void)curs_set(0);
}

struct top_screen *top_screen_new(bool color)
{
	struct top_screen *s = memory_new(1, sizeof(*s));

	if (tcgetattr(STDIN_FILENO, &terminal.before) < 0) {
		free(s);
		return NULL;
	}
	(void)setlocale(LC_CTYPE, "");
	/* the size that the terminal says, not one that a shell once put into the environment */
	use_env(FALSE);
	use_tioctl(TRUE);
	terminal.asked = 0;
	handle_signals(); /* before curses, which leaves handlers that are there */
	s->screen = newterm(NULL, stdout, stdin);
	if (s->screen == NULL) {
		free(s);
		return NULL;
	}
	remember_end();
	s->color = color;
	s->unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	begin_colors(s);
	begin_keys();
	return s;
}

void top_screen_free(struct top_screen *s)
{
	if (s == NULL)
		return;
	(void)endwin();
	terminal.is_taken = 0;
	delscreen(s->screen);
	free(s);
}

/* Asked each time: whether curses hears of a new size depends on how it was built. */
void top_screen_size(struct top_screen *s, unsigned *ret_columns, unsigned *ret_rows)
{
	struct winsize size = {0};
	int high, wide;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0 &&
		is_term_resized(size.ws_row, size.ws_col)) {
		(void)resizeterm(size.ws_row, size.ws_col);
		(void)clearok(stdscr, TRUE);
	}
	(void)s;
	getmaxyx(stdscr, high, wide);
	*ret_rows = high > 0 ? (unsigned)high : 1;
	*ret_columns = wide > 0 ? (unsigned)wide : 1;
}

bool top_screen_unicode(const struct top_screen *s)
{
	return s->unicode;
}

/* ---- painting ---- */

static attr_t attributes_of(const struct top_screen *s, enum canvas_style style)
{
	switch (style) {
	case CANVAS_BOLD:
		return A_BOLD;
	case CANVAS_DIM:
		return A_DIM;
	case CANVAS_REVERSE:
		return A_REVERSE;
	case CANVAS_GOOD:
	case CANVAS_WARNING:
		return s->color ? (attr_t)COLOR_PAIR((int)style) : A_NORMAL;
	case CANVAS_ALARM:
		return A_BOLD | (s->color ? (attr_t)COLOR_PAIR((int)style) : A_NORMAL);
	default:
		return A_NORMAL;
	}
}

/* Where the locale has no UTF-8: a '_' for each column of what is not ASCII. */
static void put_ascii(struct slice text)
{
	while (text.len > 0) {
		size_t n = printable_utf8_length(text);
		struct slice one = slice_first(text, n > 0 ? n : 1);

		if (n == 1)
			(void)addch((chtype)(unsigned char)one.at[0]);
		for (size_t i = printable_width(one); n > 1 && i > 0; i--)
			(void)addch('_');
		text = slice_after(text, one.len);
	}
}

/* Each piece at its own column: where the terminal takes a character for wider or narrower than we
 * do, the columns behind it stay in their places. */
void top_screen_paint(struct top_screen *s, const struct canvas *c)
{
	(void)erase();
	for (size_t i = 0; i < canvas_count(c); i++) {
		struct canvas_piece piece = canvas_at(c, i);

		if (move((int)piece.row, (int)piece.column) == ERR)
			continue;
		(void)attrset((int)attributes_of(s, piece.style));
		if (s->unicode)
			(void)addnstr(piece.text.at, (int)piece.text.len);
		else
			put_ascii(piece.text);
	}
	(void)attrset(A_NORMAL);
	(void)refresh();
}

/* ---- keys ---- */

void top_screen_wait(struct top_screen *s, int descriptor, int timeout_ms)
{
	struct pollfd p[2] = {
		{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = descriptor, .events = POLLIN}};

	if (poll(p, 2, timeout_ms) > 0 && (p[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
		s->is_gone = true;
}

int top_screen_key(struct top_screen *s)
{
	static const struct {
		int curses, key;
	} keys[] = {{KEY_UP, TOP_KEY_UP}, {KEY_DOWN, TOP_KEY_DOWN}, {KEY_PPAGE, TOP_KEY_PAGE_UP},
		{KEY_NPAGE, TOP_KEY_PAGE_DOWN}, {KEY_HOME, TOP_KEY_HOME}, {KEY_END, TOP_KEY_END},
		{KEY_ENTER, TOP_KEY_ENTER}, {'\r', TOP_KEY_ENTER}, {'\n', TOP_KEY_ENTER},
		{'\033', TOP_KEY_ESCAPE}, {KEY_BACKSPACE, TOP_KEY_BACKSPACE},
		{'\b', TOP_KEY_BACKSPACE}, {0x7f, TOP_KEY_BACKSPACE}};
	int typed;

	(void)s;
	while ((typed = getch()) != ERR) {
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (keys[i].curses == typed)
				return keys[i].key;
		if (typed == 0x0c) /* ^L: something else has written on the terminal */
			(void)clearok(stdscr, TRUE);
		else if (typed > 0 && typed < 0x100)
			return typed;
	}
	return 0;
}

int top_screen_signal(const struct top_screen *s)
{
	return s->is_gone && terminal.asked == 0 ? SIGHUP : (int)terminal.asked;
}
