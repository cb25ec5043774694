#include "tools/top/screen.h"

// curses.h makes macros of names like move, clear and erase unless told not to.
#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "tools/terminal/charset.h"
#include "tools/terminal/colour.h"

// From term.h, which cannot be included: it makes macros of "columns", "lines" and a few hundred words more.
extern "C" char* tigetstr(const char* capability);

namespace tacho::tools {
namespace {

constexpr int kEndSignals[] = {SIGINT, SIGTERM, SIGHUP};
constexpr int kCrashSignals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGQUIT};

// Writer: the signal handler. Reader: wait(), which sees it after the poll that the signal ended; a flag that guards nothing.
volatile sig_atomic_t end_asked = 0;

// For the crash handler, which may call nothing but write() and tcsetattr(). Written in open() before the handler is installed.
termios saved_terminal;
char leave_text[256];
std::size_t leave_bytes = 0;

void on_end(int) { end_asked = 1; }

void on_crash(int signal) {
  ::tcsetattr(STDOUT_FILENO, TCSANOW, &saved_terminal);
  [[maybe_unused]] const ssize_t n = ::write(STDOUT_FILENO, leave_text, leave_bytes);
  ::raise(signal);  // SA_RESETHAND: now with its own effect
}

const char* known(const char* capability) {
  const char* text = ::tigetstr(capability);
  return text == reinterpret_cast<const char*>(-1) ? nullptr : text;  // NOLINT: terminfo's way of saying no
}

void add_leave(const char* text) {
  if (text == nullptr) return;
  const std::size_t n = std::strlen(text);
  if (leave_bytes + n > sizeof leave_text) return;
  std::memcpy(leave_text + leave_bytes, text, n);
  leave_bytes += n;
}

void handle(int signal, void (*handler)(int), int flags) {
  struct sigaction a{};
  a.sa_handler = handler;
  a.sa_flags = flags;
  ::sigaction(signal, &a, nullptr);
}

void catch_signals(bool mouse) {
  end_asked = 0;
  for (int s : kEndSignals) handle(s, on_end, 0);
  leave_bytes = 0;
  for (const char* c : {"sgr0", "cnorm", "rmkx", "rmcup"}) add_leave(known(c));
  // As curses has it where a terminal has a mouse: off again.
  if (mouse && known("kmous") != nullptr) add_leave("\x1b[?1006l\x1b[?1000l");
  for (int s : kCrashSignals) handle(s, on_crash, static_cast<int>(SA_RESETHAND));
}

void release_signals() {
  for (int s : kEndSignals) handle(s, SIG_DFL, 0);
  for (int s : kCrashSignals) handle(s, SIG_DFL, 0);
}

// Default background always, and colours of middling brightness, readable on light and dark, that most eyes tell apart (after Okabe and
// Ito): no yellow, no dark blue.
enum Pair : short { kNoPair = 0, kHeadingPair, kSparkPair, kAlertPair, kCurvePair };
constexpr short kCurves = 6;

bool start_colours() {
  if (!colours_on(STDOUT_FILENO) || !::has_colors()) return false;
  ::start_color();
  ::use_default_colors();
  struct Palette {
    short heading, spark, alert, curves[kCurves];
  };
  constexpr Palette kMany = {133, 32, 166, {32, 166, 36, 133, 172, 244}};
  constexpr Palette kEight = {
      COLOR_MAGENTA, COLOR_CYAN, COLOR_RED, {COLOR_CYAN, COLOR_RED, COLOR_GREEN, COLOR_MAGENTA, COLOR_CYAN, COLOR_GREEN}};
  const Palette& p = COLORS >= 256 ? kMany : kEight;
  ::init_pair(kHeadingPair, p.heading, -1);
  ::init_pair(kSparkPair, p.spark, -1);
  ::init_pair(kAlertPair, p.alert, -1);
  for (short i = 0; i < kCurves; ++i) ::init_pair(static_cast<short>(kCurvePair + i), p.curves[i], -1);
  return true;
}

attr_t attributes(TopStyle style) {
  switch (style) {
    case TopStyle::faint: return A_DIM;
    case TopStyle::strong:
    case TopStyle::heading:
    case TopStyle::alert: return A_BOLD;
    case TopStyle::bar:
    case TopStyle::selected:
    case TopStyle::cursor: return A_REVERSE;
    case TopStyle::bar_alert: return A_REVERSE | A_BOLD;
    default: return A_NORMAL;
  }
}

short pair_of(TopStyle style) {
  switch (style) {
    case TopStyle::heading: return kHeadingPair;
    case TopStyle::spark: return kSparkPair;
    case TopStyle::alert:
    case TopStyle::bar_alert: return kAlertPair;
    default: break;
  }
  if (style < TopStyle::curve0) return kNoPair;
  return static_cast<short>(kCurvePair + static_cast<short>(style) - static_cast<short>(TopStyle::curve0));
}

TopInput mouse_input() {
  MEVENT m{};
  if (::getmouse(&m) != OK) return {TopKey::other};
  TopInput in{TopKey::other, 0, m.x, m.y};
  if ((m.bstate & BUTTON4_PRESSED) != 0) in.key = TopKey::wheel_up;
  if ((m.bstate & BUTTON5_PRESSED) != 0) in.key = TopKey::wheel_down;
  if ((m.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED)) != 0) in.key = TopKey::click;
  return in;
}

