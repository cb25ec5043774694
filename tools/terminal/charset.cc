#include "tools/terminal/charset.h"

#include <langinfo.h>

#include <clocale>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace tacho::tools {
namespace {

const char* locale_wish() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (const char* v = std::getenv(name); v != nullptr && *v != 0) return v;
  }
  return nullptr;
}

bool codeset_is_utf8() { return std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0; }

}  // namespace

Charset choose_charset() {
  std::setlocale(LC_CTYPE, "");
  if (codeset_is_utf8()) return Charset::utf8;
  const char* wish = locale_wish();
  const auto says_utf8 = [](std::string_view s) {
    return s.find("UTF-8") != s.npos || s.find("utf8") != s.npos || s.find("utf-8") != s.npos || s.find("UTF8") != s.npos;
  };
  const char* term = std::getenv("TERM");
  const bool plain_terminal = term != nullptr && (std::strcmp(term, "linux") == 0 || std::strncmp(term, "vt", 2) == 0);
  if (wish == nullptr ? plain_terminal : !says_utf8(wish)) return Charset::ascii;
  if (std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr && codeset_is_utf8()) return Charset::utf8;
  return Charset::ascii;
}

}  // namespace tacho::tools