TopInput input_of(int status, wint_t c) {
  if (status == KEY_CODE_YES) {
    switch (c) {
      case KEY_RESIZE: return {TopKey::resized};
      case KEY_MOUSE: return mouse_input();
      case KEY_UP: return {TopKey::up};
      case KEY_DOWN: return {TopKey::down};
      case KEY_LEFT: return {TopKey::left};
      case KEY_RIGHT: return {TopKey::right};
      case KEY_SLEFT: return {TopKey::shift_left};
      case KEY_SRIGHT: return {TopKey::shift_right};
      case KEY_PPAGE: return {TopKey::page_up};
      case KEY_NPAGE: return {TopKey::page_down};
      case KEY_HOME: return {TopKey::home};
      case KEY_END: return {TopKey::end};
      case KEY_ENTER: return {TopKey::enter};
      case KEY_BACKSPACE: return {TopKey::backspace};
      default: return {TopKey::other};
    }
  }
  switch (c) {
    case '\r':
    case '\n': return {TopKey::enter};
    case '\t': return {TopKey::tab};
    case 27: return {TopKey::escape};
    case 8:
    case 127: return {TopKey::backspace};
    default: return {TopKey::character, static_cast<char32_t>(c)};
  }
}

}  // namespace

Result<void> TopScreen::check_terminal() {
  if (!::isatty(STDOUT_FILENO) || !::isatty(STDIN_FILENO)) {
    return failure(
        "top draws on a terminal, and standard {} is none; use tacho query for text, or run it with one (ssh -t, kubectl exec "
        "-it)",
        ::isatty(STDOUT_FILENO) ? "input" : "output");
  }
  const char* type = std::getenv("TERM");
  if (type == nullptr || *type == 0 || std::strcmp(type, "dumb") == 0)
    return failure("top cannot draw on a terminal of type '{}'; set TERM (TERM=xterm, say), or use tacho query",
                   type == nullptr ? "" : type);
  return {};
}

Result<std::unique_ptr<TopScreen>> TopScreen::open(bool mouse) {
  if (auto ok = check_terminal(); !ok) return std::unexpected(ok.error());
  auto screen = std::unique_ptr<TopScreen>(new TopScreen(choose_charset()));
  ::tcgetattr(STDOUT_FILENO, &saved_terminal);
  if (::newterm(nullptr, stdout, stdin) == nullptr) {
    screen.release();  // NOLINT: nothing to give back: its destructor would end a screen that never was
    return failure("this machine has no description (terminfo) of a terminal of type '{}'; set TERM=xterm, or use tacho query",
                   std::getenv("TERM"));
  }
  ::cbreak();
  ::noecho();
  ::nonl();
  // What an arrow key sends may come in two pieces over a slow line; the piece alone would be Esc.
  ::set_escdelay(150);
  ::keypad(stdscr, TRUE);
  ::nodelay(stdscr, TRUE);
  ::curs_set(0);
  // Clicks and the wheel; with shift held the terminal selects text as ever.
  if (mouse) {
    ::mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, nullptr);
    ::mouseinterval(0);
  }
  screen->colours_ = start_colours();
  catch_signals(mouse);
  return screen;
}

TopScreen::~TopScreen() {
  ::curs_set(1);
  ::endwin();
  release_signals();
}

std::size_t TopScreen::width() const { return static_cast<std::size_t>(std::max(::getmaxx(stdscr), 1)); }
std::size_t TopScreen::height() const { return static_cast<std::size_t>(std::max(::getmaxy(stdscr), 1)); }

void TopScreen::draw(const TopPage& page) {
  ::werase(stdscr);
  int y = 0;
  for (const TopPageLine& l : page.lines) {
    ::wmove(stdscr, y++, 0);
    for (const TopSpan& s : l.spans) {
      ::wattr_set(stdscr, attributes(s.style), colours_ ? pair_of(s.style) : short{kNoPair}, nullptr);
      ::waddnstr(stdscr, s.text.data(), static_cast<int>(s.text.size()));
    }
  }
  ::wattr_set(stdscr, A_NORMAL, kNoPair, nullptr);
  ::wrefresh(stdscr);
}

TopInput TopScreen::read_key() {
  wint_t c = 0;
  const int status = ::wget_wch(stdscr, &c);
  return status == ERR ? TopInput{} : input_of(status, c);
}

TopInput TopScreen::wait(int wake_fd, std::chrono::milliseconds limit) {
  // Signals are let in only while waiting, so that none slips by between the look at the flag and the wait.
  sigset_t closed, open;
  ::sigemptyset(&closed);
  for (int s : kEndSignals) ::sigaddset(&closed, s);
  ::sigaddset(&closed, SIGWINCH);
  ::pthread_sigmask(SIG_BLOCK, &closed, &open);
  for (int s : kEndSignals) ::sigdelset(&open, s);
  ::sigdelset(&open, SIGWINCH);

  TopInput in = end_asked != 0 ? TopInput{TopKey::quit} : read_key();  // curses may hold keys that poll() cannot see any more
  if (in.key == TopKey::none) {
    pollfd fds[] = {{STDIN_FILENO, POLLIN, 0}, {wake_fd, POLLIN, 0}};
    const timespec time{limit.count() / 1000, limit.count() % 1000 * 1'000'000};
    const int n = ::ppoll(fds, 2, &time, &open);
    if (end_asked != 0 || (n > 0 && (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)) {
      in.key = TopKey::quit;  // a terminal that has gone away will send no key
    } else if (n < 0 || fds[0].revents != 0) {
      in = read_key();  // after SIGWINCH: KEY_RESIZE
    }
  }
  ::pthread_sigmask(SIG_SETMASK, &open, nullptr);
  return in;
}

}  // namespace tacho::tools
